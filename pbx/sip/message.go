package sip

import (
	"bytes"
	"errors"
	"strconv"
)

// Limits of what we read. A message over maxMessage ends a TCP connection, as
// its end cannot be trusted; over UDP it cannot occur.
const (
	maxMessage = 128 << 10
	maxHeaders = 128
	maxVias    = 16
)

var (
	errNotSIP     = errors.New("not a SIP message")
	errNoCallID   = errors.New("a SIP request without Call-ID, CSeq, From, To or Via")
	errTooMany    = errors.New("a SIP message with too many header fields")
	errBodyShort  = errors.New("a SIP message shorter than its Content-Length")
	errUnbounded  = errors.New("a SIP message over the size limit")
	errNoLength   = errors.New("a SIP message without a usable Content-Length on a stream")
	errUnanswered = errors.New("a SIP response that answers nothing of ours")
)

// inbound is a request from the switch. All slices point into the read buffer
// and are valid only while the message is handled.
//
// Requests are scanned here and not by sipgo's parser: nearly all are NOTIFYs,
// of whose twenty header fields we need eight, and a switch that writes a bad
// name into one of the others must not lose its agents a call.
type inbound struct {
	method       []byte
	vias         [maxVias][]byte // whole field values, as received
	viaCount     int
	from, to     []byte
	callID       []byte
	cseq         uint32
	cseqLine     []byte
	event        []byte
	subscription []byte // Subscription-State
	contentType  []byte
	userAgent    []byte
	body         []byte
	length       int // Content-Length, -1 if absent
}

// parse scans a whole request.
func (m *inbound) parse(data []byte) error {
	*m = inbound{length: -1}
	line, rest, ok := cutLine(data)
	if !ok {
		return errNotSIP
	}
	method, uri, ok := bytes.Cut(line, []byte{' '})
	if !ok || len(method) == 0 || !bytes.HasSuffix(uri, []byte(" SIP/2.0")) {
		return errNotSIP
	}
	m.method = method
	rest, err := m.headers(rest)
	if err != nil {
		return err
	}
	if m.callID == nil || m.cseqLine == nil || m.from == nil || m.to == nil || m.viaCount == 0 {
		return errNoCallID
	}
	switch {
	case m.length < 0:
		m.body = rest
	case m.length > len(rest):
		return errBodyShort
	default:
		m.body = rest[:m.length]
	}
	return nil
}

// headers scans the header fields and returns what follows the empty line.
func (m *inbound) headers(rest []byte) ([]byte, error) {
	for range maxHeaders {
		line, after, ok := cutLine(rest)
		if !ok {
			return nil, errNotSIP
		}
		rest = after
		if len(line) == 0 {
			return rest, nil
		}
		for len(rest) > 0 && (rest[0] == ' ' || rest[0] == '\t') { // folded (RFC 3261 §7.3.1)
			more, after, ok := cutLine(rest)
			if !ok {
				return nil, errNotSIP
			}
			line = append(append(bytes.Clone(line), ' '), bytes.TrimSpace(more)...)
			rest = after
		}
		if err := m.header(line); err != nil {
			return nil, err
		}
	}
	return nil, errTooMany
}

// header keeps one header field if we need it, by its long or compact name.
func (m *inbound) header(line []byte) error {
	name, value, ok := bytes.Cut(line, []byte{':'})
	if !ok {
		return nil // not ours to complain about
	}
	name, value = bytes.TrimSpace(name), bytes.TrimSpace(value)
	switch {
	case is(name, "via", 'v'):
		if m.viaCount == maxVias {
			return errTooMany
		}
		m.vias[m.viaCount] = value
		m.viaCount++
	case is(name, "from", 'f'):
		m.from = value
	case is(name, "to", 't'):
		m.to = value
	case is(name, "call-id", 'i'):
		m.callID = value
	case is(name, "cseq", 0):
		n, _, _ := bytes.Cut(value, []byte{' '})
		seq, err := strconv.ParseUint(string(n), 10, 32)
		if err != nil {
			return errNoCallID
		}
		m.cseq, m.cseqLine = uint32(seq), value
	case is(name, "event", 'o'):
		m.event = value
	case is(name, "subscription-state", 0):
		m.subscription = value
	case is(name, "content-type", 'c'):
		m.contentType = value
	case is(name, "content-length", 'l'):
		n, err := strconv.ParseUint(string(value), 10, 20)
		if err != nil {
			return errNoLength
		}
		m.length = int(n)
	case is(name, "user-agent", 0), is(name, "server", 0):
		m.userAgent = value
	}
	return nil
}

// is compares a header name with its long form in lower case and its compact
// form.
func is(name []byte, long string, compact byte) bool {
	if len(name) == 1 {
		return compact != 0 && name[0]|0x20 == compact
	}
	return equalFold(name, long)
}

// equalFold compares ASCII text with a string in lower case.
func equalFold(b []byte, lower string) bool {
	if len(b) != len(lower) {
		return false
	}
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}

func cutLine(data []byte) (line, rest []byte, ok bool) {
	i := bytes.IndexByte(data, '\n')
	if i < 0 {
		return nil, nil, false
	}
	return bytes.TrimSuffix(data[:i], []byte{'\r'}), data[i+1:], true
}

// param finds a parameter in a header field value such as `<sip:a@b>;tag=x`,
// outside of quotes and angle brackets.
func param(value []byte, name string) []byte {
	quoted, angle := false, false
	for i := 0; i < len(value); i++ {
		switch c := value[i]; {
		case c == '\\' && quoted:
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '<':
			angle = true
		case c == '>':
			angle = false
		case c == ',' && !angle:
			return nil // the next value of a list
		case c == ';' && !angle:
			rest := bytes.TrimLeft(value[i+1:], " \t")
			end := bytes.IndexAny(rest, ";, \t=")
			if end < 0 {
				end = len(rest)
			}
			if !equalFold(rest[:end], name) {
				continue
			}
			rest = bytes.TrimLeft(rest[end:], " \t")
			if len(rest) == 0 || rest[0] != '=' {
				return []byte{} // a flag
			}
			rest = bytes.TrimLeft(rest[1:], " \t")
			if end = bytes.IndexAny(rest, ";, \t"); end >= 0 {
				rest = rest[:end]
			}
			return rest
		}
	}
	return nil
}

// token is the value in front of the first parameter.
func token(value []byte) []byte {
	value, _, _ = bytes.Cut(value, []byte{';'})
	return bytes.TrimSpace(value)
}

// appendResponse writes the stateless answer to a request (RFC 3261 §8.2.6,
// §8.2.7 and RFC 3581 §4). toTag is used where the request has none.
func (m *inbound) appendResponse(out []byte, status int, reason, host string, port int, toTag string) []byte {
	out = append(out, "SIP/2.0 "...)
	out = strconv.AppendInt(out, int64(status), 10)
	out = append(append(out, ' '), reason...)
	for i, via := range m.vias[:m.viaCount] {
		out = append(out, "\r\nVia: "...)
		if i > 0 {
			out = append(out, via...)
			continue
		}
		out = appendVia(out, via, host, port)
	}
	out = append(append(out, "\r\nFrom: "...), m.from...)
	out = append(append(out, "\r\nTo: "...), m.to...)
	if param(m.to, "tag") == nil {
		out = append(append(out, ";tag="...), toTag...)
	}
	out = append(append(out, "\r\nCall-ID: "...), m.callID...)
	out = append(append(out, "\r\nCSeq: "...), m.cseqLine...)
	return append(out, "\r\nContent-Length: 0\r\n\r\n"...)
}

// appendVia writes the topmost Via, with where the request came from if rport
// asks for it.
func appendVia(out, via []byte, host string, port int) []byte {
	rport := param(via, "rport")
	if rport == nil || len(rport) > 0 {
		return append(out, via...)
	}
	first, others := via, []byte(nil)
	if i := bytes.IndexByte(via, ','); i >= 0 {
		first, others = via[:i], via[i:]
	}
	i := endOf(first, ";rport")
	if i < 0 {
		return append(out, via...)
	}
	out = append(append(out, first[:i]...), '=')
	out = strconv.AppendInt(out, int64(port), 10)
	out = append(append(out, ";received="...), host...)
	out = append(out, first[i:]...)
	return append(out, others...)
}

// endOf finds text, given in lower case, and returns where it ends.
func endOf(b []byte, lower string) int {
	for end := len(lower); end <= len(b); end++ {
		if equalFold(b[end-len(lower):end], lower) {
			return end
		}
	}
	return -1
}

// sentByPort is the port of the topmost Via: where an answer goes over UDP if
// there is no rport (RFC 3261 §18.2.2).
func (m *inbound) sentByPort() int {
	sentBy := token(m.vias[0])
	if i := bytes.LastIndexAny(sentBy, " \t"); i >= 0 {
		sentBy = sentBy[i+1:]
	}
	if i := bytes.LastIndexByte(sentBy, ':'); i >= 0 && bytes.IndexByte(sentBy[i:], ']') < 0 {
		if port, err := strconv.ParseUint(string(sentBy[i+1:]), 10, 16); err == nil && port > 0 {
			return int(port)
		}
	}
	return 5060
}
