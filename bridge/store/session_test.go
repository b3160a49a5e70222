package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/ctibridge/ctibridge/bridge"
)

var noTicket bridge.UsedTicket

var _ scs.CtxStore = PanelSessions{}

func token(n int) [32]byte { return sha256.Sum256(fmt.Append(nil, n)) }

func session(a bridge.Agent, n int) bridge.Session {
	now := time.Now().UTC().Truncate(time.Millisecond)
	return bridge.Session{TokenHash: token(n), Agent: a.ID, Tab: "tab", KID: "cti_ticket", Key: token(-1), Signed: now, Expires: now.Add(12 * time.Hour)}
}

func withAgent(t testing.TB) (*Store, bridge.Agent) {
	t.Helper()
	s := newStore(t)
	mustImport(t, s, document(), false)
	return s, agentByEmail(t, s, "berta.beispiel@example.com")
}

// crowd imports so many agents that n sessions fit, a few for each.
func crowd(t testing.TB, s *Store, n int) (of func(session int) bridge.Agent) {
	t.Helper()
	d := document()
	for i := range n/maxSessions + 1 {
		d.Agents = append(d.Agents, bridge.Agent{Email: fmt.Sprintf("crowd%d@example.com", i), Org: orgA, Enabled: true})
	}
	mustImport(t, s, d, false)
	all, err := s.Agents(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	all = slices.DeleteFunc(all, func(a bridge.Agent) bool { return !strings.HasPrefix(a.Email, "crowd") })
	return func(session int) bridge.Agent { return all[session%len(all)] }
}

func mustSave(t testing.TB, s *Store, n bridge.Session) {
	t.Helper()
	if err := s.SaveSession(t.Context(), n, [32]byte{}, noTicket); err != nil {
		t.Fatal(err)
	}
}

func TestSessionRoundTripAndReplacement(t *testing.T) {
	s, a := withAgent(t)
	first, second := session(a, 1), session(a, 2)
	mustSave(t, s, first)
	got, err := s.SessionByToken(t.Context(), token(1))
	if err != nil {
		t.Fatal(err)
	}
	same(t, "session", got, first)
	if err := s.SaveSession(t.Context(), second, first.TokenHash, noTicket); err != nil {
		t.Fatal(err)
	}
	_, err = s.SessionByToken(t.Context(), token(1))
	wantIs(t, "replaced", err, bridge.ErrNotFound)
	got, err = s.SessionByToken(t.Context(), token(2))
	if err != nil {
		t.Fatal(err)
	}
	same(t, "session", got, second)
}

func TestSessionNeedsAnEnabledAgent(t *testing.T) {
	s, a := withAgent(t)
	off := agentByEmail(t, s, "anton.anders@example.com")
	wantIs(t, "disabled", s.SaveSession(t.Context(), session(off, 1), [32]byte{}, noTicket), bridge.ErrAgentDisabled)
	wantIs(t, "unknown", s.SaveSession(t.Context(), session(bridge.Agent{ID: "x"}, 1), [32]byte{}, noTicket), bridge.ErrNotFound)
	// A session is not replaced by one of somebody else.
	mustSave(t, s, session(a, 1))
	_ = s.SaveSession(t.Context(), session(off, 2), token(1), noTicket)
	if _, err := s.SessionByToken(t.Context(), token(1)); err != nil {
		t.Error(err)
	}
}

// TestOldestSessionsGo: each page load saves one.
func TestOldestSessionsGo(t *testing.T) {
	s, a := withAgent(t)
	other, err := s.SaveAgent(t.Context(), admin, bridge.Agent{Email: "carla@example.com", Org: orgA, Enabled: true})
	if err != nil {
		t.Fatal(err)
	}
	mustSave(t, s, session(other, 100))
	for n := range 25 {
		x := session(a, n)
		x.Signed = x.Signed.Add(time.Duration(n) * time.Second)
		mustSave(t, s, x)
	}
	for n := range 25 {
		_, err := s.SessionByToken(t.Context(), token(n))
		if gone := errors.Is(err, bridge.ErrNotFound); gone != (n < 5) {
			t.Errorf("session %d of 25: %v", n, err)
		}
	}
	if _, err := s.SessionByToken(t.Context(), token(100)); err != nil {
		t.Errorf("the session of another agent: %v", err)
	}
}

func TestTakeSession(t *testing.T) {
	s, a := withAgent(t)
	mustSave(t, s, session(a, 1))
	next := session(a, 2)
	for what, wrong := range map[string]bridge.Session{
		"another tab":   {TokenHash: token(2), Agent: a.ID, Tab: "other", Expires: next.Expires},
		"another agent": {TokenHash: token(2), Agent: "x", Tab: next.Tab, Expires: next.Expires},
	} {
		wantIs(t, what, s.TakeSession(t.Context(), token(1), wrong), bridge.ErrNotFound)
	}
	if err := s.TakeSession(t.Context(), token(1), next); err != nil {
		t.Fatal(err)
	}
	wantIs(t, "taken twice", s.TakeSession(t.Context(), token(1), session(a, 3)), bridge.ErrNotFound)
	got, err := s.SessionByToken(t.Context(), token(2))
	if err != nil {
		t.Fatal(err)
	}
	same(t, "session", got, next)
}

func TestSessionExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, a := withAgent(t)
		mustSave(t, s, session(a, 1))
		time.Sleep(12*time.Hour - time.Second)
		if _, err := s.SessionByToken(t.Context(), token(1)); err != nil {
			t.Errorf("a second before: %v", err)
		}
		time.Sleep(time.Second)
		_, err := s.SessionByToken(t.Context(), token(1))
		wantIs(t, "expired", err, bridge.ErrNotFound)
		wantIs(t, "expired", s.TakeSession(t.Context(), token(1), session(a, 2)), bridge.ErrNotFound)
		mustSave(t, s, session(a, 3)) // tidies by the way
		var left int
		if err := s.read.QueryRow(`SELECT COUNT(*) FROM sessions`).Scan(&left); err != nil || left != 1 {
			t.Errorf("%d sessions left, %v", left, err)
		}
	})
}

func TestTicketIsUsedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, a := withAgent(t)
		ticket := bridge.UsedTicket{Hash: token(99), Until: time.Now().Add(3 * time.Minute)}
		if err := s.SaveSession(t.Context(), session(a, 1), [32]byte{}, ticket); err != nil {
			t.Fatal(err)
		}
		wantIs(t, "used", s.SaveSession(t.Context(), session(a, 2), token(1), ticket), bridge.ErrTicketUsed)
		_, err := s.SessionByToken(t.Context(), token(2))
		wantIs(t, "session of a used ticket", err, bridge.ErrNotFound)
		if _, err := s.SessionByToken(t.Context(), token(1)); err != nil {
			t.Errorf("a used ticket replaced a session: %v", err)
		}
		time.Sleep(3 * time.Minute)
		mustSave(t, s, session(a, 3)) // tidies by the way
		var left int
		if err := s.read.QueryRow(`SELECT COUNT(*) FROM used_tickets`).Scan(&left); err != nil || left != 0 {
			t.Errorf("%d used tickets left, %v", left, err)
		}
	})
}

func TestDeleteSessions(t *testing.T) {
	s, a := withAgent(t)
	mustSave(t, s, session(a, 1))
	mustSave(t, s, session(a, 2))
	if err := s.DeleteSessions(t.Context(), a.ID); err != nil {
		t.Fatal(err)
	}
	for n := range 2 {
		_, err := s.SessionByToken(t.Context(), token(n+1))
		wantIs(t, "deleted", err, bridge.ErrNotFound)
	}
}

// TestTokenIsTakenOnce lets many tabs show the same token at once.
func TestTokenIsTakenOnce(t *testing.T) {
	s, a := withAgent(t)
	mustSave(t, s, session(a, 0))
	var taken atomic.Int32
	var wg sync.WaitGroup
	for n := range 50 {
		wg.Go(func() {
			switch err := s.TakeSession(t.Context(), token(0), session(a, n+1)); {
			case err == nil:
				taken.Add(1)
			case !errors.Is(err, bridge.ErrNotFound):
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if taken.Load() != 1 {
		t.Errorf("taken %d times", taken.Load())
	}
}

func TestBindOnce(t *testing.T) {
	s, ctx := newStore(t), t.Context()
	d := document()
	d.Agents[1].SalesforceUser = ""
	mustImport(t, s, d, false)
	a := agentByEmail(t, s, "berta.beispiel@example.com")
	var bound atomic.Int32
	var wg sync.WaitGroup
	for n := range 20 {
		wg.Go(func() {
			switch err := s.Bind(ctx, a.ID, fmt.Sprintf("0050000000000%02dAAA", n)); {
			case err == nil:
				bound.Add(1)
			case !errors.Is(err, bridge.ErrBoundToOther):
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if bound.Load() != 1 {
		t.Fatalf("bound %d times", bound.Load())
	}
	user := agentByEmail(t, s, a.Email).SalesforceUser
	if err := s.Bind(ctx, a.ID, user); err != nil {
		t.Errorf("the same user again: %v", err)
	}
	other, err := s.SaveAgent(ctx, admin, bridge.Agent{Email: "carla@example.com", Org: orgA, Enabled: true})
	if err != nil {
		t.Fatal(err)
	}
	wantIs(t, "a user that another agent has", s.Bind(ctx, other.ID, user), bridge.ErrBoundToOther)
	wantIs(t, "unknown", s.Bind(ctx, "x", userB), bridge.ErrNotFound)
	wantIs(t, "disabled", s.Bind(ctx, agentByEmail(t, s, "anton.anders@example.com").ID, userB), bridge.ErrAgentDisabled)

	mustSave(t, s, session(a, 1))
	if err := s.Unbind(ctx, admin, a.ID); err != nil {
		t.Fatal(err)
	}
	_, err = s.SessionByToken(ctx, token(1))
	wantIs(t, "session of an unbound agent", err, bridge.ErrNotFound)
	if err := s.Bind(ctx, a.ID, userB); err != nil {
		t.Errorf("after Unbind: %v", err)
	}
	log := actions(t, s)
	same(t, "audit", log[len(log)-4:], []string{
		"sign-in agent.bind " + a.Email, admin + " agent.create carla@example.com",
		admin + " agent.unbind " + a.Email, "sign-in agent.bind " + a.Email,
	})
}

func TestPanelSessions(t *testing.T) {
	s, ctx := newStore(t), t.Context()
	p := s.PanelSessions()
	if _, found, err := p.FindCtx(ctx, "cookie"); found || err != nil {
		t.Fatal(found, err)
	}
	for _, data := range []string{"one", "two"} {
		if err := p.CommitCtx(ctx, "cookie", []byte(data), time.Now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		if got, found, err := p.FindCtx(ctx, "cookie"); string(got) != data || !found || err != nil {
			t.Fatal(string(got), found, err)
		}
	}
	var hash []byte
	if err := s.read.QueryRow(`SELECT token_hash FROM panel_sessions`).Scan(&hash); err != nil || string(hash) == "cookie" {
		t.Errorf("the cookie is stored as it is, %v", err)
	}
	if err := p.Commit("old", []byte("x"), time.Now().Add(-time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, found, err := p.Find("old"); found || err != nil {
		t.Error("expired, yet found", err)
	}
	if err := errors.Join(p.Delete("cookie"), p.Delete("cookie")); err != nil {
		t.Fatal(err)
	}
	if _, found, err := p.FindCtx(ctx, "cookie"); found || err != nil {
		t.Error("deleted, yet found", err)
	}
}

// TestOneBadWriteSparesTheOthers queues good writes around one that fails while
// the goroutine is busy, so that they share a batch.
func TestOneBadWriteSparesTheOthers(t *testing.T) {
	synctest.Test(t, oneBadWrite)
}

func oneBadWrite(t *testing.T) {
	s, a := withAgent(t)
	busy, goOn := make(chan struct{}), make(chan struct{})
	errs := make([]error, 9)
	var wg sync.WaitGroup
	wg.Go(func() {
		errs[8] = s.group.do(t.Context(), func(context.Context, *sql.Tx) (refused, failed error) {
			close(busy)
			<-goOn
			return nil, nil
		})
	})
	<-busy
	for n := range 8 {
		wg.Go(func() {
			if n == 3 {
				errs[n] = s.group.do(t.Context(), func(ctx context.Context, tx *sql.Tx) (refused, failed error) {
					if _, err := tx.ExecContext(ctx, `DELETE FROM sessions`); err != nil {
						return nil, err
					}
					return nil, io.ErrUnexpectedEOF
				})
				return
			}
			errs[n] = s.SaveSession(t.Context(), session(a, n), [32]byte{}, noTicket)
		})
	}
	synctest.Wait()
	if n := len(s.group.queue); n != 8 {
		t.Fatalf("%d writes wait", n)
	}
	close(goOn)
	wg.Wait()
	for n, err := range errs {
		if n == 3 {
			wantIs(t, "the bad one", err, io.ErrUnexpectedEOF)
			continue
		}
		if err != nil {
			t.Errorf("write %d: %v", n, err)
		}
	}
	for n := range 8 {
		if _, err := s.SessionByToken(t.Context(), token(n)); n != 3 && err != nil {
			t.Errorf("session %d: %v", n, err)
		}
	}
}

// TestFullQueueMakesWait holds the goroutine up until the queue is full: who
// comes then waits until its context ends, and the others are written.
func TestFullQueueMakesWait(t *testing.T) {
	synctest.Test(t, fullQueue)
}

func fullQueue(t *testing.T) {
	s, a := withAgent(t)
	goOn := make(chan struct{})
	var wg sync.WaitGroup
	nothing := func(context.Context, *sql.Tx) (refused, failed error) { return nil, nil }
	wait := func(context.Context, *sql.Tx) (refused, failed error) { <-goOn; return nil, nil }
	put := func(fn func(context.Context, *sql.Tx) (refused, failed error)) {
		wg.Go(func() {
			if err := s.group.do(t.Context(), fn); err != nil {
				t.Error(err)
			}
		})
	}
	put(wait)
	synctest.Wait()
	for range queued - 1 {
		put(nothing)
	}
	synctest.Wait()

	// One is in the queue when its context ends and is written all the same.
	short, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	wantIs(t, "in the queue", s.SaveSession(short, session(a, 1), [32]byte{}, noTicket), context.DeadlineExceeded)
	short, cancel = context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	wantIs(t, "before the full queue", s.SaveSession(short, session(a, 2), [32]byte{}, noTicket), context.DeadlineExceeded)
	close(goOn)
	wg.Wait()
	mustSave(t, s, session(a, 3))
	if _, err := s.SessionByToken(t.Context(), token(1)); err != nil {
		t.Error(err)
	}
	_, err := s.SessionByToken(t.Context(), token(2))
	wantIs(t, "never queued", err, bridge.ErrNotFound)
}

func TestClosedStoreRefuses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	s, err := Open(t.Context(), path, testKey())
	if err != nil {
		t.Fatal(err)
	}
	// Writers race with Close: each is either told that it failed or is there afterwards.
	const writers = 200
	agent := crowd(t, s, writers)
	errs := make([]error, writers)
	var wg sync.WaitGroup
	for n := range writers {
		wg.Go(func() { errs[n] = s.SaveSession(context.Background(), session(agent(n), n), [32]byte{}, noTicket) })
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	wg.Wait()
	wantIs(t, "after Close", s.SaveSession(t.Context(), session(agent(0), writers), [32]byte{}, noTicket), ErrClosed)
	s = open(t, path)
	for n, failed := range errs {
		_, err := s.SessionByToken(t.Context(), token(n))
		if failed == nil && err != nil {
			t.Errorf("session %d was acknowledged and is lost: %v", n, err)
		}
		if failed != nil && !errors.Is(failed, ErrClosed) {
			t.Errorf("session %d: %v", n, failed)
		}
	}
}

// BenchmarkTakeSession rotates 5,000 tokens at once, as all agents do after a
// restart of the bridge; the budget is a second.
func BenchmarkTakeSession5000(b *testing.B) {
	const agents = 5000
	s := newStore(b)
	agent := crowd(b, s, agents)
	var wg sync.WaitGroup
	for n := range agents {
		wg.Go(func() { mustSave(b, s, session(agent(n), n)) })
	}
	wg.Wait()
	for b.Loop() {
		for n := range agents {
			wg.Go(func() {
				from, to := session(agent(n), n), session(agent(n), n)
				from.TokenHash, to.TokenHash = token(n), sha256.Sum256([]byte{byte(n), byte(n >> 8), 1})
				if err := s.TakeSession(b.Context(), from.TokenHash, to); err != nil {
					b.Error(err)
				}
				if err := s.TakeSession(b.Context(), to.TokenHash, from); err != nil {
					b.Error(err)
				}
			})
		}
		wg.Wait()
	}
	b.ReportMetric(float64(b.N)*2*agents/b.Elapsed().Seconds(), "rotations/s")
}

func BenchmarkSessionByToken(b *testing.B) {
	s, a := withAgent(b)
	mustSave(b, s, session(a, 1))
	for b.Loop() {
		if _, err := s.SessionByToken(b.Context(), token(1)); err != nil {
			b.Fatal(err)
		}
	}
}
