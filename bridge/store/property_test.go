package store_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/bridge/store"
	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/pbx"
)

// Random days with the real journal behind the bridge: links lose, repeat and
// swap events and reconnect, with snapshots of what their switch has; the bridge
// is restarted, or killed, in the middle; agents write notes and make calls
// private. What must hold is said at TestDays.
//
//	day (switches) ─► spoil ─► bridge ─► witness (screens) ─► verdict
//	                              └► store ─► every column, every byte ─┘

const (
	daySeeds = 30
	daySteps = 60
)

// deaf is a link of that name that nobody hears.
type deaf string

func (l deaf) Name() string                              { return string(l) }
func (deaf) Run(context.Context, chan<- pbx.Event) error { return nil }
func (deaf) Watch([]pbx.DeviceID)                        {}
func (deaf) Status() pbx.Status                          { return pbx.Status{} }

// everybody knows every number, by a record whose id tells the org asked for.
type everybody struct{}

func (everybody) Find(_ context.Context, s lookup.Scope, n lookup.Number) ([]lookup.Match, error) {
	if n[len(n)-1] == '7' { // which is logged
		return nil, errors.New("disk I/O error")
	}
	return []lookup.Match{{ID: s.Org + string(n[len(n)-3:]), Object: "Contact", Org: s.Org, Match: lookup.MatchExact}}, nil
}

// witness is the agents' screens over all lives of the bridge.
type witness struct {
	t    *testing.T
	day  *day
	has  map[bridge.AgentID]bridge.Agent
	path string

	store  *store.Store
	bridge *bridge.Bridge
	events chan pbx.Event
	end    func()
	held   []pbx.Event // swapped with the next one of its link

	mu      sync.Mutex
	sleeps  *rand.Rand // of tabs: the bridge's goroutines ask it
	frames  bytes.Buffer
	log     bytes.Buffer
	wrong   []string
	opened  map[string]int
	shown   map[bridge.CallID]bridge.Call
	owner   map[bridge.CallID]bridge.AgentID
	private []string // numbers of private calls
	acks    chan func()
}

func (w *witness) blame(format string, args ...any) {
	w.wrong = append(w.wrong, fmt.Sprintf(format, args...))
}

// Write takes the log.
func (w *witness) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.log.Write(p)
}

func (w *witness) Show(a bridge.AgentID, c bridge.Call) {
	w.mu.Lock()
	defer w.mu.Unlock()
	data, err := json.Marshal(c)
	if err != nil {
		w.blame("frame: %v", err)
	}
	w.frames.Write(data)
	w.shown[c.ID], w.owner[c.ID] = c, a
	rang := w.day.rang[c.Party.Number]
	if rang != nil && !slices.ContainsFunc(w.has[a].Devices, func(d bridge.Device) bool { return rang[d] }) {
		w.blame("%s was shown the call of another telephone: %s", a, data)
	}
	if c.Party.Number != "" && slices.Contains(w.private, c.Party.Number) {
		w.blame("%s was shown a private call again: %s", a, data)
	}
	for _, m := range c.Matches {
		if m.Org != w.has[a].Org || !strings.HasPrefix(m.ID, m.Org) {
			w.blame("%s was shown a record of another org: %s", a, data)
		}
	}
	if c.Chosen != nil && !strings.HasPrefix(c.Chosen.ID, w.has[a].Org) || c.Note != nil && !strings.HasPrefix(c.Note.Text, w.has[a].Org) {
		w.blame("%s was shown what an agent of another org wrote: %s", a, data)
	}
}

func (w *witness) Navigate(a bridge.AgentID, tab bridge.TabID, n bridge.Navigation) {
	w.mu.Lock()
	defer w.mu.Unlock()
	data, _ := json.Marshal(n)
	w.frames.Write(data)
	if !strings.HasPrefix(n.Record.ID, w.has[a].Org) {
		w.blame("%s opens a record of another org: %s", a, data)
	}
	if w.sleeps.IntN(4) == 0 {
		return // the tab sleeps
	}
	key := string(n.Call) + " " + w.shown[n.Call].Party.Number
	if w.opened[key]++; w.opened[key] > 1 {
		w.blame("%s navigated twice for one call: %s", a, key)
	}
	b := w.bridge
	w.acks <- func() { b.Navigated(a, tab, n.Pop) }
}

// begin is a new life of the bridge on what is on the disk.
func (w *witness) begin() {
	w.t.Helper()
	var err error
	if w.store, err = store.Open(w.t.Context(), w.path, bytes.Repeat([]byte{42}, 32)); err != nil {
		w.t.Fatal(err)
	}
	b := bridge.New(bridge.Options{
		Directory: everybody{}, Bindings: w.store, Journal: w.store, Eraser: w.store, Activities: w.store, Desks: w.store,
		Logger: slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelDebug - 8})),
	})
	b.SetScreens(w)
	if err := b.Restore(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	b.Configure(dayRoster())
	ctx, cancel := context.WithCancel(w.t.Context())
	events, done := make(chan pbx.Event), make(chan struct{})
	go func() { b.Run(ctx, events); close(done) }()
	s := w.store
	w.bridge, w.events, w.held = b, events, nil
	w.end = func() {
		cancel()
		<-done
		if err := s.Close(); err != nil {
			w.t.Error(err)
		}
	}
	for a := range w.has {
		b.TabChanged(a, bridge.Tab{ID: "front", Visible: true, Focused: true})
		b.TabChanged(a, bridge.Tab{ID: "back"})
	}
	w.resync(dayDevices())
}

// restart ends the bridge, or kills it: what is on the disk at that moment is all
// that the next life has.
func (w *witness) restart(kill bool) {
	w.t.Helper()
	time.Sleep(time.Millisecond) // no two lives begin at the same time: ids begin with it
	if !kill {
		w.end()
		w.begin()
		return
	}
	next := filepath.Join(w.t.TempDir(), "state.db")
	for _, end := range []string{"", "-wal"} {
		data, err := os.ReadFile(w.path + end)
		if err == nil {
			err = os.WriteFile(next+end, data, 0o600)
		}
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			w.t.Fatal(err)
		}
	}
	w.end()
	w.path = next
	w.begin()
}

// resync tells what a link knows after it has connected.
func (w *witness) resync(devices []bridge.Device) {
	for _, d := range devices {
		w.pass(w.day.snapshot(d))
	}
}

// tell spoils what a link tells: it is lost, repeated, or swapped with the next.
func (w *witness) tell(ev pbx.Event) {
	time.Sleep(w.day.pause())
	if w.day.clean {
		w.pass(ev)
		return
	}
	switch w.day.rng.IntN(12) {
	case 0:
		return
	case 1:
		w.pass(ev)
	case 2:
		w.held = append(w.held, ev)
		return
	default:
	}
	w.pass(ev)
	for _, old := range w.held {
		w.pass(old)
	}
	w.held = nil
}

func (w *witness) pass(ev pbx.Event) {
	ev.Time = time.Now()
	w.events <- ev
	synctest.Wait()
	for len(w.acks) > 0 {
		(<-w.acks)()
	}
}

// agents do something with a call that they see, or have among the recent ones.
func (w *witness) agents() {
	w.mu.Lock()
	var ids []bridge.CallID
	for id, c := range w.shown {
		if c.EndReason != bridge.EndPrivate && (c.Party.Number != "" || c.Party.Withheld) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	w.mu.Unlock()
	if len(ids) == 0 {
		return
	}
	id := ids[w.day.rng.IntN(len(ids))]
	agent, number := w.owner[id], w.shown[id].Party.Number
	org := w.has[agent].Org
	var err error
	switch w.day.rng.IntN(3) {
	case 0:
		err = w.bridge.Note(w.t.Context(), agent, id, bridge.Note{Text: org + " wants the price list"})
	case 1:
		err = w.bridge.Choose(w.t.Context(), agent, id, bridge.RecordRef{Object: "Lead", ID: org + "chosen"})
	default:
		w.makePrivate(agent, id, number)
	}
	if _, refused := errors.AsType[bridge.RequestError](err); err != nil && !refused && !errors.Is(err, bridge.ErrNotYourCall) {
		w.blame("%s: %v", id, err)
	}
}

// makePrivate makes a call private, also long after its end. What the link has lost
// of a call that lives may come later: of such calls nothing is said.
func (w *witness) makePrivate(agent bridge.AgentID, id bridge.CallID, number string) {
	conv := w.conversationOf(id)
	late := w.shown[id].State == bridge.Ended && slices.ContainsFunc(w.day.live, func(c *connection) bool { return c.far.Number == number || c.conv == conv })
	for _, c := range w.day.live {
		if c.far.Number == number && c.link != "" && !w.day.clean {
			c.stays = true
		}
	}
	if w.bridge.Act(w.t.Context(), agent, id, bridge.ActionPrivate, "") != nil || late && !w.day.clean {
		return
	}
	w.mu.Lock()
	if w.day.rang[number] != nil {
		w.private = append(w.private, number)
	}
	w.mu.Unlock()
	if w.day.clean && conv != nil {
		conv.private = true
		w.privately("at once")
	}
}

// kept is what the journal has of calls, those that live, too.
func (w *witness) kept(f bridge.TraceFilter) []bridge.JournalEntry {
	w.t.Helper()
	if err := w.bridge.Flush(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	found, err := w.store.Traces(w.t.Context(), f)
	if err != nil {
		w.t.Fatal(err)
	}
	return found
}

func (w *witness) conversationOf(id bridge.CallID) *conversation {
	if found := w.kept(bridge.TraceFilter{Call: id}); len(found) == 1 {
		return w.day.convs[found[0].Key]
	}
	return nil
}

// privately looks whether anything is left of the conversations that are private.
func (w *witness) privately(when string) {
	for _, e := range w.kept(bridge.TraceFilter{}) {
		if conv := w.day.convs[e.Key]; conv != nil && conv.private {
			w.blame("%s the journal has of a private call: %+v", when, e)
		}
	}
}

// finish lets the switches end all calls and looks for what is left.
func (w *witness) finish() []string {
	w.day.live = nil
	w.resync(dayDevices())
	if n := w.bridge.LiveCalls(); n > 0 {
		w.blame("%d calls are stuck after the switches told that there is none", n)
	}
	time.Sleep(2 * time.Minute)
	w.privately("in the end")
	living, err := w.store.Living(w.t.Context())
	if err != nil || len(living) > 0 {
		w.blame("the journal still has living calls: %+v, %v", living, err)
	}
	places := map[string]string{"a frame": w.frames.String(), "the log": w.log.String()}
	kept := map[string]string{}
	for _, a := range dayAgents() {
		recent, err := w.bridge.Recent(w.t.Context(), a.ID, true)
		data, _ := json.Marshal(recent)
		kept["the recent calls of "+string(a.ID)] = fmt.Sprint(string(data), err)
		for _, m := range recent {
			if m.Chosen != nil && !strings.HasPrefix(m.Chosen.ID, a.Org) {
				w.blame("the recent calls of %s have a record of another org", a.ID)
			}
		}
	}
	for table, text := range everyColumn(w.t, w.store) {
		kept["the table "+table] = text
	}
	w.end()
	files, _ := filepath.Glob(w.path + "*")
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			w.t.Fatal(err)
		}
		kept["the file "+filepath.Base(f)] = string(data)
	}
	w.search(places, w.day.never)
	w.search(map[string]string{"the log": w.log.String()}, slices.Concat(w.private, slices.Collect(maps.Keys(w.day.rang))))
	w.search(kept, slices.Concat(w.day.never, w.private))
	return w.wrong
}

func (w *witness) search(places map[string]string, never []string) {
	for where, text := range places {
		for _, n := range never {
			if strings.Contains(text, strings.TrimPrefix(n, "+")) {
				w.blame("%s holds a number that must not be kept: %s", where, n)
			}
		}
	}
}

// everyColumn is all that the tables hold, by table.
func everyColumn(t *testing.T, s *store.Store) map[string]string {
	t.Helper()
	out, err := s.Dump(t.Context())
	if err != nil || len(out) < 10 {
		t.Fatalf("%d tables, %v", len(out), err)
	}
	return out
}

// play is one random day.
func play(t *testing.T, seed uint64, template []byte) (wrong []string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		d := &day{
			rng: rand.New(rand.NewPCG(seed, 2)), clean: seed%2 == 1,
			rang: make(map[string]map[bridge.Device]bool), convs: make(map[string]*conversation),
		}
		w := &witness{
			t: t, day: d, path: filepath.Join(t.TempDir(), "state.db"), has: make(map[bridge.AgentID]bridge.Agent),
			opened: make(map[string]int), shown: make(map[bridge.CallID]bridge.Call), owner: make(map[bridge.CallID]bridge.AgentID),
			sleeps: rand.New(rand.NewPCG(seed, 3)), acks: make(chan func(), 10_000),
		}
		if err := os.WriteFile(w.path, template, 0o600); err != nil {
			t.Fatal(err)
		}
		for _, a := range dayAgents() {
			w.has[a.ID] = a
		}
		d.send = w.tell
		w.begin()
		for range daySteps {
			switch d.rng.IntN(16) {
			case 15:
				time.Sleep(11 * time.Minute) // the table forgets what has ended
				synctest.Wait()
			case 0:
				w.restart(d.rng.IntN(2) == 0)
			case 1:
				down := dayDevices()[d.rng.IntN(6)].Link
				w.pass(pbx.Event{Link: down, Kind: pbx.EventLinkDown})
				w.resync(slices.DeleteFunc(dayDevices(), func(o bridge.Device) bool { return o.Link != down }))
			case 2, 3:
				w.agents()
			default:
				d.step()
			}
		}
		wrong = w.finish()
	})
	return wrong
}

// TestDays: whatever links lose, repeat or swap, and whenever the bridge ends:
// no pop at the wrong agent, no second navigation for one call, no call that
// stays, no record or note of another org, no withheld or excluded number in a
// frame, any column, any byte on the disk or the recent calls, no number at all in
// the log, and nothing of a private call once it is private.
func TestDays(t *testing.T) {
	path := filepath.Join(t.TempDir(), "template.db")
	s, err := store.Open(t.Context(), path, bytes.Repeat([]byte{42}, 32))
	if err == nil {
		err = s.Close()
	}
	template, readErr := os.ReadFile(path)
	if err := errors.Join(err, readErr); err != nil {
		t.Fatal(err)
	}
	for seed := range uint64(daySeeds) {
		if wrong := play(t, seed, template); len(wrong) > 0 {
			t.Fatalf("seed %d:\n  %s", seed, strings.Join(wrong[:min(8, len(wrong))], "\n  "))
		}
	}
}
