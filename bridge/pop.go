package bridge

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/ctibridge/ctibridge/lookup"
)

// wanted lists the questions that the changed legs raise: one for each scope
// that sees a public number nobody has looked up yet. It appends them to finds.
func (t *table) wanted(finds []lateFind, x *roster, changed []*leg) []lateFind {
	for _, l := range changed {
		if l.far.number == "" || l.state == Ended {
			continue
		}
		for _, v := range l.views {
			m := x.members[v.agent]
			if v.asked || l.hidden || m == nil || m.Org != v.org {
				continue
			}
			v.asked = true
			i := slices.IndexFunc(finds, func(f lateFind) bool { return f.leg == l && sameScope(f.scope, m.scope) })
			if i < 0 {
				finds = append(finds, lateFind{leg: l, scope: m.scope, number: l.far.number, readings: l.far.readings})
				i = len(finds) - 1
			}
			finds[i].agents = append(finds[i].agents, v.agent)
		}
	}
	return finds
}

func sameScope(a, b lookup.Scope) bool {
	return a.Org == b.Org && a.User == b.User && slices.Equal(a.Objects, b.Objects) && slices.Equal(a.Books, b.Books)
}

// answer files what the directory said, where the far end is still the one
// that was asked for. It reports whether anything was news.
func (t *table) answer(finds []lateFind) bool {
	news := false
	for i := range finds {
		f := &finds[i]
		if f.leg.far.number != f.number {
			continue
		}
		if f.err != nil {
			f.noteMissing()
			continue
		}
		for _, v := range f.leg.views {
			if !v.answered && slices.Contains(f.agents, v.agent) {
				v.found, v.read, v.answered, news = f.found, f.read, true, true
				v.note(time.Now(), StepMatches, matchesInWords(f.found, v.org))
			}
		}
	}
	return news
}

// publish shows a leg to those of its agents whose rules say so. A call once
// shown is shown to its end.
func (b *Bridge) publish(x *roster, l *leg, read time.Time) {
	l.actions = b.table.able(x, l)
	if l.excluded() || l.hidden {
		b.erase(l)
		return
	}
	for _, v := range l.views {
		b.table.record(v)
		m := x.members[v.agent]
		if v.erased {
			continue
		}
		if m == nil || m.Org != v.org {
			v.note(time.Now(), StepAgentGone, "")
			continue
		}
		first := !v.shown
		if why := hidden(l, m.rules); first && why != StepPopped {
			v.note(l.heard, why, "")
			continue
		}
		if first {
			v.note(time.Now(), StepPopped, "")
		}
		v.shown = true
		if first && !read.IsZero() {
			b.stats.Pops.Add(1)
			if b.o.Popped != nil {
				b.o.Popped(time.Since(read))
			}
		}
		b.show(v, m.rules)
		b.open(v, m.rules)
	}
}

// hidden decides whether a leg pops: StepPopped, or why it does not.
func hidden(l *leg, r rules) StepCode {
	switch {
	case l.dialed:
		return StepPopped
	case l.state == Ended:
		return StepOver
	case l.far.kind == lookup.KindInternal && !r.internal:
		return StepInternal
	case !l.out && l.state == Ringing && r.popOn == PopOnAnswer:
		return StepOnAnswer
	}
	return StepPopped
}

// call is what the agent of a view is shown.
func (t *table) call(v *view, r rules) Call {
	l, side := v.leg, v.leg.aside()
	c := Call{
		ID: v.id, Revision: uint64(v.revision), Direction: direction(l), State: l.state, Party: l.far.as(v.read),
		Device: string(l.conn.Device), Group: l.group,
		StartedAt: Time{l.started}, AnsweredAt: Time{l.answered}, EndedAt: Time{l.ended}, EndReason: l.reason, Detail: side.detail, DetailCode: l.detailCode(),
		TransferredBy: side.by, TransferredTo: side.to, Chosen: v.chosen.orNone(), Actions: t.listed(l.actions),
	}
	if l.reason == EndAnsweredElsewhere {
		c.AnsweredBy = side.taker
	}
	if side.notedOrg == v.org {
		c.Note = l.noted
	}
	if !v.answered {
		return c
	}
	c.Matches = matchesFrom(v.found, r.details)
	switch {
	case len(v.found) > 0:
	case l.out:
		c.Create = r.createOutbound
	default:
		c.Create = r.create
	}
	return c
}

func direction(l *leg) Direction {
	switch {
	case l.far.kind == lookup.KindInternal:
		return Internal
	case l.out:
		return Outbound
	}
	return Inbound
}

// open lets one tab of the agent go to the record, where there is exactly one
// and it is certain, and the agent is not in another conversation or wants it all
// the same.
func (b *Bridge) open(v *view, r rules) {
	l := v.leg
	if v.opened || l.out || l.state == Ended || !v.answered {
		return
	}
	v.opened = true
	if why := b.keepsClosed(v, r); why != stepNone {
		v.note(time.Now(), why, "")
		return
	}
	m := v.found[0]
	b.navigate(b.tabs.begin(v.agent, v.id, &RecordRef{Object: m.Object, ID: m.ID}))
}

// keepsClosed says why no record opens by itself, or nothing.
func (b *Bridge) keepsClosed(v *view, r rules) StepCode {
	switch {
	case len(v.found) == 0:
		return StepOpenNone
	case !r.openRecord, r.popOn == PopByHand:
		return StepOpenOff
	case v.leg.far.party.Probable:
		return StepOpenMaybe
	case len(v.found) > 1:
		return StepOpenSeveral
	case v.found[0].Match != lookup.MatchExact:
		return StepOpenCompany
	case v.found[0].Org != v.org:
		return StepOpenBook
	case r.quietInCall && b.table.talking(v):
		return StepOpenTalking
	}
	return stepNone
}

// noteMissing notes at the agents who asked that the directory has not answered.
func (f *lateFind) noteMissing() {
	code := StepFindFailed
	if errors.Is(f.err, errSick) || errors.Is(f.err, context.DeadlineExceeded) || errors.Is(f.err, context.Canceled) {
		code = StepLate
	}
	for _, v := range f.leg.views {
		if slices.Contains(f.agents, v.agent) {
			v.note(time.Now(), code, "")
		}
	}
}

// oneExact is the answer of the directory that lets a record open by itself.
const oneExact = "one exact match"

// matchesInWords is what the directory answered an agent of the org, without names.
func matchesInWords(found []lookup.Match, org string) string {
	switch {
	case len(found) == 0:
		return "nobody has the number"
	case len(found) > 1:
		return "several records"
	case found[0].Match == lookup.MatchExact && found[0].Org == org:
		return oneExact
	case found[0].Match == lookup.MatchExact:
		return "one exact match, in an address book"
	}
	return "one company's line"
}

// talking reports whether the agent has another conversation.
func (t *table) talking(v *view) bool {
	return slices.ContainsFunc(t.byAgent[v.agent], func(o *view) bool { return o != v && o.leg.up() })
}
