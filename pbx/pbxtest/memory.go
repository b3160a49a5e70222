package pbxtest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
)

const memoryRequests = 1024

// Memory is a switch without sockets, and the link to it: a pbx.Link, Dialer
// and Clearer. Emit sends any event; the script methods keep the calls too, so
// that Snapshots tell the truth.
//
// Every event is sent by the goroutine that causes it, in order, and waits
// while the events channel is full; MakeCall and ClearConnection never wait:
// Run carries them out.
type Memory struct {
	name     string
	requests chan func()
	wake     chan struct{} // Watch has changed something

	sending sync.Mutex // held from a change until its event is delivered
	serial  uint64
	conns   map[pbx.DeviceID][]*memoryCall
	busy    map[string]bool  // numbers that take no call
	events  chan<- pbx.Event // nil while Run does not run
	done    <-chan struct{}
	told    map[pbx.DeviceID]bool // has had a Snapshot in this Run

	mu      sync.RWMutex // guards what Status and Watch need
	watched map[pbx.DeviceID]bool
	state   pbx.LinkState
	since   time.Time
	active  atomic.Int64 // devices that have had their Snapshot
	count   atomic.Uint64
	last    atomic.Int64 // unix nanoseconds
}

// memoryCall is one connection.
type memoryCall struct {
	pbx.Connection
	caller  Caller
	dialed  string // set for a call that MakeCall began
	phoneUp bool   // its phone has answered
}

// The link that Memory is.
var (
	_ pbx.Link    = (*Memory)(nil)
	_ pbx.Dialer  = (*Memory)(nil)
	_ pbx.Clearer = (*Memory)(nil)
)

// NewMemory makes a switch and its link.
func NewMemory(name string) *Memory {
	return &Memory{
		name: name, requests: make(chan func(), memoryRequests), wake: make(chan struct{}, 1),
		conns: map[pbx.DeviceID][]*memoryCall{}, busy: map[string]bool{}, watched: map[pbx.DeviceID]bool{}, since: time.Now(),
	}
}

// Name implements pbx.Link.
func (m *Memory) Name() string { return m.name }

// Watch implements pbx.Link.
func (m *Memory) Watch(devices []pbx.DeviceID) {
	m.mu.Lock()
	m.watched = make(map[pbx.DeviceID]bool, len(devices))
	for _, d := range devices {
		m.watched[d] = true
	}
	m.mu.Unlock()
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

// Status implements pbx.Link.
func (m *Memory) Status() pbx.Status {
	m.mu.RLock()
	defer m.mu.RUnlock()
	s := pbx.Status{
		State: m.state, Since: m.since, Watched: len(m.watched),
		Active: int(m.active.Load()), Events: m.count.Load(),
	}
	if last := m.last.Load(); last != 0 {
		s.LastEvent = time.Unix(0, last)
	}
	return s
}

// Run implements pbx.Link. Unlike other links it may be run again.
func (m *Memory) Run(ctx context.Context, events chan<- pbx.Event) error {
	m.sending.Lock()
	m.events, m.done, m.told = events, ctx.Done(), map[pbx.DeviceID]bool{}
	m.sending.Unlock()
	m.enter(pbx.LinkConnected)
	defer m.leave()
	for {
		m.snapshots()
		select {
		case <-ctx.Done():
			return nil
		case <-m.wake:
		case do := <-m.requests:
			do()
		}
	}
}

func (m *Memory) leave() {
	m.sending.Lock()
	m.events, m.done = nil, nil
	m.active.Store(0)
	m.sending.Unlock()
	m.enter(pbx.LinkDown)
}

func (m *Memory) enter(s pbx.LinkState) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.state, m.since = s, time.Now()
}

// snapshots tells what newly watched devices are doing.
func (m *Memory) snapshots() {
	m.sending.Lock()
	defer m.sending.Unlock()
	m.mu.RLock()
	var fresh []pbx.DeviceID
	for d := range m.watched {
		if !m.told[d] {
			fresh = append(fresh, d)
		}
	}
	for d := range m.told {
		if !m.watched[d] {
			delete(m.told, d)
		}
	}
	m.mu.RUnlock()
	slices.Sort(fresh)
	for _, d := range fresh {
		m.told[d] = true
		m.send(m.snapshot(d))
	}
	m.active.Store(int64(len(m.told)))
}

func (m *Memory) snapshot(d pbx.DeviceID) pbx.Event {
	e := pbx.Event{Kind: pbx.EventSnapshot, Connection: pbx.ConnectionID{Device: d}}
	for _, c := range m.conns[d] {
		e.Connections = append(e.Connections, c.Connection)
	}
	return e
}

// Emit sends an event, whatever the calls are; it waits while the channel is
// full. While Run does not run, or before the device has had its Snapshot
// (Status counts them as Active), the event is lost, as on a line that is cut.
// Link is filled in, and Time unless it is set.
func (m *Memory) Emit(e pbx.Event) {
	m.sending.Lock()
	defer m.sending.Unlock()
	m.send(e)
}

// send delivers one event. The caller holds sending.
func (m *Memory) send(e pbx.Event) {
	if m.events == nil || !m.reports(&e) {
		return
	}
	e.Link = m.name
	if e.Time.IsZero() {
		e.Time = time.Now()
	}
	select {
	case m.events <- e:
		m.count.Add(1)
		m.last.Store(e.Time.UnixNano())
	case <-m.done:
	}
}

// reports says whether the event is of a device that has had its Snapshot.
func (m *Memory) reports(e *pbx.Event) bool {
	return e.Kind == pbx.EventLinkDown || m.told[e.Connection.Device]
}

// request hands work to Run.
func (m *Memory) request(do func()) error {
	select {
	case m.requests <- do:
		return nil
	default:
		return fmt.Errorf("memory switch: too many requests: %w", pbx.ErrLinkDown)
	}
}
