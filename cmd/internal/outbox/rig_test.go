package outbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/bridge/store"
	"github.com/ctibridge/ctibridge/lookup/salesforce"
	"github.com/ctibridge/ctibridge/lookup/salesforce/salesforcetest"
)

// rig is a writer between a store on disk and a toy org.
type rig struct {
	t     *testing.T
	org   *salesforcetest.Org
	seed  salesforcetest.Demo
	user  string
	store *store.Store
	box   *box
	w     *Writer
	n     int
}

// box is the store, where a test can cut the bridge off.
type box struct {
	*store.Store
	// settles fail while set: the bridge was killed before it noted anything.
	dead bool
}

var errDead = errors.New("the bridge was killed")

func (b *box) SettleActivities(ctx context.Context, o []bridge.OutboxOutcome) error {
	if b.dead {
		return errDead
	}
	return b.Store.SettleActivities(ctx, o)
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{t: t, org: salesforcetest.NewOrg(salesforcetest.Options{PersonAccounts: true})}
	var err error
	if r.seed, err = r.org.Seed(); err != nil {
		t.Fatal(err)
	}
	if err := r.org.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.org.Close() })
	r.user = r.org.AddUser(salesforcetest.User{FirstName: "Ada", LastName: "Agent", Username: "ada@example.com"}).ID
	r.store, err = store.Open(t.Context(), filepath.Join(t.TempDir(), "state.db"), bytes.Repeat([]byte{42}, 32))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.store.Close() })
	r.restart()
	return r
}

// restart is what a new process begins with.
func (r *rig) restart() {
	r.t.Helper()
	client, err := salesforce.New(salesforce.Config{
		InstanceURL: r.org.URL(), ClientID: r.org.ClientID(), ClientSecret: r.org.ClientSecret(), Retries: -1,
	})
	if err != nil {
		r.t.Fatal(err)
	}
	r.box = &box{Store: r.store}
	r.w = New(Options{Org: r.org.ID(), Client: client, Box: r.box, Logger: slog.New(slog.DiscardHandler)})
	// Nothing waits here but for the next round.
	r.w.timing = timing{look: time.Millisecond, first: 2, longest: 2, describe: time.Hour, pause: 1, limit: 1}
}

// call is an answered call of the agent from Berta that ended a while ago.
func (r *rig) call(change func(*bridge.JournalEntry)) *bridge.Activity {
	r.n++
	began := time.Date(2026, 11, 21, 23, 30, r.n, 0, time.UTC)
	a := &bridge.Activity{
		Call: bridge.CallID(fmt.Sprintf("c-%d", r.n)), Agent: "a-1", Org: r.org.ID(), Owner: r.user, Direction: bridge.Inbound,
		Number: "+493023125101", Started: began, Answered: began.Add(5 * time.Second),
		Ended: began.Add(65*time.Second + 900*time.Millisecond), Reason: bridge.EndHangup,
		Match: &bridge.RecordRef{Object: "Contact", ID: r.seed.Known},
	}
	e := bridge.JournalEntry{ID: a.Call, Kept: true, Agent: a.Agent, Org: a.Org, Activity: a, Started: a.Started, Ended: a.Ended, Number: a.Number}
	if change != nil {
		change(&e)
	}
	if e.Activity != nil {
		e.Ring = e.Activity.Ring
	}
	if err := r.store.Keep(r.t.Context(), []bridge.JournalEntry{e}); err != nil {
		r.t.Fatal(err)
	}
	return a
}

// round lets the writer do one piece of work, whatever paused it before.
func (r *rig) round() {
	r.w.pause = time.Time{}
	for r.w.round(r.t.Context()) {
		continue
	}
}

// quiet lets it work until nothing is due.
func (r *rig) quiet() {
	r.t.Helper()
	for range 200 {
		r.round()
		st, err := r.store.OutboxStatuses(r.t.Context())
		if err != nil {
			r.t.Fatal(err)
		}
		if len(st) == 0 {
			return
		}
	}
	st, err := r.store.OutboxStatuses(r.t.Context())
	r.w.Tell(&st[0])
	r.t.Fatalf("after 200 rounds there still waits %+v, %v", st, err)
}

// task is the only one with a call's id, without what every record has.
func (r *rig) task(id string) salesforcetest.Fields {
	r.t.Helper()
	var found []salesforcetest.Fields
	for _, f := range r.org.Tasks() {
		if f["CallObject"] == id {
			found = append(found, f)
		}
	}
	if len(found) != 1 {
		r.t.Fatalf("there are %d Tasks of %s, want 1: %v", len(found), id, found)
	}
	for _, name := range []string{"Id", "IsDeleted", "CreatedDate", "LastModifiedDate", "SystemModstamp"} {
		delete(found[0], name)
	}
	return found[0]
}

// amend is what the agent says afterwards.
func (r *rig) amend(a *bridge.Activity, n *bridge.Note, record *bridge.RecordRef) {
	r.t.Helper()
	if err := r.store.Amend(r.t.Context(), a.Agent, a.Call, bridge.Amendment{Note: n, Record: record}); err != nil {
		r.t.Fatal(err)
	}
}

// status is how the org's outbox stands.
func (r *rig) status() bridge.OutboxStatus {
	r.t.Helper()
	all, err := r.store.OutboxStatuses(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	st := bridge.OutboxStatus{Org: r.org.ID()}
	if len(all) > 0 {
		st = all[0]
	}
	r.w.Tell(&st)
	return st
}
