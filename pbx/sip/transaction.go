package sip

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"github.com/ctibridge/ctibridge/pbx/sip/message"
)

// Timers of client transactions (RFC 3261 §17.1).
const (
	timerT1 = 500 * time.Millisecond
	timerT2 = 4 * time.Second
	timerF  = 64 * timerT1
)

var (
	errTimeout  = errors.New("no answer from the PBX")
	errWireDown = errors.New("the connection to the PBX broke")
)

// transactions are the requests that wait for an answer, by the branch of their
// Via. They run in the goroutine that asked: no goroutine or timer of their own,
// nothing that lives on after the final answer (a switch that repeats an answer
// to a finished SUBSCRIBE is not heard, as RFC 3261 §17.1.2 allows).
type transactions struct {
	parser *gosip.Parser
	mu     sync.Mutex
	open   map[string]chan *gosip.Response
}

func newTransactions() *transactions {
	return &transactions{parser: newParser(), open: map[string]chan *gosip.Response{}}
}

// newParser makes a parser that looks into the header fields we use and takes
// all others as text: a switch's odd Via or Contact elsewhere is not our loss.
func newParser() *gosip.Parser {
	all := gosip.DefaultHeadersParser()
	used := map[string]gosip.HeaderParser{}
	for _, name := range []string{
		"v", "via", "f", "from", "t", "to", "i", "call-id", "cseq", "m", "contact",
		"record-route", "l", "content-length",
	} {
		used[name] = all[name]
	}
	return gosip.NewParser(gosip.WithHeadersParsers(used))
}

// deliver gives a response to whom it belongs. It returns the response where
// none waits for it.
func (t *transactions) deliver(data []byte) (unclaimed *gosip.Response, err error) {
	msg, err := t.parser.ParseSIP(data)
	if err != nil {
		return nil, message.ErrNotSIP // sipgo's error holds the message's text
	}
	res, ok := msg.(*gosip.Response)
	if !ok || res.Via() == nil || res.CSeq() == nil {
		return nil, message.ErrNotSIP
	}
	t.mu.Lock()
	ch := t.open[transactionKey(res.Via(), res.CSeq())]
	t.mu.Unlock()
	if ch == nil {
		return res, errUnanswered
	}
	select {
	case ch <- res:
	default: // more provisional answers than anybody reads
	}
	return nil, nil
}

func transactionKey(via *gosip.ViaHeader, cseq *gosip.CSeqHeader) string {
	branch, _ := via.Params.Get("branch")
	return branch + " " + string(cseq.MethodName)
}

// begin registers a request whose answers come through the channel until end.
func (t *transactions) begin(req *gosip.Request) (answers <-chan *gosip.Response, end func()) {
	ch := make(chan *gosip.Response, 16)
	key := transactionKey(req.Via(), req.CSeq())
	t.mu.Lock()
	t.open[key] = ch
	t.mu.Unlock()
	return ch, func() {
		t.mu.Lock()
		delete(t.open, key)
		t.mu.Unlock()
	}
}

// exchange sends a request other than INVITE and waits for the final answer, at
// most timeout.
func (s *session) exchange(ctx context.Context, req *gosip.Request, to netip.AddrPort, timeout time.Duration) (*gosip.Response, error) {
	answers, end := s.tx.begin(req)
	defer end()
	data := []byte(req.String())
	if err := s.wire.send(data, to); err != nil {
		return nil, fmt.Errorf("%w: %w", errWireDown, err)
	}
	deadline := time.NewTimer(timeout)
	defer deadline.Stop()
	repeat, stop := s.retransmission(timerT1)
	defer stop()
	interval := timerT1
	for {
		select {
		case res := <-answers:
			if !res.IsProvisional() {
				return res, nil
			}
			interval = timerT2 // RFC 3261 §17.1.2.2
		case <-repeat.C:
			_ = s.wire.send(data, to) // a lost repetition is one more lost packet
			interval = min(2*interval, timerT2)
			repeat.Reset(interval)
		case <-deadline.C:
			return nil, errTimeout
		case <-s.wire.done:
			return nil, errWireDown
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// retransmission is timer A or E: over a stream it never fires.
func (s *session) retransmission(interval time.Duration) (timer *time.Timer, stop func() bool) {
	timer = time.NewTimer(interval)
	if s.wire.udp == nil {
		timer.Stop()
	}
	return timer, timer.Stop
}

// status is a response's code and reason as a person may read it; the reason is
// the switch's text, cut and without control characters.
func status(res *gosip.Response) string {
	reason := strings.Map(func(r rune) rune {
		if r < 0x20 || r == 0x7f {
			return -1
		}
		return r
	}, res.Reason)
	if len(reason) > 64 {
		reason = reason[:64]
	}
	return strings.TrimSpace(fmt.Sprintf("%d %s", res.StatusCode, strings.ToValidUTF8(reason, "")))
}
