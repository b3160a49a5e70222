package bridge

import (
	"context"
	"errors"
	"strings"
	"time"
	"unicode/utf8"
)

// maxNote bounds the text of a note, in bytes.
const maxNote = 8000

// MaxDisposition bounds the outcome of a call, in bytes.
const MaxDisposition = 255

var errNote = RequestError{"badNote", "This note cannot be kept.", "Make it shorter; a follow-up is a day such as 2026-11-30."}

// Note keeps what the agent writes on a call, in place of what was there. An
// empty one takes it away. After the call it goes into the call's activity. Once
// the call has been transferred the colleague gets it, too.
func (b *Bridge) Note(ctx context.Context, agent AgentID, call CallID, n Note) error {
	if err := n.check(); err != nil {
		return err
	}
	if !b.inTable(call) {
		return b.amend(ctx, agent, call, &n, nil)
	}
	return b.annotate(ctx, agent, call, func(v *view) {
		if l := v.leg; n == (Note{}) {
			l.noted = nil
		} else {
			l.noted, l.setAside().notedOrg = &n, v.org
		}
	})
}

func (n *Note) check() error {
	n.Text, n.Disposition = strings.TrimSpace(n.Text), strings.TrimSpace(n.Disposition)
	if len(n.Text) > maxNote || len(n.Disposition) > MaxDisposition || !utf8.ValidString(n.Text+n.Disposition) {
		return errNote
	}
	if _, err := time.Parse(time.DateOnly, n.FollowUp); n.FollowUp != "" && err != nil {
		return errNote
	}
	return nil
}

// Choose notes which record a call belongs to, as the agent says: one of its
// matches, or one that the agent opened or created during the call. It counts
// for the agent's own org only, and goes with the call to a colleague.
func (b *Bridge) Choose(ctx context.Context, agent AgentID, call CallID, record RecordRef) error {
	if !b.inTable(call) {
		return b.amend(ctx, agent, call, nil, &record)
	}
	return b.annotate(ctx, agent, call, func(v *view) {
		v.chosen = &record
		v.leg.chosen, v.leg.setAside().chosenOrg = &record, v.org
		v.note(time.Now(), StepChosen, "")
	})
}

// inTable reports whether the call lives or ended a moment ago.
func (b *Bridge) inTable(call CallID) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.table.calls[call] != nil
}

// amend changes what is kept of a call that the table has let go of.
func (b *Bridge) amend(ctx context.Context, agent AgentID, call CallID, n *Note, record *RecordRef) error {
	return b.afterwards(ctx, func() error { return b.o.Activities.Amend(ctx, agent, call, n, record) })
}

// afterwards does something with a kept call once all is written of it.
func (b *Bridge) afterwards(ctx context.Context, do func() error) error {
	err := ErrNotYourCall
	if b.o.Activities != nil {
		if err = b.Flush(ctx); err == nil {
			err = do()
		}
	}
	if errors.Is(err, ErrNotYourCall) {
		b.stats.Refused.Add(1)
	}
	return err
}

// annotate changes what stands on an agent's call, shows it to all who have the
// call, a colleague to whom it went included, and keeps it.
func (b *Bridge) annotate(ctx context.Context, agent AgentID, call CallID, change func(*view)) error {
	err := b.changeCall(agent, call, change)
	if err == nil {
		b.keepNow(ctx)
	}
	return err
}

// changeCall is annotate, kept later.
func (b *Bridge) changeCall(agent AgentID, call CallID, change func(*view)) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	x := b.roster.Load()
	v := b.table.calls[call]
	if v == nil || v.agent != agent {
		b.stats.Refused.Add(1)
		return ErrNotYourCall
	}
	if x.members[agent] == nil {
		return ErrNoAgent
	}
	had := *v.leg
	change(v)
	b.refresh(x, v.leg)
	from := v.leg
	for to := from.aside().heir; to != nil && to != from; from, to = to, to.aside().heir {
		if !to.takeOver(&had, from) {
			break
		}
		b.refresh(x, to)
	}
	return nil
}

// refresh shows a leg again to those who have seen it.
func (b *Bridge) refresh(x *roster, l *leg) {
	for _, v := range l.views {
		if m := x.members[v.agent]; m != nil && m.Org == v.org && v.shown {
			b.table.record(v)
			b.show(v, m.rules)
		}
	}
}

// inheritFrom takes over what stands on the call of the colleague who handed it
// on. What this agent wrote already stays.
func (l *leg) inheritFrom(from *leg) {
	if from.excluded() {
		return
	}
	its := from.aside()
	if l.chosen == nil && from.chosen != nil {
		l.chosen, l.setAside().chosenOrg = from.chosen, its.chosenOrg
	}
	switch {
	case from.noted == nil:
	case l.noted == nil:
		l.noted, l.setAside().notedOrg = from.noted, its.notedOrg
	case l.aside().notedOrg == its.notedOrg && !strings.HasPrefix(l.noted.Text, from.noted.Text):
		both := *l.noted
		both.Text = clip(from.noted.Text+"\n"+l.noted.Text, maxNote)
		l.noted = &both
	}
}

// takeOver is inheritFrom for what the colleague changes afterwards: it replaces
// what came from there and nothing of this agent's own. It reports whether there
// was any such change.
func (l *leg) takeOver(had, from *leg) bool {
	news := false
	if l.noted == had.noted && l.noted != from.noted {
		l.noted, l.setAside().notedOrg, news = from.noted, from.aside().notedOrg, true
	}
	if l.chosen == had.chosen && l.chosen != from.chosen {
		l.chosen, l.setAside().chosenOrg, news = from.chosen, from.aside().chosenOrg, true
		for _, v := range l.views {
			v.chosen = nil
		}
	}
	return news
}
