package lookup

import (
	"errors"
	"fmt"
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
	user, plus, kind := dialled(raw)
	if kind != "" {
		return "", kind
	}
	w := plans()
	r := w.of(p.Country)
	switch {
	case r == nil, short(r, strings.TrimPrefix(user, p.OutsideLinePrefix)), short(r, user):
		return "", KindInvalid
	case !plus && len(user) <= p.internalDigits():
		return "", KindInternal
	}
	got := p.read(w, r, user, plus)
	if got.quality == refused || shortAbroad(w, got.number) {
		return "", KindInvalid
	}
	return got.number, KindPublic
}

// ParseTyped reads what an agent typed or clicked to dial, standing where this
// PBX stands: as a field of its country first, then as the PBX would send it,
// which adds local numbers and the outside-line digit. Of several numbers the
// first counts.
func (p DialPlan) ParseTyped(text string) (Number, Kind) {
	_, kind := p.Parse(text)
	if kind == KindInternal {
		return "", KindInternal
	}
	w := plans()
	r := w.of(p.Country)
	if user, _, k := dialled(text); r == nil || k == "" && (short(r, user) || short(r, strings.TrimPrefix(user, p.OutsideLinePrefix))) {
		return "", KindInvalid
	}
	if found := w.parseField(r, text); len(found) > 0 && !shortAbroad(w, found[0]) {
		return found[0], KindPublic
	}
	if n, kind := p.Parse(text); kind == KindPublic {
		return n, kind
	}
	return "", KindInvalid
}

func (p DialPlan) internalDigits() int {
	if p.InternalDigits > 0 {
		return p.InternalDigits
	}
	return defaultInternalDigits
}

// read tries the notations a trunk may use, the likeliest first, and takes the
// first that is valid, else the first that is possible.
func (p DialPlan) read(w *world, r *region, user string, plus bool) reading {
	if plus {
		return w.international(user)
	}
	var best reading
	for _, attempt := range []func() reading{
		func() reading { return p.plusless(w, user) },
		func() reading { return p.home(w, r, user) },
		func() reading { return p.outside(w, r, user) },
		func() reading { return w.full(r, user) },
		func() reading { return p.local(r, user) },
		func() reading { return w.bare(r, user, false) },
	} {
		if best = best.better(attempt()); best.quality == valid {
			break
		}
	}
	return best
}

// plusless: the trunk sends country code and number.
func (p DialPlan) plusless(w *world, user string) reading {
	if !p.International {
		return reading{}
	}
	return w.international(user)
}

// home: international prefix and our own country code. Asked before the
// outside line is taken off, as 0049… from a PBX with outside line 0 is more
// often this than outside line 0 and area 049…, unless what follows is short.
func (p DialPlan) home(w *world, r *region, user string) reading {
	if !strings.HasPrefix(user, r.intl+r.plan.code) {
		return reading{}
	}
	return r.unlessShort(w.prefixed(r, user))
}

// unlessShort refuses our own country's number behind its calling code if it
// is so short that the code is rather the beginning of an area code.
func (r *region) unlessShort(got reading) reading {
	if r.plan.dialIn && got.national < minBareOpen && strings.HasPrefix(string(got.number), "+"+r.plan.code) {
		return reading{}
	}
	return got
}

// outside takes the outside-line digit off, where what is left is a whole
// number with its own prefix (or in a country without trunk prefix) and valid.
func (p DialPlan) outside(w *world, r *region, user string) reading {
	rest, ok := strings.CutPrefix(user, p.OutsideLinePrefix)
	if !ok || p.OutsideLinePrefix == "" {
		return reading{}
	}
	got := w.full(r, rest)
	if got.quality != valid && p.OutsideLinePrefix != r.trunk && !strings.HasPrefix(r.intl, p.OutsideLinePrefix) {
		got = got.better(w.bare(r, rest, false)) // 9 212 555 0100
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
	return got
}

// local reads a subscriber number within our own area.
func (p DialPlan) local(r *region, user string) reading {
	if p.AreaCode == "" || len(user) > maxSubscriber || r.trunk != "" && strings.HasPrefix(user, r.trunk) {
		return reading{}
	}
	area := p.AreaCode
	if r.trunk != "" {
		area = strings.TrimPrefix(area, r.trunk) // "030" is typed for "30"
	}
	if !isDigits(area) {
		return reading{}
	}
	return r.plan.reading(area + user)
}

// ErrNotDialable is wrapped by what Dial says about numbers it leaves alone.
var ErrNotDialable = errors.New("lookup: this number cannot be dialled for you")

// Dial is what to dial for n on this PBX: the outside-line prefix, then the
// number as the country dials it, "0" + "030 23125101" or "0" + "0043 1 …"; on
// International links country code and number. Parse reads it back as n.
// Emergency and short service numbers are refused with ErrNotDialable.
func (p DialPlan) Dial(n Number) (string, error) {
	w := plans()
	r := w.of(p.Country)
	digits := strings.TrimPrefix(string(n), "+")
	if r != nil && isDigits(digits) && (short(r, digits) || shortAbroad(w, n)) {
		return "", fmt.Errorf("%w: dial emergency and service numbers on your phone", ErrNotDialable)
	}
	if r == nil || !n.valid() {
		return "", fmt.Errorf("%w: it is not a whole telephone number; dial it with country or area code", ErrNotDialable)
	}
	national, home := strings.CutPrefix(digits, r.plan.code)
	switch {
	case p.International:
		return p.OutsideLinePrefix + digits, nil
	case home:
		return p.OutsideLinePrefix + r.trunk + national, nil
	}
	return p.OutsideLinePrefix + r.intl + digits, nil
}
