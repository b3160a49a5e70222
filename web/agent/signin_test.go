package agent_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/gorilla/websocket"
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

// TestFirstFrame: what else can be wrong with it.
func TestFirstFrame(t *testing.T) {
	for _, c := range []struct {
		name string
		kind int
		send string
		code int
	}{
		{"not JSON", websocket.TextMessage, "hello", agent.CloseMalformed},
		{"another type", websocket.TextMessage, `{"type":"dial","request":"r","number":"1"}`, agent.CloseMalformed},
		{"unknown type", websocket.TextMessage, `{"type":"hello"}`, agent.CloseMalformed},
		{"binary", websocket.BinaryMessage, `{"type":"authenticate","ticket":"x","tab":{"id":"t"}}`, agent.CloseMalformed},
		{"resume no token", websocket.TextMessage, `{"type":"authenticate","resume":"x","tab":{"id":"t"}}`, agent.CloseNotAuthenticated},
		{"over 32 KiB", websocket.TextMessage, strings.Repeat("x", 32<<10+1), websocket.CloseMessageTooBig},
		{"nothing within 5 s", 0, "", agent.CloseNotAuthenticated},
	} {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				s := newStage(t)
				conn, _, err := agenttest.Connect(t.Context(), s.options("tab-1"))
				if err != nil {
					t.Fatal(err)
				}
				defer conn.Close()
				if c.kind != 0 {
					go conn.WriteMessage(c.kind, []byte(c.send)) // a pipe: written when read
				}
				start := time.Now()
				_, _, err = conn.ReadMessage()
				if !websocket.IsCloseError(err, c.code) {
					t.Errorf("got %v, want code %d", err, c.code)
				}
				if c.kind == 0 && time.Since(start) != 5*time.Second {
					t.Errorf("closed after %v, want 5 s", time.Since(start))
				}
			})
		})
	}
}

func TestUpgrade(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*agenttest.Options)
		status int
	}{
		{"Lightning page", func(*agenttest.Options) {}, 101},
		{"upper case and port", func(o *agenttest.Options) { o.Origin = "HTTPS://Example.Lightning.Force.COM:443" }, 101},
		{"My Domain page", func(o *agenttest.Options) { o.Origin = instance }, 101},
		{"configured origin", func(o *agenttest.Options) { o.Origin = "https://crm.example.com" }, 101},
		{"own page", func(o *agenttest.Options) { o.Origin = publicURL }, 101},
		{"foreign page", func(o *agenttest.Options) { o.Origin = "https://evil.example.com" }, 403},
		{"suffix", func(o *agenttest.Options) { o.Origin = lightning + ".evil.example.com" }, 403},
		{"plain http", func(o *agenttest.Options) { o.Origin = "http://example.lightning.force.com" }, 403},
		{"another port", func(o *agenttest.Options) { o.Origin = lightning + ":8443" }, 403},
		{"null", func(o *agenttest.Options) { o.Origin = "null" }, 403},
		{"none", func(o *agenttest.Options) { o.Origin = "" }, 403},
		{"no subprotocol", func(o *agenttest.Options) { o.Subprotocols = []string{} }, 400},
		{"another subprotocol", func(o *agenttest.Options) { o.Subprotocols = []string{"ctibridge.v2"} }, 400},
		{"one of several", func(o *agenttest.Options) { o.Subprotocols = []string{"ctibridge.v2", "ctibridge.v1"} }, 101},
	} {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				s := newStage(t, func(s *stage) { s.orgs[0].Origins = []string{"https://crm.example.com/"} })
				o := s.options("tab-1")
				c.change(&o)
				conn, resp, err := agenttest.Connect(t.Context(), o)
				if resp == nil {
					t.Fatal(err)
				}
				if resp.StatusCode != c.status {
					t.Errorf("status %d, want %d", resp.StatusCode, c.status)
				}
				if conn != nil {
					if conn.Subprotocol() != agent.Subprotocol {
						t.Errorf("subprotocol %q", conn.Subprotocol())
					}
					conn.Close()
				}
			})
		})
	}
}

// TestNoAgent: who they are is proven, but they have no panel; it says why.
func TestNoAgent(t *testing.T) {
	for _, c := range []struct {
		err    error
		code   int
		reason string
	}{
		{bridge.ErrNoAgent, agent.CloseNoAgent, bridge.ErrNoAgent.Error()},
		{bridge.ErrAgentDisabled, agent.CloseNoAgent, bridge.ErrAgentDisabled.Error()},
		{bridge.ErrAmbiguous, agent.CloseNoAgent, bridge.ErrAmbiguous.Error()},
		{bridge.ErrBoundToOther, agent.CloseNoAgent, bridge.ErrBoundToOther.Error()},
		{errors.New("disk full at /secret"), websocket.CloseInternalServerErr, "something went wrong in the bridge"},
	} {
		t.Run(c.err.Error(), func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				s := newStage(t, func(s *stage) { s.bridge.identify = c.err })
				tab := agenttest.Open(t, s.options("tab-1"))
				if code, reason := tab.Closed(); code != c.code || reason != c.reason {
					t.Errorf("closed with %d %q, want %d %q", code, reason, c.code, c.reason)
				}
			})
		})
	}
}

func TestResume(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newStage(t)
		first := s.signIn("tab-1").Welcome.Resume
		resume := func(token, tab string) *agenttest.Tab {
			o := s.options(tab)
			o.Ticket, o.Resume = "", token
			return agenttest.Open(t, o)
		}
		refused := func(why string, tab *agenttest.Tab) {
			t.Helper()
			if code, reason := tab.Closed(); code != agent.CloseNotAuthenticated || reason != agent.ReasonExpired {
				t.Errorf("%s: closed with %d %q, want 4401 expired", why, code, reason)
			}
		}
		refused("another tab", resume(first, "tab-2"))
		second := resume(first, "tab-1").Next().Welcome
		if second == nil || second.Resume == "" || second.Resume == first {
			t.Fatalf("no fresh token: %+v", second)
		}
		refused("a used token", resume(first, "tab-1"))

		// A restart: another hub over the same store.
		s.pipe = agenttest.NewPipe()
		s.metrics = prometheus.NewRegistry()
		s.start()
		third := resume(second.Resume, "tab-1").Next().Welcome
		if third == nil || third.Agent.ID != ada {
			t.Fatalf("no welcome after a restart: %+v", third)
		}

		// The chain ends 12 h after the ticket, however often it is used.
		time.Sleep(11 * time.Hour)
		fourth := resume(third.Resume, "tab-1").Next().Welcome
		time.Sleep(time.Hour)
		refused("after 12 h", resume(fourth.Resume, "tab-1"))
	})
}

func TestResumeIsVoid(t *testing.T) {
	for name, spoil := range map[string]func(*stage){
		"agent disabled": func(s *stage) { a := s.bridge.agents[ada]; a.Enabled = false; s.bridge.agents[ada] = a },
		"agent gone":     func(s *stage) { delete(s.bridge.agents, ada) },
		"store broken":   func(s *stage) { s.sessions.broken = errors.New("disk full") },
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				s := newStage(t)
				tab := s.signIn("tab-1")
				o := s.options("tab-1")
				o.Ticket, o.Resume = "", tab.Welcome.Resume
				tab.Close()
				synctest.Wait()
				s.bridge.mu.Lock()
				spoil(s)
				s.bridge.mu.Unlock()
				if code, reason := agenttest.Open(t, o).Closed(); code != agent.CloseNotAuthenticated || reason != agent.ReasonExpired {
					t.Errorf("closed with %d %q, want 4401 expired", code, reason)
				}
			})
		})
	}
}

// TestTicketVoidsToken: a tab that signs in by ticket while its old connection is
// still there leaves no second token behind.
func TestTicketVoidsToken(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newStage(t)
		s.signIn("tab-1")
		s.signIn("tab-1")
		s.signIn("tab-2")
		if n := len(s.sessions.all); n != 2 {
			t.Errorf("%d tokens are kept, want 2", n)
		}
	})
}

// TestResumeTakenOnce: of two at the same time one gets in.
func TestResumeTakenOnce(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newStage(t)
		o := s.options("tab-1")
		o.Resume = s.signIn("tab-1").Welcome.Resume
		o.Ticket = ""
		results := make(chan error, 2)
		for range 2 {
			go func() {
				conn, err := agenttest.SignIn(context.Background(), o)
				if err == nil {
					_, _, err = conn.ReadMessage()
					defer conn.Close()
				}
				results <- err
			}()
		}
		a, b := <-results, <-results
		if (a == nil) == (b == nil) {
			t.Errorf("got %v and %v, want one of them in", a, b)
		}
	})
}

// TestStoreBroken: without a store agents get in by ticket, without a token.
func TestStoreBroken(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newStage(t, func(s *stage) { s.sessions.broken = errors.New("disk full") })
		if tab := s.signIn("tab-1"); tab.Welcome.Resume != "" {
			t.Error("a resume token that is not kept")
		}
	})
}

// TestIdentityWearsOut: a tab that stays open for 12 h has to prove itself.
func TestIdentityWearsOut(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newStage(t)
		tab := s.signIn("tab-1")
		start := time.Now()
		code, reason := tab.Closed()
		if code != agent.CloseNotAuthenticated || reason != agent.ReasonExpired {
			t.Errorf("closed with %d %q", code, reason)
		}
		if d := time.Since(start) - 12*time.Hour; d < 0 || d > 20*time.Second {
			t.Errorf("closed %v after 12 h", d)
		}
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

func TestTicketKeys(t *testing.T) {
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"empty": "", "text": "MIIB", "too short": (&agenttest.Issuer{Key: small}).PublicKey(),
		"private":      "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
		"broken cert":  "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
		"broken block": "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
	} {
		if _, err := agent.ParseTicketKey(text); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
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

// TestFailedSignIns: an address that fails without end is held off, and gets in
// again later; good sign-ins are never limited.
func TestFailedSignIns(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newStage(t)
		o := s.options("tab-1")
		status := func() int {
			_, resp, err := agenttest.Connect(t.Context(), o)
			if resp == nil {
				t.Fatal(err)
			}
			return resp.StatusCode
		}
		s.hub.FailFor("pipe", 9_999)
		if got := status(); got != http.StatusSwitchingProtocols {
			t.Errorf("before the limit: %d", got)
		}
		s.hub.FailFor("pipe", 20_000)
		if got := status(); got != http.StatusTooManyRequests {
			t.Errorf("over the limit: %d, want 429", got)
		}
		time.Sleep(20 * time.Minute)
		if got := status(); got != http.StatusSwitchingProtocols {
			t.Errorf("20 minutes later: %d", got)
		}
	})
}
