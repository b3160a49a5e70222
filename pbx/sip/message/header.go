package message

import (
	"bytes"
	"iter"
	"strconv"
)

// Header is a header field that is kept when a message is read.
type Header uint8

// The header fields, named as the RFCs do.
const (
	unknown Header = iota
	Via
	From
	To
	CallID
	CSeq
	Event
	SubscriptionState
	ContentType
	ContentLength
	Contact
	RecordRoute
	Route
	MaxForwards
	UserAgent
	Server
	Expires
	MinExpires
	RetryAfter
	Require
	Supported
	Allow
	AllowEvents
	RSeq
	SessionExpires
	Reason
	ReferTo
	ReferredBy
	Replaces
	WWWAuthenticate
	ProxyAuthenticate
	Privacy
	PAssertedIdentity
	PPreferredIdentity
	RemotePartyID
	Diversion
	HistoryInfo
	PCalledPartyID
)

// headerOf finds a field by its long or compact name.
func headerOf(name []byte) Header {
	var buf [24]byte
	if len(name) > len(buf) {
		return unknown
	}
	lower := buf[:len(name)]
	for i, c := range name {
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		lower[i] = c
	}
	switch string(lower) { // not allocated, and searched by halves
	case "via", "v":
		return Via
	case "from", "f":
		return From
	case "to", "t":
		return To
	case "call-id", "i":
		return CallID
	case "cseq":
		return CSeq
	case "event", "o":
		return Event
	case "subscription-state":
		return SubscriptionState
	case "content-type", "c":
		return ContentType
	case "content-length", "l":
		return ContentLength
	case "contact", "m":
		return Contact
	case "record-route":
		return RecordRoute
	case "route":
		return Route
	case "max-forwards":
		return MaxForwards
	case "user-agent":
		return UserAgent
	case "server":
		return Server
	case "expires":
		return Expires
	case "min-expires":
		return MinExpires
	case "retry-after":
		return RetryAfter
	case "require":
		return Require
	case "supported", "k":
		return Supported
	case "allow":
		return Allow
	case "allow-events", "u":
		return AllowEvents
	case "rseq":
		return RSeq
	case "session-expires", "x":
		return SessionExpires
	}
	return callHeader(lower)
}

// callHeader finds the fields that say who calls whom and why.
func callHeader(lower []byte) Header {
	switch string(lower) {
	case "reason":
		return Reason
	case "refer-to", "r":
		return ReferTo
	case "referred-by", "b":
		return ReferredBy
	case "replaces":
		return Replaces
	case "www-authenticate":
		return WWWAuthenticate
	case "proxy-authenticate":
		return ProxyAuthenticate
	case "privacy":
		return Privacy
	case "p-asserted-identity":
		return PAssertedIdentity
	case "p-preferred-identity":
		return PPreferredIdentity
	case "remote-party-id":
		return RemotePartyID
	case "diversion":
		return Diversion
	case "history-info":
		return HistoryInfo
	case "p-called-party-id":
		return PCalledPartyID
	}
	return unknown
}

// Get is the first field of a name, whole and as received; nil if there is
// none.
func (m *Message) Get(h Header) []byte {
	for i := range m.fields {
		if m.fields[i].header == h {
			return m.fields[i].value
		}
	}
	return nil
}

// Fields gives all fields of a name, each whole and as received.
func (m *Message) Fields(h Header) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for i := range m.fields {
			if m.fields[i].header == h && !yield(m.fields[i].value) {
				return
			}
		}
	}
}

// Values gives the values of all fields of a name, one by one, where a field
// may hold several with commas between (RFC 3261 §7.3.1).
func (m *Message) Values(h Header) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for value := range m.Fields(h) {
			for len(value) > 0 {
				end := endOfValue(value)
				one := bytes.TrimSpace(value[:end])
				value = value[min(end+1, len(value)):]
				if len(one) > 0 && !yield(one) {
					return
				}
			}
		}
	}
}

// Has tells whether one of a field's values is the token, given in lower case:
// Has(Supported, "100rel").
func (m *Message) Has(h Header, token string) bool {
	for value := range m.Values(h) {
		if EqualFold(Token(value), token) {
			return true
		}
	}
	return false
}

// Number reads a field that is a number of seconds or a sequence, with what may
// follow it (RFC 3261 §20.33: "120 (in a meeting)", "18000;duration=3600").
func (m *Message) Number(h Header) (n uint32, ok bool) {
	value := m.Get(h)
	if end := bytes.IndexAny(value, " \t;("); end >= 0 {
		value = value[:end]
	}
	u, err := strconv.ParseUint(string(value), 10, 32)
	return uint32(u), err == nil
}

// Via is the topmost Via field, nil if there is none.
func (m *Message) Via() []byte { return m.Get(Via) }

// Agent is the product that the sender says it is: User-Agent, or Server in
// responses.
func (m *Message) Agent() []byte {
	if agent := m.Get(UserAgent); agent != nil {
		return agent
	}
	return m.Get(Server)
}

func (m *Message) count(h Header) int {
	n := 0
	for i := range m.fields {
		if m.fields[i].header == h {
			n++
		}
	}
	return n
}

// BodyLength reads the Content-Length out of a message's head, the lines up to
// and with the empty one, and looks at nothing else: streams are cut by it
// (RFC 3261 §18.3). Two that differ are none.
func BodyLength(head []byte) (int, error) {
	length := -1
	for len(head) > 0 {
		line, rest, _ := cutLine(head)
		head = rest
		if len(line) == 0 || line[0]|0x20 != 'c' && line[0]|0x20 != 'l' {
			continue // another field, or the second line of one
		}
		name, value, ok := bytes.Cut(line, []byte{':'})
		if !ok || headerOf(bytes.TrimSpace(name)) != ContentLength {
			continue
		}
		value = bytes.TrimSpace(value)
		if len(value) == 0 && len(rest) > 0 && (rest[0] == ' ' || rest[0] == '\t') { // folded
			value, _, _ = cutLine(rest)
			value = bytes.TrimSpace(value)
		}
		n, err := parseLength(value)
		if err != nil || length >= 0 && length != n {
			return 0, ErrNoLength
		}
		length = n
	}
	if length < 0 {
		return 0, ErrNoLength
	}
	return length, nil
}
