package beside

import (
	"maps"
	"slices"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/sip/address"
)

const (
	// headStart is how long dialog events wait for the mirror, which says more
	// and nearly always comes first.
	headStart = 100 * time.Millisecond
	// endWithin is how long the end of a call that the mirror follows waits for
	// the mirror to say why; on Asterisk the BYE of a transferred call comes when
	// the agent's telephone hangs up.
	endWithin = time.Second
	// pairWithin is how far apart the two sources may speak of one call.
	pairWithin = 2 * time.Second
	// behind is how far behind the other one source may be where both name the same
	// far end: a NOTIFY is repeated for some seconds, a machine may be short of time.
	behind = 10 * time.Second
	// remember is how long an ended call keeps what the slower source says.
	remember = 2 * time.Minute
	// dialWithin is how soon after MakeCall our own ringing of the agent shows.
	dialWithin = 3 * time.Second
	// maxWaiting bounds the dialog events that wait; past that they do not.
	maxWaiting = 4096
)

// merger makes one stream of events of two. It is pure: no clock, no goroutine.
type merger struct {
	devices map[pbx.DeviceID][]*call
	keys    [2]map[pbx.ConnectionID]*call // by each source's own id
	byID    map[pbx.ConnectionID]*call    // by the id told
	waiting []waiting                     // dialog events, oldest first
	ends    []*call                       // with endAt set
	// passed is the latest of what one source has told of a device of which the
	// other one has told too, by the other's time.
	passed [2]map[pbx.DeviceID]time.Time
	swept  time.Time
	lost   time.Time // when the SIP link last lost its connection
	out    []pbx.Event
	// coming are the calls that the mirror has seen on their way to a device, as
	// it will tell them when the telephone rings; nil: it cannot say.
	coming func(pbx.DeviceID) []pbx.Event
}

type waiting struct {
	due   time.Time
	event pbx.Event
}

func newMerger() *merger {
	return &merger{
		devices: map[pbx.DeviceID][]*call{}, byID: map[pbx.ConnectionID]*call{},
		keys: [2]map[pbx.ConnectionID]*call{{}, {}}, passed: [2]map[pbx.DeviceID]time.Time{{}, {}},
	}
}

// fromMirror takes an event of the mirror. The events to tell are valid until
// the next call.
func (g *merger) fromMirror(e *pbx.Event) []pbx.Event {
	g.out = g.out[:0]
	switch e.Kind {
	case pbx.EventSnapshot, pbx.EventLinkDown: // it knows nothing of what began before
	case pbx.EventConnectionCleared, pbx.EventFailed, pbx.EventDiverted:
		g.mirrorEnds(e)
	default:
		g.mirrorTells(e)
	}
	return g.out
}

// fromDialogs takes an event of the SIP link at a time; while the mirror is
// alive it waits for that.
func (g *merger) fromDialogs(e *pbx.Event, now time.Time, alive bool) []pbx.Event {
	g.out = g.out[:0]
	c := g.keys[dialogs][e.Connection]
	switch {
	case c != nil && c.dialled != "":
		g.overtake(e.Connection, now)
		g.dialogEvent(e, now)
	case (alive || len(g.waiting) > 0) && len(g.waiting) < maxWaiting:
		due := now
		if alive {
			due = now.Add(headStart)
		}
		g.waiting = append(g.waiting, waiting{due, *e})
	default:
		g.flush(now)
		g.dialogEvent(e, now)
	}
	return g.out
}

// due is when settle has something to do; false: nothing waits.
func (g *merger) due() (time.Time, bool) {
	var at time.Time
	if len(g.waiting) > 0 {
		at = g.waiting[0].due
	}
	for _, c := range g.ends {
		if at.IsZero() || c.endAt.Before(at) {
			at = c.endAt
		}
	}
	return at, !at.IsZero()
}

// settle does what is due.
func (g *merger) settle(now time.Time) []pbx.Event {
	g.out = g.out[:0]
	n := 0
	for n < len(g.waiting) && !g.waiting[n].due.After(now) {
		g.dialogEvent(&g.waiting[n].event, now)
		n++
	}
	g.waiting = slices.Delete(g.waiting, 0, n)
	for _, c := range slices.Clone(g.ends) {
		if !c.endAt.After(now) {
			g.finish(c, c.end, now)
		}
	}
	g.sweep(now)
	return g.out
}

// overtake does at once what waits about one connection.
func (g *merger) overtake(id pbx.ConnectionID, now time.Time) {
	kept := g.waiting[:0]
	for i := range g.waiting {
		if g.waiting[i].event.Connection == id {
			g.dialogEvent(&g.waiting[i].event, now)
			continue
		}
		kept = append(kept, g.waiting[i])
	}
	g.waiting = kept
}

// flush does at once what waits.
func (g *merger) flush(now time.Time) {
	for i := range g.waiting {
		g.dialogEvent(&g.waiting[i].event, now)
	}
	g.waiting = g.waiting[:0]
}

// begin files a new call.
func (g *merger) begin(s source, e *pbx.Event) *call {
	c := &call{id: e.Connection, began: e.Time, changed: e.Time}
	c.direction, c.calling, c.called, c.by, c.state = e.Direction, e.Calling, e.Called, e.LastRedirection, e.State
	if old := g.byID[c.id]; old != nil {
		g.forget(old)
	}
	g.devices[c.id.Device] = append(g.devices[c.id.Device], c)
	g.byID[c.id] = c
	g.know(s, c, e.Connection)
	return c
}

// know notes under which key a source speaks of a call. An end that waits because
// dialog events did not know it waits no longer.
func (g *merger) know(s source, c *call, id pbx.ConnectionID) {
	if s == dialogs && c.known[s] == "" && c.dialled == "" {
		c.endAt, c.end = time.Time{}, nil
		g.ends = slices.DeleteFunc(g.ends, func(o *call) bool { return o == c })
	}
	c.known[s] = id.Call
	g.keys[s][id] = c
}

// pass notes that a source has come to a call that the other has told of: what
// had ended before that it will not tell of any more.
func (g *merger) pass(s source, c *call) {
	if c.known[1-s] == "" || s == dialogs && !c.mirrored {
		return
	}
	at := c.began
	if c.over {
		at = c.ended
	}
	if at.After(g.passed[s][c.id.Device]) {
		g.passed[s][c.id.Device] = at
	}
}

// pair finds the call of the other source that an event is about.
func (g *merger) pair(s source, e *pbx.Event) *call {
	var found *call
	for _, c := range g.devices[e.Connection.Device] {
		switch {
		case c.known[s] != "" || c.dialled != "":
		case c.known[1-s] == e.Connection.Call: // Kamailio; FreeSWITCH at first
			return c
		case !c.fits(e):
		case found == nil, c.sameFar(e) && !found.sameFar(e), !found.sameFar(e) && found.over && !c.over,
			c.sameFar(e) && g.passedOver(s, found) && !g.passedOver(s, c):
			found = c // of several with one far end the oldest: each source tells them in order
		}
	}
	return found
}

// passedOver tells whether a source has come to later things than the end of a
// call. Only a NOTIFY that had to be repeated is about it still.
func (g *merger) passedOver(s source, c *call) bool {
	return c.over && c.ended.Before(g.passed[s][c.id.Device])
}

// mirrorTells takes what the mirror says of a call that lives.
func (g *merger) mirrorTells(e *pbx.Event) {
	c := g.keys[mirror][e.Connection]
	if c != nil && c.over && e.Kind == pbx.EventDelivered && (c.mirrored || e.Time.Sub(c.ended) > behind) {
		g.forget(c) // the same key once more: a new call
		c = nil
	}
	if c == nil {
		if c = g.dialLeg(e); c == nil {
			c = g.pair(mirror, e)
		}
		if c == nil {
			c = g.begin(mirror, e)
			c.mirrored = true
			if c.unsure = g.leftOver(e); !c.unsure {
				g.out = append(g.out, *e)
			}
			return
		}
		g.know(mirror, c, e.Connection)
	}
	c.mirrored = true
	g.pass(mirror, c)
	switch {
	case c.over:
	case c.dialled != "":
		g.dialTells(c, e)
	case c.unsure:
		c.learn(e)
	default:
		g.improve(c, e)
	}
}

// improve tells what is new in an event of the mirror about a known call: a
// state that was not reached, another far end, or one that was not known.
func (g *merger) improve(c *call, e *pbx.Event) {
	was := *c
	held := c.state == pbx.StateHeld
	c.learn(e)
	c.state = later(was.state, e.State)
	if held && rank(e.State) == 3 {
		c.state = pbx.StateHeld // hold is for the dialog events to tell
	}
	out := c.event(e)
	out.State = c.state
	switch {
	case e.Kind == pbx.EventTransferred, rank(e.State) > rank(was.state):
		g.out = append(g.out, out)
	case e.Kind == pbx.EventDelivered && c.by.Known() && c.by != was.by:
		g.out = append(g.out, out)
	case was.far() != c.far() && (!was.far().Known() || was.far().Probable || !address.SameNumber(was.far().Number, c.far().Number)):
		if was.far().Known() {
			out.Kind = pbx.EventTransferred // and not to be told with a number that is withheld
		}
		g.out = append(g.out, out)
	}
}

func later(a, b pbx.ConnectionState) pbx.ConnectionState {
	if rank(a) > rank(b) {
		return a
	}
	return b
}

// mirrorEnds ends a call on the word of the mirror.
func (g *merger) mirrorEnds(e *pbx.Event) {
	c := g.keys[mirror][e.Connection]
	if c == nil {
		return
	}
	g.pass(mirror, c)
	switch {
	case c.over:
	case c.dialled != "":
		g.endLater(c, e, e.Time.Add(endWithin)) // the SIP link knows better how it went
	default:
		if e.Calling.Known() || e.Called.Known() {
			c.learn(e)
		}
		g.finish(c, e, e.Time)
	}
}

// finish tells the end of a call, once.
func (g *merger) finish(c *call, e *pbx.Event, now time.Time) {
	c.endAt, c.end = time.Time{}, nil
	g.ends = slices.DeleteFunc(g.ends, func(o *call) bool { return o == c })
	if c.over {
		return
	}
	c.over, c.ended = true, now
	out := c.event(e)
	out.State = e.State
	c.state = pbx.StateNull
	if !c.unsure {
		g.out = append(g.out, out)
	}
}

// endLater believes the end of a call when the other source had time to say
// why.
func (g *merger) endLater(c *call, e *pbx.Event, at time.Time) {
	if c.over || !c.endAt.IsZero() {
		return
	}
	copied := *e
	c.end, c.endAt = &copied, at
	g.ends = append(g.ends, c)
}

// sweep forgets calls that are long over.
func (g *merger) sweep(now time.Time) {
	if now.Sub(g.swept) < 10*time.Second {
		return
	}
	g.swept = now
	for _, list := range g.devices {
		for _, c := range slices.Clone(list) {
			if c.over && now.Sub(c.ended) > remember {
				g.forget(c)
			}
		}
	}
	for _, list := range g.passed {
		maps.DeleteFunc(list, func(_ pbx.DeviceID, at time.Time) bool { return now.Sub(at) > behind })
	}
}

func (g *merger) forget(c *call) {
	d := c.id.Device
	g.ends = slices.DeleteFunc(g.ends, func(o *call) bool { return o == c })
	g.devices[d] = slices.DeleteFunc(g.devices[d], func(o *call) bool { return o == c })
	if len(g.devices[d]) == 0 {
		delete(g.devices, d)
	}
	if g.byID[c.id] == c {
		delete(g.byID, c.id)
	}
	for s, key := range c.known {
		if id := (pbx.ConnectionID{Call: key, Device: d}); key != "" && g.keys[s][id] == c {
			delete(g.keys[s], id)
		}
	}
	for id, o := range g.keys[mirror] { // a dialled call has several legs there
		if c.dialled != "" && o == c {
			delete(g.keys[mirror], id)
		}
	}
}
