package accuracy

import (
	"math/rand/v2"
	"strings"
)

// number is a telephone number in its parts, as whoever owns it knows it.
type number struct {
	country string
	area    string // without trunk prefix, "" where the plan has none to speak of
	base    string
	dial    string // direct dial behind the base, "" if it is no switchboard's
	mobile  bool
}

// nation is how a country numbers and dials.
type nation struct {
	id, code, trunk, intl string
	name                  []string // as records name it
	areas                 []area
	mobiles               []area
	groups                int // digits written together
	weight                int
}

// area is an area code and how many digits follow it.
type area struct {
	code     string
	min, max int
	first    string // the digits that subscribers begin with; any but 0 and 1 if empty
}

func (n number) nation() *nation  { return nations()[n.country] }
func (n number) national() string { return n.area + n.base + n.dial }
func (n number) e164() string     { return "+" + n.nation().code + n.national() }
func (n number) digits() string   { return n.nation().code + n.national() }

// dialled is the number as dialled at home.
func (n number) dialled() string { return n.nation().trunk + n.national() }

// nations by id. Areas are picked for what is hard about them: short and long
// area codes, Austria's open lengths, German areas that look like foreign
// country codes behind 00 (0431, 0341, 04144, 039xx).
func nations() map[string]*nation { return table }

var table = map[string]*nation{ //nolint:gochecknoglobals // read-only table
	"DE": {id: "DE", code: "49", trunk: "0", intl: "00", weight: 70, groups: 2, name: []string{"DE", "Deutschland", "Germany", "", ""}, areas: []area{
		{"30", 7, 8, ""},
		{"40", 7, 8, ""},
		{"69", 7, 8, ""},
		{"89", 7, 8, ""},
		{"221", 6, 7, ""},
		{"211", 6, 7, ""},
		{"711", 6, 8, ""},
		{"341", 6, 7, ""},
		{"431", 6, 7, ""},
		{"351", 6, 7, ""},
		{"421", 6, 7, ""},
		{"911", 6, 7, ""},
		{"511", 6, 7, ""},
		{"6221", 5, 6, ""},
		{"7031", 5, 6, ""},
		{"4921", 5, 6, ""},
		{"8092", 5, 6, ""},
		{"33203", 5, 6, ""},
		{"4144", 5, 6, ""},
		{"3943", 5, 6, ""},
		{"2102", 5, 6, ""},
		{"5251", 5, 6, ""},
	}, mobiles: []area{{"151", 8, 8, ""}, {"160", 7, 8, "23456789"}, {"170", 7, 7, ""}, {"171", 7, 7, ""}, {"172", 7, 7, ""}, {"175", 7, 7, ""}, {"176", 8, 8, ""}, {"179", 7, 7, ""}}},
	"AT": {id: "AT", code: "43", trunk: "0", intl: "00", weight: 8, groups: 3, name: []string{"AT", "Österreich", "Austria"}, areas: []area{
		{"1", 7, 7, ""}, {"316", 6, 6, "23456789"}, {"662", 6, 6, "468"}, {"512", 6, 6, "2345"}, {"732", 6, 6, "67"},
	}, mobiles: []area{{"664", 7, 7, ""}, {"676", 7, 7, ""}, {"699", 8, 8, "1"}}},
	"CH": {id: "CH", code: "41", trunk: "0", intl: "00", weight: 6, groups: 2, name: []string{"CH", "Schweiz", "Switzerland"}, areas: []area{
		{"44", 7, 7, ""}, {"31", 7, 7, ""}, {"61", 7, 7, ""}, {"22", 7, 7, ""}, {"71", 7, 7, ""},
	}, mobiles: []area{{"76", 7, 7, ""}, {"78", 7, 7, ""}, {"79", 7, 7, ""}}},
	"FR": {id: "FR", code: "33", trunk: "0", intl: "00", weight: 4, groups: 2, name: []string{"FR", "Frankreich", "France"}, areas: []area{
		{"1", 8, 8, "45"}, {"4", 8, 8, "79"}, {"5", 8, 8, "56"},
	}, mobiles: []area{{"6", 8, 8, "12567"}, {"7", 8, 8, "678"}}},
	"NL": {id: "NL", code: "31", trunk: "0", intl: "00", weight: 3, groups: 3, name: []string{"NL", "Niederlande", "Netherlands"}, areas: []area{
		{"20", 7, 7, ""}, {"10", 7, 7, ""}, {"70", 7, 7, ""}, {"40", 7, 7, ""},
	}, mobiles: []area{{"6", 8, 8, "1245"}}},
	"GB": {id: "GB", code: "44", trunk: "0", intl: "00", weight: 3, groups: 3, name: []string{"GB", "United Kingdom", "UK", "Großbritannien"}, areas: []area{
		{"20", 8, 8, "78"}, {"121", 7, 7, "2346"}, {"161", 7, 7, "2348"}, {"1632", 6, 6, "9"},
	}, mobiles: []area{{"7700900", 3, 3, "123456789"}, {"7400", 6, 6, ""}}},
	"IT": {id: "IT", code: "39", trunk: "", intl: "00", weight: 3, groups: 3, name: []string{"IT", "Italien", "Italy"}, areas: []area{
		{"06", 8, 8, "45678"}, {"02", 8, 8, "34567"}, {"011", 7, 7, "2345"},
	}, mobiles: []area{{"333", 7, 7, ""}, {"347", 7, 7, ""}}},
	"ES": {id: "ES", code: "34", trunk: "", intl: "00", weight: 3, groups: 3, name: []string{"ES", "Spanien", "Spain"}, areas: []area{
		{"91", 7, 7, "2345"}, {"93", 7, 7, "2345"}, {"95", 7, 7, "2345"},
	}, mobiles: []area{{"6", 8, 8, "1236"}}},
	"PL": {id: "PL", code: "48", trunk: "", intl: "00", weight: 3, groups: 3, name: []string{"PL", "Polen", "Poland"}, areas: []area{
		{"22", 7, 7, "23456"}, {"12", 7, 7, "2346"}, {"71", 7, 7, "37"},
	}, mobiles: []area{{"60", 7, 7, ""}, {"50", 7, 7, "123456"}}},
	"US": {id: "US", code: "1", trunk: "1", intl: "011", weight: 3, groups: 3, name: []string{"US", "USA", "United States"}, areas: []area{
		{"212", 7, 7, ""}, {"415", 7, 7, ""}, {"310", 7, 7, ""}, {"646", 7, 7, ""},
	}, mobiles: []area{{"917", 7, 7, ""}}},
}

// order keeps the world the same from run to run.
func order() []string { return []string{"DE", "AT", "CH", "FR", "NL", "GB", "IT", "ES", "PL", "US"} }

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

func randomDigits(r *rand.Rand, n int) string {
	var b strings.Builder
	for range n {
		b.WriteByte(byte('0' + r.IntN(10)))
	}
	return b.String()
}

// subscriber makes digits behind an area code.
func (a area) subscriber(r *rand.Rand) string {
	first := a.first
	if first == "" {
		first = "23456789"
	}
	return string(first[r.IntN(len(first))]) + randomDigits(r, a.min-1+r.IntN(a.max-a.min+1))
}

// allotted are numbers given out: no number begins another but on a switchboard.
type allotted struct {
	whole  map[string]bool // numbers, and stems of switchboards
	begins map[string]bool // what they begin with
}

// free reserves digits, if no other number begins so or continues so.
func (a *allotted) free(digits string) bool {
	if a.whole[digits] || a.begins[digits] {
		return false
	}
	for n := 5; n < len(digits); n++ {
		if a.whole[digits[:n]] {
			return false
		}
	}
	a.whole[digits] = true
	for n := 5; n < len(digits); n++ {
		a.begins[digits[:n]] = true
	}
	return true
}
