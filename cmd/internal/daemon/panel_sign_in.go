package daemon

import (
	"context"
	"fmt"
	"net/url"
	"sync"
	"time"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/lookup/salesforce"
	"github.com/ctibridge/ctibridge/web/admin"
)

const (
	// signInWithin is how long a person may take for a sign-in at Salesforce.
	signInWithin = 10 * time.Minute
	// maxSignIns is how many may be under way; the oldest makes room.
	maxSignIns = 20
)

// signIns are the sign-ins of administrators at Salesforce that are under way, by
// their state. Each is used once.
type signIns struct {
	mu  sync.Mutex
	all map[string]signIn
}

type signIn struct {
	org   string
	begun time.Time
	*salesforce.Authorization
}

func (s *signIns) add(org string, a *salesforce.Authorization, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all == nil {
		s.all = map[string]signIn{}
	}
	oldest := ""
	for state, x := range s.all {
		if now.Sub(x.begun) > signInWithin {
			delete(s.all, state)
		} else if oldest == "" || x.begun.Before(s.all[oldest].begun) {
			oldest = state
		}
	}
	if len(s.all) >= maxSignIns {
		delete(s.all, oldest)
	}
	s.all[a.State()] = signIn{org, now, a}
}

func (s *signIns) take(state string, now time.Time) (x signIn, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x, ok = s.all[state]
	delete(s.all, state)
	return x, ok && now.Sub(x.begun) <= signInWithin
}

// BeginSignIn begins a sign-in of a person for an org.
func (b backend) BeginSignIn(ctx context.Context, org string) (address, state string, err error) {
	c, err := b.storedOrg(ctx, org)
	if err != nil {
		return "", "", err
	}
	a, err := salesforce.NewAuthorization(clientConfig(c, b.d.o.HTTPClient), b.d.base()+admin.SignedInPath)
	if err != nil {
		return "", "", orgError(settingsError{err})
	}
	b.d.signIns.add(org, a, time.Now())
	return a.URL(), a.State(), nil
}

// FinishSignIn stores what the sign-in has brought, if it is of the right org.
func (b backend) FinishSignIn(ctx context.Context, actor string, answer url.Values) (org string, err error) {
	ctx, cancel := context.WithTimeout(ctx, tryWithin)
	defer cancel()
	s, ok := b.d.signIns.take(answer.Get("state"), time.Now())
	if !ok {
		return "", &admin.OrgError{
			Problem: "This sign-in is not known to the bridge, is used already, or has taken too long.",
			Cure:    "Begin the sign-in anew in the panel, in one browser window, and finish it within ten minutes.",
		}
	}
	grant, err := s.Exchange(ctx, answer)
	if err != nil {
		return s.org, orgError(err)
	}
	if grant.Identity.OrgID != s.org {
		return s.org, &admin.OrgError{
			Problem: fmt.Sprintf("Whoever signed in belongs to the org %s, not to %s.", grant.Identity.OrgID, s.org),
			Cure:    "Sign in as the run-as user of this org, or correct the org's address.",
		}
	}
	c, err := b.storedOrg(ctx, s.org)
	if err != nil {
		return s.org, err
	}
	c.SignIn.Kind, c.SignIn.RefreshToken = lookup.SignInWebServer, grant.RefreshToken
	return s.org, b.SaveOrg(ctx, actor, c)
}

// storedOrg is an org with its secrets.
func (b backend) storedOrg(ctx context.Context, id string) (lookup.OrgConfig, error) {
	doc, err := b.d.data.store.Document(ctx)
	if err != nil {
		return lookup.OrgConfig{}, err
	}
	for _, c := range doc.Orgs {
		if c.ID == id {
			return c, nil
		}
	}
	return lookup.OrgConfig{}, fmt.Errorf("org %s: %w", id, bridge.ErrNotFound)
}
