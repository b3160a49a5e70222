package mirror

import (
	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/sip/address"
)

// sameParty compares who two parties are, whatever they are called.
func sameParty(a, b pbx.Party) bool {
	if a.Withheld || b.Withheld {
		return a.Withheld == b.Withheld
	}
	return address.SameNumber(a.Number, b.Number)
}

// isFeatureCode tells what is dialled to make the switch do something.
func isFeatureCode(number string) bool {
	return number != "" && (number[0] == '*' || number[0] == '#')
}

// placeholder is what FreeSWITCH writes where it has no name for a leg that it
// made itself.
const placeholder = "Outbound Call"
