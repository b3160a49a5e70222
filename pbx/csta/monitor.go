package csta

import (
	"container/heap"
	"errors"
	"log/slog"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/csta/ecma323"
	"github.com/ctibridge/ctibridge/pbx/internal/backoff"
)

// Bounds of monitors.
const (
	standardPace = 100 // monitors started a second
	maxPace      = 1000
	maxLag       = 50 * time.Millisecond // of the pace that is made up for
	maxAtWork    = 32                    // monitors being started or asked at a time
	maxPause     = 10 * time.Minute      // before a refused one is asked for again
	licencePause = time.Minute           // the first one where licences are missing
	overloadRest = 5 * time.Second       // after the PBX said that it is overloaded
)

// phase is how far a monitor is.
type phase uint8

const (
	idle     phase = iota
	starting       // MonitorStart, or the question for the device's id, is on its way
	asking         // it runs, and the PBX is asked for the device's calls
	active
)

// monitor is a device that is monitored, or a group number that stands for its
// members. The link's lock guards it; only Run's goroutine changes it once a
// session has it.
type monitor struct {
	number   pbx.DeviceID
	watchers int              // watched devices behind it; 0: it is to end
	object   ecma323.DeviceID // what the PBX calls it; empty: not yet asked
	ref      string           // the monitor's cross reference
	phase    phase
	again    bool // its calls are to be asked for once more

	due   time.Time // when there is something to do
	index int       // in the heap; -1: not in it
	pause time.Duration

	problem, cure string
	snapshot      *snapshot
	held          []arrival // events that wait for the snapshot
	overflow      bool      // more came than could be held
}

// dueHeap has the monitor on top that is due first.
type dueHeap []*monitor

func (h dueHeap) Len() int           { return len(h) }
func (h dueHeap) Less(i, j int) bool { return h[i].due.Before(h[j].due) }
func (h dueHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

// Push implements heap.Interface.
func (h *dueHeap) Push(x any) {
	m := x.(*monitor) //nolint:forcetypeassert // only monitors are pushed
	m.index = len(*h)
	*h = append(*h, m)
}

// Pop implements heap.Interface.
func (h *dueHeap) Pop() any {
	old := *h
	m := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	m.index = -1
	return m
}

// plan puts a monitor into the order of its due time. The caller holds the
// link's lock; without a session there is nothing to plan.
func (s *session) plan(m *monitor) {
	switch {
	case s == nil || m.phase == starting || m.phase == asking:
	case m.index >= 0:
		heap.Fix(&s.due, m.index)
	default:
		heap.Push(&s.due, m)
	}
}

// workMonitors ends the monitors that nobody watches any more and starts as many
// as are due and the pace allows.
func (s *session) workMonitors(now time.Time) {
	s.endUnwatched()
	if now.Before(s.rest) {
		return
	}
	for s.atWork < maxAtWork && !now.Before(s.nextStart) {
		m := s.nextDue(now)
		if m == nil {
			return
		}
		if s.nextStart = s.nextStart.Add(s.pace); s.nextStart.Before(now.Add(-maxLag)) {
			s.nextStart = now.Add(s.pace - maxLag)
		}
		s.begin(m)
	}
}

// nextDue takes the next monitor off the heap.
func (s *session) nextDue(now time.Time) *monitor {
	l := s.link
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(s.due) > 0 && !s.due[0].due.After(now) {
		m := heap.Pop(&s.due).(*monitor) //nolint:forcetypeassert // only monitors are pushed
		if m.watchers > 0 && (m.phase == idle || m.again) {
			return m
		}
	}
	return nil
}

// begin starts a monitor, or asks for the calls of one that runs.
func (s *session) begin(m *monitor) {
	s.atWork++
	switch {
	case m.phase == active:
		s.setPhase(m, asking)
		s.askDevice(m)
	case m.object.Text == "" && s.link.dialect.resolves:
		s.setPhase(m, starting)
		s.resolve(string(m.number), func(id ecma323.DeviceID, err error) {
			if err != nil {
				s.monitorFailed(m, err)
				return
			}
			m.object = id
			s.startMonitor(m)
		})
	default:
		s.setPhase(m, starting)
		s.startMonitor(m)
	}
}

func (s *session) setPhase(m *monitor, p phase) {
	s.link.mu.Lock()
	defer s.link.mu.Unlock()
	if m.phase == starting {
		s.starting--
	}
	if p == starting {
		s.starting++
	}
	m.phase = p
}

// resolve asks for the id of a number, where the PBX wants that.
func (s *session) resolve(number string, then func(ecma323.DeviceID, error)) {
	s.request(&ecma323.GetThirdPartyDeviceID{SwitchName: s.link.cfg.CSTA.Switch, Extension: number}, func(m ecma323.Message, err error) {
		r, ok := m.(*ecma323.GetThirdPartyDeviceIDResponse)
		switch {
		case err != nil:
			then(ecma323.DeviceID{}, err)
		case !ok || r.Device.Text == "":
			then(ecma323.DeviceID{}, odd(m))
		default:
			then(r.Device, nil)
		}
	})
}

func (s *session) startMonitor(m *monitor) {
	d := s.link.dialect
	request := &ecma323.MonitorStart{DeviceObject: m.id(), MonitorType: "device", Events: d.events, AgentEvents: d.agentEvents}
	s.request(request, func(answer ecma323.Message, err error) {
		r, ok := answer.(*ecma323.MonitorStartResponse)
		switch {
		case err != nil:
			s.monitorFailed(m, err)
		case !ok || r.MonitorCrossRefID == "":
			s.monitorFailed(m, odd(answer))
		default:
			s.bind(m, r.MonitorCrossRefID)
			s.setPhase(m, asking)
			s.askDevice(m)
		}
	})
}

// id is what the PBX is told that the device is.
func (m *monitor) id() ecma323.DeviceID {
	if m.object.Text != "" {
		return m.object
	}
	return ecma323.ID(string(m.number))
}

// bind joins a monitor to its reference, with the events that came before.
func (s *session) bind(m *monitor, ref string) {
	if other := s.refs[ref]; other != nil && other != m {
		s.unbind(other) // the PBX has given it to another device
		s.planAt(other, time.Now())
	}
	s.link.mu.Lock()
	m.ref = ref
	m.problem, m.cure, m.pause = "", "", 0
	s.link.mu.Unlock()
	s.refs[ref] = m
	for _, a := range s.stash.take(ref) {
		s.hold(m, a)
	}
}

// unbind forgets that a monitor runs.
func (s *session) unbind(m *monitor) {
	if s.refs[m.ref] == m {
		delete(s.refs, m.ref)
	}
	working := m.phase == asking
	s.drop(m)
	if working {
		s.atWork--
	}
	s.setPhase(m, idle)
	s.link.mu.Lock()
	m.ref = ""
	s.link.mu.Unlock()
}

// drop forgets a snapshot that is being made, and what was held back for it.
func (s *session) drop(m *monitor) {
	if m.snapshot != nil {
		delete(s.segments, m.snapshot.ref)
		m.snapshot = nil
	}
	for range m.held {
		s.link.count(dropNothingNew)
	}
	s.heldTotal -= len(m.held)
	m.held, m.overflow = nil, false
}

func (s *session) planAt(m *monitor, due time.Time) {
	s.link.mu.Lock()
	defer s.link.mu.Unlock()
	m.due = due
	s.plan(m)
}

// monitorFailed notes why a device cannot be monitored, and asks again later.
func (s *session) monitorFailed(m *monitor, err error) {
	l := s.link
	s.atWork--
	s.setPhase(m, idle)
	switch {
	case errors.Is(err, pbx.ErrLinkDown):
		return
	case errors.Is(err, errTimeout) && !s.proved.Load():
		s.fail(errNoSession) // nobody is there, or somebody else
		return
	}
	first := l.opts.MonitorRetry
	var refused *refusal
	if errors.As(err, &refused) {
		switch refused.Reason {
		case ecma323.ReasonLicence:
			first = max(first, min(licencePause, 12*first))
		case ecma323.ReasonBusy:
			s.rest = time.Now().Add(min(overloadRest, first))
		default:
		}
	}
	l.mu.Lock()
	m.pause = min(max(2*m.pause, first), maxPause)
	m.problem, m.cure = deviceProblem(m.number, err)
	m.due = time.Now().Add(backoff.Jitter(m.pause))
	s.plan(m)
	l.mu.Unlock()
	l.log.Debug("a device cannot be monitored", slog.Any("err", err))
}

// endUnwatched ends the monitors of devices that are not watched any more.
func (s *session) endUnwatched() {
	l := s.link
	l.mu.Lock()
	var over []*monitor
	for number, m := range l.monitors {
		if m.watchers == 0 && m.phase != starting && m.phase != asking {
			over = append(over, m)
			delete(l.monitors, number)
			if m.index >= 0 {
				heap.Remove(&s.due, m.index)
			}
		}
	}
	l.mu.Unlock()
	for _, m := range over {
		if m.ref == "" {
			continue
		}
		ref := m.ref
		s.unbind(m)
		s.stopMonitor(ref)
	}
}

// stopMonitor ends a monitor at the PBX; what it answers changes nothing.
func (s *session) stopMonitor(ref string) {
	s.request(&ecma323.MonitorStop{MonitorCrossRefID: ref}, func(ecma323.Message, error) {})
}

// stopped is the PBX's own end of a monitor: it is started anew.
func (s *session) stopped(ref string) {
	m := s.refs[ref]
	if m == nil {
		return
	}
	s.unbind(m)
	l := s.link
	l.mu.Lock()
	defer l.mu.Unlock()
	m.pause = min(max(2*m.pause, l.opts.MonitorRetry/5), maxPause)
	m.problem = "The PBX has ended the monitor of extension " + string(m.number) + "."
	m.cure = "The link starts it anew by itself. If this goes on, see the log of the PBX's CSTA service."
	m.due = time.Now().Add(backoff.Jitter(m.pause))
	s.plan(m)
}

// askAgain has all devices asked for their calls, because messages were lost.
func (s *session) askAgain() {
	l := s.link
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	for _, m := range l.monitors {
		m.again, m.due = true, now
		s.plan(m)
	}
}
