package agent

import (
	"slices"
	"sync"
	"time"

	"github.com/ctibridge/ctibridge/bridge"
)

// maxTabs is how many tabs an agent may have open.
const maxTabs = 20

// desk is one agent as the hub knows it: the open tabs and the requests of the
// last minute. It outlives its last tab by that minute, so that a request
// repeated after a reconnect is not done twice.
type desk struct {
	agent bridge.AgentID
	// refs counts the sessions that use the desk; guarded by Hub.mu.
	refs int
	// restsUntil is when an unused desk can go; guarded by Hub.mu.
	restsUntil time.Time

	// membership is held while a tab joins, changes or leaves and the bridge is
	// told, so that the bridge hears of it in order. It is taken before mu and
	// never by Show or Navigate, which the bridge may call under its own lock.
	membership sync.Mutex

	mu   sync.Mutex
	tabs []*session

	requests requests
}

// tab finds the session of a tab; mu is held.
func (d *desk) tab(id bridge.TabID) *session {
	for _, s := range d.tabs {
		if s.tab == id {
			return s
		}
	}
	return nil
}

// sessions are the tabs as of now.
func (d *desk) sessions() []*session {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.tabs)
}

// room reports whether a tab could join: as one more, or in its own place.
func (d *desk) room(id bridge.TabID) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.tabs) < maxTabs || d.tab(id) != nil
}

// admit registers a session: it takes the place of an earlier one of the same
// tab, which ends with 4409. It reports false for one tab too many.
func (d *desk) admit(s *session) bool {
	d.membership.Lock()
	defer d.membership.Unlock()
	d.mu.Lock()
	defer d.mu.Unlock()
	for i, old := range d.tabs {
		if old.tab == s.tab {
			old.out.close(closing{CloseReplaced, reasonReplaced})
			d.tabs[i] = s
			return true
		}
	}
	if len(d.tabs) >= maxTabs {
		return false
	}
	d.tabs = append(d.tabs, s)
	return true
}

// changed tells the bridge of a tab, unless another session has taken its place.
func (d *desk) changed(s *session, tabs Tabs, t bridge.Tab) {
	d.membership.Lock()
	defer d.membership.Unlock()
	if d.has(s) {
		tabs.TabChanged(d.agent, t)
	}
}

// dismiss takes a session off the desk and tells the bridge that its tab is
// closed, unless another session has taken its place.
func (d *desk) dismiss(s *session, tabs Tabs) {
	d.membership.Lock()
	defer d.membership.Unlock()
	if !d.remove(s) {
		return
	}
	tabs.TabClosed(d.agent, s.tab)
}

func (d *desk) has(s *session) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Contains(d.tabs, s)
}

func (d *desk) remove(s *session) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	i := slices.Index(d.tabs, s)
	if i < 0 {
		return false
	}
	d.tabs = slices.Delete(d.tabs, i, i+1)
	return true
}

// desk is the desk of an agent, nil if there is none.
func (h *Hub) desk(id bridge.AgentID) *desk {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.desks[id]
}

func (h *Hub) allDesks() []*desk {
	h.mu.RLock()
	defer h.mu.RUnlock()
	all := make([]*desk, 0, len(h.desks))
	for _, d := range h.desks {
		all = append(all, d)
	}
	return all
}

// enter takes an agent's desk into use, nil when the hub is going down.
func (h *Hub) enter(id bridge.AgentID, now time.Time) *desk {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.down {
		return nil
	}
	h.clear(now)
	d := h.desks[id]
	if d == nil {
		d = &desk{agent: id}
		h.desks[id] = d
	}
	d.refs++
	h.tabs++
	return d
}

// exit is the counterpart of enter.
func (h *Hub) exit(d *desk, now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.tabs--
	if d.refs--; d.refs == 0 {
		d.restsUntil = now.Add(requestMemory)
		h.resting = append(h.resting, d)
	}
	h.clear(now)
}

// clear forgets the desks that have rested long enough; mu is held. Agents come
// and go all day, so this needs no clock of its own.
func (h *Hub) clear(now time.Time) {
	n := 0
	for ; n < len(h.resting) && !now.Before(h.resting[n].restsUntil); n++ {
		if d := h.resting[n]; d.refs == 0 && !now.Before(d.restsUntil) && h.desks[d.agent] == d {
			delete(h.desks, d.agent)
		}
	}
	h.resting = slices.Delete(h.resting, 0, n)
}
