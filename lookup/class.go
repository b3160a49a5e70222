package lookup

import (
	"slices"
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// Class is what calling a number amounts to, seen from one link: by it an
// administrator says who may dial what.
type Class string

// The classes, from what anybody may dial to what nobody is to dial by a
// click. ClassNone is no whole number.
const (
	ClassNone          Class = ""
	ClassInternal      Class = "internal"      // an extension, or a direct dial of our own main numbers
	ClassNational      Class = "national"      // geographic, mobile and freephone numbers of the link's country
	ClassInternational Class = "international" // the same of other countries
	ClassSharedCost    Class = "sharedCost"    // dearer than a usual call: 0180 in Germany, 084 in Britain
	ClassPremium       Class = "premium"       // the called party earns on it: 0900, 09, satellites
	ClassService       Class = "service"       // short numbers: directory inquiries, help lines
	ClassEmergency     Class = "emergency"     // dialled on a telephone only, never by us
)

// Blocked reports whether numbers of the class are dialled by no click,
// whatever settings say: Dial refuses them.
func (c Class) Blocked() bool {
	return c == ClassNone || c == ClassEmergency || c == ClassService || c == ClassPremium
}

// DialClass is what calling n over this link amounts to. Short numbers are
// known behind their country's code ("+49112") as well.
func (p DialPlan) DialClass(n Number) Class {
	w := plans()
	r := w.of(p.Country)
	q, national := w.split(strings.TrimPrefix(string(n), "+"))
	if r == nil || q == nil || !n.Valid() {
		return ClassNone
	}
	if len(national) <= maxShort {
		if home := w.regions[phonenumbers.GetRegionCodeForCountryCode(q.numeric())]; home != nil && short(home, national) {
			return shortClass(home, national)
		}
	}
	if _, own := p.directDial(n); own {
		return ClassInternal
	}
	switch {
	case q.isPremium(national), costlyCode(q.code):
		return ClassPremium
	case q.isShared(national):
		return ClassSharedCost
	case q == r.plan && w.domestic(r, q, national):
		return ClassNational
	}
	return ClassInternational
}

// TypedClass is the class of what an agent typed or clicked to dial, and the
// number where it is a public one (see ParseTyped). It also knows emergency and
// service numbers, which are no Number.
func (p DialPlan) TypedClass(text string) (Class, Number) {
	n, kind := p.ParseTyped(text)
	switch kind {
	case KindPublic:
		return p.DialClass(n), n
	case KindInternal:
		if p.TypedExtension(text) == "" {
			return p.unsafe(text), ""
		}
		return ClassInternal, ""
	default:
	}
	w := plans()
	r := p.region(w)
	user, plus, k := dialled(text)
	if r == nil || k != "" {
		return ClassNone, ""
	}
	if plus {
		return p.DialClass(Number("+" + user)), ""
	}
	for _, digits := range []string{user, strings.TrimPrefix(user, p.OutsideLinePrefix)} {
		if short(r, digits) {
			return shortClass(r, digits), ""
		}
	}
	return ClassNone, ""
}

// unsafe is the class of few digits that do not stay within the PBX.
func (p DialPlan) unsafe(text string) Class {
	w := plans()
	r := p.region(w)
	if _, user, _, _ := p.sent(w, text); r != nil {
		for _, prefix := range []string{"", p.OutsideLinePrefix, p.OutsideLinePrefix + "0", "0"} {
			if digits, ok := strings.CutPrefix(user, prefix); ok && short(r, digits) {
				return shortClass(r, digits)
			}
		}
	}
	return ClassNone
}

// shortClass tells emergency numbers from other short ones.
func shortClass(r *region, digits string) Class {
	if universal(digits) || r.helps(digits) {
		return ClassEmergency
	}
	return ClassService
}

// universal emergency numbers reach help from every mobile telephone.
func universal(digits string) bool { return digits == "112" || digits == "911" || digits == "999" }

// costlyCode: calling codes of no country that cost several euros a minute and
// serve toll fraud: satellites (870, 881), other networks (878, 882, 883) and
// international premium rate (979).
func costlyCode(code string) bool {
	return slices.Contains([]string{"870", "878", "881", "882", "883", "979"}, code)
}

// domestic: the number is in our own country, not in another that shares its
// calling code. Only where such a call is priced as a foreign one does it
// matter: the Caribbean seen from the United States, Kazakhstan from Russia.
func (w *world) domestic(r *region, p *plan, national string) bool {
	if p.code != "1" && p.code != "7" {
		return true
	}
	id := phonenumbers.GetRegionCodeForNumber(p.parsed(national))
	mainland := []string{"US", "CA", "PR", "VI", "GU", "AS", "MP", ""}
	return id == r.id || slices.Contains(mainland, id) && slices.Contains(mainland, r.id)
}

// Domestic reports whether calling n stays within the link's country, whatever
// its class: a foreign shared-cost number is a foreign call as well.
func (p DialPlan) Domestic(n Number) bool {
	w := plans()
	r := w.of(p.Country)
	q, national := w.split(strings.TrimPrefix(string(n), "+"))
	return r != nil && q != nil && n.Valid() && q == r.plan && w.domestic(r, q, national)
}
