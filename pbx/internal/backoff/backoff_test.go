package backoff_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ctibridge/ctibridge/pbx/internal/backoff"
)

func TestSleep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		if !backoff.Sleep(t.Context(), time.Minute) || time.Since(began) != time.Minute {
			t.Errorf("slept for %v", time.Since(began))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if backoff.Sleep(ctx, time.Minute) || time.Since(began) != time.Minute+time.Second {
			t.Errorf("slept on after the end, for %v in all", time.Since(began))
		}
	})
}

func TestJitter(t *testing.T) {
	for _, d := range []time.Duration{0, 1, time.Second, time.Hour} {
		for range 1000 {
			if got := backoff.Jitter(d); got < d*3/4 || got > d*5/4+1 {
				t.Fatalf("%v became %v", d, got)
			}
		}
	}
}
