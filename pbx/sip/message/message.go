// Package message reads SIP messages (RFC 3261 §7), requests and responses, in
// place and without copying, and writes stateless answers.
//
//	bytes ─► Parse: start line ─► header fields ─► body
//	             └ Message: slices into the buffer ─► Get, Values, Param
//	                                              └► AppendResponse
//
// It is a scanner and no full parser: it finds where a field's value begins and
// ends and leaves what the value means to who wants to know. A switch that
// writes nonsense into a field nobody asks for loses nothing by it. Compact
// names, folded lines and unknown fields are taken; what is needed to answer
// has to be there once and readable.
//
// The package is pure: no sockets, no clock, no memory between two messages.
// What a message may hold is bounded by MaxSize, MaxFields and MaxVias; what is
// more is an error.
package message

import (
	"bytes"
	"errors"
	"strconv"
)

// Limits of what is read.
const (
	MaxSize   = 128 << 10 // bytes of a message
	MaxFields = 128       // header fields
)

// What can be wrong with a message. The texts hold nothing of the message.
var (
	ErrNotSIP     = errors.New("not a SIP message")
	ErrIncomplete = errors.New("a SIP message without Call-ID, CSeq, From, To or Via")
	ErrTooMany    = errors.New("a SIP message with too many header fields")
	ErrShortBody  = errors.New("a SIP message shorter than its Content-Length")
	ErrTooLarge   = errors.New("a SIP message over the size limit")
	ErrNoLength   = errors.New("a SIP message without a usable Content-Length")
	ErrVersion    = errors.New("a SIP message of another version than 2.0")
)

// Message is a request or a response. All slices point into what was parsed (a
// folded field: into a copy) and are valid only as long as that is. The zero
// Message can be parsed into, again and again: then nothing is allocated.
type Message struct {
	// Method and URI are a request's (RFC 3261 §7.1); Method is as written,
	// methods differ by case.
	Method, URI []byte
	// Status and Phrase are a response's (§7.2). Status is 0 for a request.
	Status int
	Phrase []byte

	// The fields of nearly every message, whole values without the blanks
	// around them; nil where absent.
	From, To, CallID []byte
	// CSeq and CSeqMethod are the field CSeq.
	CSeq       uint32
	CSeqMethod []byte
	// Event and SubscriptionState are of NOTIFY (RFC 6665 §8.2).
	Event, SubscriptionState []byte
	ContentType              []byte
	// ContentLength is -1 if absent.
	ContentLength int
	// Body is as long as Content-Length says, else all that follows.
	Body []byte

	fields []field
	err    error // the first thing that was wrong
}

// field is one header field that we know.
type field struct {
	header Header
	value  []byte
}

// IsRequest tells requests from responses.
func (m *Message) IsRequest() bool { return m.Status == 0 }

// Parse reads a whole message. After an error m holds what could be read all
// the same, so that a request may be refused: see Answerable.
func (m *Message) Parse(data []byte) error {
	*m = Message{ContentLength: -1, fields: m.fields[:0]}
	if len(data) > MaxSize {
		return ErrTooLarge
	}
	line, rest, ok := cutLine(data)
	if !ok {
		return ErrNotSIP
	}
	if err := m.startLine(line); err != nil {
		return err
	}
	rest, err := m.headers(rest)
	if err != nil {
		return err
	}
	if m.CallID == nil || m.CSeqMethod == nil || m.From == nil || m.To == nil || m.Via() == nil {
		m.fail(ErrIncomplete)
	}
	switch {
	case m.ContentLength < 0:
		m.Body = rest
	case m.ContentLength > MaxSize:
		m.fail(ErrTooLarge)
	case m.ContentLength > len(rest):
		m.fail(ErrShortBody)
	default:
		m.Body = rest[:m.ContentLength]
	}
	return m.err
}

// fail remembers the first error; reading goes on.
func (m *Message) fail(err error) {
	if m.err == nil {
		m.err = err
	}
}

// Answerable tells whether an answer to what was read could find its way: it is
// a request other than ACK (RFC 3261 §17), and says whom it came through.
func (m *Message) Answerable() bool {
	return m.IsRequest() && len(m.Method) > 0 && string(m.Method) != "ACK" && m.Via() != nil
}

// startLine reads the request line or the status line. Blanks behind it harm
// nobody.
func (m *Message) startLine(line []byte) error {
	line = bytes.TrimRight(line, " \t")
	if status, ok := bytes.CutPrefix(line, []byte("SIP/2.0 ")); ok {
		return m.statusLine(status)
	}
	method, uri, ok := bytes.Cut(line, []byte{' '})
	if !ok || len(method) == 0 {
		return ErrNotSIP
	}
	end := bytes.LastIndex(uri, []byte(" SIP/"))
	if end < 0 {
		return ErrNotSIP
	}
	if string(uri[end:]) != " SIP/2.0" {
		m.fail(ErrVersion)
	}
	m.Method, m.URI = method, uri[:end]
	return nil
}

func (m *Message) statusLine(line []byte) error {
	code, phrase, _ := bytes.Cut(line, []byte{' '})
	n, err := strconv.ParseUint(string(code), 10, 10)
	if err != nil || n < 100 || n > 699 {
		return ErrNotSIP
	}
	m.Status, m.Phrase = int(n), phrase
	return nil
}

// headers scans the header fields and returns what follows the empty line.
func (m *Message) headers(rest []byte) ([]byte, error) {
	for range MaxFields {
		line, after, ok := cutLine(rest)
		if !ok {
			return nil, ErrNotSIP
		}
		if len(line) == 0 {
			return after, nil
		}
		rest = after
		if len(rest) > 0 && (rest[0] == ' ' || rest[0] == '\t') {
			if line, rest, ok = unfold(line, rest); !ok {
				return nil, ErrNotSIP
			}
		}
		m.header(line)
	}
	return nil, ErrTooMany
}

// unfold puts a field of several lines on one (RFC 3261 §7.3.1).
func unfold(line, rest []byte) (whole, after []byte, ok bool) {
	whole = bytes.Clone(line)
	for len(rest) > 0 && (rest[0] == ' ' || rest[0] == '\t') {
		more, after, ok := cutLine(rest)
		if !ok {
			return nil, nil, false
		}
		whole = append(append(whole, ' '), bytes.TrimSpace(more)...)
		rest = after
	}
	return whole, rest, true
}

// header keeps one header field if we know it. Of a field that may be there
// only once the first counts.
func (m *Message) header(line []byte) {
	name, value, ok := bytes.Cut(line, []byte{':'})
	if !ok {
		return // not ours to complain about
	}
	h := headerOf(bytes.TrimSpace(name))
	if h == unknown {
		return
	}
	value = bytes.TrimSpace(value)
	m.fields = append(m.fields, field{h, value})
	switch h {
	case From:
		first(&m.From, value)
	case To:
		first(&m.To, value)
	case CallID:
		first(&m.CallID, value)
	case CSeq:
		m.sequence(value)
	case Event:
		first(&m.Event, value)
	case SubscriptionState:
		first(&m.SubscriptionState, value)
	case ContentType:
		first(&m.ContentType, value)
	case ContentLength:
		n, err := parseLength(value)
		if err != nil || m.ContentLength >= 0 && m.ContentLength != n {
			m.fail(ErrNoLength)
			return
		}
		m.ContentLength = n
	default: // kept in fields
	}
}

func first(field *[]byte, value []byte) {
	if *field == nil {
		*field = value
	}
}

// parseLength reads a Content-Length, of at most a million bytes.
func parseLength(value []byte) (int, error) {
	n, err := strconv.ParseUint(string(value), 10, 20)
	if err != nil {
		return 0, ErrNoLength
	}
	return int(n), nil
}

// sequence reads a CSeq.
func (m *Message) sequence(value []byte) {
	if m.CSeqMethod != nil {
		return
	}
	end := bytes.IndexAny(value, " \t")
	if end < 0 {
		return // ErrIncomplete
	}
	n, err := strconv.ParseUint(string(value[:end]), 10, 32)
	if err != nil {
		return
	}
	m.CSeq, m.CSeqMethod = uint32(n), bytes.TrimSpace(value[end:])
}

func cutLine(data []byte) (line, rest []byte, ok bool) {
	i := bytes.IndexByte(data, '\n')
	if i < 0 {
		return nil, nil, false
	}
	return bytes.TrimSuffix(data[:i], []byte{'\r'}), data[i+1:], true
}
