package sip

import (
	"container/heap"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
)

// device is a watched extension and its subscription (RFC 6665). The link's
// lock guards it; while busy is set, one worker owns dialog.
type device struct {
	id      pbx.DeviceID
	tracker *tracker
	dialog  *dialog // nil while there is no subscription

	confirmed bool      // the SUBSCRIBE was accepted
	notified  bool      // the first NOTIFY came
	deadline  time.Time // by when it has to come
	expires   time.Duration
	asked     time.Duration // what we ask for, if the switch wants more than usual
	seen      [16]uint32    // CSeqs of the last NOTIFYs, to know repetitions
	seenAt    int
	failures  int           // in a row
	refreshed time.Time     // when it was last asked for anew because documents were missing
	gapPause  time.Duration // … and how long not to do so again

	removed bool // no longer watched
	busy    bool // a worker is at it
	again   bool // … and must look again when it is done
	next    time.Time
	index   int // in the heap, -1 if not there

	problem, cure string
}

func (l *Link) newDevice(id pbx.DeviceID, now time.Time) *device {
	d := &device{id: id, next: now, index: -1, tracker: newTracker(l.cfg.Name, id, l.user(), l.profile)}
	d.tracker.birth = random()[:10] + "-"
	if checkText(string(id)) != nil || id == "" || len(id) > 128 {
		d.problem, d.cure = "This is not the name of an extension.", "Correct the extension in the agent's settings."
		d.tracker = nil
	}
	return d
}

// active: the switch reports on the device.
func (d *device) active() bool { return d.confirmed && d.notified }

// forget drops the subscription without telling the switch.
func (d *device) forget(l *Link) {
	if d.dialog != nil {
		delete(l.byCall, d.dialog.callID)
	}
	d.dialog, d.confirmed, d.notified, d.busy, d.again = nil, false, false, false, false
	d.index = -1
}

// repeated notes the CSeq of a NOTIFY and tells whether it was there before.
func (d *device) repeated(cseq uint32) bool {
	for _, s := range d.seen {
		if s == cseq && cseq != 0 {
			return true
		}
	}
	d.seen[d.seenAt] = cseq
	d.seenAt = (d.seenAt + 1) % len(d.seen)
	return false
}

// schedule puts the device on the keeper's list for its time next. The caller
// holds mu.
func (l *Link) schedule(d *device) {
	if l.session == nil || d.tracker == nil && !d.removed {
		return
	}
	if d.busy {
		d.again = true
		return
	}
	l.session.due.put(d)
}

// dueHeap holds the devices that something is to be done for, soonest first.
type dueHeap []*device

func (h dueHeap) Len() int           { return len(h) }
func (h dueHeap) Less(i, j int) bool { return h[i].next.Before(h[j].next) }
func (h dueHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

// Push implements heap.Interface.
func (h *dueHeap) Push(x any) {
	d := x.(*device)
	d.index = len(*h)
	*h = append(*h, d)
}

// Pop implements heap.Interface.
func (h *dueHeap) Pop() any {
	last := len(*h) - 1
	d := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	d.index = -1
	return d
}

// put adds a device or moves it to its new time.
func (h *dueHeap) put(d *device) {
	if d.tracker == nil && !d.removed {
		return
	}
	if d.index >= 0 {
		heap.Fix(h, d.index)
		return
	}
	heap.Push(h, d)
}

// pop takes the first device off if its time has come; else it tells how long
// that will be.
func (h *dueHeap) pop(now time.Time) (d *device, wait time.Duration) {
	if h.Len() == 0 {
		return nil, time.Hour
	}
	if wait = (*h)[0].next.Sub(now); wait > 0 {
		return nil, wait
	}
	return heap.Pop(h).(*device), 0
}
