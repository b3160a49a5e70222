package store_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/bridge/store"
	"github.com/ctibridge/ctibridge/pbx"
)

// quietDay is a day on which the switches do what the test says.
func quietDay(t *testing.T) *witness {
	t.Helper()
	d := &day{rng: rand.New(rand.NewPCG(1, 2)), clean: true, rang: make(map[string]map[bridge.Device]bool), convs: make(map[string]*conversation)}
	w := &witness{
		t: t, day: d, path: filepath.Join(t.TempDir(), "state.db"), has: make(map[bridge.AgentID]bridge.Agent),
		opened: make(map[string]int), shown: make(map[bridge.CallID]bridge.Call), owner: make(map[bridge.CallID]bridge.AgentID),
		sleeps: rand.New(rand.NewPCG(1, 3)), acks: make(chan func(), 10_000),
	}
	for _, a := range dayAgents() {
		w.has[a.ID] = a
	}
	d.send = w.tell
	w.begin()
	return w
}

// callOf is the agent's only call that lives.
func (w *witness) callOf(a bridge.AgentID) bridge.Call {
	w.t.Helper()
	calls := w.bridge.Calls(a)
	if len(calls) != 1 {
		w.t.Fatalf("%s has %+v", a, calls)
	}
	return calls[0]
}

// handedOn is a call that ada had, and bob has after her, as the switch says.
func (w *witness) handedOn(caller pbx.Party) (ada, bob bridge.Call) {
	w.t.Helper()
	devices := dayDevices()
	c := w.day.add(devices[0], "c1", caller, pbx.StateAlerting, false)
	w.day.tell(pbx.EventDelivered, c, true)
	w.day.answer(c)
	ada = w.callOf("ada")
	if err := w.bridge.Note(w.t.Context(), "ada", ada.ID, bridge.Note{Text: orgOne + " Merkmal"}); err != nil {
		w.t.Fatal(err)
	}
	w.day.dropAs(c, pbx.CauseTransfer)
	n := w.day.add(devices[1], "t2", caller, pbx.StateConnected, false)
	w.day.join(n, c)
	w.pass(pbx.Event{
		Link: n.link, Kind: pbx.EventEstablished, Connection: n.id, Direction: pbx.DirectionInbound, Calling: caller,
		Cause: pbx.CauseTransfer, LastRedirection: pbx.Party{Number: "1001"},
	})
	return ada, w.callOf("bob")
}

// TestPrivateAfterTransfer: what was handed on long ago and is made private from the
// recent ones, by whichever of the two, ends at the colleague who still has it,
// leaves nothing, and stays so over a restart or a crash; a Task that was written
// goes.
func TestPrivateAfterTransfer(t *testing.T) {
	named := pbx.Party{Number: "+492214710001"}
	withheld := pbx.Party{Withheld: true}
	for name, caller := range map[string]pbx.Party{"named": named, "withheld": withheld} {
		for _, who := range []bridge.AgentID{"ada", "bob"} {
			for what, after := range map[string]func(*witness){
				"goes on": func(*witness) {}, "restart": func(w *witness) { w.restart(false) }, "crash": func(w *witness) { w.restart(true) },
			} {
				t.Run(name+" "+string(who)+" "+what, func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						w := quietDay(t)
						ada, bob := w.handedOn(caller)
						if bob.Note == nil || !strings.HasSuffix(bob.Note.Text, "Merkmal") {
							t.Fatalf("bob was handed %+v", bob)
						}
						time.Sleep(11 * time.Minute)
						w.written("00T1")
						id := map[bridge.AgentID]bridge.CallID{"ada": ada.ID, "bob": bob.ID}[who]
						if err := w.bridge.Act(t.Context(), who, id, bridge.ActionPrivate, ""); err != nil {
							t.Fatal(err)
						}
						w.day.convs["c1"].private = true
						w.privately("at once")
						if who == "ada" && (w.shown[ada.ID].EndReason != bridge.EndPrivate || w.shown[bob.ID].EndReason != bridge.EndPrivate) {
							t.Errorf("the panels have %+v and %+v", w.shown[ada.ID], w.shown[bob.ID])
						}
						after(w)
						for _, a := range []bridge.AgentID{"ada", "bob"} {
							if calls := w.bridge.Calls(a); len(calls) > 0 {
								t.Errorf("%s has %+v", a, calls)
							}
						}
						due, err := w.store.DueActivities(t.Context(), orgOne, time.Now(), 10)
						if err != nil || len(due) != 1 || !due[0].Deleting || due[0].Task != "00T1" {
							t.Errorf("to be written are %+v, %v", due, err)
						}
						w.day.never = append(w.day.never, "Merkmal")
						w.frames.Reset()
						if caller.Number != "" {
							w.private = append(w.private, caller.Number)
						}
						if wrong := w.finish(); len(wrong) > 0 {
							t.Errorf("%s", strings.Join(wrong, "\n"))
						}
					})
				})
			}
		}
	}
}

// written lets all Tasks that are due be written.
func (w *witness) written(task string) {
	w.t.Helper()
	if err := w.bridge.Flush(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	due, err := w.store.DueActivities(w.t.Context(), orgOne, time.Now(), 10)
	if err == nil && len(due) == 0 {
		due, err = w.unowned()
	}
	for _, e := range due {
		err = errors.Join(err, w.store.SettleActivities(w.t.Context(), []bridge.OutboxOutcome{{ID: e.ID, Version: e.Version, Task: task}}))
	}
	if err != nil || len(due) == 0 {
		w.t.Fatalf("%d are due, %v", len(due), err)
	}
}

// unowned are the Tasks of agents who have never signed in.
func (w *witness) unowned() (due []bridge.OutboxEntry, err error) {
	for _, e := range w.kept(bridge.TraceFilter{}) {
		due = append(due, bridge.OutboxEntry{ID: string(e.ID), Version: 1})
	}
	return due, nil
}

// TestPrivateThenKilled: what SQLite's log and free pages have of a private call when
// the program is killed before it was emptied is gone before anybody is answered.
func TestPrivateThenKilled(t *testing.T) {
	const number = "+492214710001"
	began := time.Now().Add(-time.Minute)
	lives := bridge.JournalEntry{
		ID: "a", Kept: true, Popped: true, Agent: "ada", Org: orgOne, Link: "one", Key: "k", Device: "1001", Direction: bridge.Inbound,
		Number: number, Started: began, Note: &bridge.Note{Text: "Merkmal"},
	}
	over := lives
	over.ID, over.Agent, over.Device, over.Key, over.Note, over.Answered, over.Ended = "b", "bob", "1002", "l", nil, began, began.Add(time.Second)
	mark := bridge.JournalEntry{ID: "a", Secret: true, Link: "one", Key: "k", Device: "1001", Started: began}
	open := func(path string) *store.Store {
		s, err := store.Open(t.Context(), path, bytes.Repeat([]byte{42}, 32))
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	keep := func(s *store.Store, list ...bridge.JournalEntry) {
		if err := s.Keep(t.Context(), list); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(t.TempDir(), "state.db")
	s := open(path)
	keep(s, lives, over)
	if err := s.Close(); err != nil { // all of it is in the database, not in its log
		t.Fatal(err)
	}
	s = open(path)
	keep(s, over, lives)
	keep(s, mark)
	crashed := filepath.Join(t.TempDir(), "state.db")
	for _, end := range []string{"", "-wal"} {
		data, err := os.ReadFile(path + end)
		if err == nil {
			err = os.WriteFile(crashed+end, data, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{number, "Merkmal"} {
		if !onDisk(t, crashed, text) {
			t.Fatalf("%q is nowhere before: the test would see nothing", text)
		}
	}
	s = open(crashed)
	defer func() { _ = s.Close() }()
	for _, text := range []string{number, "Merkmal"} {
		if onDisk(t, crashed, text) {
			t.Errorf("%q is still there", text)
		}
	}
	living, err := s.Living(t.Context())
	if err != nil || len(living) != 1 || !living[0].Secret {
		t.Errorf("living are %+v, %v", living, err)
	}
}

// onDisk reports whether a text stands in the database or beside it.
func onDisk(t *testing.T, path, text string) bool {
	t.Helper()
	files, err := filepath.Glob(path + "*")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(raw, []byte(text)) {
			return true
		}
	}
	return false
}
