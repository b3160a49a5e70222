package salesforce

import (
	"context"
	"log/slog"
)

// Access is what Salesforce's other endpoints, such as the Pub/Sub API, are
// asked with: its InstanceURL is the one that the sign-in named, whatever
// Config.APIURL says. It prints without the token.
type Access struct {
	Identity
	session *session
}

// Token is the session's access token. It belongs into requests and nowhere else.
func (a *Access) Token() string { return a.session.token.AccessToken }

// String leaves the token out.
func (a *Access) String() string { return "salesforce.Access{" + a.OrgID + "}" }

// GoString does the same for %#v.
func (a *Access) GoString() string { return a.String() }

// LogValue does the same in logs.
func (a *Access) LogValue() slog.Value { return slog.StringValue(a.String()) }

// Access gives the present session, signing in if there is none. An endpoint that
// has refused an Access hands it back as stale: then there is one new sign-in,
// however many hand back the same one, and none if another has already been made.
func (c *Client) Access(ctx context.Context, stale *Access) (*Access, error) {
	var s *session
	var err error
	if stale == nil {
		s, err = c.currentSession(ctx)
	} else {
		s, err = c.newSession(ctx, stale.session)
	}
	if err != nil {
		return nil, err
	}
	a := &Access{Identity: s.identity, session: s}
	a.InstanceURL = s.home
	return a, nil
}
