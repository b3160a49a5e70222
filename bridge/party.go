package bridge

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/pbx"
)

// farEnd is the other side of a call after normalisation.
type farEnd struct {
	party  Party
	kind   lookup.Kind
	number lookup.Number // set for KindPublic only
}

// normalise reads what a switch says about the far end. An extension that some
// agent has is internal however long it is.
func (x *roster) normalise(link string, p pbx.Party) farEnd {
	plan := x.switches[link].Plan
	if p.Withheld {
		return farEnd{party: Party{Withheld: true}, kind: lookup.KindWithheld}
	}
	label := cleanLabel(p.Name, p.Number)
	if _, ours := x.devices[Device{Link: link, Extension: p.Number}]; ours {
		return internalEnd(p, label)
	}
	n, kind := plan.Parse(p.Number)
	switch kind {
	case lookup.KindPublic:
		return farEnd{
			party: Party{Number: string(n), Display: n.Display(plan.Country), Label: label, Probable: p.Probable},
			kind:  kind, number: n,
		}
	case lookup.KindWithheld:
		return farEnd{party: Party{Withheld: true}, kind: kind}
	case lookup.KindInternal:
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
