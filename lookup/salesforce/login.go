package salesforce

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

const tokenPath = "/services/oauth2/token"

// session is one signed-in state; it is replaced as a whole.
type session struct {
	token    *oauth2.Token
	identity Identity
}

// currentSession is the session in use, or a new one.
func (c *Client) currentSession(ctx context.Context) (*session, error) {
	c.mu.Lock()
	s := c.session
	c.mu.Unlock()
	if s != nil {
		return s, nil
	}
	return c.newSession(ctx, nil)
}

// newSession signs in unless someone has replaced stale already. However many
// requests find their session expired, one of them signs in and all share what
// comes of it, good or bad. If the one gives up, the next takes over.
func (c *Client) newSession(ctx context.Context, stale *session) (*session, error) {
	_, seen, _ := c.loginState()
	select {
	case <-ctx.Done():
		return nil, fmt.Errorf("salesforce: sign in: %w", ctx.Err())
	case c.signIn <- struct{}{}:
		defer func() { <-c.signIn }()
	}
	current, attempts, failure := c.loginState()
	switch {
	case current != nil && current != stale:
		return current, nil
	case attempts != seen && failure != nil:
		return nil, failure
	}
	fresh, err := c.login(ctx)
	if err != nil && ctx.Err() != nil {
		return nil, err // says nothing about the org; the others try themselves
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.logins++
	c.loginFailure = err
	if err == nil {
		c.session = fresh
	}
	return fresh, err
}

func (c *Client) loginState() (current *session, attempts int, failure error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.session, c.logins, c.loginFailure
}

// login asks the token endpoint (RFC 6749 section 4.4), again if the failure
// may pass.
func (c *Client) login(ctx context.Context) (*session, error) {
	if genericLogin(c.config.InstanceURL) {
		return nil, &Error{Op: "sign in", Code: codeGenericLogin, Message: "this address is the sign-in page of all orgs"}
	}
	var s *session
	err := c.withRetries(ctx, "sign in", func() (err error) {
		s, err = c.requestToken(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	c.log.LogAttrs(ctx, slog.LevelInfo, "signed in to Salesforce", slog.String("org", s.identity.OrgID))
	return s, nil
}

func (c *Client) requestToken(ctx context.Context) (*session, error) {
	source := clientcredentials.Config{
		ClientID:     c.config.ClientID,
		ClientSecret: c.config.ClientSecret,
		TokenURL:     c.config.InstanceURL + tokenPath,
		// Named, so that oauth2 does not try two ways: a wrong secret sent
		// twice for each attempt locks the app out sooner.
		AuthStyle: oauth2.AuthStyleInParams,
	}
	token, err := source.Token(context.WithValue(ctx, oauth2.HTTPClient, c.http))
	if err != nil {
		return nil, c.loginError(err)
	}
	identity, err := identityOf(token, c.config.InstanceURL)
	if err != nil {
		return nil, err
	}
	return &session{token: token, identity: identity}, nil
}

// loginError never wraps what oauth2 returned: its text holds the reply's body.
func (c *Client) loginError(err error) error {
	var refused *oauth2.RetrieveError
	if !errors.As(err, &refused) {
		return c.transportError("sign in", err)
	}
	e := &Error{Op: "sign in", Code: refused.ErrorCode, Message: refused.ErrorDescription}
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
	e.Message = c.redact(clip(e.Message))
	return e
}

// identityOf reads the token reply's id, https://host/id/<org>/<user>, and its
// instance_url. The reply has no expires_in: a session ends when the org says 401.
func identityOf(token *oauth2.Token, instanceURL string) (Identity, error) {
	bad := func(what string) (Identity, error) {
		return Identity{}, &Error{Op: "sign in", Code: codeBadToken, Message: "the reply has no usable " + what}
	}
	text, _ := token.Extra("id").(string)
	u, err := url.Parse(text)
	if err != nil {
		return bad("id")
	}
	parts := strings.Split(strings.Trim(u.Path, "/"), "/")
	if len(parts) != 3 || parts[0] != "id" {
		return bad("id")
	}
	id := Identity{InstanceURL: instanceURL}
	if id.OrgID, err = NormalizeID(parts[1]); err != nil {
		return bad("org id")
	}
	if id.UserID, err = NormalizeID(parts[2]); err != nil {
		return bad("user id")
	}
	if api, _ := token.Extra("instance_url").(string); api != "" {
		if id.InstanceURL, err = cleanInstanceURL(api); err != nil {
			return bad("instance_url")
		}
	}
	return id, nil
}
