package transport

import (
	"bytes"

	"github.com/ctibridge/ctibridge/pbx/sip/message"
)

// frame tells the length of the first whole message in buf, 0 if it is not
// complete yet. It looks at Content-Length and at nothing else (RFC 3261 §18.3),
// so that one bad header field costs a message and not the connection of all
// agents.
func frame(buf []byte) (int, error) {
	head := bytes.Index(buf, []byte("\r\n\r\n"))
	if head < 0 {
		if len(buf) > message.MaxSize {
			return 0, message.ErrTooLarge
		}
		return 0, nil
	}
	head += 4
	length, err := message.BodyLength(buf[:head])
	if err != nil {
		return 0, err
	}
	switch {
	case head+length > message.MaxSize:
		return 0, message.ErrTooLarge
	case head+length > len(buf):
		return 0, nil
	}
	return head + length, nil
}
