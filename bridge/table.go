package bridge

import (
	"slices"
	"strconv"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
)

// table holds the calls. It is plain data under Bridge.mu.
type table struct {
	legs     map[legKey]*leg
	byDevice map[Device][]*leg    // not gone
	byNumber map[numberKey][]*leg // public numbers, ended ones until purged
	byAgent  map[AgentID][]*view  // not ended
	calls    map[CallID]*view
	done     []*leg // ended or gone, in order of their end
	dials    map[Device]*leg
	down     map[string]bool // links that said so, and no snapshot since
	desks    desks
	live     int
	prefix   string
	last     uint64
	changed  []*leg
	diary    diary
	formers  formers
	actions  map[actionSet][]Action // see listed
	hidden   []*leg                 // private, those that live or ended a moment ago; others go at the next tick
	handed   []*leg                 // handed on a moment ago, by a device that has the call still
}

func newTable() table {
	return table{
		legs: make(map[legKey]*leg), byDevice: make(map[Device][]*leg),
		byNumber: make(map[numberKey][]*leg), byAgent: make(map[AgentID][]*view),
		calls: make(map[CallID]*view), dials: make(map[Device]*leg), down: make(map[string]bool), desks: newDesks(), actions: make(map[actionSet][]Action),
		prefix: "c-" + strconv.FormatInt(time.Now().UnixMilli(), 36) + "-",
	}
}

func (t *table) nextID() CallID {
	t.last++
	var text [32]byte
	return CallID(strconv.AppendUint(append(text[:0], t.prefix...), t.last, 36))
}

// add puts a new leg in and gives each agent on its device a view. An agent
// whose other device rings for the same caller keeps that one view.
func (t *table) add(members []*member, l *leg) {
	t.legs[l.key()] = l
	t.live++
	d := l.device()
	addTo(t.byDevice, d, l, &l.byDevice)
	t.staysSecret(l)
	t.joinHidden(l)
	same := t.sameNumber(l)
	for _, m := range members {
		if l.state == Ringing && ringsAlready(same, m.ID) {
			a := l.setAside()
			a.skipped = append(a.skipped, m.ID)
		} else {
			t.addView(l, m)
		}
	}
	t.index(l)
}

func (t *table) addView(l *leg, m *member) *view {
	v := &l.firstView
	if v.leg != nil {
		v = &view{}
	} else {
		l.views = l.firstViews[:0]
	}
	v.id, v.agent, v.org, v.leg = t.nextID(), m.ID, m.Org, l
	if len(t.formers.on) > 0 && !l.secret {
		t.goOn(v)
	}
	l.views = append(l.views, v)
	t.calls[v.id] = v
	addTo(t.byAgent, m.ID, v, &v.byAgent)
	return v
}

// sameNumber are the legs that have the far end's number as well; none where it
// has no number.
func (t *table) sameNumber(l *leg) []*leg {
	if l.far.number == "" {
		return nil
	}
	return t.byNumber[l.numberKey()]
}

func ringsAlready(same []*leg, agent AgentID) bool {
	return slices.ContainsFunc(same, func(o *leg) bool { return o.state == Ringing && o.shownTo(agent) })
}

func (t *table) index(l *leg) {
	if l.far.number != "" {
		same := t.sameNumber(l)
		l.joinSecret(same)
		l.joinRing(same)
		addTo(t.byNumber, l.numberKey(), l, &l.byNumber)
	}
}

func (t *table) unindex(l *leg) {
	if l.far.number != "" {
		removeFrom(t.byNumber, l.numberKey(), l)
	}
}

// joinSecret hides a leg whose far end is in a call that was made private: it is
// told of late, or the call is handed on.
func (l *leg) joinSecret(same []*leg) {
	for _, o := range same {
		if o.hidden && !l.dialed && (o.state != Ended || l.heard.Sub(o.ended) < groupWithin) {
			l.secret, l.hidden = true, true
		}
	}
}

// joinHidden hides a leg by which a private call goes on at another device, as the
// switch's key says: the caller may have no number.
func (t *table) joinHidden(l *leg) {
	for _, o := range t.hidden {
		if o.link == l.link && o.conn.Call == l.conn.Call && o.conn.Device != l.conn.Device && l.conn.Call != "" &&
			direction(o) == Internal == (direction(l) == Internal) && (o.state != Ended || l.heard.Sub(o.ended) < groupWithin) {
			l.secret, l.hidden = true, true
		}
	}
}

// joinRing files a leg that rings with those that ring for the same call.
func (l *leg) joinRing(same []*leg) {
	if l.out || l.ring != "" || len(l.views) == 0 {
		return
	}
	l.ring = l.views[0].id
	for _, o := range same {
		if o.state == Ringing && l.state == Ringing && o.ring != "" {
			l.ring = o.ring
			return
		}
	}
}

// touch notes that a leg has to be published.
func (t *table) touch(l *leg) {
	if !slices.Contains(t.changed, l) {
		t.changed = append(t.changed, l)
	}
}

// finish ends a leg for the agents; gone says that the switch ended it too.
func (t *table) finish(l *leg, at time.Time, why EndReason, gone bool) {
	if l.end(at, why) {
		l.note(at, StepEnded, string(why))
		t.touch(l)
		t.live--
		t.done = append(t.done, l)
		for _, v := range l.views {
			removeFrom(t.byAgent, v.agent, v)
		}
	}
	if gone && !l.gone {
		l.gone = true
		removeFrom(t.byDevice, l.device(), l)
	}
}

// revive takes back the end of a leg that was withdrawn too early.
func (t *table) revive(l *leg) {
	l.state, l.ended, l.reason = Ringing, time.Time{}, ""
	if l.side != nil {
		l.side.detail = ""
	}
	t.live++
	t.done = slices.DeleteFunc(t.done, func(o *leg) bool { return o == l })
	for _, v := range l.views {
		addTo(t.byAgent, v.agent, v, &v.byAgent)
	}
}

// purge forgets ended legs after keepEnded, the oldest sooner if there are more
// than maxEnded, and ends a silent one after keepSilent while its link is down: one
// that is up will tell. It returns the legs to publish.
func (t *table) purge(now time.Time) []*leg {
	n := 0
	for i, l := range t.done {
		if now.Sub(l.ended) < keepEnded && len(t.done)-i <= maxEnded {
			break
		}
		n++
		t.forget(l)
	}
	t.done = slices.Delete(t.done, 0, n)
	t.changed = nil
	t.hidden = slices.DeleteFunc(t.hidden, func(l *leg) bool { return l.state == Ended && now.Sub(l.ended) > groupWithin })
	t.handed = slices.DeleteFunc(t.handed, func(l *leg) bool { return now.Sub(l.since()) > transferWithin })
	if len(t.formers.on) > 0 && now.Sub(t.formers.since) > keepSilent {
		t.lapseUnwatched(nil, now)
	}
	looked := 0
	for _, legs := range t.byDevice { // a few a tick, in random order: nobody waits for it
		for _, l := range legs {
			if l.state != Ended && now.Sub(l.heard) > keepSilent && t.down[l.link] {
				t.ends(l, now, EndHangup)
				return t.changed
			}
		}
		if looked++; looked == 8 {
			break
		}
	}
	return nil
}

func (t *table) forget(l *leg) {
	if t.legs[l.key()] == l {
		delete(t.legs, l.key())
	}
	removeFrom(t.byDevice, l.device(), l)
	t.unindex(l)
	for _, v := range l.views {
		delete(t.calls, v.id)
	}
}

// keepOnly adapts the calls to another roster: views of agents who are gone,
// disabled or of another org go at once, and so do their answers; legs on
// devices that nobody has any more, or whose link is gone, end, for nothing
// more will be heard of them. It returns the legs to publish.
func (t *table) keepOnly(x *roster, now time.Time) []*leg {
	t.changed = nil
	t.exclude(x)
	t.lapseUnwatched(x, now)
	for agent, views := range t.byAgent {
		m := x.members[agent]
		for _, v := range slices.Clone(views) {
			if m == nil || m.Org != v.org {
				v.note(now, StepAgentGone, "")
				t.dropView(v)
			}
		}
	}
	t.desks.keepOnly(x)
	for d, legs := range t.byDevice {
		if _, ok := x.switches[d.Link]; ok && x.ours(d) {
			continue
		}
		for _, l := range slices.Clone(legs) {
			t.ends(l, now, EndHangup)
		}
	}
	return t.changed
}

func (t *table) dropView(v *view) {
	v.dropped = true
	t.record(v)
	delete(t.calls, v.id)
	removeFrom(t.byAgent, v.agent, v)
	v.leg.views = slices.DeleteFunc(v.leg.views, func(o *view) bool { return o == v })
}

func (t *table) callsOf(x *roster, agent AgentID) []Call {
	out := []Call{}
	m := x.members[agent]
	if m == nil {
		return out
	}
	for _, v := range t.byAgent[agent] {
		if v.shown {
			out = append(out, t.call(v, m.rules))
		}
	}
	return out
}

// legFor finds the leg of an event, or nil.
func (t *table) legFor(link string, id pbx.ConnectionID) *leg {
	return t.legs[legKey{link, id}]
}

// legNow is legFor once the event was folded: mostly it has changed its leg, and
// a look at the few that did spares one into a map of thousands.
func (t *table) legNow(link string, id pbx.ConnectionID) *leg {
	for _, l := range t.changed {
		if l.conn == id && l.link == link && !l.gone {
			return l
		}
	}
	return t.legFor(link, id)
}

// addTo adds to a list. The first one has the room for it itself: most lists have
// one only.
func addTo[K comparable, V any](m map[K][]V, k K, v V, room *[1]V) {
	list, ok := m[k]
	if !ok {
		list = room[:0]
	}
	m[k] = append(list, v)
}

func removeFrom[K comparable, V comparable](m map[K][]V, k K, v V) {
	list := m[k]
	if i := slices.Index(list, v); i >= 0 {
		list = slices.Delete(list, i, i+1)
	}
	if len(list) == 0 {
		delete(m, k)
	} else {
		m[k] = list
	}
}
