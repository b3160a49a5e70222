package agent_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/web/agent"
	"github.com/ctibridge/ctibridge/web/agent/agenttest"
)

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

// TestForeignOrigin: the refusal names the page, so that an administrator knows
// what to add; a flood of them does not fill the log.
func TestForeignOrigin(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newStage(t)
		refused := func(origin string) string {
			o := s.options("tab-1")
			o.Origin = origin
			_, resp, err := agenttest.Connect(t.Context(), o)
			if resp == nil {
				t.Fatal(err)
			}
			text, err := io.ReadAll(resp.Body)
			if err != nil || resp.StatusCode != http.StatusForbidden {
				t.Errorf("%s: status %d, %v", origin, resp.StatusCode, err)
			}
			return string(text)
		}
		const vf = "https://acme--c.visualforce.com"
		if text := refused("HTTPS://Acme--C.visualforce.com:443"); !strings.Contains(text, vf+" ") || !strings.Contains(text, "origins") {
			t.Errorf("the page is told %q", text)
		}
		if text := refused("null"); strings.Contains(text, "null") {
			t.Errorf("a page without origin is told %q", text)
		}
		if text := refused("https://" + strings.Repeat("x", 2000) + ".example.com"); len(text) > 300 {
			t.Errorf("the page is told %d bytes", len(text))
		}
		for range 50 {
			refused("https://evil.example.com")
		}
		synctest.Wait()
		log := s.log.String()
		if !strings.Contains(log, "object="+vf+"\n") {
			t.Errorf("the log does not name the page: %s", log)
		}
		if n := strings.Count(log, "cause=origin"); n != 10 {
			t.Errorf("%d log lines, want 10", n)
		}
	})
}

// TestNoAgent: who they are is proven, but they have no panel; it says why.
func TestNoAgent(t *testing.T) {
	for _, c := range []struct {
		err    error
		code   int
		reason string
		noted  bool
	}{
		{bridge.ErrNoAgent, agent.CloseNoAgent, bridge.ErrNoAgent.Error(), true},
		{bridge.ErrAgentDisabled, agent.CloseNoAgent, bridge.ErrAgentDisabled.Error(), false},
		{bridge.ErrAmbiguous, agent.CloseNoAgent, bridge.ErrAmbiguous.Error(), true},
		{fmt.Errorf("store: bind agent: %w", bridge.ErrBoundToOther), agent.CloseNoAgent, bridge.ErrBoundToOther.Error(), true},
		{errors.New("disk full at /secret"), websocket.CloseInternalServerErr, "something went wrong in the bridge", false},
	} {
		t.Run(c.err.Error(), func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				s := newStage(t, func(s *stage) { s.bridge.identify = c.err })
				tab := agenttest.Open(t, s.options("tab-1"))
				if code, reason := tab.Closed(); code != c.code || reason != c.reason {
					t.Errorf("closed with %d %q, want %d %q", code, reason, c.code, c.reason)
				}
				synctest.Wait()
				noted := slices.Equal(s.sessions.refused, []string{orgID + " " + userAda + " " + c.reason})
				if noted != c.noted {
					t.Errorf("noted for administrators: %v", s.sessions.refused)
				}
				log := s.log.String()
				if !strings.Contains(log, "org="+orgID+" object="+userAda) || c.noted && !strings.Contains(log, "agent="+string(bob)) || strings.Contains(log, "ada@") {
					t.Errorf("the log does not say who, or more: %s", log)
				}
			})
		})
	}
}

// TestFailedSignIns: behind an address that fails without end, those who can
// prove who they are get in, whatever the one who fails holds open.
func TestFailedSignIns(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newStage(t)
		before := s.signIn("before")
		before.Close()
		s.hub.FailFor("pipe", 20_000)
		o := s.options("tab-1")
		start := time.Now()
		var idle []*websocket.Conn
		for range 300 {
			conn, _, err := agenttest.Connect(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			synctest.Wait() // until it is listened to
			idle = append(idle, conn)
		}
		agenttest.Dial(t, o)
		o = s.options("before")
		o.Ticket, o.Resume = "", before.Welcome.Resume
		agenttest.Dial(t, o)
		for i, conn := range idle {
			_, _, err := conn.ReadMessage()
			if !websocket.IsCloseError(err, agent.CloseNotAuthenticated) {
				t.Errorf("connection %d: %v", i, err)
			}
			if cut := time.Since(start) < 5*time.Second; cut != (i < 45) { // 301 less the 256 that may be silent
				t.Errorf("connection %d was cut after %v", i, time.Since(start))
			}
		}
		synctest.Wait()
		if n := strings.Count(s.log.String(), "refused"); n != 1 {
			t.Errorf("%d log lines, want 1: %s", n, s.log.String())
		}
	})
}

// TestMovedWhileSigningIn: between the proof of identity and the welcome the
// agent was moved to another org. The calls there are not for this user.
func TestMovedWhileSigningIn(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newStage(t, func(s *stage) { s.orgs = append(s.orgs, otherIssuer().Config()) })
		s.bridge.identified = func() {
			a := s.bridge.agents[ada]
			a.Org = otherOrg
			s.bridge.agents[ada] = a
		}
		if code, reason := agenttest.Open(t, s.options("tab-1")).Closed(); code != agent.CloseNotAuthenticated || reason != agent.ReasonOrg {
			t.Errorf("closed with %d %q, want 4401 org", code, reason)
		}
	})
}
