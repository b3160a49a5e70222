package lookup

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Limits of what a switch sends.
const (
	defaultInternalDigits = 5
	maxRaw                = 128 // bytes; longer input is no number
	maxSubscriber         = 8   // digits of the longest local number without area code
)

// Parse reads what a PBX sends as a party's number: bare, in a tel: or sip:
// URI, with or without plus, prefixes and outside-line digit.
//
// Only KindPublic comes with a number. Emergency and short service numbers are
// KindInvalid: they are neither looked up nor rewritten.
func (p DialPlan) Parse(raw string) (Number, Kind) {
	w := plans()
	r, user, plus, kind := p.sent(w, raw)
	if kind != "" {
		return "", kind
	}
	got := p.read(w, r, user, plus)
	if got.quality == refused || got.short(w) {
		return "", p.unread(user, plus)
	}
	n := got.number()
	if _, own := p.directDial(n); own {
		return "", KindInternal
	}
	return n, KindPublic
}

// unread is what digits are that read as no number: where patterns say what an
// extension is, a few digits beside them are still nothing that calls from
// outside.
func (p *DialPlan) unread(user string, plus bool) Kind {
	if !plus && len(user) <= defaultInternalDigits && len(p.InternalPatterns) > 0 && p.InternalDigits == 0 {
		return KindInternal
	}
	return KindInvalid
}

// MaxReadings is how many ways to understand one number are given at most.
const MaxReadings = 4

// Readings is Parse for whoever can tell which of several readings is meant,
// by a directory that knows one of them: behind an outside-line digit 0,
// 0041446681800 may be Zurich, sent without that digit, or Himmelpforten. The
// likeliest comes first and is what Parse says; the others are all valid.
func (p DialPlan) Readings(raw string) ([]Number, Kind) { return p.AppendReadings(nil, raw) }

// AppendReadings is Readings for whoever has room for them: it appends them to
// into, which spares the memory of a list of one.
func (p *DialPlan) AppendReadings(into []Number, raw string) ([]Number, Kind) {
	w := plans()
	r, user, plus, kind := p.sent(w, raw)
	if kind != "" {
		return into, kind
	}
	best := p.read(w, r, user, plus)
	if best.quality == refused || best.short(w) {
		return into, p.unread(user, plus)
	}
	n := best.number()
	if _, own := p.directDial(n); own {
		return into, KindInternal
	}
	numbers := append(into, n)
	if plus || p.plusless(w, user).quality == valid {
		return numbers, KindPublic
	}
	first := len(into)
	add := func(got reading) bool {
		if got.quality != valid || got.short(w) || slices.ContainsFunc(numbers[first:], got.is) {
			return true
		}
		n := got.number()
		if _, own := p.directDial(n); !own {
			numbers = append(numbers, n)
		}
		return len(numbers)-first < MaxReadings
	}
	_ = p.attempts(w, r, user, add) && p.halves(w, r, user, add)
	return numbers, KindPublic
}

// sent takes what a PBX sends apart. A kind says that it is no public number.
func (p *DialPlan) sent(w *world, raw string) (r *region, user string, plus bool, kind Kind) {
	if rest, ok := strings.CutPrefix(raw, p.OutsideLinePrefix); ok && strings.HasPrefix(rest, "+") {
		raw = rest // "0+49 30 …"
	}
	user, plus, kind = dialled(raw)
	if kind != "" {
		return nil, "", false, kind
	}
	r = p.region(w)
	switch {
	case r == nil:
		return nil, "", false, KindInvalid
	case !plus && p.patterned(user) && (!short(r, user) || shortClass(r, user) != ClassEmergency):
		return nil, user, false, KindInternal
	case short(r, strings.TrimPrefix(user, p.OutsideLinePrefix)), short(r, user):
		return nil, "", false, KindInvalid
	case !plus && len(user) <= p.internalDigits():
		return nil, user, false, KindInternal
	}
	return r, user, plus, ""
}

// ParseTyped reads what an agent typed or clicked to dial, standing where this
// PBX stands: as a field of its country first, then as the PBX would send it,
// which adds local numbers and the outside-line digit. Of several numbers the
// first counts. Codes for the switch (*21*…, #31#…) are KindInvalid: what is
// left of them without the code is not what was asked for.
func (p DialPlan) ParseTyped(text string) (Number, Kind) {
	w := plans()
	if code := strings.TrimLeft(text, " \t"); code != "" && (code[0] == '*' || code[0] == '#') {
		return "", KindInvalid
	}
	if _, _, _, kind := p.sent(w, text); kind == KindInternal {
		return "", KindInternal
	}
	r := p.region(w)
	if user, _, k := dialled(text); r == nil || k == "" && (short(r, user) || short(r, strings.TrimPrefix(user, p.OutsideLinePrefix))) {
		return "", KindInvalid
	}
	if found := w.parseField(r, text); len(found) > 0 && !shortAbroad(w, found[0].Number) {
		return p.typed(found[0].Number)
	}
	if n, kind := p.Parse(text); kind != KindWithheld {
		return n, kind
	}
	return "", KindInvalid
}

// typed: a direct dial of our own is dialled as the extension that it is; where
// it is none, or would be an emergency number, by its number.
func (p *DialPlan) typed(n Number) (Number, Kind) {
	if ddi, own := p.directDial(n); own && p.inside(plans(), ddi) != "" {
		return "", KindInternal
	}
	return n, KindPublic
}

func (p *DialPlan) internalDigits() int {
	switch {
	case p.InternalDigits > 0:
		return p.InternalDigits
	case len(p.InternalPatterns) > 0:
		return 0
	}
	return defaultInternalDigits
}

// read tries the notations a trunk may use, the likeliest first, and takes the
// first that is valid, else the first that is possible.
func (p *DialPlan) read(w *world, r *region, user string, plus bool) reading {
	if plus {
		return w.international(user)
	}
	var best reading
	p.attempts(w, r, user, func(got reading) bool {
		best = best.better(got)
		return best.quality != valid
	})
	if best.quality == valid {
		return best
	}
	if p.NationalPrefix != "" || p.InternationalPrefix != "" { // for dialling only, perhaps
		countrys := *p
		countrys.NationalPrefix, countrys.InternationalPrefix = "", ""
		best = best.better(countrys.read(w, w.of(p.Country), user, false))
	}
	return best
}

// attempts yields the notations of a trunk, the likeliest first, for as long as
// yield asks for another.
func (p *DialPlan) attempts(w *world, r *region, user string, yield func(reading) bool) bool {
	return yield(p.plusless(w, user)) &&
		yield(p.home(w, r, user)) &&
		yield(p.abroad(w, r, user)) &&
		yield(p.outside(w, r, user)) &&
		yield(w.full(r, user)) &&
		yield(p.local(r, user)) &&
		yield(w.bare(r, user, false))
}

// halves are what a plan that was set up half would make of it.
func (p *DialPlan) halves(w *world, r *region, user string, yield func(reading) bool) bool {
	stripped := strings.TrimPrefix(user, p.OutsideLinePrefix)
	return yield(w.international(user)) &&
		yield(w.international(stripped)) &&
		yield(w.full(r, stripped)) &&
		yield(p.local(r, stripped)) &&
		yield(w.bare(r, stripped, false))
}

// plusless: the trunk sends country code and number.
func (p *DialPlan) plusless(w *world, user string) reading {
	if !p.International {
		return reading{}
	}
	return w.international(user)
}

// home: international prefix and our own country code. Asked before the
// outside line is taken off, as 0049… from a PBX with outside line 0 is more
// often this than outside line 0 and area 049…, unless what follows is short.
func (p *DialPlan) home(w *world, r *region, user string) reading {
	if !strings.HasPrefix(user, r.intl+r.plan.code) {
		return reading{}
	}
	return r.unlessShort(w.prefixed(r, user))
}

// usualNational is how many digits most national numbers of open plans have at
// most, direct dials aside.
const usualNational = 10

// abroad: international prefix and a foreign country code, though the rest
// behind an outside-line digit would be a number as well. "0041446681800" is
// Zurich rather than 0, 04144 6681800: eleven digits are rare but for mobile
// numbers, and foreign plans are strict. Up to ten digits the outside line wins.
func (p *DialPlan) abroad(w *world, r *region, user string) reading {
	if p.OutsideLinePrefix == "" || p.OutsideLinePrefix != r.trunk || !strings.HasPrefix(user, r.intl) {
		return reading{}
	}
	if at := w.trunked(r, user[len(p.OutsideLinePrefix):]); at.quality == valid && (len(at.national) <= usualNational || !at.plan.sited(at.national)) {
		return reading{}
	}
	if got := w.prefixed(r, user); got.quality == valid {
		return got
	}
	return reading{}
}

// unlessShort refuses our own country's number behind its calling code if it
// is so short that the code is rather the beginning of an area code.
func (r *region) unlessShort(got reading) reading {
	if r.plan.dialIn && got.plan == r.plan && len(got.national) < minBareOpen {
		return reading{}
	}
	return got
}

// outside takes the outside-line digit off, where what is left is a whole
// number with its own prefix (or in a country without trunk prefix) and valid.
func (p *DialPlan) outside(w *world, r *region, user string) reading {
	rest, ok := strings.CutPrefix(user, p.OutsideLinePrefix)
	if !ok || p.OutsideLinePrefix == "" {
		return reading{}
	}
	got := w.full(r, rest)
	if got.quality != valid && p.OutsideLinePrefix != r.trunk && !strings.HasPrefix(r.intl, p.OutsideLinePrefix) {
		got = got.better(w.bare(r, rest, false)) // 9 212 555 0100
	}
	if got.quality != valid && p.LocalNumbers && p.OutsideLinePrefix != r.trunk {
		got = got.better(p.local(r, rest))
	}
	if got.quality != valid && p.International {
		got = got.better(r.unlessShort(w.international(rest)))
	}
	return got
}

// full reads a number that bears its prefix.
func (w *world) full(r *region, user string) reading {
	got := w.prefixed(r, user)
	if got.quality != valid {
		got = got.better(w.trunked(r, user))
	}
	if got.quality != valid {
		got = got.better(w.halfPrefixed(r, user))
	}
	return got
}

// local reads a subscriber number within our own area.
func (p *DialPlan) local(r *region, user string) reading {
	if p.AreaCode == "" || len(user) > maxSubscriber || r.trunk != "" && strings.HasPrefix(user, r.trunk) {
		return reading{}
	}
	area := p.areaCode(r)
	if area == "" {
		return reading{}
	}
	return r.plan.reading(area + user)
}

// ErrNotDialable is wrapped by what Dial says about numbers it leaves alone.
var ErrNotDialable = errors.New("lookup: this number cannot be dialled for you")

// Dial is what to dial for n on this PBX: the outside-line prefix, then the
// number as the country dials it, "0" + "030 23125101" or "0" + "0043 1 …"; on
// International links country code and number. Parse reads it back as n, but
// for LocalNumbers behind an outside-line digit that is the trunk prefix too.
// Emergency, short service and premium-rate numbers are refused with
// ErrNotDialable: one click must not cost several euros a minute.
func (p DialPlan) Dial(n Number) (string, error) {
	w := plans()
	r := p.region(w)
	digits := strings.TrimPrefix(string(n), "+")
	if r != nil && isDigits(digits) && (short(r, digits) || shortAbroad(w, n)) {
		return "", fmt.Errorf("%w: dial emergency and service numbers on your phone", ErrNotDialable)
	}
	if r == nil || !n.Valid() {
		return "", fmt.Errorf("%w: it is not a whole telephone number; dial it with country or area code", ErrNotDialable)
	}
	if p.DialClass(n) == ClassPremium {
		return "", fmt.Errorf("%w: premium-rate numbers are blocked; dial it on your phone if you must", ErrNotDialable)
	}
	national, home := strings.CutPrefix(digits, r.plan.code)
	local := ""
	if home {
		local = p.subscriber(r, national)
	}
	switch {
	case local != "":
		return p.OutsideLinePrefix + local, nil
	case p.International:
		return p.OutsideLinePrefix + digits, nil
	case home:
		return p.OutsideLinePrefix + r.trunk + national, nil
	}
	return p.OutsideLinePrefix + r.intl + digits, nil
}
