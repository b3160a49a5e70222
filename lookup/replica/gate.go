package replica

import "context"

// gate lets one in at a time. Unlike a mutex, it is left alone by who has given up
// waiting.
type gate chan struct{}

func newGate() gate { return make(gate, 1) }

// enter waits for its turn; false once ctx has ended.
func (g gate) enter(ctx context.Context) bool {
	select {
	case g <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

// try enters if nobody is in.
func (g gate) try() bool {
	select {
	case g <- struct{}{}:
		return true
	default:
		return false
	}
}

func (g gate) leave() { <-g }
