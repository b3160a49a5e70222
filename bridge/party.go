package bridge

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/pbx"
)

// farEnd is the other side of a call after normalisation.
type farEnd struct {
	party Party
	kind  lookup.Kind
	// excluded: nothing is kept of it; all other fields are empty.
	excluded bool
	number   lookup.Number // set for KindPublic only: the likeliest of readings
	// readings are all numbers that the switch may mean, if there are several, as
	// a prefix for an outside line is ambiguous: the directory knows which it is.
	readings []lookup.Number
}

// same reports the same far end, however many ways there are to read it.
func (f farEnd) same(o farEnd) bool {
	return f.party == o.party && f.kind == o.kind && f.excluded == o.excluded && f.number == o.number
}

// as is the party under the reading that the directory knows.
func (f farEnd) as(n lookup.Number) Party {
	p := f.party
	if n != "" && n != f.number {
		p.Number, p.Display = string(n), n.Display("")
	}
	return p
}

// normalise reads what a switch says about the far end, and forgets it at once
// where it is excluded.
func (x *roster) normalise(link string, p pbx.Party) farEnd {
	far := x.read(link, p)
	if x.excluded.covers(p.Number, &far) {
		return farEnd{excluded: true, kind: lookup.KindInvalid}
	}
	return far
}

// handler is who handed a call over, as the switch wrote it; empty where that is
// withheld or excluded.
func (x *roster) handler(ev *pbx.Event) string {
	p := ev.LastRedirection
	if p.Number == "" {
		return ""
	}
	if far := x.normalise(ev.Link, p); far.excluded || far.kind == lookup.KindWithheld {
		return ""
	}
	return p.Number
}

// read is normalise before exclusions. An extension that some agent has is
// internal however long it is.
func (x *roster) read(link string, p pbx.Party) farEnd {
	if p.Withheld {
		return farEnd{party: Party{Withheld: true}, kind: lookup.KindWithheld}
	}
	label := cleanLabel(p.Name, p.Number)
	if x.ours(Device{Link: link, Extension: p.Number}) {
		return internalEnd(p, label)
	}
	plan := x.switches[link].Plan
	var room [lookup.MaxReadings]lookup.Number
	readings, kind := plan.AppendReadings(room[:0], p.Number)
	switch kind {
	case lookup.KindPublic:
		n := readings[0]
		far := farEnd{
			party: Party{Number: string(n), Display: n.Display(plan.Country), Label: label, Probable: p.Probable},
			kind:  kind, number: n,
		}
		if len(readings) > 1 {
			far.readings = slices.Clone(readings)
		}
		return far
	case lookup.KindWithheld:
		return farEnd{party: Party{Withheld: true}, kind: kind}
	case lookup.KindInternal:
		if ext := plan.Extension(p.Number); ext != "" {
			p.Number = ext // our own direct dial, shown as people dial it
		}
		return internalEnd(p, label)
	default:
		return farEnd{party: Party{Label: label, Display: clip(p.Number, 32), Probable: p.Probable}, kind: lookup.KindInvalid}
	}
}

func internalEnd(p pbx.Party, label string) farEnd {
	return farEnd{
		party: Party{Number: p.Number, Display: p.Number, Label: label, Probable: p.Probable},
		kind:  lookup.KindInternal,
	}
}

// cleanLabel makes a display name fit to show: no control or formatting
// characters, at most 64 of them, and nothing that merely repeats the number.
func cleanLabel(name, number string) string {
	if name == "" || name == number {
		return ""
	}
	name = strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == utf8.RuneError {
			return -1
		}
		return r
	}, name))
	return clip(name, 64)
}

func clip(s string, runes int) string {
	if len(s) <= runes {
		return s
	}
	for i := range s {
		if runes == 0 {
			return s[:i]
		}
		runes--
	}
	return s
}
