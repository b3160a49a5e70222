package daemon

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/lookup/replica"
	"github.com/ctibridge/ctibridge/lookup/salesforce"
	"github.com/ctibridge/ctibridge/web/admin"
)

// tryWithin bounds what an administrator waits for an org.
const tryWithin = 20 * time.Second

func (b backend) SaveOrg(ctx context.Context, actor string, o lookup.OrgConfig) error {
	return b.then(ctx, b.Store.SaveOrg(ctx, actor, o))
}

func (b backend) DeleteOrg(ctx context.Context, actor, id string) error {
	return b.then(ctx, b.Store.DeleteOrg(ctx, actor, id))
}

func (b backend) HintStatus(org string) lookup.HintStatus {
	if replica, err := b.d.orgs.replica(org); err == nil {
		return replica.HintStatus()
	}
	return lookup.HintStatus{}
}

func (b backend) LiveStatus(org string) lookup.LiveStatus {
	if replica, err := b.d.orgs.replica(org); err == nil {
		return replica.LiveStatus()
	}
	return lookup.LiveStatus{}
}

// TryOrg signs in with what is typed, and says of each object what check does.
func (b backend) TryOrg(ctx context.Context, c lookup.OrgConfig) (id string, findings []admin.Finding) {
	ctx, cancel := context.WithTimeout(ctx, tryWithin)
	defer cancel()
	say := func(level, text, cure string) {
		findings = append(findings, admin.Finding{Level: level, Text: text, Cure: cure})
	}
	client, done, err := b.clientToTry(ctx, c)
	if err != nil {
		say(admin.FindingProblem, err.Error(), tryCure(err))
		return "", findings
	}
	defer done()
	if id, err = client.OrgID(salesforce.ByHand(ctx)); err != nil {
		say(admin.FindingProblem, err.Error(), tryCure(err))
		return "", findings
	}
	if full, ok := bridge.SalesforceID(c.ID); c.ID != "" && (!ok || full != id) {
		say(admin.FindingProblem, fmt.Sprintf("The keys belong to the org %s, not to %s.", id, c.ID), "Correct the org's id, or its address and keys.")
		return id, findings
	}
	say(admin.FindingOK, fmt.Sprintf("Salesforce lets the bridge in; this is the org %s.", id), "")
	if len(c.TicketCertificates) == 0 {
		say(admin.FindingWarning, "There is no ticket certificate, so the org's agents cannot sign in.", "Add the certificate that the org signs tickets with.")
	}
	return id, append(findings, tryObjects(ctx, client, c.Objects)...)
}

// tryObjects looks at the objects that are copied, by default or by configuration.
func tryObjects(ctx context.Context, client *salesforce.Client, configured []lookup.ObjectConfig) (findings []admin.Finding) {
	all := slices.Clone(configured)
	for _, name := range []string{"Lead", "Contact", "Account"} {
		if !slices.ContainsFunc(all, func(o lookup.ObjectConfig) bool { return o.Object == name }) {
			all = slices.Insert(all, 0, lookup.ObjectConfig{Object: name})
		}
	}
	for _, o := range all {
		if o.Disabled {
			continue
		}
		problems, err := replica.CheckObject(ctx, client, o)
		if err != nil {
			return append(findings, admin.Finding{Level: admin.FindingWarning, Text: fmt.Sprintf("%s could not be looked at: %v", o.Object, err), Cure: tryCure(err)})
		}
		if len(problems) == 0 {
			findings = append(findings, admin.Finding{Level: admin.FindingOK, Text: o.Object + " can be read."})
		}
		for _, p := range problems {
			level := admin.FindingProblem
			if p.Warning {
				level = admin.FindingWarning
			}
			findings = append(findings, admin.Finding{Level: level, Text: fmt.Sprintf("%s: %s.", o.Object, p.Text), Cure: p.Cure})
		}
	}
	return findings
}

// clientToTry is a client of what is typed: the running one where it is the same,
// else one of its own, of which done takes care.
func (b backend) clientToTry(ctx context.Context, c lookup.OrgConfig) (client *salesforce.Client, done func(), err error) {
	doc, err := b.d.data.store.Document(ctx)
	if err != nil {
		return nil, nil, err
	}
	for _, stored := range doc.Orgs {
		if full, _ := bridge.SalesforceID(c.ID); stored.ID == full {
			c.TakeSecrets(stored)
		}
	}
	c.RemoveSecrets = nil // of one that is not stored there is nothing to remove
	if r := b.d.orgs.byID(c.ID); r != nil && r.client != nil && sameCredentials(c, r.config) {
		return r.client, func() {}, nil
	}
	c.Disabled = false
	if err := missing(c); err != nil {
		return nil, nil, err
	}
	// A refresh token may be replaced by the test: the new one is stored, and the
	// running client is to learn of it.
	var replaced atomic.Bool
	config := clientConfig(c, b.d.o.HTTPClient)
	config.Logger, config.UserAgent = b.d.log.With("org", c.ID), "ctibridge/"+b.d.o.Version
	config.SignIn.StoreRefreshToken = func(ctx context.Context, old, next string) error {
		replaced.Store(true)
		return b.ReplaceRefreshToken(ctx, c.ID, old, next)
	}
	if client, err = salesforce.New(config); err != nil {
		return nil, nil, settingsError{err}
	}
	return client, func() {
		if replaced.Load() {
			_ = b.then(ctx, nil)
		}
	}, nil
}

// missing is what a sign-in needs and a person has not typed.
func missing(c lookup.OrgConfig) error {
	switch c.SignIn.Kind {
	case "", lookup.SignInClientCredentials:
		if c.ClientID == "" || c.ClientSecret == "" {
			return &admin.OrgError{Problem: "The consumer key or the consumer secret is missing.", Cure: "Copy both from the app's OAuth settings (“Consumer Key and Secret”)."}
		}
	case lookup.SignInWebServer:
		if c.SignIn.RefreshToken == "" {
			return &admin.OrgError{Problem: "Nobody has signed in to Salesforce for the bridge yet.", Cure: "Save the org, then press “Sign in to Salesforce” on its page."}
		}
	}
	return nil
}

// TryObject asks a stored org whether an object can be copied as c says.
func (b backend) TryObject(ctx context.Context, org string, c lookup.ObjectConfig) ([]*lookup.ObjectError, error) {
	ctx, cancel := context.WithTimeout(ctx, tryWithin)
	defer cancel()
	r, err := b.reachable(org)
	if err != nil {
		return nil, err
	}
	problems, err := replica.CheckObject(ctx, r.client, c)
	return problems, orgError(err)
}

// ObjectFields are the fields that the run-as user sees of an object.
func (b backend) ObjectFields(ctx context.Context, org, object string) ([]admin.ObjectField, error) {
	ctx, cancel := context.WithTimeout(ctx, tryWithin)
	defer cancel()
	r, err := b.reachable(org)
	if err != nil {
		return nil, err
	}
	described, err := r.client.Describe(ctx, object)
	if err != nil {
		return nil, orgError(err)
	}
	fields := make([]admin.ObjectField, 0, len(described.Fields))
	for _, f := range described.Fields {
		fields = append(fields, admin.ObjectField{Name: f.Name, Label: f.Label, Type: f.Type})
	}
	return fields, nil
}

// reachable is a running org that can be asked.
func (b backend) reachable(org string) (*runningOrg, error) {
	r := b.d.orgs.byID(org)
	switch {
	case r == nil:
		return nil, fmt.Errorf("no org %q: %w", org, bridge.ErrNotFound)
	case r.client == nil:
		return nil, orgError(r.fault)
	}
	return r, nil
}

// orgError gives an error of an org its cure.
func orgError(err error) error {
	if err == nil {
		return nil
	}
	return &admin.OrgError{Problem: err.Error(), Cure: tryCure(err)}
}
