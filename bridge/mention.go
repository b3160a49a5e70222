package bridge

import (
	"slices"
	"strings"
	"time"

	"github.com/ctibridge/ctibridge/lookup"
)

// Mention is where what is kept of a call with somebody else names a subject's
// number.
type Mention struct {
	Call    CallID    `json:"call"`
	Agent   AgentID   `json:"agent"`
	Started time.Time `json:"started"`
	Where   string    `json:"where"` // MentionTransferredBy, MentionTransferredTo or MentionNote
	Text    string    `json:"text"`
}

// Where a number is named.
const (
	MentionTransferredBy = "transferredBy"
	MentionTransferredTo = "transferredTo"
	MentionNote          = "note"
)

// struck stands where a number was in a note.
const struck = "[…]"

// outside are the subject's numbers that are no extensions.
func (s *Subject) outside() (out []lookup.Number) {
	for _, n := range s.Numbers {
		if n := lookup.Number(n); n.Valid() {
			out = append(out, n)
		}
	}
	return out
}

// Named reports whether what a switch wrote is one of the subject's outside numbers,
// by its link's dial plan; by any where the link is not known.
func (s *Subject) Named(link, text string) bool {
	if text == "" || len(s.Numbers) == 0 {
		return false
	}
	is := func(p lookup.DialPlan) bool {
		readings, _ := p.Readings(text)
		return slices.ContainsFunc(readings, func(n lookup.Number) bool { return slices.Contains(s.Numbers, string(n)) })
	}
	if p, ok := s.Plans[link]; ok {
		return is(p)
	}
	for _, p := range s.Plans {
		if is(p) {
			return true
		}
	}
	return is(lookup.DialPlan{})
}

// Strike takes the subject's outside numbers out of what somebody wrote, in
// whichever notation, and reports whether there was any.
func (s *Subject) Strike(text string) (string, bool) {
	found := false
	if strings.ContainsAny(text, "0123456789") {
		for _, n := range s.outside() {
			var here bool
			text, here = n.Without(text, struck)
			found = found || here
		}
	}
	return text, found
}

// strikeNote is Strike for a note, which others may hold: it gives another one.
func (s *Subject) strikeNote(n *Note) (*Note, bool) {
	if n == nil {
		return nil, false
	}
	out := *n
	var inText, inOutcome bool
	out.Text, inText = s.Strike(n.Text)
	out.Disposition, inOutcome = s.Strike(n.Disposition)
	if !inText && !inOutcome {
		return n, false
	}
	return &out, true
}

// Mentions are where a kept call names the subject's number beside its far end.
func (s *Subject) Mentions(e *JournalEntry) (out []Mention) {
	add := func(where, text string) {
		out = append(out, Mention{e.ID, e.Agent, e.Started, where, text})
	}
	if s.Named(e.Link, e.TransferredBy) {
		add(MentionTransferredBy, e.TransferredBy)
	}
	if s.Named(e.Link, e.TransferredTo) {
		add(MentionTransferredTo, e.TransferredTo)
	}
	if _, found := s.strikeNote(e.Note); found {
		add(MentionNote, strings.TrimSpace(e.Note.Disposition+" "+e.Note.Text))
	}
	return out
}

// StrikeCall takes the subject's numbers out of a kept call with somebody else, and
// reports whether there were any.
func (s *Subject) StrikeCall(e *JournalEntry) bool {
	handed := s.strikeEnds(e.Link, &e.TransferredBy, &e.TransferredTo)
	note, noted := s.strikeNote(e.Note)
	e.Note = note
	return handed || noted
}

// strikeEnds empties what names the subject of who handed a call over and to whom.
func (s *Subject) strikeEnds(link string, by, to *string) (found bool) {
	for _, end := range []*string{by, to} {
		if s.Named(link, *end) {
			*end, found = "", true
		}
	}
	return found
}

// entry is what an activity says of its call, for Mentions and StrikeCall.
func (a *Activity) entry(link string) JournalEntry {
	return JournalEntry{
		ID: a.Call, Agent: a.Agent, Link: link, Started: a.Started, TransferredBy: a.TransferredBy, TransferredTo: a.TransferredTo, Note: a.Note,
	}
}

// ActivityMentions is Mentions for what a call of a link becomes in Salesforce.
func (s *Subject) ActivityMentions(link string, a *Activity) []Mention {
	e := a.entry(link)
	return s.Mentions(&e)
}

// StrikeActivity is StrikeCall for what a call of a link becomes in Salesforce.
func (s *Subject) StrikeActivity(link string, a *Activity) bool {
	e := a.entry(link)
	found := s.StrikeCall(&e)
	a.TransferredBy, a.TransferredTo, a.Note = e.TransferredBy, e.TransferredTo, e.Note
	return found
}

// strike takes the subject's numbers out of calls with others that are in memory. Who
// has such a call sees its note without them. mu is held.
func (b *Bridge) strike(s *Subject) {
	if len(s.outside()) == 0 {
		return
	}
	x, t := b.roster.Load(), &b.table
	notes := make(map[*Note]*Note) // one that went with a transfer stays one
	strikeLeg := func(l *leg) {
		found := false
		if a := l.side; a != nil {
			found = s.strikeEnds(l.link, &a.by, &a.to)
		}
		if note, named := s.strikeNote(l.noted); named {
			if notes[l.noted] == nil {
				notes[l.noted] = note
			}
			l.noted, found = notes[l.noted], true
		}
		if found {
			for _, v := range l.views {
				t.record(v)
			}
			b.refresh(x, l)
		}
	}
	for _, l := range t.legs {
		strikeLeg(l)
	}
	for _, l := range t.dials {
		if l.conn.Call == "" { // else it is among the legs
			strikeLeg(l)
		}
	}
	for _, list := range t.formers.on {
		for _, e := range list {
			s.StrikeCall(e)
		}
	}
	for i := range t.diary.strays {
		s.StrikeCall(&t.diary.strays[i])
	}
}
