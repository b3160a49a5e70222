package csta

import (
	"errors"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/csta/calls"
	"github.com/ctibridge/ctibridge/pbx/csta/ecma323"
)

// A PBX may lose the end of a call and not say so. Calls of which nothing was
// heard for a while are asked about, one device after the other:
//
//	SnapshotDevice ─ lists them all ──────────────────► they live
//	               ├ tells what is not known, or in parts ─► the device's whole Snapshot
//	               └ leaves one out ─► SnapshotCall ─ unknown there as well ─► it has ended
//
// One of the two alone is believed only where the PBX does not have the other.

const (
	checkShare = 10 // checks run at a tenth of the pace of monitors
	checkLooks = 8  // how often, in the time of silence, calls are looked over
)

// check is a question whether the calls of a device still run.
type check struct {
	device  pbx.DeviceID
	monitor *monitor
	asked   time.Time
	doubt   []pbx.ConnectionID // calls that may have ended
	listed  bool               // the PBX has listed the device's calls, without them
}

// audit begins the next check that is due; one runs at a time.
func (s *session) audit(now time.Time) {
	if s.check != nil || now.Before(s.nextCheck) {
		return
	}
	l := s.link
	l.mu.Lock()
	if len(s.quiet) == 0 {
		s.quiet = l.table.Quiet(now.Add(-l.opts.Silence))
	}
	var c *check
	for c == nil && len(s.quiet) > 0 {
		d := s.quiet[0]
		s.quiet = s.quiet[1:]
		if m := l.watched[d]; m != nil && m.phase == active && !m.again {
			c = &check{device: d, monitor: m, asked: now}
		}
	}
	l.mu.Unlock()
	if s.nextCheck = now.Add(checkShare * s.pace); c == nil {
		s.nextCheck = now.Add(l.opts.Silence / checkLooks)
		return
	}
	s.check = c
	s.askList(c)
}

// askList asks for the device's calls. A group's number does not stand for the
// calls of its members.
func (s *session) askList(c *check) {
	l := s.link
	if c.monitor.number != c.device || l.blind() {
		s.doubtAll(c)
		return
	}
	s.request(&ecma323.SnapshotDevice{SnapshotObject: c.monitor.id()}, func(answer ecma323.Message, err error) {
		r, ok := answer.(*ecma323.SnapshotDeviceResponse)
		switch {
		case s.check != c:
			return
		case c.monitor.phase != active: // its Snapshot is on its way
			s.check = nil
		case lacking(err):
			l.setBlind()
			s.doubtAll(c)
		case !ok:
			s.checked(c)
		case r.ServiceCrossRefID != "":
			s.anew(c.monitor)
		default:
			s.compare(c, r.SnapshotData)
		}
	})
}

// doubtAll asks about each call of which nothing was heard.
func (s *session) doubtAll(c *check) {
	l := s.link
	l.mu.Lock()
	c.doubt = l.table.QuietAt(c.device, c.asked.Add(-l.opts.Silence))
	l.mu.Unlock()
	s.askDoubt(c)
}

func (s *session) compare(c *check, list []ecma323.SnapshotDeviceInfo) {
	l := s.link
	l.lists = l.lists || len(list) > 0
	l.mu.Lock()
	missing, news := l.table.Compare(c.device, list, c.asked)
	l.mu.Unlock()
	if news {
		s.anew(c.monitor)
		return
	}
	c.doubt, c.listed = missing, true
	s.askDoubt(c)
}

// anew ends the check with a whole Snapshot of the device.
func (s *session) anew(m *monitor) {
	s.check = nil
	s.link.mu.Lock()
	m.again = true
	s.link.mu.Unlock()
	s.planAt(m, time.Now())
}

// askDoubt asks about the next call that may have ended.
func (s *session) askDoubt(c *check) {
	l := s.link
	for len(c.doubt) > 0 && !l.callless {
		id := c.doubt[0]
		c.doubt = c.doubt[1:]
		l.mu.Lock()
		now, known := l.table.Connection(id)
		l.mu.Unlock()
		if !known {
			continue
		}
		s.request(&ecma323.SnapshotCall{SnapshotObject: now}, func(answer ecma323.Message, err error) {
			s.judge(c, id, answer, err)
		})
		return
	}
	if c.listed && l.lists { // the list is all that this PBX can tell
		for _, id := range c.doubt {
			s.gone(id)
		}
	}
	s.checked(c)
}

// judge takes what the PBX says of a call that may have ended.
func (s *session) judge(c *check, id pbx.ConnectionID, answer ecma323.Message, err error) {
	r, ok := answer.(*ecma323.SnapshotCallResponse)
	switch {
	case s.check != c:
		return
	case lacking(err):
		s.link.callless = true
		c.doubt = append(c.doubt, id)
	case ended(err), ok && c.listed && len(r.SnapshotData) > 0 && !calls.Holds(r, id):
		s.gone(id)
	case !ok: // nothing is known
		s.checked(c)
		return
	}
	s.askDoubt(c)
}

// ended tells whether a PBX says that it does not know a call.
func ended(err error) bool {
	var refused *refusal
	return errors.As(err, &refused) && refused.Reason == ecma323.ReasonUnknownCall
}

// checked ends a check: what it did not find to have ended is asked about again
// after the same time.
func (s *session) checked(c *check) {
	l := s.link
	l.mu.Lock()
	l.table.Asked(c.device, c.asked, time.Now())
	l.mu.Unlock()
	s.check = nil
}

// gone tells the end of a call that nobody told.
func (s *session) gone(id pbx.ConnectionID) {
	l := s.link
	l.log.Info("a call has ended without a word of the PBX")
	l.tell(s.ctx, s.events, l.ask(func(t *calls.Table) []pbx.Event { return t.Gone(id, time.Now()) }))
}

// learn asks who the far end is where a transfer left it open.
func (s *session) learn(id pbx.ConnectionID) {
	l := s.link
	l.mu.Lock()
	now, open := l.table.Connection(id)
	open = open && l.table.Open(id) && !l.callless
	l.mu.Unlock()
	if !open {
		return
	}
	s.request(&ecma323.SnapshotCall{SnapshotObject: now}, func(answer ecma323.Message, err error) {
		l.callless = l.callless || lacking(err)
		if r, ok := answer.(*ecma323.SnapshotCallResponse); ok {
			l.tell(s.ctx, s.events, l.ask(func(t *calls.Table) []pbx.Event { return t.Parties(id, r, time.Now()) }))
		}
	})
}

// lacking tells whether the PBX does not have the service that was asked for.
func lacking(err error) bool {
	var refused *refusal
	return errors.As(err, &refused) && refused.lacking
}

// blind tells whether the PBX does not list calls.
func (l *Link) blind() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.noData
}

func (l *Link) setBlind() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.noData = true
}
