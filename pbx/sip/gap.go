package sip

import (
	"time"

	"github.com/ctibridge/ctibridge/pbx/sip/dialoginfo"
)

// maxGapPause is the longest pause between two fresh subscriptions of a device
// whose documents keep missing: a switch that counts otherwise than we think
// must not be asked for ever.
const maxGapPause = 5 * time.Minute

// gaps notices documents that never come, by their versions. It is kept only
// where a document tells of what changed and not of everything, so that one
// that is lost may leave a call live for ever, and where versions are
// contiguous (RFC 4235 §4.1): on FreeSWITCH, and for state="partial".
type gaps struct {
	begun    bool
	next     uint32 // every version before this one has come
	ahead    uint64 // bit i: version next+i has come
	overflow bool   // one came that is further ahead
	since    time.Time
}

// full notes a document that tells of everything: what is missing before it is
// of no interest any more.
func (g *gaps) full(version uint32) {
	if !g.begun || version >= g.next {
		*g = gaps{begun: true, next: version + 1}
	}
}

// partial notes a document that tells of what changed.
func (g *gaps) partial(version uint32, now time.Time) {
	switch ahead := version - g.next; {
	case !g.begun || version < g.next:
		return
	case ahead < 64:
		g.ahead |= 1 << ahead
	default:
		g.overflow = true
	}
	for g.ahead&1 != 0 {
		g.ahead >>= 1
		g.next++
	}
	switch {
	case g.ahead == 0 && !g.overflow:
		g.since = time.Time{}
	case g.since.IsZero():
		g.since = now
	}
}

// count keeps the gaps. On FreeSWITCH every subscription begins with version 0,
// which a later one may overtake.
func (t *tracker) count(doc *dialoginfo.Document) {
	free := t.profile == profileFreeSWITCH
	if free && !t.gaps.begun {
		t.gaps.begun = true
	}
	switch {
	case t.resumed && doc.HasVersion: // what came before the connection broke is not known
		t.gaps = gaps{begun: true, next: doc.Version + 1}
	case !doc.HasVersion || t.profile == profileAsterisk || t.profile == profileKamailio:
	case t.isFull(doc):
		t.gaps.full(doc.Version)
	case free || !doc.Full:
		t.gaps.partial(doc.Version, t.now)
	}
}

// gap tells when the subscription is due to be asked for anew because documents
// are missing. The caller holds mu.
func (l *Link) gap(u *subscription) (due time.Time, missing bool) {
	var since time.Time
	switch {
	case u.dialog == nil:
	case u.list != nil:
		since = u.list.missing
	case u.device.tracker != nil:
		since = u.device.tracker.gaps.since
	}
	if since.IsZero() {
		return time.Time{}, false
	}
	due = since.Add(l.opts.GapTime)
	if paused := u.refreshed.Add(u.gapPause); paused.After(due) {
		due = paused
	}
	return due, true
}

// hurry brings the subscription's time forward where documents are missing. The
// caller holds mu.
func (l *Link) hurry(u *subscription) {
	due, missing := l.gap(u)
	if !missing || !due.Before(u.next) || l.session == nil || u.busy {
		return // a worker that is at it looks when it is done
	}
	u.next = due
	l.session.due.put(u)
	l.poke()
}

// closeGap tells whether asking anew is due, and if so notes when the next time
// may be: the pause grows while documents keep missing. The caller holds mu.
func (l *Link) closeGap(u *subscription, now time.Time) bool {
	due, missing := l.gap(u)
	if !missing || now.Before(due) {
		return false
	}
	least := 4 * l.opts.GapTime
	if now.Sub(u.refreshed) < 4*u.gapPause {
		u.gapPause = min(2*u.gapPause, max(least, maxGapPause))
	} else {
		u.gapPause = least
	}
	u.refreshed = now
	return true
}
