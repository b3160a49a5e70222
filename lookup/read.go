package lookup

import (
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// reading is one way to understand digits, and how good it is: the zero value
// is none. Most are made only to be compared, so the number itself is not.
type reading struct {
	plan     *plan
	national string // the national significant number
	quality  quality
}

// number is "" where nothing was read.
func (a reading) number() Number {
	if a.plan == nil {
		return ""
	}
	return a.plan.number(a.national)
}

// is reports whether n is what was read.
func (a reading) is(n Number) bool {
	if a.plan == nil {
		return n == ""
	}
	code, ok := strings.CutSuffix(string(n), a.national)
	return ok && len(code) > 0 && code[1:] == a.plan.code
}

// short reports whether it is a short number behind a country code, "+49112".
func (a reading) short(w *world) bool { return a.plan != nil && a.plan.short(w, a.national) }

// better keeps the first of two equally good readings.
func (a reading) better(b reading) reading {
	if b.quality > a.quality {
		return b
	}
	return a
}

// international reads calling code and national number. A trunk prefix left
// in ("+49 030 …") goes, except where numbers begin with it (Italy).
func (w *world) international(digits string) reading {
	p, national := w.split(digits)
	if p == nil {
		return reading{}
	}
	got := p.reading(national)
	if p.trunk != "" && strings.HasPrefix(national, p.trunk) {
		got = got.better(p.reading(national[len(p.trunk):]))
	} else if p.trunk == "" && got.quality == refused && strings.HasPrefix(national, "0") {
		got = p.reading(national[1:]) // Poland's trunk prefix of old, and other habits
	}
	return got
}

func (p *plan) reading(national string) reading {
	q := p.check(national)
	if q == refused {
		return reading{}
	}
	return reading{plan: p, national: national, quality: q}
}

// prefixed reads digits as dialled in r after the international prefix, or 00,
// which people in countries with another prefix type for foreign numbers too.
func (w *world) prefixed(r *region, digits string) reading {
	var got reading
	if rest, ok := strings.CutPrefix(digits, r.intl); ok {
		got = w.international(rest)
	}
	if rest, ok := strings.CutPrefix(digits, "00"); ok && r.intl != "00" {
		got = got.better(w.international(rest))
	}
	return got
}

// trunked reads digits as dialled within r, trunk prefix and all.
func (w *world) trunked(r *region, digits string) reading {
	if r.intricate {
		return w.rewritten(r, digits)
	}
	if r.trunk == "" {
		if rest, ok := strings.CutPrefix(digits, r.plan.code); ok && len(digits) >= minForeign {
			if got := r.plan.reading(rest); got.quality == valid {
				return got // the plus is missing
			}
		}
		if got := r.plan.reading(digits); got.quality != refused || !strings.HasPrefix(digits, "0") {
			return got
		}
		return r.plan.reading(digits[1:])
	}
	if rest, ok := strings.CutPrefix(digits, r.trunk); ok {
		return r.plan.reading(rest)
	}
	return reading{}
}

// rewritten leaves national prefixes that rewrite the number to libphonenumber.
func (w *world) rewritten(r *region, digits string) reading {
	n, err := phonenumbers.Parse(digits, r.id)
	if err != nil || n.GetNationalNumber() == 0 {
		return reading{}
	}
	return r.plan.reading(phonenumbers.GetNationalSignificantNumber(n))
}

// A number without its trunk prefix must have this many digits. In open plans
// local numbers, which lack the area code instead, have eight at most.
const (
	minBareOpen   = 9
	minBareClosed = 7
	// With another country's code, or our own where there is no trunk prefix,
	// they have this many.
	minForeign = 11
)

// bare reads digits that bear no prefix: spreadsheets eat the plus or the zero.
// marked says that brackets or a slash set an area code off.
//
// "49…" is Germany's code and the beginning of area codes in East Frisia
// (04921 and on): the code wins where eight digits or more follow.
func (w *world) bare(r *region, digits string, marked bool) reading {
	own, home, foreign := w.nakedly(r, digits, marked)
	first := own.better(home)
	if r.trunk == "" && len(digits) < minForeign {
		first = home.better(own) // the national number is whole: it wins
	}
	if first = first.better(foreign); first.quality == valid {
		return first
	}
	return reading{}
}

// otherwise is what bare digits would be if they were not taken for n: as good
// a reading, only less likely; "" if there is none.
func (w *world) otherwise(r *region, digits string, n Number) Number {
	own, home, foreign := w.nakedly(r, digits, false)
	for _, got := range []reading{own, home, foreign} {
		if got.quality == valid && !got.is(n) {
			return got.number()
		}
	}
	return ""
}

// nakedly reads bare digits with our own calling code, without any, and with
// another country's.
func (w *world) nakedly(r *region, digits string, marked bool) (own, home, foreign reading) {
	if rest, ok := strings.CutPrefix(digits, r.plan.code); ok && len(rest) >= 8 {
		own = w.international(digits)
	}
	if len(digits) >= minBareOpen || len(digits) >= minBareClosed && (marked || !r.plan.dialIn) {
		home = r.plan.reading(digits)
	}
	if len(digits) >= minForeign {
		foreign = w.international(digits)
	}
	return own, home, foreign
}

// written reads digits of a field; plus says that one stood before them.
func (w *world) written(r *region, digits string, plus, marked bool) reading {
	if plus {
		return w.international(digits)
	}
	if len(digits) < 5 {
		return reading{}
	}
	got := w.prefixed(r, digits)
	if got.quality != valid && (r.trunk == "" || strings.HasPrefix(digits, r.trunk)) {
		got = got.better(w.trunked(r, digits))
	}
	if got.quality != valid {
		got = got.better(w.halfPrefixed(r, digits))
	}
	made := consecutive(digits)
	if got.quality == refused && digits[0] != '0' && !made {
		got = w.bare(r, digits, marked)
	}
	if made && got.quality != valid {
		return reading{}
	}
	return got
}

// halfPrefixed reads what is left of a mistyped international prefix:
// "04930…" for 0049 30…, and 011 outside North America.
func (w *world) halfPrefixed(r *region, digits string) reading {
	rest, ok := strings.CutPrefix(digits, "011")
	if !ok && r.trunk == "0" {
		if rest, ok = strings.CutPrefix(digits, "0"); ok {
			ok = strings.HasPrefix(rest, r.plan.code)
		}
	}
	if !ok {
		return reading{}
	}
	if got := w.international(rest); got.quality == valid && len(got.national) >= minBareOpen {
		return got
	}
	return reading{}
}

// consecutive: 0123456789 and its like, typed where a form wants a number.
func consecutive(s string) bool {
	for i := 1; i < len(s); i++ {
		if s[i] != s[i-1]+1 && (s[i] != '0' || s[i-1] != '9') {
			return false
		}
	}
	return true
}
