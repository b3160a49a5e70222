package store

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ctibridge/ctibridge/bridge"
)

func TestRefusals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, a := withAgent(t)
		ctx := t.Context()
		before := len(actions(t, s))
		refuse := func(user, email string, why error) bridge.AgentID {
			t.Helper()
			id, err := s.AgentRefused(ctx, bridge.Claims{Org: orgA, User: user, Email: email, Name: "Doris Beispiel"}, why)
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
			return id
		}
		const userC = "005000000000003AAA"
		for range 3 {
			if id := refuse(userB, "BERTA.beispiel@example.com.invalid", bridge.ErrBoundToOther); id != a.ID {
				t.Errorf("agent %q, want %q", id, a.ID)
			}
		}
		if id := refuse(userC, "doris@example.com", bridge.ErrNoAgent); id != "" {
			t.Errorf("agent %q of a user nobody knows", id)
		}
		got, err := s.Refusals(ctx)
		if err != nil || len(got) != 2 {
			t.Fatalf("%+v, %v", got, err)
		}
		got[0].Last, got[1].Last = time.Time{}, time.Time{}
		same(t, "refusals", got, []bridge.Refusal{
			{Org: orgA, User: userC, Reason: bridge.ErrNoAgent.Error(), Times: 1},
			{Org: orgA, User: userB, Agent: a.ID, Reason: bridge.ErrBoundToOther.Error(), Times: 3},
		})
		same(t, "audit", actions(t, s)[before:], []string{"sign-in agent.refused " + a.Email, "sign-in agent.refused " + userC})
		time.Sleep(24 * time.Hour)
		refuse(userB, a.Email, bridge.ErrBoundToOther)
		if n := len(actions(t, s)) - before; n != 3 {
			t.Errorf("%d rows after a day, want 3", n)
		}
		entries, err := s.Audit(ctx, bridge.AuditFilter{Limit: 10})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if strings.Contains(e.Object+e.Detail, "oris") {
				t.Errorf("more than ids is kept: %+v", e)
			}
		}

		// Who gets in is no longer shown, nor whom an administrator binds.
		doris, err := s.SaveAgent(ctx, admin, bridge.Agent{Email: "doris@example.com", Org: orgA, Enabled: true})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Bind(ctx, doris.ID, userC); err != nil {
			t.Fatal(err)
		}
		a.SalesforceUser = userB
		if _, err := s.SaveAgent(ctx, admin, a); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Refusals(ctx); err != nil || len(got) != 0 {
			t.Errorf("still shown: %+v, %v", got, err)
		}

		refuse(userA, "", bridge.ErrNoAgent)
		time.Sleep(keepRefusal)
		mustSave(t, s, session(a, 1)) // tidies by the way
		var left int
		if err := s.read.QueryRow(`SELECT COUNT(*) FROM refusals`).Scan(&left); err != nil || left != 0 {
			t.Errorf("%d refusals left, %v", left, err)
		}
	})
}
