package bridge

import (
	"slices"
	"strconv"
	"time"
)

const (
	// ackWithin is how long a tab has to say that it navigated.
	ackWithin = 1500 * time.Millisecond
	// openWithin is how long a record waits for a tab at all; an agent who
	// reloads the page while it rings still gets it.
	openWithin = 30 * time.Second
)

// tabs knows each agent's browser tabs and which of them navigates: all tabs
// display, one moves.
type tabs struct {
	open    map[AgentID][]*tab
	pending map[AgentID]*opening // at most the newest for each agent
	clock   uint64
	lastPop uint64
}

type tab struct {
	Tab
	// focusedAt and seenAt order tabs by their last focus and sign of life.
	focusedAt, seenAt uint64
}

// opening is a record that waits for a tab to open it.
type opening struct {
	agent AgentID
	nav   Navigation
	tried []TabID
	began time.Time
	asked time.Time // when the last tab was asked; zero: none is being asked
	tab   TabID
}

func newTabs() tabs {
	return tabs{open: make(map[AgentID][]*tab), pending: make(map[AgentID]*opening)}
}

// changed notes what a tab tells of itself.
func (t *tabs) changed(agent AgentID, now Tab) {
	t.clock++
	for _, o := range t.open[agent] {
		if o.ID == now.ID {
			if now.Focused && !o.Focused {
				o.focusedAt = t.clock
			}
			o.Tab, o.seenAt = now, t.clock
			return
		}
	}
	n := &tab{Tab: now, seenAt: t.clock}
	if now.Focused {
		n.focusedAt = t.clock
	}
	t.open[agent] = append(t.open[agent], n)
}

func (t *tabs) closed(agent AgentID, id TabID) {
	for _, o := range t.open[agent] {
		if o.ID == id {
			removeFrom(t.open, agent, o)
			return
		}
	}
}

// begin makes a request to navigate; an older one of the agent is dropped.
func (t *tabs) begin(agent AgentID, call CallID, record *RecordRef) *opening {
	t.lastPop++
	n := &opening{
		agent: agent, began: time.Now(),
		nav: Navigation{Pop: PopID(strconv.AppendUint([]byte("p-"), t.lastPop, 36)), Call: call, Record: record},
	}
	t.pending[agent] = n
	return n
}

// pick chooses the tab to ask next: the focused one, else the one last focused
// among the visible, else among all.
func (t *tabs) pick(n *opening) *tab {
	var best *tab
	for _, o := range t.open[n.agent] {
		if !slices.Contains(n.tried, o.ID) && (best == nil || o.before(best)) {
			best = o
		}
	}
	return best
}

func (o *tab) before(p *tab) bool {
	switch {
	case o.Focused != p.Focused:
		return o.Focused
	case o.Visible != p.Visible:
		return o.Visible
	case o.focusedAt != p.focusedAt:
		return o.focusedAt > p.focusedAt
	}
	return o.seenAt > p.seenAt
}

// overdue returns the requests whose tab did not answer, and drops those
// nobody waits for any more.
func (t *tabs) overdue(now time.Time) []*opening {
	var late []*opening
	for agent, n := range t.pending {
		switch {
		case now.Sub(n.began) > openWithin:
			delete(t.pending, agent)
		case !n.asked.IsZero() && now.Sub(n.asked) >= ackWithin:
			late = append(late, n)
		}
	}
	return late
}

// navigate asks the next tab, as long as the call lives. With none left the
// request waits for a new one.
func (b *Bridge) navigate(n *opening) {
	n.asked = time.Time{}
	if !b.tabs.wanted(n, &b.table) {
		return
	}
	next := b.tabs.pick(n)
	if next == nil {
		b.traceTab(n, StepNoTab)
		return
	}
	n.tab, n.tried, n.asked = next.ID, append(n.tried, next.ID), time.Now()
	b.traceTab(n, StepTabAsked)
	b.stats.Navigations.Add(1)
	if s := b.screens.Load(); s != nil {
		(*s).Navigate(n.agent, next.ID, n.nav)
	}
}

// TabChanged tells that a tab opened, or changed in visibility or focus.
func (b *Bridge) TabChanged(agent AgentID, now Tab) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tabs.changed(agent, now)
	b.table.desks.seen(agent, 1, time.Now())
	n := b.tabs.pending[agent]
	if n != nil && n.asked.IsZero() {
		b.navigate(n)
	}
}

// wanted reports whether a waiting request still makes sense.
func (t *tabs) wanted(n *opening, calls *table) bool {
	v := calls.calls[n.nav.Call]
	if v != nil && v.leg.state != Ended {
		return true
	}
	delete(t.pending, n.agent)
	return false
}

// TabClosed tells that a tab's socket closed. A request it was asked for goes
// to the next tab at once.
func (b *Bridge) TabClosed(agent AgentID, id TabID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tabs.closed(agent, id)
	b.table.desks.seen(agent, len(b.tabs.open[agent]), time.Now())
	n := b.tabs.pending[agent]
	if n == nil {
		return
	}
	n.tried = slices.DeleteFunc(n.tried, func(t TabID) bool { return t == id }) // the same tab may come back after a reload
	if n.tab == id && !n.asked.IsZero() {
		b.traceTab(n, StepTabClosed)
		b.navigate(n)
	}
}

// Navigated is a tab's word that it went where it was asked to.
func (b *Bridge) Navigated(agent AgentID, _ TabID, pop PopID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if n := b.tabs.pending[agent]; n != nil && n.nav.Pop == pop {
		b.traceTab(n, StepOpened)
		delete(b.tabs.pending, agent)
	}
}

// traceTab notes in the call's trace what became of the request to open its record.
func (b *Bridge) traceTab(n *opening, code StepCode) {
	v := b.table.calls[n.nav.Call]
	if v == nil {
		return
	}
	tab := ""
	if code != StepNoTab {
		tab = clip(string(n.tab), 16)
	}
	v.note(time.Now(), code, tab)
	b.table.record(v)
}
