package daemon

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/lookup/salesforce"
	"github.com/ctibridge/ctibridge/lookup/salesforce/pubsub"
	"github.com/ctibridge/ctibridge/web/admin"
)

var (
	errNoCredentials = errors.New("no client id and secret are stored for the org")
	errOrgDisabled   = errors.New("the org is switched off: nothing is asked of it, and its agents get no pops")
)

// settingsError is a configuration that no client can be made of; its text says
// what is missing.
type settingsError struct{ error }

func (e settingsError) Unwrap() error { return e.error }

// orgCure says what to do about an error of an org.
func orgCure(err error) string {
	var settings settingsError
	switch {
	case errors.Is(err, errNoCredentials):
		return "Add clientID and clientSecret to the org with config import."
	case errors.Is(err, errOrgDisabled):
		return "Switch it on to use it again."
	case errors.As(err, &settings):
		return "Correct this in the org's settings, with config import."
	}
	return salesforce.Cure(err)
}

// tryCure is orgCure for an administrator who has the org's form open.
func tryCure(err error) string {
	var known *admin.OrgError
	var settings settingsError
	switch {
	case errors.As(err, &known):
		return known.Cure
	case errors.Is(err, errNoCredentials):
		return "Enter the consumer key and the consumer secret in the org's settings."
	case errors.As(err, &settings):
		return "Correct this in the org's settings."
	}
	return orgCure(err)
}

// clientFor makes the client of an org, of everything that an administrator
// says about sign-in, connection and usage.
func (o *orgs) clientFor(c lookup.OrgConfig, log *slog.Logger) (*salesforce.Client, error) {
	byApp := c.SignIn.Kind == "" || c.SignIn.Kind == lookup.SignInClientCredentials
	switch {
	case c.Disabled:
		return nil, errOrgDisabled
	case byApp && (c.ClientID == "" || c.ClientSecret == ""):
		return nil, errNoCredentials
	}
	config := clientConfig(c, o.http)
	config.Logger, config.UserAgent = log, "ctibridge/"+o.version
	config.SignIn.StoreRefreshToken = func(ctx context.Context, old, next string) error { return o.rotated(ctx, c.ID, old, next) }
	if o.observe != nil {
		config.Observe = func(x salesforce.Exchange) { o.observe(c.ID, x) }
	}
	client, err := salesforce.New(config)
	if err != nil {
		return nil, settingsError{err}
	}
	return client, nil
}

func clientConfig(c lookup.OrgConfig, h *http.Client) salesforce.Config {
	return salesforce.Config{
		InstanceURL: c.InstanceURL, ClientID: c.ClientID, ClientSecret: c.ClientSecret,
		SignIn: salesforce.SignIn{
			Kind: c.SignIn.Kind, Username: c.SignIn.Username, PrivateKey: c.SignIn.PrivateKey, RefreshToken: c.SignIn.RefreshToken,
			Password: c.SignIn.Password, SecurityToken: c.SignIn.SecurityToken, LoginURL: c.SignIn.LoginURL, Sandbox: c.Sandbox,
		},
		APIURL: c.Connection.APIURL, APIVersion: c.Connection.APIVersion, CA: c.Connection.CA,
		Proxy: salesforce.Proxy{
			URL: c.Connection.ProxyURL, Username: c.Connection.ProxyUsername, Password: c.Connection.ProxyPassword,
			Exceptions: c.Connection.ProxyExceptions,
		},
		Requests: c.Usage.Requests, HTTPClient: h,
	}
}

// changeEvents is what tells changes of an org, nil where that is off: polling
// goes on by itself then.
func (o *orgs) changeEvents(c lookup.OrgConfig, client *salesforce.Client, log *slog.Logger) *pubsub.Client {
	if !c.ChangeEvents {
		return nil
	}
	changes, err := pubsub.New(pubsub.Config{
		URL: c.Connection.PubSubURL, Session: client, Dial: client.Dial, TLS: client.TLSConfig(), UserAgent: "ctibridge/" + o.version,
	})
	if err != nil {
		log.Error("change events cannot be asked for", "err", err)
		return nil
	}
	return changes
}

// tokenStore keeps the refresh token that Salesforce has replaced.
type tokenStore interface {
	ReplaceRefreshToken(ctx context.Context, org, old, next string) error
}

// rotated stores a new refresh token, and notes it at the running org: the next
// reload is not to take it for a change.
func (o *orgs) rotated(ctx context.Context, org, old, next string) error {
	if o.tokens == nil {
		return errors.New("there is no place to store it")
	}
	if err := o.tokens.ReplaceRefreshToken(ctx, org, old, next); err != nil {
		return err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if r := o.running[org]; r != nil {
		same := *r // readers hold the old one without a lock
		same.config.SignIn.RefreshToken = next
		o.running[org] = &same
	}
	return nil
}

// orgStatuses tells how each org as a whole stands.
func (o *orgs) orgStatuses() []lookup.OrgStatus {
	all, _ := o.named("")
	out := make([]lookup.OrgStatus, 0, len(all))
	for _, r := range all {
		s := lookup.OrgStatus{Org: r.config.ID, Disabled: r.config.Disabled, Advice: r.config.Advice()}
		if r.replica != nil {
			s = r.replica.OrgStatus()
		}
		if r.client != nil && !r.client.RefreshTokenStored() {
			s.Advice = append(s.Advice, lookup.Advice{
				Problem: "The org's new refresh token could not be stored.",
				Cure:    "Look at the log for the reason, a full disk as a rule; after a restart somebody has to sign in to Salesforce again.",
			})
		}
		out = append(out, s)
	}
	return out
}

// withoutDisabled are the agents as the bridge uses them: those of an org that is
// switched off rest.
func withoutDisabled(doc bridge.Document) []bridge.Agent {
	off := map[string]bool{}
	for _, c := range doc.Orgs {
		off[c.ID] = c.Disabled
	}
	agents := slices.Clone(doc.Agents)
	for i := range agents {
		agents[i].Enabled = agents[i].Enabled && !off[agents[i].Org]
	}
	return agents
}
