package store

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ctibridge/ctibridge/bridge"
)

// TestCountAudit: a day of wrong passwords is a row for each minute, whatever
// addresses they come from, and does not hide what was changed.
func TestCountAudit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, ctx := newStore(t), t.Context()
		fail := func(object, detail string) {
			t.Helper()
			if err := s.CountAudit(ctx, bridge.AuditEntry{Actor: object, Action: "signIn.failed", Object: object, Detail: detail}); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.AppendAudit(ctx, bridge.AuditEntry{Actor: "signIn.failed", Action: "signIn.failed", Object: "anton"}); err != nil {
			t.Fatal(err) // another actor's
		}
		for range 20 {
			fail("anton", "from 192.0.2.1")
			fail("unknown account", "from 192.0.2.2")
			fail("unknown account", "from 192.0.2.3")
			time.Sleep(time.Second)
		}
		time.Sleep(time.Minute)
		fail("anton", "from 192.0.2.1")
		var got []string
		entries, err := s.Audit(ctx, bridge.AuditFilter{})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			got = append(got, fmt.Sprint(e.Times, " ", e.Object, " ", e.Detail))
		}
		same(t, "rows", got, []string{
			"1 anton from 192.0.2.1", "40 unknown account from 192.0.2.2, and others", "20 anton from 192.0.2.1", "1 anton ",
		})
	})
}

func TestAuditFilter(t *testing.T) {
	s, ctx := newStore(t), t.Context()
	for n := range 300 {
		e := bridge.AuditEntry{Actor: "sign-in", Action: "signIn.failed", Object: fmt.Sprint("row", n)}
		if n%100 == 0 {
			e = bridge.AuditEntry{Actor: "Änne", Action: "agent.update", Object: fmt.Sprintf("B%d_100%%@example.com", n), Detail: `a\b`}
		}
		if err := s.AppendAudit(ctx, e); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		filter bridge.AuditFilter
		want   []int64
	}{
		{bridge.AuditFilter{Limit: 2}, []int64{300, 299}},
		{bridge.AuditFilter{Before: 299, Limit: 2}, []int64{298, 297}},
		{bridge.AuditFilter{Words: []string{"AGENT", "b200"}}, []int64{201}},
		{bridge.AuditFilter{Without: []string{"signIn.failed", "x"}}, []int64{201, 101, 1}},
		{bridge.AuditFilter{Without: []string{"signIn.failed"}, Before: 201, Limit: 1}, []int64{101}},
		{bridge.AuditFilter{Words: []string{"_100%"}, Limit: 9}, []int64{201, 101, 1}},
		{bridge.AuditFilter{Words: []string{"row_10"}}, nil},
		{bridge.AuditFilter{Words: []string{`A\B`, "Änne"}, Limit: 1}, []int64{201}},
		{bridge.AuditFilter{Words: []string{"' OR 1 = 1 --"}}, nil},
	} {
		entries, err := s.Audit(ctx, c.filter)
		if err != nil {
			t.Fatal(err)
		}
		var got []int64
		for _, e := range entries {
			got = append(got, e.ID)
		}
		same(t, fmt.Sprintf("%+v", c.filter), got, c.want)
	}
}

func TestAuditIsKeptForAYear(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, ctx := newStore(t), t.Context()
		for _, object := range []string{"first", "second", "third"} {
			if err := s.AppendAudit(ctx, bridge.AuditEntry{Actor: admin, Action: "signIn", Object: object}); err != nil {
				t.Fatal(err)
			}
			time.Sleep(365 * 24 * time.Hour / 2)
		}
		if err := s.AppendAudit(ctx, bridge.AuditEntry{Actor: admin, Action: "signIn", Object: "fourth"}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Expire(ctx, time.Now()); err != nil {
			t.Fatal(err)
		}
		same(t, "audit", actions(t, s), []string{admin + " signIn third", admin + " signIn fourth"})
	})
}
