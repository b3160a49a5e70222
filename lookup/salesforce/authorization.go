package salesforce

import (
	"context"
	"crypto/subtle"
	"errors"
	"net/url"

	"golang.org/x/oauth2"
)

const authorizePath = "/services/oauth2/authorize"

// Authorization is one sign-in of a person in the browser, for SignIn's
// WebServer (RFC 6749 section 4.1 with PKCE, RFC 7636):
//
//	NewAuthorization ─► URL, to which the browser goes ─► Salesforce ─► our redirect address
//	?code=…&state=… ─► Exchange ─► Grant with the refresh token, to be stored
//
// It holds the verifier and is used once. Who keeps it finds it again by State
// and bounds how many wait for how long.
type Authorization struct {
	client   *Client
	oauth    *oauth2.Config
	verifier string
	state    string
}

// Grant is what a person's sign-in has brought.
type Grant struct {
	RefreshToken string // secret
	Identity     Identity
}

// String leaves the token out.
func (g Grant) String() string { return "salesforce.Grant{" + g.Identity.OrgID + "}" }

// GoString does the same for %#v.
func (g Grant) GoString() string { return g.String() }

// NewAuthorization begins a sign-in. Of c it needs InstanceURL (or LoginURL),
// ClientID, the app's secret if it asks for one, and how to get there.
// redirectURL is where the browser comes back to; the app must list it.
func NewAuthorization(c Config, redirectURL string) (*Authorization, error) {
	back, err := url.Parse(redirectURL)
	if err != nil || back.Host == "" || back.Scheme != "https" && !isLoopback(back.Hostname()) {
		return nil, errors.New("salesforce: the address to come back to must begin with https://; set the bridge's public URL")
	}
	c.SignIn = SignIn{Kind: WebServer, RefreshToken: "none yet", LoginURL: c.SignIn.LoginURL, Sandbox: c.SignIn.Sandbox}
	client, err := New(c)
	if err != nil {
		return nil, err
	}
	a := &Authorization{client: client, verifier: oauth2.GenerateVerifier(), state: oauth2.GenerateVerifier()}
	a.oauth = client.config.oauth(redirectURL)
	return a, nil
}

// URL is where the browser is sent. Salesforce asks for a user even if somebody
// is signed in there: the bridge wants the run-as user, not the administrator.
func (a *Authorization) URL() string {
	return a.oauth.AuthCodeURL(a.state, oauth2.S256ChallengeOption(a.verifier), oauth2.SetAuthURLParam("prompt", "login"))
}

// State is what the browser brings back with the code.
func (a *Authorization) State() string { return a.state }

// Exchange trades what the browser has brought back for a refresh token. Its
// errors have a cure by Cure.
func (a *Authorization) Exchange(ctx context.Context, query url.Values) (Grant, error) {
	if subtle.ConstantTimeCompare([]byte(query.Get("state")), []byte(a.state)) != 1 {
		return Grant{}, &Error{Op: opSignIn, Code: codeBadState, Message: "the answer belongs to another sign-in"}
	}
	if code := query.Get("error"); code != "" {
		return Grant{}, &Error{Op: opSignIn, Code: clip(code), Message: clip(query.Get("error_description")), kind: WebServer}
	}
	code := query.Get("code")
	if code == "" {
		return Grant{}, &Error{Op: opSignIn, Code: codeBadState, Message: "the answer has no code"}
	}
	ctx = context.WithValue(ctx, oauth2.HTTPClient, a.client.http)
	token, err := a.oauth.Exchange(ctx, code, oauth2.VerifierOption(a.verifier))
	if err != nil {
		return Grant{}, a.client.loginError(err)
	}
	if token.RefreshToken == "" {
		return Grant{}, &Error{Op: opSignIn, Code: codeNoRefresh, Message: "the reply has no refresh token"}
	}
	id, err := identityOf(token, a.client.config.InstanceURL)
	return Grant{RefreshToken: token.RefreshToken, Identity: id}, err
}
