package lookup

import (
	"strconv"
	"strings"
)

// Extension is the extension that text names, in any notation of Parse: dialled
// as such, or as a direct dial of our own main numbers. It is "" for numbers of
// others, and where a direct dial is no extension of this PBX.
func (p DialPlan) Extension(text string) string {
	w := plans()
	_, user, plus, kind := p.sent(w, text)
	switch {
	case kind == KindInternal:
		return user
	case kind != "":
		return ""
	}
	got := p.read(w, p.region(w), user, plus)
	if got.quality == refused && p.unread(user, plus) == KindInternal {
		return user
	}
	if ddi, own := p.directDial(got.number()); own && p.extension(ddi) {
		return ddi
	}
	return ""
}

// TypedExtension is the extension that an agent typed or clicked to dial, and
// the text to dial for it: "" for what ParseTyped reads as a public number, and
// for digits that lead out of the PBX or to an emergency service.
func (p DialPlan) TypedExtension(text string) string {
	w := plans()
	if _, user, _, kind := p.sent(w, text); kind == KindInternal {
		return p.inside(w, user)
	}
	if r := p.region(w); r != nil {
		if found := w.parseField(r, text); len(found) > 0 {
			ddi, _ := p.directDial(found[0].Number)
			return p.inside(w, ddi)
		}
	}
	return p.inside(w, p.Extension(text))
}

// inside is digits if dialling them stays within the PBX, else "". A direct dial
// may end in 112, and "01234" is the outside line and a local number.
func (p *DialPlan) inside(w *world, digits string) string {
	r := p.region(w)
	if r == nil || !p.extension(digits) || short(r, digits) {
		return ""
	}
	line := p.OutsideLinePrefix
	if line == "" && r.trunk == "0" {
		line = r.trunk
	}
	if line != "" && strings.HasPrefix(digits, line) && !p.patterned(digits) {
		return ""
	}
	return digits
}

// extension reports whether digits are dialled within the PBX.
func (p *DialPlan) extension(digits string) bool {
	if digits == "" {
		return false
	}
	return p.patterned(digits) || len(digits) <= p.internalDigits()
}

// patterned reports whether digits are an extension by their pattern.
func (p *DialPlan) patterned(digits string) bool {
	for _, pattern := range p.InternalPatterns {
		if fits(pattern, digits) {
			return true
		}
	}
	return false
}

// FitsPattern reports whether digits are an extension that a pattern of
// ValidPattern speaks of.
func FitsPattern(pattern, digits string) bool { return fits(pattern, digits) }

// fits reports whether digits are within a pattern: "1xx", or "2000-2999".
func fits(pattern, digits string) bool {
	if low, high, ok := strings.Cut(pattern, "-"); ok {
		return len(digits) == len(low) && len(digits) == len(high) && low <= digits && digits <= high
	}
	if len(pattern) != len(digits) {
		return false
	}
	for i := range len(pattern) {
		if c := pattern[i]; c != 'x' && c != 'X' && c != digits[i] {
			return false
		}
	}
	return true
}

// directDial is what stands behind one of our own main numbers in n; "" and
// true for the main number itself, with or without the 0 of its switchboard.
func (p *DialPlan) directDial(n Number) (ddi string, own bool) {
	for i := range p.MainNumbers {
		m := &p.MainNumbers[i]
		ddi, ok := strings.CutPrefix(string(n), compact(m.Number))
		switch {
		case !ok || m.Number == "":
		case len(ddi) == 0, ddi == "0":
			return "", true
		case len(ddi) == m.DDIDigits:
			return ddi, true
		}
	}
	return "", false
}

// compact is a number as an administrator writes it without what parts its digits.
func compact(number string) string {
	if len(number) > 0 && number[0] == '+' && isDigits(number[1:]) {
		return number // as the panel and the document keep it
	}
	return strings.Map(func(r rune) rune {
		if r == '+' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, number)
}

// ValidPattern reports whether text is a pattern of DialPlan.InternalPatterns:
// up to 15 digits and x, or two numbers of the same length parted by a dash.
func ValidPattern(text string) bool {
	if low, high, ok := strings.Cut(text, "-"); ok {
		return isDigits(low) && isDigits(high) && len(low) == len(high) && len(low) <= 15 && low <= high
	}
	return len(text) <= 15 && strings.Trim(text, "0123456789xX") == "" && text != ""
}

// region is the country of the plan with its own prefixes, where it has any.
func (p *DialPlan) region(w *world) *region {
	r := w.of(p.Country)
	if r == nil || p.NationalPrefix == "" && p.InternationalPrefix == "" {
		return r
	}
	own := *r
	if p.NationalPrefix != "" {
		own.trunk, own.intricate = p.NationalPrefix, false
	}
	if p.InternationalPrefix != "" {
		own.intl = p.InternationalPrefix
	}
	return &own
}

// subscriber is a number of our own area without its area code, "" for others.
func (p *DialPlan) subscriber(r *region, national string) string {
	area := p.areaCode(r)
	if !p.LocalNumbers || area == "" {
		return ""
	}
	rest, ok := strings.CutPrefix(national, area)
	if !ok || len(rest) < 3 || r.leadsElsewhere(rest) {
		return ""
	}
	return rest
}

// leadsElsewhere: without the area code before them the digits would be another
// number: 030 0900… a premium-rate one, 030 112… an emergency call.
func (r *region) leadsElsewhere(digits string) bool {
	if r.trunk != "" && strings.HasPrefix(digits, r.trunk) || strings.HasPrefix(digits, r.intl) {
		return true
	}
	for n := 2; n <= min(maxShort, len(digits)); n++ {
		if short(r, digits[:n]) {
			return true
		}
	}
	return false
}

// areaCode is AreaCode without the trunk prefix: "030" is typed for "30".
func (p *DialPlan) areaCode(r *region) string {
	area := p.AreaCode
	for _, trunk := range []string{r.trunk, r.plan.trunk} {
		if trunk != "" {
			area = strings.TrimPrefix(area, trunk)
		}
	}
	if _, err := strconv.ParseUint(area, 10, 32); err != nil {
		return ""
	}
	return area
}
