package bridge

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/pbx"
)

// Directory tells whose number it is. Find returns by the end of ctx, even
// where its database hangs.
type Directory interface {
	Find(ctx context.Context, s lookup.Scope, n lookup.Number) ([]lookup.Match, error)
}

// Screens are the agents' browser tabs. Neither method blocks.
type Screens interface {
	Show(AgentID, Call)
	Navigate(AgentID, TabID, Navigation)
}

// Bindings keeps which Salesforce user an agent is.
type Bindings interface {
	// Bind binds an unbound agent, for good; ErrBoundToOther otherwise.
	Bind(ctx context.Context, id AgentID, salesforceUser string) error
}

// Options are what a Bridge works with.
type Options struct {
	Directory Directory
	Bindings  Bindings
	// Live, if set, is asked for callers that the directory does not know.
	Live LiveSearch
	// Journal, if set, is told of calls and of what was decided: some 200 ms
	// later, by a goroutine of its own.
	Journal Journal
	Logger  *slog.Logger
	// Desks, if set, keeps chosen devices over a restart.
	Desks Desks
	// Eraser, if set, is told of calls of which nothing is to be kept.
	Eraser Eraser
	// Activities, if set, takes what agents say of calls that ended a while ago.
	Activities Activities
	// Popped, if set, is told how long each first pop took from the link's
	// read to Screens.Show. It must not block.
	Popped func(time.Duration)
}

// Limits of the call table and of waiting.
const (
	maxLegs = 50_000
	// maxEnded bounds the ended ones among them.
	maxEnded = 10_000
	// findWithin is how long a pop waits for the directory.
	findWithin = 20 * time.Millisecond
	// lateWithin is how long a look-up may take that a pop did not wait for.
	lateWithin = 5 * time.Second
	// lateQueue bounds those; when it is full the call keeps no matches.
	lateQueue = 1024
	// keepEnded is how long an ended call can still be corrected, and be given
	// what the agent writes after it: a note, the record it belongs to.
	keepEnded = 10 * time.Minute
	// keepSilent is how long a call lives of which nothing more is heard.
	keepSilent = 12 * time.Hour
	tick       = 250 * time.Millisecond
)

// Bridge decides who gets which screen pop.
type Bridge struct {
	o       Options
	log     *slog.Logger
	screens atomic.Pointer[Screens]
	roster  atomic.Pointer[roster]
	late    chan lateFind
	live    chan lateFind
	sick    atomic.Bool // the directory did not answer in time

	inactive inactiveUsers

	mu    sync.Mutex
	table table
	tabs  tabs
	dials dialTimes

	flushes chan chan struct{} // asks runJournal to write now
	written written            // runJournal's
	stats   Stats
}

// Stats are counters for metrics; none names a person or a number.
type Stats struct {
	Events, Pops, Navigations, LateFinds, FailedFinds, Refused atomic.Uint64
	// DialsRefused counts what agents asked to dial and may not.
	DialsRefused atomic.Uint64
	// LiveLost counts live searches given up, as too many waited.
	LiveLost atomic.Uint64
	// JournalLost counts calls missing from journal and trace.
	JournalLost atomic.Uint64
}

// New makes a bridge that knows nobody yet: see SetScreens and Configure.
func New(o Options) *Bridge {
	b := &Bridge{
		o: o, log: o.Logger, late: make(chan lateFind, lateQueue), live: make(chan lateFind, liveQueue), flushes: make(chan chan struct{}),
		table: newTable(), tabs: newTabs(), dials: dialTimes{},
	}
	b.table.diary.on = o.Journal != nil
	b.roster.Store(newRoster(Roster{}))
	return b
}

// SetScreens gives the bridge its screens, once, before Run. The hub needs the
// bridge as well, so one of the two comes second.
func (b *Bridge) SetScreens(s Screens) { b.screens.Store(&s) }

// Stats gives the counters.
func (b *Bridge) Stats() *Stats { return &b.stats }

// LiveCalls counts the calls in the table that have not ended.
func (b *Bridge) LiveCalls() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.table.live
}

// Configure replaces the roster and tells each link whom to watch. Calls of
// agents who are gone or disabled are forgotten at once.
func (b *Bridge) Configure(r Roster) {
	x := newRoster(r)
	b.mu.Lock()
	ended := b.table.keepOnly(x, time.Now())
	desks := b.endDesks(x, time.Now())
	b.dials.keepOnly(x.members)
	old := b.roster.Swap(x)
	for _, l := range ended {
		b.publish(old, l, time.Time{})
	}
	for agent := range b.tabs.open {
		if x.members[agent] != nil && b.settings(old, agent).differs(b.settings(x, agent)) {
			b.showSettings(x, agent, nil)
		}
	}
	b.mu.Unlock()
	b.forgetDesks(context.Background(), desks)
	for name, devices := range x.watchLists() {
		x.switches[name].Link.Watch(devices)
	}
}

// Run takes events until ctx ends. It is called once.
func (b *Bridge) Run(ctx context.Context, events <-chan pbx.Event) {
	var wg sync.WaitGroup
	wg.Go(func() { b.runLate(ctx) })
	for range liveSearches {
		wg.Go(func() { b.runLive(ctx) })
	}
	wg.Go(func() { b.runClock(ctx) })
	// The journal ends last: it writes what the others have left.
	journal, stopJournal := context.WithCancel(context.WithoutCancel(ctx))
	kept := make(chan struct{})
	go func() { defer close(kept); b.runJournal(journal) }()
	defer func() { wg.Wait(); stopJournal(); <-kept }()
	for {
		select {
		case <-ctx.Done():
			return
		case ev := <-events:
			b.handle(ctx, &ev)
		}
	}
}

// handle folds one event into the table, looks up what became known, and
// shows it. The lock is not held while the directory answers.
func (b *Bridge) handle(ctx context.Context, ev *pbx.Event) {
	b.stats.Events.Add(1)
	b.mu.Lock()
	x := b.roster.Load()
	changed := b.table.reconsider(x, b.table.fold(x, ev), ev.Link, ev.Connection)
	b.lookUp(ctx, x, changed)
	for _, l := range changed {
		b.publish(x, l, ev.Time)
	}
	b.mu.Unlock()
}

// lookUp asks the directory what nobody has asked about these legs. It is
// called with mu held and lets go of it while the directory answers.
func (b *Bridge) lookUp(ctx context.Context, x *roster, legs []*leg) {
	var room [1]lateFind // most events raise one question or none
	finds := b.table.wanted(room[:0], x, legs)
	if len(finds) == 0 {
		return
	}
	b.mu.Unlock()
	for i := range finds {
		b.find(ctx, &finds[i])
	}
	b.mu.Lock()
	b.table.answer(finds)
	b.searchLive(finds)
}

// runClock moves on what waits for time: tabs that did not answer, ended and
// silent calls.
func (b *Bridge) runClock(ctx context.Context) {
	t := time.NewTicker(tick)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-t.C:
			b.mu.Lock()
			desks := b.endDesks(b.roster.Load(), now)
			for _, n := range b.tabs.overdue(now) {
				b.traceTab(n, StepTabSilent)
				b.navigate(n)
			}
			for _, l := range b.table.purge(now) {
				b.publish(b.roster.Load(), l, time.Time{})
			}
			b.mu.Unlock()
			b.forgetDesks(ctx, desks)
		}
	}
}

// Identify finds the agent that a verified ticket's bearer is and binds the
// two at first sight.
func (b *Bridge) Identify(ctx context.Context, c Claims) (Agent, error) {
	b.mu.Lock()
	a, bind, err := b.roster.Load().identify(c)
	if err == nil && b.inactive.refuses(c.Org, c.User) {
		err = ErrUserInactive
	}
	var out Agent
	if err == nil {
		out = *a
	}
	b.mu.Unlock()
	if err != nil || !bind {
		return out, err
	}
	if err := b.o.Bindings.Bind(ctx, out.ID, c.User); err != nil {
		return Agent{}, err
	}
	out.SalesforceUser = c.User
	b.mu.Lock()
	defer b.mu.Unlock()
	b.roster.Load().bind(out)
	return out, nil
}

// Agent tells of an agent who is enabled; one whose Salesforce user is locked out
// is not (see SetInactiveUsers).
func (b *Bridge) Agent(id AgentID) (Agent, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if m := b.roster.Load().members[id]; m != nil {
		a := *m.Agent
		a.Enabled = a.Enabled && !b.inactive.refuses(a.Org, a.SalesforceUser)
		return a, true
	}
	return Agent{}, false
}

// Calls are the agent's calls that have not ended, oldest first.
func (b *Bridge) Calls(id AgentID) []Call {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.table.callsOf(b.roster.Load(), id)
}

// show lets the agent see the call as it is now.
func (b *Bridge) show(v *view, r rules) {
	v.revision++
	if v.chosen == nil && v.leg.chosen != nil && v.leg.aside().chosenOrg == v.org {
		v.chosen = v.leg.chosen
	}
	if s := b.screens.Load(); s != nil {
		(*s).Show(v.agent, b.table.call(v, r))
	}
}

// find asks the directory for one number in one scope, and leaves to runLate
// what takes too long. Once one took too long no pop waits at all, until a late
// look-up has shown that the directory is well again.
func (b *Bridge) find(ctx context.Context, f *lateFind) {
	if b.sick.Load() {
		f.err = errSick
		b.postpone(f)
		return
	}
	b.ask(ctx, f, findWithin)
	if f.err == nil || ctx.Err() != nil {
		return
	}
	b.sick.Store(errors.Is(f.err, context.DeadlineExceeded))
	b.postpone(f)
}

// ask puts the question and waits no longer than within.
func (b *Bridge) ask(ctx context.Context, f *lateFind, within time.Duration) {
	d := newDeadline(ctx, within)
	defer d.stop()
	readings := f.readings
	if len(readings) == 0 {
		readings = []lookup.Number{f.number}
	}
	f.read, f.found, f.err = lookup.FindFirst(d, b.o.Directory, f.scope, readings)
}

var errSick = errors.New("the directory is slow")

// postpone leaves a question to runLate.
func (b *Bridge) postpone(f *lateFind) {
	b.stats.LateFinds.Add(1)
	select {
	case b.late <- *f:
	default:
		b.stats.FailedFinds.Add(1)
		b.log.Warn("look-up given up, too many are waiting", "err", f.err)
	}
}

// runLate answers the look-ups that no pop waited for.
func (b *Bridge) runLate(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case f := <-b.late:
			b.ask(ctx, &f, lateWithin)
			if f.err != nil {
				if !errors.Is(f.err, context.Canceled) {
					b.stats.FailedFinds.Add(1)
					b.log.Error("look-up failed, the call shows its number only", "err", f.err)
				}
				continue
			}
			b.sick.Store(false)
			b.mu.Lock()
			if b.table.answer([]lateFind{f}) {
				b.publish(b.roster.Load(), f.leg, time.Time{})
			}
			b.searchLive([]lateFind{f})
			b.mu.Unlock()
		}
	}
}
