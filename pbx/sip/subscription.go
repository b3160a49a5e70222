package sip

import (
	"container/heap"
	"slices"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/sip/message"
)

// subscription is one subscription to the dialog event package (RFC 6665): to
// a device, or to a list of them (RFC 4662). The link's lock guards it; while
// busy is set, one worker owns dialog.
type subscription struct {
	device *device // whose it is; nil for a list
	list   *list   // nil for a device
	dialog *dialog // nil while there is none

	confirmed bool          // the SUBSCRIBE was accepted
	notified  bool          // the first NOTIFY came
	resumed   bool          // the dialog is of an earlier connection and not yet refreshed on this one
	began     time.Time     // when the switch first accepted it
	until     time.Time     // when it runs out
	deadline  time.Time     // by when the first NOTIFY has to come
	refresh   time.Time     // when it is to be refreshed
	asked     time.Duration // what we ask for, if the switch wants more than usual
	record    *savedDialog  // what Memory keeps of it; nil if nothing
	seen      [16]uint32    // CSeq and branch of the last NOTIFYs, to know repetitions
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

// user is the user part of the address that is subscribed to.
func (u *subscription) user() string {
	if u.list != nil {
		return u.list.name
	}
	return string(u.device.id)
}

// active: the switch reports.
func (u *subscription) active() bool { return u.confirmed && u.notified }

// usable: there is something to do for it. A device whose name cannot be one only
// ever stands in Status, and one that a list reports on needs nothing.
func (u *subscription) usable() bool {
	if u.list != nil || u.removed {
		return true
	}
	return u.device.tracker != nil && (u.device.holder == nil || u.dialog != nil)
}

// renew prepares for the documents of a new subscription.
func (u *subscription) renew(l *Link) {
	if u.list != nil {
		u.list.renew(l)
		return
	}
	u.device.tracker.renew()
}

// drop ends the subscription on our side; what it is for stays on the list.
func (u *subscription) drop(l *Link) {
	if u.dialog != nil {
		delete(l.byCall, u.dialog.callID)
	}
	if u.record != nil {
		u.record = nil
		l.changed()
	}
	u.dialog, u.confirmed, u.notified, u.resumed = nil, false, false, false
}

// forget is drop for a subscription that no worker and no list of times knows
// any more.
func (u *subscription) forget(l *Link) {
	u.drop(l)
	u.idle()
}

// idle takes it out of the hands of a session that has ended.
func (u *subscription) idle() {
	u.confirmed, u.notified, u.busy, u.again, u.index = false, false, false, false, -1
}

// lasting tells whether the dialog can be gone on with on a new connection: the
// switch has accepted it and it has not run out.
func (u *subscription) lasting(now time.Time) bool {
	return u.dialog != nil && u.dialog.remoteTag != "" && u.until.After(now.Add(time.Second))
}

// resume goes on with the dialog of an earlier connection: a refresh is due,
// and the document that answers it tells what lives.
func (u *subscription) resume(l *Link) {
	u.resumed, u.seen = true, [16]uint32{}
	l.byCall[u.dialog.callID] = u
	if u.list != nil {
		u.list.resume(l)
	} else {
		u.device.tracker.resume()
	}
}

// repeated notes a NOTIFY and tells whether it was there before: a repetition
// has the branch of the first (RFC 3261 §17.2.3). Its CSeq alone does not tell,
// since Kamailio's workers use one twice where two calls change at once.
func (u *subscription) repeated(m *message.Message) bool {
	key := m.CSeq
	for _, c := range message.Param(m.Via(), "branch") {
		key = (key ^ uint32(c)) * 16777619 // FNV-1a
	}
	if key != 0 && slices.Contains(u.seen[:], key) {
		return true
	}
	u.seen[u.seenAt] = key
	u.seenAt = (u.seenAt + 1) % len(u.seen)
	return false
}

// schedule puts the subscription on the keeper's list for its time next, and
// wakes it. The caller holds mu.
func (l *Link) schedule(u *subscription) {
	if l.session == nil || !u.usable() {
		return
	}
	if u.busy {
		u.again = true
		return
	}
	l.session.due.put(u)
	l.poke()
}

// subscriptions are all there are, lists first. The caller holds mu.
func (l *Link) subscriptions(yield func(*subscription) bool) {
	for _, li := range l.lists {
		if !yield(&li.subscription) {
			return
		}
	}
	for _, d := range l.devices {
		if !yield(&d.subscription) {
			return
		}
	}
}

// dueHeap holds the subscriptions for which something is to be done, soonest
// first.
type dueHeap []*subscription

func (h dueHeap) Len() int           { return len(h) }
func (h dueHeap) Less(i, j int) bool { return h[i].next.Before(h[j].next) }
func (h dueHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

// Push implements heap.Interface.
func (h *dueHeap) Push(x any) {
	u := x.(*subscription)
	u.index = len(*h)
	*h = append(*h, u)
}

// Pop implements heap.Interface.
func (h *dueHeap) Pop() any {
	last := len(*h) - 1
	u := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	u.index = -1
	return u
}

// put adds a subscription or moves it to its new time.
func (h *dueHeap) put(u *subscription) {
	if !u.usable() {
		return
	}
	if u.index >= 0 {
		heap.Fix(h, u.index)
		return
	}
	heap.Push(h, u)
}

// pop takes the first subscription off if its time has come; else it tells how
// long that will be.
func (h *dueHeap) pop(now time.Time) (u *subscription, wait time.Duration) {
	if h.Len() == 0 {
		return nil, time.Hour
	}
	if wait = (*h)[0].next.Sub(now); wait > 0 {
		return nil, wait
	}
	return heap.Pop(h).(*subscription), 0
}

// device is a watched extension. The link's lock guards it.
type device struct {
	subscription // of its own; unused while a list reports on it
	id           pbx.DeviceID
	tracker      *tracker // nil if the name cannot be an extension's
	holder       *list    // the list that reports on it
	told         bool     // … and has sent a document
	desk         *desk    // of the telephone that is controlled by CSTA; nil for none
	caller       string   // who sends the NOTIFYs that nobody asked for
}

func (l *Link) newDevice(id pbx.DeviceID, now time.Time) *device {
	d := &device{id: id, tracker: newTracker(l.cfg.Name, id, l.user(), l.profile)}
	d.subscription = subscription{device: d, next: now, index: -1}
	d.tracker.birth = random()[:10] + "-"
	if checkText(string(id)) != nil || id == "" || len(id) > 128 {
		d.problem, d.cure = "This is not the name of an extension.", "Correct the extension in the agent's settings."
		d.tracker = nil
	}
	return d
}

// reported: the switch reports on the device, in whatever way.
func (d *device) reported() bool {
	if d.holder != nil {
		return d.told && d.holder.active()
	}
	return d.active()
}
