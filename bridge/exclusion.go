package bridge

import (
	"strings"

	"github.com/ctibridge/ctibridge/lookup"
)

// Exclusion is a number or an extension of which the bridge keeps nothing, such
// as the works council's or the company doctor's: its calls are not shown, looked
// up, noted or written. Either Number or Extension is set.
type Exclusion struct {
	// Number is in international form; with * at its end all that begin so.
	Number string `json:"number,omitempty" yaml:"number,omitempty"`
	// Extension is one of our own, on whichever telephone system.
	Extension string `json:"extension,omitempty" yaml:"extension,omitempty"`
	// Reason is for administrators: "works council".
	Reason string `json:"reason,omitempty" yaml:"reason,omitempty"`
}

// Key tells exclusions apart.
func (e Exclusion) Key() string { return e.Number + e.Extension }

// exclusions is the list as the hot path needs it.
type exclusions struct {
	numbers    map[lookup.Number]bool
	beginnings []string
	extensions map[string]bool
}

func newExclusions(list []Exclusion) exclusions {
	x := exclusions{numbers: make(map[lookup.Number]bool), extensions: make(map[string]bool)}
	for _, e := range list {
		prefix, many := strings.CutSuffix(e.Number, "*")
		switch {
		case e.Extension != "":
			x.extensions[e.Extension] = true
		case many:
			x.beginnings = append(x.beginnings, prefix)
		case e.Number != "":
			x.numbers[lookup.Number(e.Number)] = true
		}
	}
	return x
}

func (x *exclusions) number(n lookup.Number) bool {
	if n == "" {
		return false
	}
	if x.numbers[n] {
		return true
	}
	for _, b := range x.beginnings {
		if strings.HasPrefix(string(n), b) {
			return true
		}
	}
	return false
}

// has reports whether a kept call's far end is excluded.
func (x *exclusions) has(e *JournalEntry) bool {
	return x.extensions[e.Number] || x.number(lookup.Number(e.Number))
}

// covers reports whether the far end is excluded, by whichever reading of its
// number: what must not be kept is rather not shown once too often. raw is as the
// switch wrote it.
func (x *exclusions) covers(raw string, f *farEnd) bool {
	if len(x.numbers)+len(x.beginnings)+len(x.extensions) == 0 {
		return false
	}
	if x.extensions[raw] || f.kind == lookup.KindInternal && x.extensions[f.party.Number] || x.number(f.number) {
		return true
	}
	for _, n := range f.readings {
		if x.number(n) {
			return true
		}
	}
	return false
}
