package bridge

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/pbx"
)

// The property tests send random calls through two switches and six agents of
// two orgs, with loss, duplicates, reordering and reconnects, and hold what the
// agents were shown against what really rang.
//
//	plan (random calls) ─► spoil (lose, repeat, swap) ─► bridge ─► witness ─► rules

// propertySeeds is how many random days are played; each takes milliseconds.
const propertySeeds = 150

// happening is one event of the plan.
type happening struct {
	ev   pbx.Event
	wait time.Duration
}

// day is a random day: what happens, and what each outside number is to.
type day struct {
	rng    *rand.Rand
	events []happening
	// rang are the telephones that a number rang at, or talked at.
	rang map[string]map[Device]bool
	// secret are the withheld and excluded numbers: none may be seen anywhere.
	secret []string
	calls  int
}

var propertyDevices = []Device{ //nolint:gochecknoglobals // a table
	{"one", "1001"}, {"one", "1002"}, {"one", "1003"}, {"one", "1004"}, {"two", "1001"}, {"two", "1002"},
}

// propertyRoster: two switches with the same extensions, a shared line, an agent
// with two telephones, two orgs.
func propertyRoster(one, two pbx.Link, excluded []Exclusion) Roster {
	agent := func(id AgentID, org string, devices ...Device) Agent {
		return Agent{ID: id, Email: string(id) + "@example.com", Org: org, SalesforceUser: "005" + string(id), Devices: devices, Enabled: true}
	}
	d := propertyDevices
	plan := lookup.DialPlan{Country: "DE", AreaCode: "30", OutsideLinePrefix: "0"}
	return Roster{
		Agents: []Agent{
			agent("ada", org, d[0]), agent("bob", org, d[1], d[2]), agent("cyd", org, d[2]),
			agent("dan", otherOrg, d[3]), agent("eve", otherOrg, d[4]), agent("fay", org, d[5]),
		},
		Switches:   []Switch{{Link: one, Plan: plan}, {Link: two, Plan: plan}},
		Exclusions: excluded,
	}
}

func newDay(seed uint64) *day {
	return &day{rng: rand.New(rand.NewPCG(seed, 1)), rang: make(map[string]map[Device]bool)}
}

// number is a new outside number, by its kind.
func (d *day) number(kind string) string {
	d.calls++
	switch kind {
	case "secret":
		n := fmt.Sprintf("+493023125%03d", 900+d.calls%100)
		d.secret = append(d.secret, n)
		return n
	case "hidden":
		n := fmt.Sprintf("+496990009%03d", d.calls%1000)
		d.secret = append(d.secret, n)
		return n
	}
	n := fmt.Sprintf("+492214710%03d", d.calls%1000)
	if d.rang[n] == nil {
		d.rang[n] = make(map[Device]bool)
	}
	return n
}

func (d *day) push(link string, kind pbx.EventKind, call string, at Device, far pbx.Party) {
	ev := pbx.Event{
		Link: link, Kind: kind, Direction: pbx.DirectionInbound, Calling: far,
		Connection: pbx.ConnectionID{Call: pbx.CallID(call), Device: pbx.DeviceID(at.Extension)},
	}
	if far.Number != "" && d.rang[far.Number] != nil {
		d.rang[far.Number][at] = true
	}
	d.events = append(d.events, happening{ev, time.Duration(d.rng.IntN(400)) * time.Millisecond})
}

// plan makes n random calls: direct, ring group, call that is transferred, held,
// withheld or excluded.
func (d *day) plan(n int) {
	for range n {
		at := propertyDevices[d.rng.IntN(len(propertyDevices))]
		kind := []string{"plain", "plain", "plain", "secret", "hidden"}[d.rng.IntN(5)]
		far := pbx.Party{Number: d.number(kind)}
		if kind == "hidden" {
			far.Withheld = true // a switch that tells the number all the same
		}
		call := fmt.Sprintf("c%d", d.calls)
		switch d.rng.IntN(4) {
		case 0:
			d.direct(call, at, far)
		case 1:
			d.group(call, at, far)
		case 2:
			d.transfer(call, at, far)
		default:
			d.push(at.Link, pbx.EventDelivered, call, at, far)
			d.push(at.Link, pbx.EventConnectionCleared, call, at, pbx.Party{})
		}
	}
}

func (d *day) direct(call string, at Device, far pbx.Party) {
	for _, k := range []pbx.EventKind{
		pbx.EventDelivered, pbx.EventEstablished, pbx.EventHeld, pbx.EventRetrieved, pbx.EventConnectionCleared,
	} {
		party := far
		if k != pbx.EventDelivered && d.rng.IntN(2) == 0 {
			party = pbx.Party{}
		}
		d.push(at.Link, k, call, at, party)
	}
}

func (d *day) group(call string, winner Device, far pbx.Party) {
	for _, at := range propertyDevices {
		if at.Link == winner.Link {
			d.push(at.Link, pbx.EventDelivered, call, at, far)
		}
	}
	d.push(winner.Link, pbx.EventEstablished, call, winner, far)
	for _, at := range propertyDevices {
		if at.Link == winner.Link && at != winner {
			d.push(at.Link, pbx.EventConnectionCleared, call, at, pbx.Party{})
		}
	}
	d.push(winner.Link, pbx.EventConnectionCleared, call, winner, pbx.Party{})
}

func (d *day) transfer(call string, from Device, far pbx.Party) {
	to := propertyDevices[d.rng.IntN(len(propertyDevices))]
	if to.Link != from.Link || to == from {
		d.direct(call, from, far)
		return
	}
	colleague := pbx.Party{Number: from.Extension}
	d.push(from.Link, pbx.EventDelivered, call, from, far)
	d.push(from.Link, pbx.EventEstablished, call, from, far)
	d.push(to.Link, pbx.EventDelivered, call+"x", to, colleague)
	d.push(to.Link, pbx.EventEstablished, call+"x", to, colleague)
	d.push(to.Link, pbx.EventTransferred, call+"x", to, far)
	d.push(from.Link, pbx.EventConnectionCleared, call, from, pbx.Party{})
	d.push(to.Link, pbx.EventConnectionCleared, call+"x", to, pbx.Party{})
}

// spoil loses, repeats and swaps events, and lets the link reconnect.
func (d *day) spoil() {
	var out []happening
	for _, h := range d.events {
		switch d.rng.IntN(12) {
		case 0: // lost
		case 1:
			out = append(out, h, h)
		case 2:
			out = append(out, h)
			if n := len(out); n > 1 && out[n-2].ev.Link == h.ev.Link {
				out[n-1], out[n-2] = out[n-2], out[n-1]
			}
		case 3:
			down := pbx.Event{Link: h.ev.Link, Kind: pbx.EventLinkDown}
			out = append(out, happening{ev: down}, h)
		default:
			out = append(out, h)
		}
	}
	d.events = out
}

// witness is the screens of a day: it navigates when asked, most of the time.
type witness struct {
	t      *testing.T
	day    *day
	bridge *Bridge
	has    map[AgentID][]Device
	orgs   map[AgentID]string

	mu     sync.Mutex
	frames bytes.Buffer
	wrong  []string
	opened map[string]int // acknowledged navigations by call and far end
	far    map[CallID]string
	acks   chan func()
}

func (w *witness) blame(format string, args ...any) {
	w.wrong = append(w.wrong, fmt.Sprintf(format, args...))
}

func (w *witness) Show(a AgentID, c Call) {
	w.mu.Lock()
	defer w.mu.Unlock()
	data, err := json.Marshal(c)
	if err != nil {
		w.blame("frame: %v", err)
	}
	w.frames.Write(data)
	w.far[c.ID] = c.Party.Number
	if rang := w.day.rang[c.Party.Number]; rang != nil && !slices.ContainsFunc(w.has[a], func(d Device) bool { return rang[d] }) {
		w.blame("%s was shown the call of another telephone: %s", a, data)
	}
	for _, m := range c.Matches {
		if m.Org != w.orgs[a] || !strings.HasPrefix(m.ID, w.orgs[a]) {
			w.blame("%s was shown a record of another org: %s", a, data)
		}
	}
}

func (w *witness) Navigate(a AgentID, tab TabID, n Navigation) {
	w.mu.Lock()
	defer w.mu.Unlock()
	data, _ := json.Marshal(n)
	w.frames.Write(data)
	if !strings.HasPrefix(n.Record.ID, w.orgs[a]) {
		w.blame("%s opens a record of another org: %s", a, data)
	}
	if key := string(n.Call) + " " + w.far[n.Call]; w.day.rng.IntN(4) > 0 { // else the tab sleeps
		if w.opened[key]++; w.opened[key] > 1 {
			w.blame("%s navigated twice for one call: %s", a, key)
		}
		w.acks <- func() { w.bridge.Navigated(a, tab, n.Pop) }
	}
}

// orgDirectory knows every number, by a record whose id tells the org asked for.
type orgDirectory struct{}

func (orgDirectory) Find(_ context.Context, s lookup.Scope, n lookup.Number) ([]lookup.Match, error) {
	return []lookup.Match{{ID: s.Org + string(n[len(n)-3:]), Object: "Contact", Org: s.Org, Match: lookup.MatchExact}}, nil
}

// play runs a day and returns what was wrong with it.
func play(t *testing.T, seed uint64, calls int) (wrong []string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		d := newDay(seed)
		d.plan(calls)
		d.spoil()
		var log bytes.Buffer
		logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug - 8}))
		journal := &pages{}
		b := New(Options{Directory: orgDirectory{}, Bindings: bindings{}, Journal: journal, Eraser: journal, Logger: logger})
		w := &witness{
			t: t, day: d, bridge: b, has: make(map[AgentID][]Device), orgs: make(map[AgentID]string),
			opened: make(map[string]int), far: make(map[CallID]string), acks: make(chan func(), 10_000),
		}
		b.SetScreens(w)
		roster := propertyRoster(&dialer{name: "one"}, &dialer{name: "two"}, []Exclusion{{Number: "+493023125*"}})
		b.Configure(roster)
		for _, a := range roster.Agents {
			w.has[a.ID], w.orgs[a.ID] = a.Devices, a.Org
			b.TabChanged(a.ID, Tab{ID: "front", Visible: true, Focused: true})
			b.TabChanged(a.ID, Tab{ID: "back"})
		}
		ctx, cancel := context.WithCancel(t.Context())
		events := make(chan pbx.Event)
		done := make(chan struct{})
		go func() { b.Run(ctx, events); close(done) }()
		w.live(events)
		if n := b.LiveCalls(); n > 0 {
			w.blame("%d calls are stuck after the switches told that there is none", n)
		}
		time.Sleep(2 * time.Minute)
		cancel()
		<-done
		wrong = w.verdict(map[string]string{"a frame": w.frames.String(), "the log": log.String(), "the journal": journal.text()})
	})
	return wrong
}

// live sends the day's events, and at its end what every switch knows: nothing.
func (w *witness) live(events chan<- pbx.Event) {
	send := func(ev pbx.Event) {
		ev.Time = time.Now()
		events <- ev
		synctest.Wait()
		for len(w.acks) > 0 {
			(<-w.acks)()
		}
	}
	for _, h := range w.day.events {
		time.Sleep(h.wait)
		send(h.ev)
	}
	for _, d := range propertyDevices {
		send(pbx.Event{Link: d.Link, Kind: pbx.EventSnapshot, Connection: pbx.ConnectionID{Device: pbx.DeviceID(d.Extension)}})
	}
}

// verdict looks for what must be nowhere.
func (w *witness) verdict(places map[string]string) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	for where, text := range places {
		for _, n := range w.day.secret {
			if strings.Contains(text, n[len("+4930"):]) {
				w.blame("%s holds a number that must not be kept: %s", where, n)
			}
		}
	}
	return w.wrong
}

// pages is a journal of all that it was ever given and was not to erase.
type pages struct {
	mu  sync.Mutex
	all map[CallID]JournalEntry
}

func (p *pages) Keep(_ context.Context, entries []JournalEntry) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.all == nil {
		p.all = make(map[CallID]JournalEntry)
	}
	for _, e := range entries {
		p.all[e.ID] = e
	}
	return nil
}

func (p *pages) Erase(_ context.Context, calls []CallID) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, id := range calls {
		delete(p.all, id)
	}
	return nil
}

func (p *pages) Living(context.Context) ([]JournalEntry, error) { return nil, nil }

func (p *pages) Recent(context.Context, AgentID, bool) ([]RecentEntry, error) { return nil, nil }

func (p *pages) text() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	data, err := json.Marshal(p.all)
	return fmt.Sprint(string(data), err)
}

// Whatever the switches lose, repeat or swap: no pop at the wrong agent, no
// second navigation for one call, no call that stays, no record of another org,
// and no withheld or excluded number anywhere.
func TestProperties(t *testing.T) {
	for seed := range uint64(propertySeeds) {
		if wrong := play(t, seed, 12); len(wrong) > 0 {
			calls := shrink(t, seed)
			t.Fatalf("seed %d, already with %d calls:\n  %s", seed, calls, strings.Join(wrong, "\n  "))
		}
	}
}

// shrink finds the fewest calls of a day that still go wrong.
func shrink(t *testing.T, seed uint64) int {
	for calls := 1; calls < 12; calls++ {
		if len(play(t, seed, calls)) > 0 {
			return calls
		}
	}
	return 12
}
