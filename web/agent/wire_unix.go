//go:build unix

package agent

import (
	"os"
	"syscall"
)

// offerTo lets the socket take what it can at once; Go's sockets never block. It
// reports true: it is not to be asked again.
func (w *wire) offerTo(fd uintptr) bool {
	w.err = nil
	for len(w.rest) > 0 {
		n, err := syscall.Write(int(fd), w.rest)
		switch err {
		case nil:
			w.rest = w.rest[n:]
		case syscall.EINTR:
		case syscall.EAGAIN:
			return true
		default:
			w.err = os.NewSyscallError("write", err)
			return true
		}
	}
	return true
}
