package daemon

import (
	"context"
	"sync"
)

// life is what runs until it is stopped: a link or a replica.
type life struct {
	stop context.CancelFunc
	done chan struct{} // closed when it has ended
}

func (l *life) halt() { l.stop() }

func (l *life) join() { <-l.done }

// retire removes from running what fits, stops it all at once and waits for it.
// The lock is not held while anything says farewell.
func retire[R interface {
	halt()
	join()
}](mu *sync.Mutex, running map[string]R, fits func(R) bool) {
	var out []R
	mu.Lock()
	for name, r := range running {
		if fits(r) {
			out = append(out, r)
			delete(running, name)
		}
	}
	mu.Unlock()
	for _, r := range out {
		r.halt()
	}
	for _, r := range out {
		r.join()
	}
}

// all fits everything.
func all[R any](R) bool { return true }
