package transport

import (
	"bytes"

	"github.com/ctibridge/ctibridge/pbx/sip/message"
)

// Sizes of a stream's buffer, and how much of what cannot be understood is kept
// in case that a message begins in it.
const (
	bufferSize = 64 << 10
	tailSize   = 4 << 10
)

// framer cuts a stream into messages. It looks at Content-Length and at nothing
// else (RFC 3261 §18.3), so that one bad header field costs a message and not
// the connection of all agents. Where even that is of no use it goes on at the
// next line that begins a message.
type framer struct {
	buf        []byte
	begin, end int  // what is read and not yet handled
	scanned    int  // up to where no end of a head was found
	skip       int  // bytes to leave out: the body of a message that is too large
	lost       bool // nobody knows where the next message begins
	pinged     bool // a double line end came (RFC 5626 §3.5.1)
}

// next returns the next message, valid until space is called; nil if more has to
// be read. Of a message that is too large, or does not tell its length, it is the
// head; of a head that is too large, as much as shows that.
func (f *framer) next() []byte {
	n := min(f.skip, f.end-f.begin)
	f.begin, f.skip = f.begin+n, f.skip-n
	if f.lost && !f.find() {
		return nil
	}
	f.lineEnds()
	head := f.head()
	switch {
	case head == 0 && f.end-f.begin <= message.MaxSize:
		return nil
	case head == 0: // what follows may begin in its last lines
		data := f.buf[f.begin : f.begin+message.MaxSize+1]
		f.begin, f.lost = f.begin+len(data)-tailSize, true
		return data
	}
	data := f.buf[f.begin:f.end]
	length, err := message.BodyLength(data[:head])
	switch {
	case err != nil:
		f.lost, length = true, 0
	case head+length > message.MaxSize:
		f.skip, length = length, 0
	case head+length > len(data):
		f.scanned = f.begin // the head is whole, its body is not
		return nil
	}
	f.begin += head + length
	return data[:head+length]
}

// begun tells whether a message has begun that is not whole yet. Line ends and
// what nobody can make sense of are none.
func (f *framer) begun() bool {
	return f.skip > 0 || !f.lost && f.begin < f.end && f.buf[f.begin] != '\r' && f.buf[f.begin] != '\n'
}

// rest is what came of a message that is not whole.
func (f *framer) rest() []byte { return f.buf[f.begin:f.end] }

// head is the length of the head at begin, 0 if it is not complete.
func (f *framer) head() int {
	const mark = "\r\n\r\n"
	from := max(f.begin, f.scanned-len(mark)+1)
	at := bytes.Index(f.buf[from:f.end], []byte(mark))
	if at < 0 {
		f.scanned = f.end
		return 0
	}
	return from - f.begin + at + len(mark)
}

// lineEnds leaves out the line ends in front of a message. A single one at the
// end of what was read may be half a ping, and stays.
func (f *framer) lineEnds() {
	n := f.begin
	for n < f.end && (f.buf[n] == '\r' || f.buf[n] == '\n') {
		n++
	}
	if n-f.begin >= 4 {
		f.pinged = true
	} else if n == f.end {
		return
	}
	f.begin = n
}

// find goes to the next start line. Without one all but the tail is dropped.
func (f *framer) find() bool {
	data := f.buf[f.begin:f.end]
	if at := startLine(data); at >= 0 {
		f.begin, f.lost = f.begin+at, false
		return true
	}
	f.begin = max(f.begin, f.end-tailSize)
	return false
}

// startLine finds where a message may begin (RFC 3261 §7.1, §7.2), -1 if nowhere.
func startLine(data []byte) int {
	const version = "SIP/2.0"
	for from := 0; ; {
		at := bytes.Index(data[from:], []byte(version))
		if at < 0 {
			return -1
		}
		at += from
		from = at + len(version)
		rest := data[from:]
		switch {
		case len(rest) >= 5 && rest[0] == ' ' && isDigit(rest[1]) && isDigit(rest[2]) && isDigit(rest[3]) && rest[4] == ' ':
			return at
		case bytes.HasPrefix(rest, []byte("\r\n")):
			if begin := requestLine(data[:at]); begin >= 0 {
				return begin
			}
		}
	}
}

// requestLine finds the method in front of a URI that ends with line, which ends
// where the version begins; -1 if there is none.
func requestLine(line []byte) int {
	uri, ok := bytes.CutSuffix(line, []byte{' '})
	if !ok {
		return -1
	}
	uri = uri[max(0, len(uri)-tailSize):]
	cut := len(line) - 1 - len(uri)
	blank := bytes.LastIndexAny(uri, " \r\n\t")
	if blank < 1 || uri[blank] != ' ' || blank == len(uri)-1 {
		return -1
	}
	begin := blank
	for begin > 0 && uri[begin-1] >= 'A' && uri[begin-1] <= 'Z' {
		begin--
	}
	if begin == blank {
		return -1
	}
	return cut + begin
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// space is where the next bytes are to be read to.
func (f *framer) space() []byte {
	if f.begin > 0 {
		f.scanned = max(0, f.scanned-f.begin)
		f.end = copy(f.buf, f.buf[f.begin:f.end])
		f.begin = 0
	}
	if f.end == len(f.buf) {
		f.buf = append(f.buf, make([]byte, max(bufferSize, len(f.buf)))...)
	}
	return f.buf[f.end:]
}

// add takes n bytes that were read into space.
func (f *framer) add(n int) { f.end += n }

// takePong takes a single line end off that stands alone: all that was read, and
// the last n bytes of it.
func (f *framer) takePong(n int) bool {
	if n != 2 || f.end-f.begin != 2 || f.buf[f.begin] != '\r' || f.buf[f.begin+1] != '\n' {
		return false
	}
	f.begin = f.end
	return true
}
