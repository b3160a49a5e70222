// Package identity says who calls whom, from one SIP message: an INVITE, a
// request within the call, or an answer.
//
//	Privacy, From anonymous, privacy= ─► withheld? then no number and no name
//	P-Asserted-Identity ─► Remote-Party-ID ─► From          = Sender
//	History-Info ─► Diversion ─► P-Called-Party-ID ─► To ─► URI = Called
//	History-Info, else Diversion                            = Redirections
//
// Whoever restricts an identity is believed, whoever gives one only if the
// source is trusted: P-Asserted-Identity and Remote-Party-ID are what a network
// says about a caller, and anybody can write them (RFC 3325 §2.2). Options says
// whether to trust.
//
// The package is pure. A message holds at most message.MaxFields fields, and of
// redirections MaxRedirections are kept, the last ones.
package identity

import (
	"strings"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/sip/address"
	"github.com/ctibridge/ctibridge/pbx/sip/message"
)

// Options say how far a source is believed.
type Options struct {
	// Trusted takes P-Asserted-Identity and Remote-Party-ID for true. A link
	// sets it by default: its one peer is the customer's own switch, found by
	// its configured address, or a mirror from an allow-listed one, and that
	// switch stands at the border of its domain and drops what outsiders assert
	// (RFC 3325 §5). It is off where a switch passes such fields from anyone.
	Trusted bool
}

// Source is the header field that named a party.
type Source uint8

// The sources.
const (
	SourceNone Source = iota
	SourceAsserted
	SourceRemoteParty
	SourceFrom
	SourceHistory
	SourceDiversion
	SourceCalledParty
	SourceTo
	SourceRequestURI
)

var sourceNames = [...]string{
	"", "P-Asserted-Identity", "Remote-Party-ID", "From", "History-Info", "Diversion", "P-Called-Party-ID", "To", "Request-URI",
}

// String is the header field's name.
func (s Source) String() string { return sourceNames[s] }

// Party is somebody in a call.
type Party struct {
	// Number is what can be dialled: "+49…" or digits as the switch wrote them;
	// empty where the address names a person or nobody.
	Number string
	// User is the user part, which is Number or the name of a SIP account.
	User string
	// Name is the display name; hostile text.
	Name string
	// Withheld: the party asked not to be named. All else but Source is empty.
	Withheld bool
	// Source is the header field that the number is from.
	Source Source
	// Unscreened: the network says that it has not checked (screen=no).
	Unscreened bool
	// Telephone is what else the address says; its Number is Number.
	Telephone address.Telephone
}

// Party is p in the words of pbx.
func (p Party) Party() pbx.Party {
	return pbx.Party{Number: p.Number, Name: p.Name, Withheld: p.Withheld}
}

// Known tells whether anything was said about the party.
func (p Party) Known() bool { return p.User != "" || p.Withheld }

// Identity is what a message says about the parties.
type Identity struct {
	// Sender is who sent the message: the caller of an INVITE, the far end that
	// an UPDATE or an answer comes from.
	Sender Party
	// Called is who was called at first, before any redirection. Requests only.
	Called Party
	// Redirections are those who passed the call on, the last one first.
	Redirections []Redirection
}

// LastRedirection is who passed the call on to where it is now.
func (i *Identity) LastRedirection() Party {
	if len(i.Redirections) == 0 {
		return Party{}
	}
	return i.Redirections[0].Party
}

// Read reads a message that was parsed. The result holds copies.
func Read(m *message.Message, o Options) Identity {
	id := Identity{Sender: sender(m, o), Redirections: redirections(m)}
	if m.IsRequest() {
		id.Called = called(m, id.Redirections)
	}
	return id
}

// sender says who sent the message.
func sender(m *message.Message, o Options) Party {
	if source := restricted(m); source != SourceNone {
		return Party{Withheld: true, Source: source}
	}
	var from address.Address
	if m.IsRequest() { // in an answer it is the other end
		from = address.Parse(string(m.From))
	}
	var best Party
	if o.Trusted {
		best = asserted(m)
		if best.Number == "" {
			best = better(best, remoteParty(m))
		}
	}
	if best.Number == "" {
		best = better(best, party(from, SourceFrom))
	}
	if best.Name == "" && best.Known() {
		best.Name = nameOf(from, best.User)
	}
	return best
}

// better keeps what is there unless the other one brings a number, or anything
// where nothing is there.
func better(have, other Party) Party {
	if other.Number == "" && have.Known() || !other.Known() {
		return have
	}
	if other.Name == "" {
		other.Name = nameUnless(have.Name, other.User)
	}
	return other
}

// asserted is the P-Asserted-Identity (RFC 3325 §9.1), of which there may be
// two: a telephone number is preferred, wherever the name stands.
func asserted(m *message.Message) Party {
	var best Party
	rank, name := 0, ""
	for value := range m.Values(message.PAssertedIdentity) {
		a := address.Parse(string(value))
		p := party(a, SourceAsserted)
		if r := rankOf(a, p); r > rank {
			best, rank = p, r
		}
		if name == "" {
			name = a.Display
		}
	}
	if best.Name == "" {
		best.Name = nameUnless(name, best.User)
	}
	return best
}

// rankOf orders addresses of one party by how surely they are its number.
func rankOf(a address.Address, p Party) int {
	switch {
	case !p.Known():
		return 0
	case p.Number == "":
		return 1
	case !a.URI.SaysTelephone():
		return 2
	}
	return 3
}

// remoteParty is the Remote-Party-ID of whoever sent the message
// (draft-ietf-sip-privacy-04 §5).
func remoteParty(m *message.Message) Party {
	for value := range m.Values(message.RemotePartyID) {
		a := address.Parse(string(value))
		if !ofSender(m, a) {
			continue
		}
		if p := party(a, SourceRemoteParty); p.Known() {
			screen, _ := a.Params.Get("screen")
			p.Unscreened = strings.EqualFold(screen, "no")
			return p
		}
	}
	return Party{}
}

// ofSender tells whether a Remote-Party-ID is about the message's sender. The
// caller of a new call is "calling"; within a call switches name themselves by
// the part they had at its beginning, or by any (FreeSWITCH answers as
// "calling").
func ofSender(m *message.Message, a address.Address) bool {
	side, found := a.Params.Get("party")
	if !found || strings.EqualFold(side, "calling") {
		return true
	}
	inCall := !m.IsRequest() || message.Param(m.To, "tag") != nil
	return inCall && strings.EqualFold(side, "called")
}

// party reads one address.
func party(a address.Address, source Source) Party {
	user := a.URI.Number()
	if a.URI.Anonymous() {
		return Party{Withheld: true, Source: source}
	}
	if address.Nobody(user) {
		return Party{}
	}
	p := Party{User: user, Name: nameOf(a, user), Source: source, Telephone: a.URI.Telephone()}
	if address.Dialable(user) {
		p.Number = user
	}
	return p
}

// nameOf is a display name that says more than the number.
func nameOf(a address.Address, user string) string { return nameUnless(a.Display, user) }

func nameUnless(name, user string) string {
	if strings.EqualFold(name, user) {
		return ""
	}
	return name
}
