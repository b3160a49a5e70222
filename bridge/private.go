package bridge

import (
	"context"
	"slices"
	"time"
)

// Eraser forgets all that was kept of calls: journal, trace, recent calls. Calls
// may be named that it has nothing of. It may wait for a disk, as a Journal may.
type Eraser interface {
	Erase(ctx context.Context, calls []CallID) error
}

// makePrivate erases a call everywhere: at all agents who saw it ring or have it
// now. When it returns nothing of it is kept.
func (b *Bridge) makePrivate(ctx context.Context, agent AgentID, call CallID) error {
	if !b.inTable(call) {
		return b.afterwards(ctx, func() error { return b.o.Activities.MakePrivate(ctx, agent, call) })
	}
	err := b.eraseCall(agent, call)
	if err == nil {
		b.keepNow(ctx)
	}
	return err
}

func (b *Bridge) eraseCall(agent AgentID, call CallID) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	v := b.table.calls[call]
	if v == nil || v.agent != agent {
		b.stats.Refused.Add(1)
		return ErrNotYourCall
	}
	for _, l := range b.table.sameCall(v.leg) {
		b.table.eraseFormers(l)
		b.erase(l)
	}
	return nil
}

// eraseFormers erases what is kept of the last life of others who had the call,
// and of whom the switch has not told yet whether they have it still.
func (t *table) eraseFormers(l *leg) {
	if l.far.number == "" {
		return
	}
	for d, list := range t.formers.on {
		if d.Link != l.link {
			continue
		}
		list = slices.DeleteFunc(list, func(e *JournalEntry) bool {
			same := !e.Secret && l.isFarEnd(e)
			if same {
				t.diary.erase(e.ID)
			}
			return same
		})
		if t.formers.on[d] = list; len(list) == 0 {
			delete(t.formers.on, d)
		}
	}
}

// sameCall is the leg and those that rang or talked with the same far end at the
// same time.
func (t *table) sameCall(l *leg) []*leg {
	same := []*leg{l}
	if l.far.number == "" {
		return same
	}
	for _, o := range t.byNumber[l.numberKey()] {
		if o != l && !o.started.After(l.lastSeen()) && !l.started.After(o.lastSeen()) {
			same = append(same, o)
		}
	}
	return same
}

// lastSeen is the end of a leg, and a moment more for phones that stop ringing
// before another one answers.
func (l *leg) lastSeen() time.Time {
	if l.state == Ended {
		return l.ended.Add(groupWithin)
	}
	return l.heard.Add(keepSilent)
}

// erase ends a leg in the eyes of its agents and forgets what stands on it. The
// switch goes on with it: the leg stays, unseen. mu is held.
func (b *Bridge) erase(l *leg) {
	l.secret, l.hidden, l.steps, l.firstSteps = true, true, nil, [len(l.firstSteps)]Step{}
	l.noted, l.chosen = nil, nil
	if a := l.side; a != nil {
		a.heir, a.detail, a.by, a.to = nil, "", "", ""
	}
	for _, v := range l.views {
		b.table.record(v) // its mark, or the end of it
		if v.erased {
			continue
		}
		if v.shown {
			b.showErased(v)
		}
		v.erased, v.shown, v.opened, v.found, v.chosen = true, false, true, nil, nil
		delete(b.table.calls, v.id)
		v.steps, v.firstSteps = nil, [len(v.firstSteps)]Step{}
		b.table.diary.erase(v.id)
	}
}

// showErased ends the call in the panel: nothing is left of it but its id.
func (b *Bridge) showErased(v *view) {
	v.revision++
	if s := b.screens.Load(); s != nil {
		(*s).Show(v.agent, Call{
			ID: v.id, Revision: v.revision, Direction: direction(v.leg), State: Ended, Device: string(v.leg.conn.Device),
			StartedAt: Time{v.leg.started}, EndedAt: Time{time.Now()}, EndReason: EndPrivate, Actions: []Action{},
		})
	}
}

// erase notes that what was kept of a call has to go.
func (d *diary) erase(id CallID) {
	if d.on {
		d.erased = append(d.erased, id)
	}
}

// eraseKept takes erased calls out of what was kept. What cannot be erased now
// waits for the next time.
func (b *Bridge) eraseKept(ctx context.Context) {
	b.mu.Lock()
	erased := b.table.diary.erased
	b.table.diary.erased = nil
	b.mu.Unlock()
	if len(erased) == 0 || b.o.Eraser == nil {
		return
	}
	if err := b.o.Eraser.Erase(ctx, erased); err != nil {
		b.log.Error("private calls are not erased yet, it is tried again", "err", err)
		b.mu.Lock()
		defer b.mu.Unlock()
		b.table.diary.erased = append(b.table.diary.erased, erased...)
	}
}

// excluded: the far end is one of which nothing is kept.
func (l *leg) excluded() bool { return l.far.excluded }
