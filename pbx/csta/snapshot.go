package csta

import (
	"errors"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/csta/calls"
	"github.com/ctibridge/ctibridge/pbx/csta/ecma323"
)

// Bounds of snapshots.
const (
	maxHeld      = 256  // events for one device
	maxHeldTotal = 8192 // for all
	maxCalls     = 64   // of one device
	maxSegments  = 64   // parts of one answer, and answers that are early
	snapshotTry  = 3    // times a device is asked for its calls
)

// snapshot is the question for a device's calls while it is being answered.
type snapshot struct {
	ref   string // of the parts that follow
	parts int
	tries int
	data  calls.Snapshot
	next  int // the call that is asked about
	ours  int // from here on the calls are those that we know and the PBX does not list
	until time.Time
}

// askDevice asks for the connections of a device.
func (s *session) askDevice(m *monitor) {
	if m.snapshot == nil {
		m.snapshot = &snapshot{}
	}
	x := m.snapshot
	x.tries++
	s.link.mu.Lock()
	m.again = false
	s.link.mu.Unlock()
	s.request(&ecma323.SnapshotDevice{SnapshotObject: m.id()}, func(answer ecma323.Message, err error) {
		s.listens(err)
		if m.snapshot != x {
			return // the monitor has ended meanwhile
		}
		r, ok := answer.(*ecma323.SnapshotDeviceResponse)
		switch {
		case err != nil:
			s.snapshotFailed(m, err)
		case !ok:
			s.snapshotFailed(m, odd(answer))
		case r.ServiceCrossRefID != "":
			s.awaitParts(m, r.ServiceCrossRefID)
		default:
			s.addConnections(m, r.SnapshotData)
			s.addKnown(m)
		}
	})
}

// snapshotFailed asks once more, unless the PBX cannot tell: then only new calls
// will be told. Those that were known stay, and are asked about one by one.
func (s *session) snapshotFailed(m *monitor, err error) {
	if errors.Is(err, errTimeout) && m.snapshot.tries < snapshotTry {
		s.askDevice(m)
		return
	}
	var refused *refusal
	if errors.As(err, &refused) && refused.Reason == ecma323.ReasonNotSupported {
		s.link.mu.Lock()
		s.link.noData = true
		s.link.mu.Unlock()
	}
	m.snapshot.data.Unknown = !lacking(err)
	s.addKnown(m)
}

// awaitParts waits for the connections, which come as requests of the PBX; some
// may have come already.
func (s *session) awaitParts(m *monitor, ref string) {
	m.snapshot.ref = ref
	m.snapshot.until = time.Now().Add(s.link.opts.Timeout)
	s.segments[ref] = m
	early := s.early[ref]
	delete(s.early, ref)
	for _, part := range early {
		s.addPart(part)
	}
}

// addPart takes one part of a snapshot, whose answer has been sent already.
func (s *session) addPart(part *ecma323.SnapshotDeviceData) {
	m := s.segments[part.ServiceCrossRefID]
	if m == nil {
		if s.atWork > 0 && len(s.early) < maxSegments && len(s.early[part.ServiceCrossRefID]) < maxSegments {
			s.early[part.ServiceCrossRefID] = append(s.early[part.ServiceCrossRefID], part)
		}
		return
	}
	m.snapshot.parts++
	s.addConnections(m, part.SnapshotData)
	if part.LastSegment || m.snapshot.parts >= maxSegments {
		delete(s.segments, part.ServiceCrossRefID)
		m.snapshot.ref = ""
		s.addKnown(m)
	}
}

// expireParts gives up waiting for parts that do not come.
func (s *session) expireParts(now time.Time) {
	for ref, m := range s.segments {
		if now.After(m.snapshot.until) {
			delete(s.segments, ref)
			m.snapshot.ref = ""
			s.addKnown(m)
		}
	}
	if s.atWork == 0 {
		clear(s.early)
	}
}

func (s *session) addConnections(m *monitor, list []ecma323.SnapshotDeviceInfo) {
	s.link.lists = s.link.lists || len(list) > 0
	room := maxCalls - len(m.snapshot.data.Connections)
	m.snapshot.data.Connections = append(m.snapshot.data.Connections, list[:min(len(list), room)]...)
}

// addKnown adds the calls that are known where the PBX does not list them: it
// has no such service, or only the group's number is monitored.
func (s *session) addKnown(m *monitor) {
	l, x := s.link, m.snapshot
	x.ours = len(x.data.Connections)
	l.mu.Lock()
	if l.watched[m.number] != m || l.noData {
		x.data.Connections = append(x.data.Connections, l.table.Known(m.number, x.data.Connections)...)
	}
	l.mu.Unlock()
	s.askCalls(m)
}

// askCalls asks about the device's calls, one after the other: only that tells
// who the caller is. A call that has ended meanwhile is left out by the PBX.
func (s *session) askCalls(m *monitor) {
	x := m.snapshot
	if x.next >= len(x.data.Connections) || s.link.callless {
		x.data.Connections = x.data.Connections[:max(x.next, x.ours)]
		s.finish(m)
		return
	}
	info := &x.data.Connections[x.next]
	id, ours := info.ConnectionIdentifier, x.next >= x.ours
	x.next++
	s.request(&ecma323.SnapshotCall{SnapshotObject: id}, func(answer ecma323.Message, err error) {
		s.link.callless = s.link.callless || lacking(err)
		if m.snapshot != x {
			return
		}
		r, ok := answer.(*ecma323.SnapshotCallResponse)
		switch {
		case ok:
			if x.data.Calls == nil {
				x.data.Calls = map[string]*ecma323.SnapshotCallResponse{}
			}
			x.data.Calls[id.CallID] = r
		case ours && (lacking(err) || ended(err)):
			info.LocalConnectionState = ecma323.LocalNull
		}
		s.askCalls(m)
	})
}

// finish tells the snapshot, and then what was held back for it.
func (s *session) finish(m *monitor) {
	l, now := s.link, time.Now()
	data, held, overflow := m.snapshot.data, m.held, m.overflow
	m.snapshot, m.held, m.overflow = nil, nil, false
	s.heldTotal -= len(held)
	s.atWork--
	s.setPhase(m, active)
	events := l.ask(func(t *calls.Table) []pbx.Event { return t.Snapshot(m.number, data, now) })
	l.mu.Lock()
	if overflow {
		m.again = true
	}
	if m.again {
		m.due = now
		s.plan(m)
	}
	l.mu.Unlock()
	l.tell(s.ctx, s.events, events)
	for _, a := range held {
		s.apply(m, a)
	}
}

// hold keeps an event until the device's snapshot is there.
func (s *session) hold(m *monitor, a arrival) {
	if len(m.held) >= maxHeld || s.heldTotal >= maxHeldTotal {
		m.overflow = true
		s.link.count(dropTooMany)
		return
	}
	m.held = append(m.held, a)
	s.heldTotal++
}
