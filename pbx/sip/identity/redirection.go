package identity

import (
	"strconv"
	"strings"

	"github.com/ctibridge/ctibridge/pbx/internal/text"
	"github.com/ctibridge/ctibridge/pbx/sip/address"
	"github.com/ctibridge/ctibridge/pbx/sip/message"
)

// MaxRedirections bounds what is kept of a call that was passed on and on.
const MaxRedirections = 16

// Redirection is one party that passed the call on.
type Redirection struct {
	Party
	// Reason is why, in the words of RFC 5806 §4.1: "user-busy", "no-answer",
	// "unconditional", "deflection", "unavailable" …; empty if not said.
	Reason string
	// Cause is the SIP status that RFC 4458 and RFC 7044 give for it; 0 if not
	// said.
	Cause int
}

// redirections reads History-Info, and Diversion where there is none.
func redirections(m *message.Message) []Redirection {
	if list := fromHistory(m); len(list) > 0 {
		return list
	}
	return diversions(m)
}

// diversions reads Diversion (RFC 5806 §4): the topmost is the last one.
func diversions(m *message.Message) []Redirection {
	var list []Redirection
	for value := range m.Values(message.Diversion) {
		if len(list) == MaxRedirections {
			break
		}
		a := address.Parse(string(value))
		r := Redirection{Party: redirecting(a, SourceDiversion, private(a.Params))}
		reason, _ := a.Params.Get("reason")
		r.Reason = strings.ToLower(address.Cut(text.Clean(reason), 32))
		screen, _ := a.Params.Get("screen")
		r.Unscreened = r.Known() && !r.Withheld && strings.EqualFold(screen, "no")
		if r.Known() {
			list = append(list, r)
		}
	}
	return list
}

// redirecting reads the address of one who passed the call on.
func redirecting(a address.Address, source Source, hidden bool) Party {
	if hidden || address.AnonymousName(a.Display) {
		return Party{Withheld: true, Source: source}
	}
	return party(a, source)
}

// called is who was called at first: the oldest redirection, else the first
// target that History-Info tells of, else what the switch says now. To is what
// the caller dialled and stays the same; a Request-URI may be a contact.
func called(m *message.Message, list []Redirection) Party {
	if n := len(list); n > 0 && n < MaxRedirections {
		return list[n-1].Party
	}
	best := firstTarget(m)
	if best.Withheld {
		return best // To would tell
	}
	for value := range m.Values(message.PCalledPartyID) {
		best = better(best, target(value, SourceCalledParty))
	}
	if best.Number == "" {
		best = better(best, target(m.To, SourceTo))
	}
	if best.Number == "" {
		best = better(best, target(m.URI, SourceRequestURI))
	}
	return best
}

// target reads an address that was called. One that names nobody hides nobody.
func target(value []byte, source Source) Party {
	p := party(address.Parse(string(value)), source)
	if p.Withheld {
		return Party{}
	}
	if number, hiding := withoutHiding(p.User); hiding && address.Dialable(number) {
		p.Number, p.User, p.Telephone.Number = number, number, number
	}
	return p
}

// reasonOf puts a cause of RFC 4458 §2 into words of RFC 5806.
func reasonOf(cause int) string {
	switch cause {
	case 302:
		return "unconditional"
	case 404:
		return "unknown"
	case 408:
		return "no-answer"
	case 480, 487:
		return "deflection"
	case 486:
		return "user-busy"
	case 503:
		return "unavailable"
	}
	return ""
}

// causeIn finds the SIP cause in a Reason field (RFC 3326 §2).
func causeIn(reason string) int {
	for one := range strings.SplitSeq(reason, ",") {
		protocol, params, _ := strings.Cut(one, ";")
		if !strings.EqualFold(strings.TrimSpace(protocol), "SIP") {
			continue
		}
		if n := number(params, "cause"); n > 0 {
			return n
		}
	}
	return 0
}

// number reads a parameter that is a SIP status, 0 if there is none.
func number(params, name string) int {
	value, _ := address.Params(params).Get(name)
	n, err := strconv.ParseUint(value, 10, 10)
	if err != nil || n < 100 || n > 699 {
		return 0
	}
	return int(n)
}
