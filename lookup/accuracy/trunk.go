package accuracy

import (
	"math/rand/v2"
	"strings"

	"github.com/ctibridge/ctibridge/lookup"
)

// Trunk is a switch: its dial plan, and how it writes callers.
type Trunk struct {
	Plan lookup.DialPlan
	send func(r *rand.Rand, n number) string
}

// Trunks by name.
func Trunks() map[string]Trunk {
	de := lookup.DialPlan{Country: "DE", AreaCode: "30"}
	outside := lookup.DialPlan{Country: "DE", AreaCode: "30", OutsideLinePrefix: "0"}
	return map[string]Trunk{
		"Berlin":                      {de, func(r *rand.Rand, n number) string { return uri(r, atHome(r, "DE", "30", n)) }},
		"Berlin, outside line":        {outside, func(r *rand.Rand, n number) string { return "0" + prefixed("DE", n) }},
		"Berlin, outside line unsent": {outside, func(r *rand.Rand, n number) string { return uri(r, prefixed("DE", n)) }},
		"Berlin, international":       {lookup.DialPlan{Country: "DE", International: true}, func(r *rand.Rand, n number) string { return uri(r, n.digits()) }},
		"Berlin, international and 0": {lookup.DialPlan{Country: "DE", International: true, OutsideLinePrefix: "0"}, func(r *rand.Rand, n number) string { return "0" + n.digits() }},
		"Vienna":                      {lookup.DialPlan{Country: "AT", AreaCode: "1"}, func(r *rand.Rand, n number) string { return uri(r, atHome(r, "AT", "1", n)) }},
		"Zurich, outside line":        {lookup.DialPlan{Country: "CH", OutsideLinePrefix: "0"}, func(r *rand.Rand, n number) string { return "0" + prefixed("CH", n) }},
		"New York, outside line 9":    {lookup.DialPlan{Country: "US", AreaCode: "212", OutsideLinePrefix: "9"}, func(r *rand.Rand, n number) string { return "9" + prefixed("US", n) }},
		"Paris":                       {lookup.DialPlan{Country: "FR"}, func(r *rand.Rand, n number) string { return uri(r, atHome(r, "FR", "", n)) }},
		"Milan":                       {lookup.DialPlan{Country: "IT"}, func(r *rand.Rand, n number) string { return uri(r, atHome(r, "IT", "", n)) }},
		"Hannover, outside line 9":    {lookup.DialPlan{Country: "DE", AreaCode: "511", OutsideLinePrefix: "9"}, func(r *rand.Rand, n number) string { return "9" + prefixed("DE", n) }},
		"Berlin, E.164 with oddities": {de, func(r *rand.Rand, n number) string { return odd(r, n) }},
	}
}

// shares is how many of 100 calls come over each trunk.
func shares() []struct {
	name string
	n    int
} {
	return []struct {
		name string
		n    int
	}{
		{"Berlin", 30},
		{"Berlin, outside line", 20},
		{"Berlin, outside line unsent", 8},
		{"Berlin, international", 14},
		{"Berlin, international and 0", 4},
		{"Vienna", 4},
		{"Zurich, outside line", 4},
		{"New York, outside line 9", 2},
		{"Paris", 2},
		{"Milan", 2},
		{"Hannover, outside line 9", 4},
		{"Berlin, E.164 with oddities", 6},
	}
}

func someTrunk(r *rand.Rand) string {
	at := r.IntN(100)
	for _, s := range shares() {
		if at -= s.n; at < 0 {
			return s.name
		}
	}
	return shares()[0].name
}

// prefixed is n as dialled in a country, international prefix and all.
func prefixed(country string, n number) string {
	if n.country == country {
		return n.dialled()
	}
	return nations()[country].intl + n.digits()
}

// atHome is n in one of the notations of a trunk without outside line.
func atHome(r *rand.Rand, country, area string, n number) string {
	switch k := r.IntN(10); {
	case n.country == country && n.area == area && !n.mobile && k < 3 && len(n.base+n.dial) >= 6 && len(n.base+n.dial) <= 8:
		return n.base + n.dial // the area code is missing
	case k < 6:
		return prefixed(country, n)
	case k < 7 && n.country == country && country == "DE":
		return "00" + n.digits()
	}
	return n.e164()
}

// odd is E.164 as some switches mistreat it.
func odd(r *rand.Rand, n number) string {
	switch r.IntN(4) {
	case 0:
		return n.digits()
	case 1:
		return "+" + n.nation().code + " " + n.area + " " + n.base + n.dial
	case 2:
		return "\"" + n.dialledFrom("DE") + "\" <sip:" + n.e164() + "@pbx.example.com;user=phone>"
	}
	if n.nation().trunk == "0" {
		return "+" + n.nation().code + "0" + n.national() // the trunk prefix left in
	}
	return n.e164()
}

func (n number) dialledFrom(country string) string { return prefixed(country, n) }

// uri wraps some numbers as switches do.
func uri(r *rand.Rand, digits string) string {
	switch r.IntN(12) {
	case 0:
		return "sip:" + digits + "@pbx.example.com"
	case 1:
		return "<sip:" + digits + "@192.0.2.1:5060;user=phone>;tag=1"
	case 2:
		if strings.HasPrefix(digits, "+") {
			return "tel:" + digits
		}
	}
	return digits
}
