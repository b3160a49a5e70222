package salesforce

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"golang.org/x/oauth2"
)

const (
	opSignIn = "sign in"
	// lockPause is how long a refused password is not sent again by the bridge
	// itself: Salesforce locks a user after some wrong ones.
	lockPause = 6 * time.Hour
)

// session is one signed-in state; it is replaced as a whole.
type session struct {
	token    *oauth2.Token
	identity Identity
	home     string // InstanceURL as the sign-in named it, whatever Config.APIURL says
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
	if err := c.wouldLock(ctx, failure); err != nil {
		return nil, err
	}
	fresh, err := c.login(ctx)
	if err != nil && ctx.Err() != nil {
		return nil, err // says nothing about the org; the others try themselves
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.logins++
	c.loginFailure, c.failedAt = err, time.Now()
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

type byHand struct{}

// ByHand marks requests that a person is waiting for: they sign in even where a
// password has been refused of late.
func ByHand(ctx context.Context) context.Context { return context.WithValue(ctx, byHand{}, true) }

// wouldLock gives the failure of the last sign-in again where one more with the
// same password might lock the user.
func (c *Client) wouldLock(ctx context.Context, failure error) error {
	var e *Error
	if c.config.SignIn.Kind != Password || ctx.Value(byHand{}) != nil || !errors.As(failure, &e) || e.Code != "INVALID_LOGIN" {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.failedAt) > lockPause {
		return nil
	}
	return failure
}

// login signs in, again if a failure may pass, and learns which versions of the
// API the org has.
func (c *Client) login(ctx context.Context) (*session, error) {
	sign := c.tokenSession
	if c.config.SignIn.Kind == Password {
		sign = c.soapSession
	}
	var s *session
	err := c.withRetries(ctx, opSignIn, func() (err error) {
		s, err = sign(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	s.home = s.identity.InstanceURL
	s.identity.InstanceURL = cmp.Or(c.config.APIURL, s.identity.InstanceURL)
	if err := c.chooseVersion(ctx, s.identity.InstanceURL); err != nil {
		return nil, err
	}
	c.log.LogAttrs(ctx, slog.LevelInfo, "signed in to Salesforce", slog.String("org", s.identity.OrgID))
	return s, nil
}
