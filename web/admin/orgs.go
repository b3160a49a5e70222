package admin

import (
	"context"
	"net/url"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/lookup"
)

// OrgStore keeps the orgs and what lets programs in; it audits as AgentStore
// does. No method tells a secret that is stored.
type OrgStore interface {
	// SaveOrg saves an org under its id, new or not. An empty secret keeps the
	// stored one unless it is in RemoveSecrets. It may return bridge.FieldErrors.
	SaveOrg(ctx context.Context, actor string, o lookup.OrgConfig) error
	// DeleteOrg returns bridge.ErrConflict while agents belong to the org.
	DeleteOrg(ctx context.Context, actor, id string) error
	// OrgSecrets are the paths (lookup.OrgConfig.Secrets) of those stored.
	OrgSecrets(ctx context.Context, id string) ([]string, error)
	// NewOutboundSecret makes the last part of the address that the org posts
	// outbound messages to. Two are good at a time.
	NewOutboundSecret(ctx context.Context, actor, org string) (string, error)
}

// TokenStore keeps the tokens of the API.
type TokenStore interface {
	Tokens(ctx context.Context) ([]bridge.Token, error)
	// NewToken returns bridge.ErrConflict for a name that is taken.
	NewToken(ctx context.Context, actor, name string) (string, error)
	DeleteToken(ctx context.Context, actor, name string) error
}

// Finding is one thing about an org that works or does not, in plain English,
// and what to do.
type Finding struct{ Level, Text, Cure string }

// Levels of a Finding.
const (
	FindingOK      = "ok"
	FindingWarning = "warning"
	FindingProblem = "problem"
)

// OrgError is what an org, or the way to it, refuses: both in plain English.
type OrgError struct{ Problem, Cure string }

func (e *OrgError) Error() string { return e.Problem }

// OrgConnector asks orgs while an administrator waits, 20 s at most. It changes
// nothing.
type OrgConnector interface {
	// TryOrg signs in as c says, an empty secret being the stored one unless it is
	// in RemoveSecrets, and looks at
	// the objects that are copied. id is the org's own, empty if it let nobody in.
	TryOrg(ctx context.Context, c lookup.OrgConfig) (id string, findings []Finding)
	// TryObject asks a stored org whether an object can be copied as c says
	// (lookup.CheckObject).
	TryObject(ctx context.Context, org string, c lookup.ObjectConfig) ([]*lookup.ObjectError, error)
	// ObjectFields are the fields that the run-as user sees.
	ObjectFields(ctx context.Context, org, object string) ([]ObjectField, error)
}

// ObjectField is a field of an object, as Salesforce describes it.
type ObjectField struct{ Name, Label, Type string }

// SalesforceSignIn is a person's sign-in in the browser (lookup.SignInWebServer).
type SalesforceSignIn interface {
	// BeginSignIn gives the address of Salesforce's page, and the state that comes
	// back with its answer. The error may be an *OrgError.
	BeginSignIn(ctx context.Context, org string) (address, state string, err error)
	// FinishSignIn takes the answer and stores the refresh token. Whoever calls it
	// has made sure that the answer's state is of the same browser.
	FinishSignIn(ctx context.Context, actor string, answer url.Values) (org string, err error)
}

// SignedInPath is where Salesforce sends the browser back to, below the bridge's
// own address: the app's callback URL.
const SignedInPath = "/admin/orgs/signed-in"
