package main

import (
	"bytes"
	"strconv"
	"sync/atomic"
	"time"
)

// maxNumbers is how many numbers there are: six digits behind one that is kept
// free for fiction. The digits are the number of the call, so that a frame tells
// which call it is about.
const maxNumbers = 1_000_000

const numberPrefix = "+493023125"

// numberOf is the caller of the n-th call.
func numberOf(n int) string {
	d := strconv.Itoa(n)
	return numberPrefix + "000000"[len(d):] + d
}

// ledger knows when each call was rung and when its frame was read. Calls are
// told apart by their number, which comes round after maxNumbers.
type ledger struct {
	numbers int
	began   []atomic.Int64 // nanoseconds; 0: not ringing or read already
	agent   []atomic.Int32
	counted []atomic.Bool // rung while measuring
	took    chan time.Duration
	wrong   atomic.Int64
	// unmatched counts first frames without a match.
	unmatched atomic.Int64
	start     time.Time
}

func newLedger(numbers, calls int) *ledger {
	return &ledger{
		numbers: numbers, began: make([]atomic.Int64, numbers), agent: make([]atomic.Int32, numbers),
		counted: make([]atomic.Bool, numbers), took: make(chan time.Duration, calls+1), start: time.Now(),
	}
}

// ring notes that call n rings at an agent from now on.
func (l *ledger) ring(n, agent int, counted bool) {
	i := n % l.numbers
	l.agent[i].Store(int32(agent)) //nolint:gosec // a few thousand agents
	l.counted[i].Store(counted)
	l.began[i].Store(int64(time.Since(l.start)))
}

var (
	ringing = []byte(`"state":"ringing"`)
	matched = []byte(`"matches":[{`)
	prefix  = []byte(`"number":"` + numberPrefix)
)

// read takes a frame that an agent's browser got.
func (l *ledger) read(agent int, frame []byte) {
	now := int64(time.Since(l.start))
	if !bytes.Contains(frame, ringing) {
		return
	}
	at := bytes.Index(frame, prefix)
	if at < 0 || len(frame) < at+len(prefix)+6 {
		return
	}
	i := 0
	for _, c := range frame[at+len(prefix) : at+len(prefix)+6] {
		i = 10*i + int(c-'0')
	}
	if i < 0 || i >= l.numbers {
		return
	}
	if int(l.agent[i].Load()) != agent {
		l.wrong.Add(1)
		return
	}
	began := l.began[i].Swap(0)
	if began == 0 || !l.counted[i].Load() {
		return
	}
	if !bytes.Contains(frame, matched) {
		l.unmatched.Add(1)
	}
	l.took <- time.Duration(now - began)
}

// all are the times of the calls read so far.
func (l *ledger) all() []time.Duration {
	out := make([]time.Duration, 0, len(l.took))
	for {
		select {
		case d := <-l.took:
			out = append(out, d)
		default:
			return out
		}
	}
}
