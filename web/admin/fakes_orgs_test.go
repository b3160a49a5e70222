package admin_test

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"time"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/web/admin"
)

func (f *fake) orgIndex(id string) int {
	return slices.IndexFunc(f.orgs, func(o lookup.OrgConfig) bool { return o.ID == id })
}

// SaveOrg judges as the store does.
func (f *fake) SaveOrg(_ context.Context, actor string, o lookup.OrgConfig) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	d := bridge.Document{Version: bridge.DocumentVersion, Orgs: []lookup.OrgConfig{o}}
	if err := d.Validate(bridge.Document{Orgs: f.orgs}); err != nil {
		var faults bridge.FieldErrors
		if errors.As(err, &faults) {
			return faults.Under("orgs[0].")
		}
		return err
	}
	o = d.Orgs[0]
	for _, path := range o.RemoveSecrets {
		f.note(actor, "org.remove_secret "+path, o.ID)
	}
	o.RemoveSecrets = nil
	if i := f.orgIndex(o.ID); i >= 0 {
		f.orgs[i] = o
		f.note(actor, "org.update", o.ID)
		return f.err
	}
	f.orgs = append(f.orgs, o)
	f.note(actor, "org.create", o.ID)
	return f.err
}

func (f *fake) DeleteOrg(_ context.Context, actor, id string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if slices.ContainsFunc(f.agents, func(a bridge.Agent) bool { return a.Org == id }) {
		return bridge.ErrConflict
	}
	f.orgs = slices.DeleteFunc(f.orgs, func(o lookup.OrgConfig) bool { return o.ID == id })
	f.note(actor, "org.delete", id)
	return f.err
}

func (f *fake) OrgSecrets(_ context.Context, id string) ([]string, error) {
	return f.secrets[id], f.err
}

func (f *fake) NewOutboundSecret(_ context.Context, actor, org string) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.note(actor, "org.outbound_address", org)
	return "shown-this-once", f.err
}

func (f *fake) Tokens(context.Context) ([]bridge.Token, error) { return f.tokens, f.err }

func (f *fake) NewToken(_ context.Context, actor, name string) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if slices.ContainsFunc(f.tokens, func(t bridge.Token) bool { return t.Name == name }) {
		return "", bridge.ErrConflict
	}
	f.tokens = append(f.tokens, bridge.Token{Name: name, Created: time.Now()})
	f.note(actor, "token.create", name)
	return "a-token-shown-once", f.err
}

func (f *fake) DeleteToken(_ context.Context, actor, name string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	before := len(f.tokens)
	f.tokens = slices.DeleteFunc(f.tokens, func(t bridge.Token) bool { return t.Name == name })
	if len(f.tokens) == before {
		return bridge.ErrNotFound
	}
	f.note(actor, "token.delete", name)
	return f.err
}

func (f *fake) TryOrg(_ context.Context, c lookup.OrgConfig) (string, []admin.Finding) {
	f.tries = append(f.tries, c)
	return f.tried, f.findings
}

func (f *fake) TryObject(context.Context, string, lookup.ObjectConfig) ([]*lookup.ObjectError, error) {
	return f.objects, f.askErr
}

func (f *fake) ObjectFields(context.Context, string, string) ([]admin.ObjectField, error) {
	return slices.Clone(f.fields), f.askErr
}

func (f *fake) BeginSignIn(_ context.Context, org string) (address, state string, err error) {
	return "https://example.my.salesforce.com/services/oauth2/authorize?state=s1", "s1", f.askErr
}

func (f *fake) FinishSignIn(_ context.Context, actor string, answer url.Values) (string, error) {
	f.note(actor, "org.update", answer.Get("code"))
	return orgID, f.askErr
}
