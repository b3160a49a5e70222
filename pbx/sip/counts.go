package sip

import (
	"errors"
	"sync/atomic"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/sip/message"
)

// fate is what became of a message: it made events, or why it did not. Each
// message that is read has one. Line ends that keep a connection open (RFC 5626
// §3.5.1) are no messages.
type fate uint8

const (
	fateBroken     fate = iota // it broke the reader: what is left when nothing else was noted
	fateEffective              // it made events
	fateMalformed              // it, or its body, cannot be read
	fateTooLarge               // over message.MaxSize
	fateUnknown                // NOTIFY of no subscription of ours
	fateDuplicate              // NOTIFY that was read before
	fateOld                    // NOTIFY that a newer one has overtaken
	fateNothingNew             // NOTIFY that tells what was known
	fateEnded                  // NOTIFY that ends a subscription
	fateOwnCall                // of a call that we place: what it tells becomes an event elsewhere
	fateAnswer                 // answer to a request of ours
	fateUnanswered             // answer to nothing of ours
	fateKeepAlive              // OPTIONS
	fateNotForUs               // request of another kind, or from a stranger
	fateAfterwards             // NOTIFY after the connection was given up: the switch repeats it
	fates
)

// fateNames are the reasons in Status and metrics.
var fateNames = [fates]string{
	"broke the reader", "", "malformed", "too large", "unknown subscription", "duplicate", "old", "nothing new", "subscription ended",
	"own call", "answer", "unanswered response", "keep-alive", "not for us",
	"after the end of the connection",
}

// counts counts messages by their fate. Counting takes no lock and no memory.
type counts [fates]atomic.Uint64

func (c *counts) add(f fate) { c[f].Add(1) }

// into writes the counts into a status. Messages is their sum, so that a message
// that is read meanwhile contradicts nothing.
func (c *counts) into(st *pbx.Status) {
	for f := range c {
		n := c[f].Load()
		st.Messages += n
		switch {
		case fate(f) == fateEffective:
			st.Effective = n
		case n > 0:
			st.Drops = append(st.Drops, pbx.Drop{Reason: fateNames[f], Count: n})
		}
	}
}

// fateOf is the fate of a message that cannot be read.
func fateOf(err error) fate {
	switch {
	case errors.Is(err, message.ErrTooLarge):
		return fateTooLarge
	case errors.Is(err, message.ErrScheme), errors.Is(err, message.ErrExtension):
		return fateNotForUs
	}
	return fateMalformed
}
