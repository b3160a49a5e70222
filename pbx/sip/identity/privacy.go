package identity

import (
	"bytes"
	"strings"

	"github.com/ctibridge/ctibridge/pbx/sip/address"
	"github.com/ctibridge/ctibridge/pbx/sip/message"
)

// restricted names the first thing in a message that restricts its sender's
// identity, whoever wrote it; SourceNone if nothing does. SourceFrom stands for
// the field Privacy too, which is the sender's own.
func restricted(m *message.Message) Source {
	if privacyOf(m).sender || m.IsRequest() && anonymous(m.From) {
		return SourceFrom
	}
	for _, h := range []message.Header{message.PAssertedIdentity, message.PPreferredIdentity} {
		for value := range m.Values(h) {
			if anonymous(value) {
				return SourceAsserted
			}
		}
	}
	for value := range m.Values(message.RemotePartyID) {
		a := address.Parse(string(value))
		if ofSender(m, a) && (private(a.Params) || a.URI.Anonymous() || address.AnonymousName(a.Display)) {
			return SourceRemoteParty
		}
	}
	return SourceNone
}

// anonymous tells whether an address hides its owner: by its user, host or
// name, or by a prefix that asks the network to hide who calls (*31# on ISDN,
// #31# on GSM).
func anonymous(value []byte) bool {
	a := address.Parse(string(value))
	_, hiding := withoutHiding(a.URI.Number())
	return hiding || a.URI.Anonymous() || address.AnonymousName(a.Display)
}

// withoutHiding takes off what a caller dials in front of a number to hide his
// own or to show it.
func withoutHiding(number string) (rest string, hiding bool) {
	for _, prefix := range []string{"*31#", "#31#"} {
		if rest, found := strings.CutPrefix(number, prefix); found {
			return rest, true
		}
	}
	return number, false
}

// private reads the parameter privacy of Remote-Party-ID and Diversion (RFC
// 5806 §4.1), which restricts unless it says "off".
func private(p address.Params) bool {
	value, found := p.Get("privacy")
	if !found {
		return false
	}
	switch strings.ToLower(value) {
	case "off", "no", "none", "":
		return false
	}
	return true
}

// privacy is what the field Privacy asks for.
type privacy struct {
	sender  bool // who sent the message is not to be named
	history bool // nor is anybody who passed the call on
}

// privacyOf reads Privacy (RFC 3323 §4.2, RFC 3325 §9.3, RFC 7044 §10.1).
// "none" asks for nothing, and takes nothing back that another field restricts:
// who hides his address himself may send it. "session" is about media, and for
// History-Info about that.
func privacyOf(m *message.Message) privacy {
	var p privacy
	for field := range m.Fields(message.Privacy) {
		for len(field) > 0 {
			end := bytes.IndexAny(field, ";, \t")
			if end < 0 {
				end = len(field)
			}
			p.add(string(field[:end]))
			field = field[min(end+1, len(field)):]
		}
	}
	return p
}

func (p *privacy) add(value string) {
	switch strings.ToLower(value) {
	case "id", "user", "critical":
		p.sender = true
	case "header":
		p.sender, p.history = true, true
	case "full", "name", "uri", "yes": // words of Remote-Party-ID, seen here too
		p.sender = true
	case "history", "session":
		p.history = true
	}
}
