package agent

import (
	"sync"

	"github.com/ctibridge/ctibridge/bridge"
)

// Bounds of an outbox. An agent with so many calls unread is one whose browser
// does not read.
const (
	maxQueuedCalls  = 64
	maxQueuedOthers = 32
	// maxTogether is how many frames leave in one write: what is taken cannot be
	// replaced by something newer any more.
	maxTogether = 8
	// maxSeen is how many calls an outbox remembers the revision of.
	maxSeen = 32
)

// item is a frame that waits to be written; call and revision are of calls only.
type item struct {
	call     bridge.CallID
	revision uint64
	kind     kind
	bytes    []byte
}

// seenCall is the highest revision of a call that was taken.
type seenCall struct {
	id       bridge.CallID
	revision uint64
}

// outbox holds what a session has yet to write, in order; a newer frame of a
// call takes the place of an older one. Putting never waits.
type outbox struct {
	wake chan struct{} // capacity 1

	mu    sync.Mutex
	items []item
	// calls and others count what waits or is being written.
	calls, others int
	seen          []seenCall
	end           *closing
	// pingDue asks for a ping once there is nothing else to write.
	pingDue bool
}

func newOutbox() outbox { return outbox{wake: make(chan struct{}, 1)} }

// putCall queues a call's frame unless this revision or a newer one was taken
// before. It reports false on overflow, which closes the outbox.
func (o *outbox) putCall(id bridge.CallID, revision uint64, frame []byte) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.end != nil || !o.advance(id, revision) {
		return true
	}
	for i := range o.items {
		if o.items[i].kind == kindCall && o.items[i].call == id {
			if revision > o.items[i].revision { // seen may have forgotten it
				o.items[i].revision, o.items[i].bytes = revision, frame
			}
			return true
		}
	}
	if o.calls >= maxQueuedCalls {
		return o.overflow()
	}
	return o.push(item{call: id, revision: revision, kind: kindCall, bytes: frame})
}

// put queues a frame that is not a call's. It reports false on overflow.
func (o *outbox) put(k kind, frame []byte) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.end != nil {
		return true
	}
	if o.others >= maxQueuedOthers {
		return o.overflow()
	}
	return o.push(item{kind: k, bytes: frame})
}

// open puts the welcome before all that came since the session was registered,
// and drops frames that its snapshot already holds.
func (o *outbox) open(welcome []byte, calls []bridge.Call) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.end != nil {
		return
	}
	queue := []item{{kind: kindWelcome, bytes: welcome}}
	shown := make(map[bridge.CallID]uint64, len(calls))
	for i := range calls {
		shown[calls[i].ID] = calls[i].Revision
		o.advance(calls[i].ID, calls[i].Revision)
	}
	for _, it := range o.items {
		if it.kind == kindCall {
			if revision, known := shown[it.call]; known && it.revision <= revision {
				continue
			}
			o.advance(it.call, it.revision) // with many calls those of the snapshot crowd it out
		}
		queue = append(queue, it)
	}
	o.items, o.calls, o.others = queue, 0, 0
	for i := range queue {
		o.count(queue[i].kind, 1)
	}
	o.signal()
}

// take takes the frames to write now, in place of those that were; none if there
// are none, and a ping alone if one is due. Or the closing that ends the session.
func (o *outbox) take(were []item) ([]item, *closing) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for i := range were {
		o.count(were[i].kind, -1)
	}
	clear(were)
	switch {
	case o.end != nil:
		return nil, o.end
	case len(o.items) == 0 && o.pingDue:
		o.pingDue = false
		return append(were[:0], item{kind: kindPing}), nil
	}
	n := min(len(o.items), maxTogether)
	now := append(were[:0], o.items[:n]...)
	left := copy(o.items, o.items[n:])
	clear(o.items[left:])
	o.items = o.items[:left]
	return now, nil
}

// askPing lets the writer ping when it has nothing else to write.
func (o *outbox) askPing() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.end == nil {
		o.pingDue = true
		o.signal()
	}
}

// close ends the outbox; the first closing counts. What was queued is dropped:
// the next connection begins with a snapshot.
func (o *outbox) close(c closing) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.end == nil {
		o.finish(c)
	}
}

// ended is how the outbox was closed, nil while it is open.
func (o *outbox) ended() *closing {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.end
}

func (o *outbox) overflow() bool {
	o.finish(closing{CloseTooSlow, reasonTooSlow})
	return false
}

func (o *outbox) finish(c closing) {
	o.end = &c
	o.items, o.seen = nil, nil
	o.signal()
}

func (o *outbox) push(it item) bool {
	o.items = append(o.items, it)
	o.count(it.kind, 1)
	o.signal()
	return true
}

// count keeps the books; a ping is in none.
func (o *outbox) count(k kind, n int) {
	switch k {
	case kindCall:
		o.calls += n
	case kindPing:
	default:
		o.others += n
	}
}

func (o *outbox) signal() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// advance notes a revision and reports whether it is newer than all before.
func (o *outbox) advance(id bridge.CallID, revision uint64) bool {
	for i := len(o.seen) - 1; i >= 0; i-- { // it is one of the last, nearly always
		if o.seen[i].id == id {
			if revision <= o.seen[i].revision {
				return false
			}
			o.seen[i].revision = revision
			return true
		}
	}
	if len(o.seen) == maxSeen {
		o.seen = append(o.seen[:0], o.seen[1:]...)
	}
	o.seen = append(o.seen, seenCall{id, revision})
	return true
}
