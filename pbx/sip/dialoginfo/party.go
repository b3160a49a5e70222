package dialoginfo

import "github.com/ctibridge/ctibridge/pbx/sip/address"

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
	if uri.Anonymous() || address.AnonymousName(i.Display) {
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
