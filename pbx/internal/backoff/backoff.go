// Package backoff is how links wait: not all together, and no longer than they live.
package backoff

import (
	"context"
	"math/rand/v2"
	"time"
)

// Sleep waits and reports that ctx has not ended meanwhile.
func Sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// Jitter is d, a quarter more or less, so that many do not come back together.
func Jitter(d time.Duration) time.Duration {
	return d*3/4 + rand.N(d/2+1)
}
