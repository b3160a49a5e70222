package message

import (
	"bytes"
	"net/netip"
	"strconv"
)

// AppendResponse writes the stateless answer to a request (RFC 3261 §8.2.6,
// §8.2.7 and RFC 3581 §4). from is where the request came from, toTag is used
// where the request has none. The fields follow as they are, each "Name: value".
// What the request lacks, the answer to it lacks.
func (m *Message) AppendResponse(out []byte, status int, phrase string, from netip.AddrPort, toTag string, fields ...string) []byte {
	out = append(out, "SIP/2.0 "...)
	out = strconv.AppendInt(out, int64(status), 10)
	out = append(append(out, ' '), phrase...)
	first := true
	for i := range m.fields {
		if m.fields[i].header != Via {
			continue
		}
		out = append(out, "\r\nVia: "...)
		if first {
			out = appendVia(out, m.fields[i].value, from)
			first = false
			continue
		}
		out = append(out, m.fields[i].value...)
	}
	out = appendField(out, "\r\nFrom: ", m.From)
	out = appendField(out, "\r\nTo: ", m.To)
	if m.To != nil && Param(m.To, "tag") == nil {
		out = append(append(out, ";tag="...), toTag...)
	}
	out = appendField(out, "\r\nCall-ID: ", m.CallID)
	out = appendField(out, "\r\nCSeq: ", m.Get(CSeq))
	for _, field := range fields {
		out = append(append(out, "\r\n"...), field...)
	}
	return append(out, "\r\nContent-Length: 0\r\n\r\n"...)
}

func appendField(out []byte, name string, value []byte) []byte {
	if value == nil {
		return out
	}
	return append(append(out, name...), value...)
}

// appendVia writes the topmost Via, with where the request came from if rport
// asks for it.
func appendVia(out, via []byte, from netip.AddrPort) []byte {
	rport := Param(via, "rport")
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
	out = strconv.AppendUint(out, uint64(from.Port()), 10)
	out = from.Addr().AppendTo(append(out, ";received="...))
	out = append(out, first[i:]...)
	return append(out, others...)
}

// endOf finds text, given in lower case, and returns where it ends. It begins
// with a byte that has no case.
func endOf(b []byte, lower string) int {
	for at := 0; len(b)-at >= len(lower); at++ {
		next := bytes.IndexByte(b[at:], lower[0])
		if next < 0 {
			return -1
		}
		at += next
		if end := at + len(lower); end <= len(b) && EqualFold(b[at:end], lower) {
			return end
		}
	}
	return -1
}

// SentByPort is the port of the topmost Via: where an answer goes over UDP if
// there is no rport (RFC 3261 §18.2.2).
func (m *Message) SentByPort() int {
	via := m.Via()
	sentBy := Token(via[:endOfValue(via)])
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
