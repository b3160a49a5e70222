package lookup

import (
	"strconv"
	"strings"
	"sync"

	"github.com/nyaruka/phonenumbers"
)

// plan is the numbering plan behind one country calling code, shared by all
// regions that use it (ITU-T E.164 clause 6). It is read-only once built.
type plan struct {
	code    string // "49"
	trunk   string // of its main region; people leave it in: "+49 030"
	lengths uint32 // bit n set: national numbers of n digits exist
	longest int    // digits of the longest number in real use
	// dialIn: the plan is open, so that a direct dial written apart from the
	// number is part of it; in closed plans an extension is not.
	dialIn bool

	patterns []string // of each kind of number
	general  []string // of all numbers: a valid one matches both
	once     sync.Once
	kinds    *automaton
	whole    *automaton

	siteless []string // of mobile, freephone, premium … numbers
	fixed    []string // of those that stand in a building
	premium  []string // of numbers that cost the caller extra
	shared   []string // of numbers that cost more than a usual call
	sites    sync.Once
	roaming  *automaton
	placed   *automaton
	costly   *automaton
	dearer   *automaton

	formats []*phonenumbers.NumberFormat // how its main region's numbers are written abroad
	layOut  sync.Once
	layouts []layout
}

// region is how people and switches in one country write numbers.
type region struct {
	id    string // ISO 3166 alpha-2
	plan  *plan
	trunk string // national (trunk) prefix, "" where there is none
	intl  string // international prefix, "00" or "011"
	// intricate: the national prefix is a pattern that rewrites (Argentina,
	// Brazil, Mexico …); phonenumbers.Parse is asked for national forms.
	intricate bool
	emergency func() *automaton // made at first use
}

// quality is how sure a reading is.
type quality uint8

const (
	refused  quality = iota
	possible         // of a length and beginning that exist
	valid            // matches the published numbering plan
)

// world is everything read from the metadata.
type world struct {
	plans   map[string]*plan
	codes   [1000]*plan // the same by the calling code as a number
	regions map[string]*region
}

// plans reads libphonenumber's metadata once; it never changes while running.
var plans = sync.OnceValue(loadWorld) //nolint:gochecknoglobals // read-only table

func loadWorld() *world {
	w := &world{plans: map[string]*plan{}, regions: map[string]*region{}}
	metadata, err := phonenumbers.MetadataCollection()
	if err != nil {
		return w // embedded; nothing then reads as a number
	}
	for _, m := range metadata.GetMetadata() {
		code := strconv.Itoa(int(m.GetCountryCode()))
		p := w.plans[code]
		if p == nil {
			p = &plan{code: code}
			w.plans[code], w.codes[m.GetCountryCode()] = p, p
		}
		p.add(m)
		id := m.GetId()
		if len(id) == 2 {
			w.regions[id] = newRegion(m, p)
		}
		if id == phonenumbers.GetRegionCodeForCountryCode(int(m.GetCountryCode())) {
			p.lead(m)
		}
	}
	w.addEmergency()
	for code, rule := range rules() {
		if p := w.plans[code]; p != nil {
			p.longest, p.dialIn = rule.longest, rule.dialIn
		}
	}
	for code, pattern := range fiction() {
		if p := w.plans[code]; p != nil {
			p.patterns, p.general = append(p.patterns, pattern), append(p.general, pattern)
		}
	}
	for code, pattern := range moderate() {
		if p := w.plans[code]; p != nil {
			p.shared = append(p.shared, pattern)
		}
	}
	return w
}

// addEmergency takes each region's emergency numbers.
func (w *world) addEmergency() {
	metadata, err := phonenumbers.ShortNumberMetadataCollection()
	if err != nil {
		return // embedded, as the other
	}
	for _, m := range metadata.GetMetadata() {
		if r := w.regions[m.GetId()]; r != nil {
			pattern := m.GetEmergency().GetNationalNumberPattern()
			r.emergency = sync.OnceValue(func() *automaton { return either([]string{pattern}) })
		}
	}
}

// rule is what the metadata does not say about a plan.
type rule struct {
	longest int
	dialIn  bool
}

// rules of the open plans. Germany: 11 digits at most (BNetzA numbering
// concept, area code and subscriber number), 13 with older direct dials,
// which are taken only if nothing else reads; Austria: 13 (KEM-V).
func rules() map[string]rule {
	return map[string]rule{
		"49": {longest: 11, dialIn: true}, "43": {longest: 13, dialIn: true},
		"352": {longest: 11, dialIn: true}, "358": {longest: 12, dialIn: true},
	}
}

// fiction is what the regulators keep for films and test data and the
// metadata does not know: Ofcom's 01632 and 07700 900, ARCEP's 06 39 98.
func fiction() map[string]string {
	return map[string]string{"44": `1632\d{6}|7700900\d{3}`, "33": `63998\d{4}`}
}

// moderate is what the metadata calls premium-rate though it costs little more
// than a usual call and serves companies as their main number: Britain's 084
// and 087 (Ofcom: 7 to 13 pence a minute beside the access charge).
func moderate() map[string]string { return map[string]string{"44": `8(?:4[2-5]|7[0-3])\d{7}`} }

// helps reports whether digits reach help there: 110 in Germany.
func (r *region) helps(digits string) bool {
	if r.emergency == nil {
		return false
	}
	_, ok := r.emergency().match(digits)
	return ok
}

func newRegion(m *phonenumbers.PhoneMetadata, p *plan) *region {
	intl := m.GetPreferredInternationalPrefix()
	if intl == "" {
		intl = m.GetInternationalPrefix()
	}
	if !isDigits(intl) {
		intl = "00" // several carriers' prefixes; 00 begins most of them
	}
	return &region{
		id: m.GetId(), plan: p, trunk: m.GetNationalPrefix(), intl: intl,
		intricate: m.GetNationalPrefixTransformRule() != "" || !plainTrunk(m.GetNationalPrefix(), m.GetNationalPrefixForParsing()),
	}
}

// plainTrunk: what is stripped is the trunk prefix itself, perhaps among codes
// for special services.
func plainTrunk(trunk, pattern string) bool {
	return trunk == "" || pattern == trunk || strings.HasPrefix(pattern, trunk+"|") || strings.HasSuffix(pattern, "|"+trunk)
}

// lead takes what the main region of a calling code says for all of them.
func (p *plan) lead(m *phonenumbers.PhoneMetadata) {
	if len(m.GetId()) == 2 {
		p.trunk = m.GetNationalPrefix()
	}
	if p.formats = m.GetIntlNumberFormat(); len(p.formats) == 0 {
		p.formats = m.GetNumberFormat()
	}
}

// add joins one region's kinds of numbers to the plan of its calling code.
func (p *plan) add(m *phonenumbers.PhoneMetadata) {
	for _, n := range m.GetGeneralDesc().GetPossibleLength() {
		if n > 0 && n <= 15 {
			p.lengths |= 1 << n
			p.longest = max(p.longest, int(n))
		}
	}
	if s := m.GetGeneralDesc().GetNationalNumberPattern(); s != "" {
		p.general = append(p.general, s)
	}
	for _, d := range []*phonenumbers.PhoneNumberDesc{
		m.GetFixedLine(), m.GetMobile(), m.GetTollFree(), m.GetPremiumRate(), m.GetSharedCost(),
		m.GetPersonalNumber(), m.GetVoip(), m.GetPager(), m.GetUan(), m.GetVoicemail(),
	} {
		if s := d.GetNationalNumberPattern(); s != "" && s != "NA" {
			p.patterns = append(p.patterns, s)
		}
	}
	p.addSites(m)
}

// addSites notes what tells numbers with a place from those without. Where
// mobile numbers look like others (country code 1) they cannot be told apart.
func (p *plan) addSites(m *phonenumbers.PhoneMetadata) {
	note := func(to *[]string, d *phonenumbers.PhoneNumberDesc) {
		if s := d.GetNationalNumberPattern(); s != "" && s != "NA" {
			*to = append(*to, s)
		}
	}
	if mobile := m.GetMobile(); mobile.GetNationalNumberPattern() != m.GetFixedLine().GetNationalNumberPattern() {
		note(&p.siteless, mobile)
		note(&p.fixed, m.GetFixedLine())
	}
	for _, d := range []*phonenumbers.PhoneNumberDesc{
		m.GetTollFree(), m.GetPremiumRate(), m.GetSharedCost(), m.GetPersonalNumber(), m.GetPager(), m.GetVoicemail(),
	} {
		note(&p.siteless, d)
	}
	note(&p.premium, m.GetPremiumRate())
	note(&p.shared, m.GetSharedCost())
}

// sited reports whether a national number may stand in a company's building,
// as direct dials of a switchboard do: no mobile, freephone or premium number.
func (p *plan) sited(national string) bool {
	p.sites.Do(p.buildSites)
	if _, ok := p.placed.match(national); ok {
		return true
	}
	alive, ok := p.roaming.match(national)
	return !ok && alive < 3
}

// isPremium reports whether calls to a national number cost extra.
func (p *plan) isPremium(national string) bool {
	p.sites.Do(p.buildSites)
	_, ok := p.costly.match(national)
	return ok && !p.isShared(national)
}

// isShared reports whether calls to a national number cost more than usual,
// the called party bearing a part.
func (p *plan) isShared(national string) bool {
	p.sites.Do(p.buildSites)
	_, ok := p.dearer.match(national)
	return ok
}

// siteless reports whether n is surely no number of a building.
func (w *world) siteless(n Number) bool {
	p, national := w.split(strings.TrimPrefix(string(n), "+"))
	return p == nil || !p.sited(national)
}

func (p *plan) buildSites() {
	p.roaming, p.placed = either(p.siteless), either(p.fixed)
	p.costly, p.dearer = either(p.premium), either(p.shared)
	p.siteless, p.fixed, p.premium, p.shared = nil, nil, nil, nil
}

// build makes the automata at first use: a directory sees a few countries only.
func (p *plan) build() {
	p.kinds, p.whole = either(p.patterns), either(p.general)
	p.patterns, p.general = nil, nil
}

// either is the automaton of alternatives, one that knows nothing if they make
// no expression.
func either(patterns []string) *automaton {
	a, err := compileAutomaton("(?:" + strings.Join(patterns, "|") + ")")
	if err != nil {
		return &automaton{next: make([][10]uint16, 2), accept: make([]bool, 2)}
	}
	return a
}

// match reports whether the plan has the number, and how many of its digits
// some number begins with.
func (p *plan) match(national string) (alive int, ok bool) {
	p.once.Do(p.build)
	alive, ok = p.kinds.match(national)
	if ok {
		_, ok = p.whole.match(national)
	}
	return alive, ok
}

// zero reports whether national numbers may begin with 0, as in Italy.
func (p *plan) zero() bool {
	alive, _ := p.match("0")
	return alive == 1
}

// check says how good national is as a national significant number.
//
// A number that the metadata calls invalid is still possible if its length
// exists and some valid number shares its first two digits: numbering plans
// grow faster than their descriptions, and the ranges kept for fiction (01632
// in Britain) are in no plan at all.
func (p *plan) check(national string) quality {
	if national == "" || len(p.code)+len(national) > 15 || p.lengths&(1<<len(national)) == 0 || uniform(national) {
		return refused
	}
	alive, ok := p.match(national)
	switch {
	case ok && len(national) <= p.longest:
		return valid
	case ok, alive >= 2 && len(national) >= 7:
		return possible
	}
	return refused
}

// numeric is the calling code as the metadata's functions take it.
func (p *plan) numeric() int {
	n := 0
	for i := range len(p.code) {
		n = n*10 + int(p.code[i]-'0')
	}
	return n
}

// number is E.164: plus, country code, national significant number.
func (p *plan) number(national string) Number { return Number("+" + p.code + national) }

// split takes the calling code off digits (ITU-T E.164: one to three digits,
// no code begins another).
func (w *world) split(digits string) (*plan, string) {
	code := 0
	for n := 1; n <= 3 && n < len(digits); n++ {
		digit := digits[n-1] - '0'
		if code = code*10 + int(digit); digit > 9 || code == 0 {
			break // no code begins so
		}
		if p := w.codes[code]; p != nil {
			return p, digits[n:]
		}
	}
	return nil, ""
}

// of finds the region of an alpha-2 code, Germany's if empty or unknown.
func (w *world) of(country string) *region {
	if r := w.regions[country]; r != nil {
		return r
	}
	if r := w.regions[strings.ToUpper(strings.TrimSpace(country))]; r != nil {
		return r
	}
	if code, ok := Country(country); ok && w.regions[code] != nil {
		return w.regions[code]
	}
	return w.regions["DE"]
}

func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// uniform: all digits alike, which people type where a form wants a number.
func uniform(s string) bool { return strings.Count(s, s[:1]) == len(s) }
