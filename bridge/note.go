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
// empty one takes it away. After the call it goes into the call's activity; where
// it will not, as such calls are not logged, ErrNotLogged says so. Once the call
// has been transferred the colleague gets it, too.
func (b *Bridge) Note(ctx context.Context, agent AgentID, call CallID, n Note) error {
	if err := n.check(); err != nil {
		return err
	}
	return b.amend(ctx, agent, call, Amendment{Note: &n})
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
// for the agent's own org only, and goes with the call to a colleague. The zero
// record is none at all: the call then belongs to nobody, not to its match either.
func (b *Bridge) Choose(ctx context.Context, agent AgentID, call CallID, record RecordRef) error {
	return b.amend(ctx, agent, call, Amendment{Record: &record})
}

// Amendment is what an agent says of a call. What is nil stays as it is.
type Amendment struct {
	Note   *Note      // an empty one takes the note away
	Record *RecordRef // the zero one detaches the call from any record
	// Anew makes the activity of an ended call that has none yet, with neither of
	// the above in it; it is nil where such calls are not logged.
	Anew func(*JournalEntry) *Activity
}

// amend notes what an agent says of a call: of one that lives or ended a moment
// ago, of one that lived before a restart and that the switch has not told of yet,
// or of a kept one. When it returns, that is kept.
func (b *Bridge) amend(ctx context.Context, agent AgentID, call CallID, a Amendment) error {
	switch err := b.changeCall(agent, call, a); {
	case errors.Is(err, errLeft):
		return b.afterwards(ctx, func() error {
			a.Anew = b.anew(agent)
			return b.o.Activities.Amend(ctx, agent, call, a)
		})
	case err != nil && !errors.Is(err, ErrNotLogged):
		return err
	default:
		b.keepNow(ctx)
		return err
	}
}

// anew is how the activity of an agent's kept call is made by the rules of now.
func (b *Bridge) anew(agent AgentID) func(*JournalEntry) *Activity {
	b.mu.Lock()
	defer b.mu.Unlock()
	x := b.roster.Load()
	found := x.members[agent]
	if found == nil {
		return func(*JournalEntry) *Activity { return nil }
	}
	m := *found // a first sign-in may change it
	return func(e *JournalEntry) *Activity {
		if x.excluded.has(e) {
			return nil
		}
		return e.keptActivity(&m)
	}
}

// inTable reports whether the call lives or ended a moment ago.
func (b *Bridge) inTable(call CallID) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.table.calls[call] != nil
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

// errLeft: the call is not among those that live, or lived a moment ago.
var errLeft = errors.New("bridge: the call has left the table")

// changeCall changes what stands on an agent's call, and shows it to all who have
// the call, a colleague to whom it went included. errLeft: there is no such call.
// ErrNotLogged: it is done, but Salesforce will not be told of it.
func (b *Bridge) changeCall(agent AgentID, call CallID, a Amendment) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	x := b.roster.Load()
	v := b.table.calls[call]
	switch {
	case v == nil:
		return b.changeFormer(agent, call, a)
	case v.agent != agent:
		b.stats.Refused.Add(1)
		return ErrNotYourCall
	case x.members[agent] == nil:
		return ErrNoAgent
	}
	had := *v.leg
	v.amend(a)
	b.refresh(x, v.leg)
	from := v.leg
	for to := from.aside().heir; to != nil && to != from; from, to = to, to.aside().heir {
		if !to.takeOver(&had, from) {
			break
		}
		b.refresh(x, to)
	}
	if a.tells() && v.unlogged(x) {
		return ErrNotLogged
	}
	return nil
}

// changeFormer notes what an agent says of a call that lived before a restart: it
// is there when the switch tells of the call, or of its end. mu is held.
func (b *Bridge) changeFormer(agent AgentID, call CallID, a Amendment) error {
	t := &b.table
	e := t.formerCall(call)
	switch {
	case e == nil:
		return errLeft
	case e.Agent != agent:
		b.stats.Refused.Add(1)
		return ErrNotYourCall
	}
	if a.Note != nil {
		e.Note = a.Note.orNone()
	}
	if a.Record != nil {
		e.Chosen = a.Record
	}
	if t.diary.on {
		t.diary.strays = append(t.diary.strays, *e) // one for each request, until it is written
	}
	return nil
}

// tells: there is a text that the agent would not want to lose.
func (a *Amendment) tells() bool { return a.Note != nil && *a.Note != Note{} }

// orNone is nil for an empty note.
func (n *Note) orNone() *Note {
	if *n == (Note{}) {
		return nil
	}
	return n
}

// amend changes what stands on the call.
func (v *view) amend(a Amendment) {
	l := v.leg
	if a.Note != nil {
		l.noted, l.setAside().notedOrg = a.Note.orNone(), v.org
	}
	if a.Record != nil {
		v.chosen = a.Record
		l.chosen, l.setAside().chosenOrg = a.Record, v.org
		v.note(time.Now(), StepChosen, "")
	}
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
