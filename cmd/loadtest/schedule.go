package main

import (
	"context"
	"time"
)

// When a call's messages follow the first one.
const (
	confirmAfter   = 300 * time.Millisecond
	terminateAfter = 600 * time.Millisecond
	// lostAfter is how long after the end a frame may still come.
	lostAfter = 2 * time.Second
)

// stage is a message of a call.
type stage uint8

const (
	early stage = iota
	confirmed
	terminated
)

// teller tells the bridge of a stage of the n-th call at an agent's telephone.
// One goroutine calls it.
type teller interface {
	tell(agent, n int, s stage)
}

// playCalls rings at a steady rate for a time and returns how many calls it
// rang and how many messages that took. Agents take turns.
func playCalls(ctx context.Context, o *options, first int, tell teller, l *ledger, during time.Duration, counted bool) (calls, messages int) {
	gap := time.Duration(float64(time.Second) / o.Rate)
	begin := time.Now()
	var toConfirm, toTerminate int // next call of each queue
	for {
		now := time.Since(begin)
		if next := time.Duration(calls) * gap; next < during && next <= now {
			n := first + calls
			l.ring(n, n%o.Agents, counted)
			tell.tell(n%o.Agents, n, early)
			calls++
			messages++
			continue
		}
		switch {
		case toConfirm < calls && time.Duration(toConfirm)*gap+confirmAfter <= now:
			tell.tell((first+toConfirm)%o.Agents, first+toConfirm, confirmed)
			toConfirm++
			messages++
		case toTerminate < toConfirm && time.Duration(toTerminate)*gap+terminateAfter <= now:
			tell.tell((first+toTerminate)%o.Agents, first+toTerminate, terminated)
			toTerminate++
			messages++
		case toTerminate == calls && time.Duration(calls)*gap >= during, ctx.Err() != nil:
			return calls, messages
		default:
			time.Sleep(min(gap, 200*time.Microsecond))
		}
	}
}
