package ecma323

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Sizes of a frame (ECMA-323 Annex J.2; Annex G.2 in edition 3).
const (
	headerSize = 8
	// MaxFrame is the largest frame that the 16-bit length can describe, header
	// included.
	MaxFrame = 1<<16 - 1
	// MaxSend is the largest frame that AppendFrame makes: several switches
	// read the length as a signed number.
	MaxSend = 1<<15 - 1
)

// InvokeID joins a response to its request: 0 to 9999, on the wire four digits.
type InvokeID uint16

// EventInvokeID is the invoke id of every event.
const EventInvokeID InvokeID = 9999

// String is the id as on the wire.
func (id InvokeID) String() string { return fmt.Sprintf("%04d", uint16(id)) }

// ErrFrameTooLarge says that a message does not fit into a frame that every
// switch can read.
var ErrFrameTooLarge = errors.New("message of more than 32,767 bytes")

// Frame is one message as it was framed.
type Frame struct {
	InvokeID InvokeID
	// Body is the XML document. A Reader overwrites it at the next call.
	Body []byte
}

// AppendFrame appends m, framed and as edition e writes it, to dst. On error
// dst comes back as it was.
func AppendFrame(dst []byte, id InvokeID, m Message, e Edition) ([]byte, error) {
	begin := len(dst)
	out := AppendMessage(append(dst, make([]byte, headerSize)...), m, e)
	if err := setHeader(out[begin:], id); err != nil {
		return dst, fmt.Errorf("csta: %s: %w", m.Name(), err)
	}
	return out, nil
}

// AppendRawFrame appends a frame around a document that is already written.
func AppendRawFrame(dst []byte, id InvokeID, body []byte) ([]byte, error) {
	begin := len(dst)
	out := append(append(dst, make([]byte, headerSize)...), body...)
	if err := setHeader(out[begin:], id); err != nil {
		return dst, err
	}
	return out, nil
}

func setHeader(frame []byte, id InvokeID) error {
	if len(frame) > MaxSend {
		return ErrFrameTooLarge
	}
	if id > EventInvokeID {
		return fmt.Errorf("invoke id %d has more than four digits", id)
	}
	binary.BigEndian.PutUint16(frame[0:], 0) // the format: TCP without SOAP
	binary.BigEndian.PutUint16(frame[2:], uint16(len(frame)))
	for i, n := 7, id; i >= 4; i, n = i-1, n/10 {
		frame[i] = byte('0' + n%10)
	}
	return nil
}

// header reads the eight bytes before a message. It is false for what is none.
func header(b []byte) (id InvokeID, size int, ok bool) {
	if len(b) < headerSize || b[0] != 0 || b[1] != 0 {
		return 0, 0, false
	}
	size = int(binary.BigEndian.Uint16(b[2:]))
	if size < headerSize {
		return 0, 0, false
	}
	for _, c := range b[4:headerSize] {
		if c < '0' || c > '9' {
			return 0, 0, false
		}
		id = id*10 + InvokeID(c-'0')
	}
	return id, size, true
}
