package ecma323

import (
	"bytes"
	"errors"
	"io"
)

// ErrLostSync says that the peer sends so much that is no frame that its
// connection is of no use any more.
var ErrLostSync = errors.New("csta: the PBX's messages cannot be told apart any more: too many wrong lengths in its frames")

const (
	maxSkipped = 128 << 10 // bytes without a frame
	maxResyncs = 16        // wrong frames, each forgiven by forgiveAfter good ones
	forgive    = 64
)

// FrameStats counts what a Reader met.
type FrameStats struct {
	// Frames were read, header and body.
	Frames uint64
	// Repaired of them had a wrong length, but the message could be saved.
	Repaired uint64
	// Resyncs is how often bytes had to be skipped to find the next header,
	// Skipped how many bytes.
	Resyncs, Skipped uint64
}

// Reader takes frames off a stream. A message ends where its root element ends;
// the length in the header only says where to look. That saves the messages of
// switches that count characters instead of bytes, so that every umlaut makes
// the length one too short.
type Reader struct {
	r          io.Reader
	buf        []byte
	begin, end int // what of buf is not yet used
	stats      FrameStats
	debt       int // resyncs not yet forgiven
	good       int // frames since the last one was forgiven
	skipped    int // bytes since the last frame
	err        error
}

// NewReader reads frames from r, which it buffers.
func NewReader(r io.Reader) *Reader {
	return &Reader{r: r, buf: make([]byte, 8<<10)}
}

// Stats tells what was met so far.
func (r *Reader) Stats() FrameStats { return r.stats }

// Next returns the next frame, whose body is valid until the next call. Errors
// are those of the stream, *ProtocolError for a peer that speaks something else,
// and ErrLostSync; none of them goes away.
func (r *Reader) Next() (Frame, error) {
	for {
		if err := r.need(headerSize); err != nil {
			return Frame{}, r.alien(err)
		}
		id, size, ok := header(r.unread())
		if !ok {
			if err := r.resync(); err != nil {
				return Frame{}, err
			}
			continue
		}
		body, err := r.body(size)
		if err != nil {
			return Frame{}, err
		}
		r.frameDone()
		if len(body) > 0 { // a header alone only keeps the connection alive
			return Frame{InvokeID: id, Body: body}, nil
		}
	}
}

func (r *Reader) unread() []byte { return r.buf[r.begin:r.end] }

// need waits until n bytes are there, leaving out blanks before them.
func (r *Reader) need(n int) error {
	for {
		for r.begin < r.end && isSpace(r.buf[r.begin]) {
			r.begin++
		}
		if r.end-r.begin >= n {
			return nil
		}
		if r.stats.Frames == 0 && r.begin < r.end && r.buf[r.begin] != 0 {
			if err := recognise(r.unread()); err != nil {
				return err // a TLS alert has seven bytes only
			}
		}
		if err := r.fill(); err != nil {
			return err
		}
	}
}

// fill reads once more. The buffer grows up to one frame and what may follow it.
func (r *Reader) fill() error {
	if r.err != nil {
		return r.err
	}
	if r.begin > 0 {
		r.end = copy(r.buf, r.buf[r.begin:r.end])
		r.begin = 0
	}
	if r.end == len(r.buf) {
		if len(r.buf) > 2*MaxFrame {
			return ErrLostSync
		}
		r.buf = append(r.buf, make([]byte, len(r.buf))...)
	}
	n, err := r.r.Read(r.buf[r.end:])
	r.end += n
	if n > 0 {
		err = nil // comes again
	}
	if err != nil {
		r.err = err
	}
	return err
}

// body returns the message behind the header at begin and moves behind it.
func (r *Reader) body(size int) ([]byte, error) {
	for {
		have := r.unread()
		if len(have) >= size {
			return r.fitting(size)
		}
		if n := len(have) - headerSize; closed(have[headerSize:]) {
			// It is all there though the length says that more comes. What is
			// only late, such as a line break, is left out before the next one.
			r.stats.Repaired++
			return r.take(n), nil
		}
		if err := r.fill(); err != nil {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return nil, err
		}
	}
}

// take returns n bytes behind the header and moves behind them.
func (r *Reader) take(n int) []byte {
	body := r.buf[r.begin+headerSize : r.begin+headerSize+n]
	r.begin += headerSize + n
	return body
}

// fitting returns a message of which as many bytes are there as its length
// says. If the message is longer, it goes on to its end; if it is shorter and
// another one begins within, it is cut.
func (r *Reader) fitting(size int) ([]byte, error) {
	have := r.unread()
	body := have[headerSize:size]
	if !looksLikeXML(body) || closed(body) {
		return r.take(size - headerSize), nil
	}
	if n := wholeMessage(body); n > 0 {
		if _, _, ok := header(bytes.TrimLeft(have[headerSize+n:], " \t\r\n")); ok {
			r.stats.Repaired++
			return r.take(n), nil
		}
		return r.take(size - headerSize), nil // a comment or nonsense after the root
	}
	return r.longer(size)
}

// longer looks for the end of a message beyond its length: where its root
// element ends, or where the next header stands.
func (r *Reader) longer(size int) ([]byte, error) {
	for {
		have := r.unread()
		next := nextHeader(have, size)
		limit := len(have)
		if next >= 0 {
			limit = next
		}
		if n := wholeMessage(have[headerSize:limit]); n > 0 {
			r.stats.Repaired++
			return r.take(n), nil
		}
		if next >= 0 || len(have) >= MaxFrame {
			return r.take(size - headerSize), nil // it is broken off
		}
		if err := r.fill(); err != nil {
			return r.take(size - headerSize), nil //nolint:nilerr // the error stays and comes with the next call
		}
	}
}

func (r *Reader) frameDone() {
	r.stats.Frames++
	r.skipped = 0
	if r.good++; r.good >= forgive {
		r.good = 0
		r.debt = max(r.debt-1, 0)
	}
}

// resync moves to the next header.
func (r *Reader) resync() error {
	if r.stats.Frames == 0 {
		if err := recognise(r.unread()); err != nil {
			return err
		}
	}
	if r.debt++; r.debt > maxResyncs {
		return ErrLostSync
	}
	r.stats.Resyncs++
	for {
		have := r.unread()
		if next := nextHeader(have, 0); next >= 0 {
			return r.skip(next)
		}
		keep := min(len(have), 2*headerSize) // a header may have begun, and blanks after it
		if err := r.skip(len(have) - keep); err != nil {
			return err
		}
		if err := r.fill(); err != nil {
			return err
		}
	}
}

func (r *Reader) skip(n int) error {
	r.begin += n
	r.skipped += n
	r.stats.Skipped += uint64(n)
	if r.skipped > maxSkipped {
		return ErrLostSync
	}
	return nil
}

// nextHeader finds a header with a document behind it at or after from, else -1.
func nextHeader(b []byte, from int) int {
	for i := from; i+headerSize < len(b); i++ {
		zero := bytes.IndexByte(b[i:len(b)-headerSize], 0)
		if zero < 0 {
			return -1
		}
		i += zero
		if _, _, ok := header(b[i:]); ok && looksLikeXML(b[i+headerSize:]) {
			return i
		}
	}
	return -1
}

var bom = []byte("\xef\xbb\xbf")

func looksLikeXML(b []byte) bool {
	b = bytes.TrimLeft(bytes.TrimPrefix(b, bom), " \t\r\n")
	return len(b) > 0 && b[0] == '<'
}
