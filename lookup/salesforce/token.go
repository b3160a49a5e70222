package salesforce

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

const (
	tokenPath = "/services/oauth2/token"
	jwtGrant  = "urn:ietf:params:oauth:grant-type:jwt-bearer"
	// assertionLife is how long an assertion is good; Salesforce takes up to five minutes.
	assertionLife = 3 * time.Minute
	// skewLimit is how far two clocks may part before an assertion fails for it.
	skewLimit = time.Minute
)

// refreshToken is the present one of WebServer, and the stored one where the
// owner has not been able to store what replaced it.
type refreshToken struct{ value, stored string }

// tokenSession signs in by one of the OAuth 2.0 grants.
func (c *Client) tokenSession(ctx context.Context) (*session, error) {
	ctx = context.WithValue(ctx, oauth2.HTTPClient, c.http)
	var token *oauth2.Token
	var err error
	switch c.config.SignIn.Kind {
	case JWTBearer:
		token, err = c.bearerToken(ctx)
	case WebServer:
		token, err = c.refreshedToken(ctx)
	default:
		if genericLogin(c.config.loginURL()) {
			return nil, &Error{Op: opSignIn, Code: codeGenericLogin, Message: "this address is the sign-in page of all orgs"}
		}
		token, err = c.grantedToken(ctx, nil)
	}
	if err != nil {
		return nil, c.loginError(err)
	}
	identity, err := identityOf(token, c.config.InstanceURL)
	if err != nil {
		return nil, err
	}
	return &session{token: token, identity: identity}, nil
}

// grantedToken asks the token endpoint in our own name (RFC 6749 section 4.4),
// or with the parameters of another grant.
func (c *Client) grantedToken(ctx context.Context, grant url.Values) (*oauth2.Token, error) {
	source := clientcredentials.Config{
		ClientID:       c.config.ClientID,
		ClientSecret:   c.config.ClientSecret,
		TokenURL:       c.config.loginURL() + tokenPath,
		EndpointParams: grant,
		// Named, so that oauth2 does not try two ways: a wrong secret sent
		// twice for each attempt locks the app out sooner.
		AuthStyle: oauth2.AuthStyleInParams,
	}
	return source.Token(ctx)
}

// bearerToken signs an assertion that we are the user (RFC 7523 section 2.1).
func (c *Client) bearerToken(ctx context.Context) (*oauth2.Token, error) {
	audience := c.config.SignIn.LoginURL
	switch {
	case audience != "":
	case c.config.SignIn.Sandbox:
		audience = sandboxLogin
	default:
		audience = productionLogin
	}
	assertion, err := jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.MapClaims{
		"iss": c.config.ClientID, "sub": c.config.SignIn.Username, "aud": audience,
		"exp": time.Now().Add(assertionLife).Unix(), "jti": rand.Text(),
	}).SignedString(c.key)
	if err != nil {
		return nil, &Error{Op: opSignIn, Code: codeBadKey, Message: "the private key cannot sign", cause: err}
	}
	return c.grantedToken(ctx, url.Values{"grant_type": {jwtGrant}, "assertion": {assertion}})
}

// refreshedToken asks for a new session (RFC 6749 section 6). The refresh token
// may be a new one afterwards, and the old one is void then.
func (c *Client) refreshedToken(ctx context.Context) (*oauth2.Token, error) {
	c.mu.Lock()
	present := c.refresh.value
	c.mu.Unlock()
	token, err := c.config.oauth("").TokenSource(ctx, &oauth2.Token{RefreshToken: present}).Token()
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	if token.RefreshToken != "" && token.RefreshToken != present {
		if c.refresh.stored == "" {
			c.refresh.stored = present
		}
		c.refresh.value = token.RefreshToken
	}
	c.mu.Unlock()
	c.storeRefreshToken(ctx)
	return token, nil
}

// storeRefreshToken tells the owner of a replaced refresh token. A failure is
// logged and not returned: the session is good, and the next sign-in tries again.
func (c *Client) storeRefreshToken(ctx context.Context) {
	c.mu.Lock()
	r := c.refresh
	c.mu.Unlock()
	if r.stored == "" || c.config.SignIn.StoreRefreshToken == nil {
		return
	}
	// It is stored even if who waited for the session has gone.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if err := c.config.SignIn.StoreRefreshToken(ctx, r.stored, r.value); err != nil {
		c.log.LogAttrs(ctx, slog.LevelError, "the new refresh token cannot be stored; after a restart somebody has to sign in again",
			slog.String("err", c.redact(err.Error())))
		return
	}
	c.mu.Lock()
	c.refresh.stored = ""
	c.mu.Unlock()
}

// RefreshTokenStored is false while the owner has not stored the present
// refresh token: a restart of the bridge would need a new sign-in by hand.
func (c *Client) RefreshTokenStored() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.refresh.stored == ""
}

// oauth is the web server flow's configuration.
func (c *Config) oauth(redirectURL string) *oauth2.Config {
	return &oauth2.Config{
		ClientID: c.ClientID, ClientSecret: c.ClientSecret, RedirectURL: redirectURL, Scopes: []string{"api", "refresh_token"},
		Endpoint: oauth2.Endpoint{
			AuthURL: c.loginURL() + authorizePath, TokenURL: c.loginURL() + tokenPath, AuthStyle: oauth2.AuthStyleInParams,
		},
	}
}

// loginError never wraps what oauth2 returned: its text holds the reply's body.
func (c *Client) loginError(err error) error {
	var own *Error
	var address *url.Error
	var refused *oauth2.RetrieveError
	switch {
	case errors.As(err, &address):
		return c.transportError(opSignIn, err)
	case errors.As(err, &own):
		return own
	case !errors.As(err, &refused):
		// oauth2 could not read the reply, which came with status 200.
		return &Error{Op: opSignIn, Status: http.StatusOK, Code: codeNotJSON, Message: "the reply is no token"}
	}
	e := &Error{Op: opSignIn, Code: refused.ErrorCode, Message: refused.ErrorDescription, kind: c.config.SignIn.Kind}
	if refused.Response != nil {
		e.Status = refused.Response.StatusCode
		e.RetryAfter = retryAfter(refused.Response.Header)
	}
	switch {
	case e.Status >= 300 && e.Status < 400:
		e.Code, e.Message = codeRedirect, redirectMessage(refused.Response)
	case e.Code == "":
		e.Code, e.Message = codeNotJSON, http.StatusText(e.Status)
	}
	e.Code, e.Message = clip(e.Code), c.redact(e.Message)
	return c.blameClock(e)
}

// blameClock tells an assertion that was refused because the clocks differ from
// one that was refused for what it says.
func (c *Client) blameClock(e *Error) error {
	skew := c.Limits().Skew
	if c.config.SignIn.Kind != JWTBearer || e.Code != "invalid_grant" || skew.Abs() < skewLimit {
		return e
	}
	direction := "behind"
	if skew < 0 {
		direction = "ahead of"
	}
	e.Code, e.Message = codeClockSkew, "this machine's clock is "+skew.Abs().String()+" "+direction+" Salesforce's"
	return e
}

// identityOf reads the token reply's id, https://host/id/<org>/<user>, and its
// instance_url. The reply has no expires_in: a session ends when the org says 401.
func identityOf(token *oauth2.Token, instanceURL string) (Identity, error) {
	text, _ := token.Extra("id").(string)
	u, err := url.Parse(text)
	if err != nil {
		return badIdentity("id")
	}
	parts := strings.Split(strings.Trim(u.Path, "/"), "/")
	if len(parts) != 3 || parts[0] != "id" {
		return badIdentity("id")
	}
	api, _ := token.Extra("instance_url").(string)
	if api == "" {
		api = instanceURL
	}
	return newIdentity(parts[1], parts[2], api)
}

func newIdentity(org, user, api string) (id Identity, err error) {
	if id.OrgID, err = NormalizeID(org); err != nil {
		return badIdentity("org id")
	}
	if id.UserID, err = NormalizeID(user); err != nil {
		return badIdentity("user id")
	}
	if id.InstanceURL, err = cleanInstanceURL(api); err != nil {
		return badIdentity("instance_url")
	}
	return id, nil
}

func badIdentity(what string) (Identity, error) {
	return Identity{}, &Error{Op: opSignIn, Code: codeBadToken, Message: "the reply has no usable " + what}
}
