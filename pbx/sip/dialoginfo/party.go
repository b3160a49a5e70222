package dialoginfo

import (
	"strings"

	"github.com/ctibridge/ctibridge/pbx/sip/address"
)

// MaxNumber is the longest user part that is taken for a number or extension.
const MaxNumber = address.MaxNumber

// Party is what an identity says about who is there.
type Party struct {
	// Number is the user part: digits, "+49…" or an extension; empty when the
	// identity names nobody.
	Number string
	// Name is the display name, empty where it only repeats the number.
	Name string
	// Withheld: the party asked not to be named (RFC 3323). Number and Name
	// are empty then.
	Withheld bool
}

// Party reads the identity: sip:, sips: and tel: addresses, percent escapes,
// user parameters (RFC 3966 §5: a phone-context that begins with + is put in
// front of the number).
func (i Identity) Party() Party {
	uri := address.ParseURI(i.URI)
	if len(i.URI) > 0 && i.URI[len(i.URI)-1] == '>' { // with brackets
		uri = address.Parse(i.URI).URI
	}
	number := uri.Number()
	if i.Withheld || restricted(uri) || address.AnonymousName(i.Display) {
		return Party{Withheld: true}
	}
	if address.Nobody(number) {
		number = ""
	}
	name := address.Name(i.Display)
	if name == number || name == uri.User {
		name = ""
	}
	return Party{Number: number, Name: name}
}

// restricted tells whether an address asks not to be shown: by its user or host,
// or by what switches append to it: a parameter privacy, as of Remote-Party-ID, or
// the header field Privacy (RFC 3323 §4.2).
func restricted(uri address.URI) bool {
	if uri.Anonymous() {
		return true
	}
	if uri.Params == "" && uri.Headers == "" && !strings.Contains(uri.User, ";") {
		return false
	}
	_, user, _ := strings.Cut(uri.User, ";")
	for _, params := range []address.Params{uri.Params, address.Params(user)} {
		if value, found := params.Get("privacy"); found && !public(value) {
			return true
		}
	}
	return !public(uri.Header("Privacy"))
}

// public tells the values of privacy that restrict nothing.
func public(privacy string) bool {
	return privacy == "" || strings.EqualFold(privacy, "none") || strings.EqualFold(privacy, "off") || strings.EqualFold(privacy, "no")
}
