package agent_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/web/agent"
	"github.com/ctibridge/ctibridge/web/agent/agenttest"
)

// TestTickets: every way in which a ticket can be wrong, and the word for it.
func TestTickets(t *testing.T) {
	claims := func(change func(jwt.MapClaims)) func() string {
		return func() string {
			c := issuer().Claims(userAda, "ada@example.com")
			change(c)
			return issuer().Sign(c)
		}
	}
	set := func(name string, value any) func() string {
		return claims(func(c jwt.MapClaims) { c[name] = value })
	}
	drop := func(name string) func() string {
		return claims(func(c jwt.MapClaims) { delete(c, name) })
	}
	header := func(name string, value any) func() string {
		return func() string {
			i := issuer()
			return i.SignHeader(i.Claims(userAda, "ada@example.com"), jwt.SigningMethodRS256, i.Key, map[string]any{name: value})
		}
	}
	by := func(m jwt.SigningMethod, key func() any) func() string {
		return func() string {
			return issuer().SignHeader(issuer().Claims(userAda, "ada@example.com"), m, key(), nil)
		}
	}
	at := func(iat, exp time.Duration) func() string {
		return claims(func(c jwt.MapClaims) {
			c["iat"], c["exp"] = time.Now().Add(iat).Unix(), time.Now().Add(exp).Unix()
			delete(c, "nbf")
		})
	}
	for _, c := range []struct {
		name   string
		ticket func() string
		reason string // empty: let in
	}{
		{"good", claims(func(jwt.MapClaims) {}), ""},
		{"one of several audiences", set("aud", []string{"https://x.example.com", publicURL}), ""},
		{"clock 50 s behind", at(-170*time.Second, -50*time.Second), ""},
		{"clock 50 s ahead", at(50*time.Second, 170*time.Second), ""},
		{"no nbf", drop("nbf"), ""},

		{"another key", by(jwt.SigningMethodRS256, func() any { return keys()[1] }), agent.ReasonSignature},
		{"alg none", by(jwt.SigningMethodNone, func() any { return jwt.UnsafeAllowNoneSignatureType }), agent.ReasonSignature},
		{"alg HS256 with the public key", by(jwt.SigningMethodHS256, func() any { return []byte(issuer().PublicKey()) }), agent.ReasonSignature},
		{"alg PS256", by(jwt.SigningMethodPS256, func() any { return keys()[0] }), agent.ReasonSignature},
		{"alg RS512", by(jwt.SigningMethodRS512, func() any { return keys()[0] }), agent.ReasonSignature},
		{"kid unknown", header("kid", "another"), agent.ReasonSignature},
		{"no kid", header("kid", nil), agent.ReasonSignature},
		{"kid no string", header("kid", 7), agent.ReasonSignature},
		{"signature cut", func() string { s := issuer().Ticket(userAda, ""); return s[:len(s)-6] }, agent.ReasonSignature},
		{"claims changed after signing", func() string {
			good, other := strings.Split(issuer().Ticket(userAda, "ada@example.com"), "."), strings.Split(issuer().Ticket(userAda, "bob@example.com"), ".")
			return good[0] + "." + other[1] + "." + good[2]
		}, agent.ReasonSignature},

		{"another audience", set("aud", "https://evil.example.com"), agent.ReasonAudience},
		{"no audience", drop("aud"), agent.ReasonMalformed},

		{"org unknown", set("org_id", "00D000000000009EAA"), agent.ReasonOrg},
		{"org of 15 characters", set("org_id", orgID[:15]), agent.ReasonOrg},
		{"issuer of another org", set("iss", "https://other.my.salesforce.com"), agent.ReasonOrg},
		{"no issuer", drop("iss"), agent.ReasonOrg},
		{"key of another org", func() string {
			i := otherIssuer()
			c := issuer().Claims(userAda, "ada@example.com")
			return i.Sign(c)
		}, agent.ReasonSignature},

		{"expired", at(-200*time.Second, -80*time.Second), agent.ReasonExpired},
		{"issued in the future", at(80*time.Second, 200*time.Second), agent.ReasonExpired},
		{"not valid yet", set("nbf", time.Now().Add(24*time.Hour*365*40).Unix()), agent.ReasonExpired},

		{"valid for too long", at(0, 130*time.Second), agent.ReasonMalformed},
		{"no exp", drop("exp"), agent.ReasonMalformed},
		{"no iat", drop("iat"), agent.ReasonMalformed},
		{"no jti", drop("jti"), agent.ReasonMalformed},
		{"no sub", drop("sub"), agent.ReasonMalformed},
		{"sub of 15 characters", set("sub", userAda[:15]), agent.ReasonMalformed},
		{"exp no number", set("exp", "soon"), agent.ReasonMalformed},
		{"typ of another token", header("typ", "JWT"), agent.ReasonMalformed},
		{"no typ", header("typ", nil), agent.ReasonMalformed},
		{"not a token", func() string { return "ticket" }, agent.ReasonMalformed},
		{"padding", func() string { return issuer().Ticket(userAda, "") + "=" }, agent.ReasonMalformed},
	} {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				s := newStage(t, func(s *stage) { s.orgs = append(s.orgs, otherIssuer().Config()) })
				o := s.options("tab-1")
				o.Ticket = c.ticket()
				tab := agenttest.Open(t, o)
				if c.reason == "" {
					if f := tab.Next(); f.Type != "welcome" {
						t.Errorf("got %s, want welcome", f.Type)
					}
					return
				}
				if code, reason := tab.Closed(); code != agent.CloseNotAuthenticated || reason != c.reason {
					t.Errorf("closed with %d %q, want %d %q", code, reason, agent.CloseNotAuthenticated, c.reason)
				}
			})
		})
	}
}

func TestTicketServesOnce(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newStage(t)
		o := s.options("tab-1")
		agenttest.Dial(t, o)
		for _, wait := range []time.Duration{0, 100 * time.Second, 70 * time.Second} {
			time.Sleep(wait)
			o.Tab.ID = "tab-2"
			if code, reason := agenttest.Open(t, o).Closed(); code != agent.CloseNotAuthenticated || reason != agent.ReasonReplayed {
				t.Errorf("closed with %d %q, want 4401 replayed", code, reason)
			}
		}
		time.Sleep(time.Hour)
		if _, reason := agenttest.Open(t, o).Closed(); reason != agent.ReasonExpired {
			t.Errorf("an hour later: %q, want expired", reason)
		}
	})
}

// TestTicketServesOnceOverRestart: the store remembers what the hub forgot. Who
// shows a used ticket does not take the place of the tab it was used for.
func TestTicketServesOnceOverRestart(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newStage(t)
		o := s.options("tab-1")
		first := agenttest.Dial(t, o)
		s.pipe = agenttest.NewPipe()
		s.metrics = prometheus.NewRegistry()
		s.start()
		again := s.options("tab-1")
		again.Ticket, again.Resume = "", first.Welcome.Resume
		connected := agenttest.Dial(t, again)
		o.Dial = s.pipe.Dial
		if code, reason := agenttest.Open(t, o).Closed(); code != agent.CloseNotAuthenticated || reason != agent.ReasonReplayed {
			t.Errorf("closed with %d %q, want 4401 replayed", code, reason)
		}
		s.hub.Show(ada, call("c-1", 1, bridge.Ringing))
		connected.Call(func(c bridge.Call) bool { return c.ID == "c-1" })
	})
}

func TestOrgsChanged(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newStage(t)
		tab := s.signIn("tab-1")
		s.orgs = append(s.orgs, otherIssuer().Config())
		s.hub.OrgsChanged()
		o := s.options("tab-2")
		o.Origin = "https://other.lightning.force.com"
		agenttest.Dial(t, o)
		s.orgs = s.orgs[1:]
		s.hub.OrgsChanged()
		if code, reason := tab.Closed(); code != agent.CloseNotAuthenticated || reason != agent.ReasonOrg {
			t.Errorf("closed with %d %q, want 4401 org", code, reason)
		}
	})
}

// TestCertificateRemoved: who signed in by it is signed out, and only by a ticket
// of another one back in; the others stay.
func TestCertificateRemoved(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		second := otherIssuer()
		second.KID, second.Org, second.URL = "second", orgID, instance
		s := newStage(t, func(s *stage) {
			s.orgs[0].TicketCertificates = append(s.orgs[0].TicketCertificates, second.Config().TicketCertificates...)
		})
		o := s.options("tab-2")
		o.Ticket = second.Ticket(userAda, "ada@example.com")
		stays, goes := agenttest.Dial(t, o), s.signIn("tab-1")
		away := s.signIn("tab-3")
		away.Close()
		synctest.Wait()

		s.orgs[0].TicketCertificates = s.orgs[0].TicketCertificates[1:]
		s.hub.OrgsChanged()
		if code, reason := goes.Closed(); code != agent.CloseNotAuthenticated || reason != agent.ReasonSignature {
			t.Errorf("closed with %d %q, want 4401 signature", code, reason)
		}
		for tab, token := range map[string]string{"tab-1": goes.Welcome.Resume, "tab-3": away.Welcome.Resume} {
			o := s.options(tab)
			o.Ticket, o.Resume = "", token
			if code, reason := agenttest.Open(t, o).Closed(); code != agent.CloseNotAuthenticated || reason != agent.ReasonExpired {
				t.Errorf("%s came back with %d %q, want 4401 expired", tab, code, reason)
			}
		}
		stays.Close()
		synctest.Wait()
		o.Ticket, o.Resume = "", stays.Welcome.Resume
		second.KID = "renamed" // the same key under another name is the same
		s.orgs[0].TicketCertificates = second.Config().TicketCertificates
		s.hub.OrgsChanged()
		agenttest.Dial(t, o)
	})
}

// TestSharedKey: a key that two orgs claim speaks for the first only.
func TestSharedKey(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		second := otherIssuer()
		second.Key = keys()[0]
		s := newStage(t, func(s *stage) { s.orgs = append(s.orgs, second.Config()) })
		o := s.options("tab-1")
		o.Ticket = second.Ticket(userAda, "ada@example.com")
		if _, reason := agenttest.Open(t, o).Closed(); reason != agent.ReasonSignature {
			t.Errorf("reason %q, want signature", reason)
		}
		s.signIn("tab-1")
	})
}

func TestOrigins(t *testing.T) {
	for url, want := range map[string][]string{
		"https://Acme.my.salesforce.com/":             {"https://acme.my.salesforce.com", "https://acme.lightning.force.com"},
		"https://acme--uat.sandbox.my.salesforce.com": {"https://acme--uat.sandbox.my.salesforce.com", "https://acme--uat.sandbox.lightning.force.com"},
		"http://127.0.0.1:8091":                       {"http://127.0.0.1:8091"},
		"ftp://x":                                     nil,
	} {
		if got := agent.Origins(lookup.OrgConfig{InstanceURL: url}); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", url, got, want)
		}
	}
}
