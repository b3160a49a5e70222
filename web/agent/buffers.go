package agent

import (
	"io"
	"sync"
)

// Sizes of a hub's buffers.
const (
	newBuffer = 1 << 10
	// maxBuffer is how much a buffer may have grown to be lent again.
	maxBuffer = 16 << 10
)

// buffers lends memory to sessions that read or write just now, so that the many
// idle ones have none.
type buffers struct{ pool sync.Pool }

func (b *buffers) get() *[]byte {
	if buf, ok := b.pool.Get().(*[]byte); ok {
		return buf
	}
	buf := make([]byte, 0, newBuffer)
	return &buf
}

func (b *buffers) put(buf *[]byte) {
	if cap(*buf) <= maxBuffer {
		*buf = (*buf)[:0]
		b.pool.Put(buf)
	}
}

// appendAll is io.ReadAll into memory that is there.
func appendAll(b []byte, from io.Reader) ([]byte, error) {
	for {
		if len(b) == cap(b) {
			b = append(b, 0)[:len(b)]
		}
		n, err := from.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		if err == io.EOF {
			return b, nil
		}
		if err != nil {
			return b, err
		}
	}
}
