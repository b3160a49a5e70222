package bridge

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

type deadlineKey struct{}

// A deadline ends as a context of context.WithTimeout does, and at the same time.
func TestDeadlineEndsAsWithTimeout(t *testing.T) {
	for name, c := range map[string]struct {
		parent time.Duration // after which the parent is cancelled, 0 never
		stop   time.Duration // after which it is stopped, 0 never
		until  time.Duration // of the parent's own deadline, 0 none
		after  time.Duration
		err    error
	}{
		"by time":                  {after: 20 * time.Millisecond, err: context.DeadlineExceeded},
		"with the parent":          {parent: 5 * time.Millisecond, after: 5 * time.Millisecond, err: context.Canceled},
		"stopped":                  {stop: 7 * time.Millisecond, after: 7 * time.Millisecond, err: context.Canceled},
		"by the parent's deadline": {until: 3 * time.Millisecond, after: 3 * time.Millisecond, err: context.DeadlineExceeded},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				parent, cancel := context.WithCancel(context.WithValue(t.Context(), deadlineKey{}, "kept"))
				defer cancel()
				if c.until > 0 {
					parent, cancel = context.WithTimeout(parent, c.until)
					defer cancel()
				}
				d := newDeadline(parent, 20*time.Millisecond)
				defer d.stop()
				if c.parent > 0 {
					time.AfterFunc(c.parent, cancel)
				}
				if c.stop > 0 {
					time.AfterFunc(c.stop, d.stop)
				}
				began := time.Now()
				at, ok := d.Deadline()
				made, stop := context.WithCancel(d)
				defer stop()
				<-made.Done()
				if took := time.Since(began); took != c.after || !errors.Is(d.Err(), c.err) || !errors.Is(context.Cause(d), c.err) || !errors.Is(made.Err(), c.err) {
					t.Errorf("ended after %s with %v, %v, %v; want %s, %v", took, d.Err(), context.Cause(d), made.Err(), c.after, c.err)
				}
				want := 20 * time.Millisecond
				if c.until > 0 {
					want = c.until
				}
				if !ok || at.Sub(began) != want || d.Value(deadlineKey{}) != "kept" {
					t.Errorf("deadline %s, %t, value %v", at.Sub(began), ok, d.Value(deadlineKey{}))
				}
			})
		})
	}
}

// Who asks after the end is told of it.
func TestDeadlineAskedTooLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stopped, over := newDeadline(t.Context(), time.Second), newDeadline(t.Context(), time.Second)
		defer over.stop()
		stopped.stop()
		time.Sleep(time.Second)
		<-stopped.Done()
		<-over.Done()
		if !errors.Is(stopped.Err(), context.Canceled) && !errors.Is(stopped.Err(), context.DeadlineExceeded) || !errors.Is(over.Err(), context.DeadlineExceeded) {
			t.Errorf("stopped: %v, over: %v", stopped.Err(), over.Err())
		}
	})
}

// While nobody waits there is no timer, and no memory but its own.
func TestDeadlineThatNobodyAwaitsIsFree(t *testing.T) {
	if n := testing.AllocsPerRun(100, func() {
		d := newDeadline(t.Context(), time.Second)
		_, _ = d.Deadline()
		_ = d.Value(deadlineKey{})
		d.stop()
		if d.set != nil {
			t.Fatal("a timer was set")
		}
	}); n > 1 {
		t.Errorf("%v allocations", n)
	}
}
