package transport

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"github.com/ctibridge/ctibridge/pbx/sip/message"
)

// Timers of client transactions (RFC 3261 §17.1).
const (
	TimerT1 = 500 * time.Millisecond
	TimerT2 = 4 * time.Second
	TimerF  = 64 * TimerT1
)

// stallGrace is how long an answer may lie unread after a Handler that waited has
// returned, behind what came before it.
const stallGrace = time.Second

// Errors of requests that callers tell apart, and of responses that are nobody's.
var (
	ErrTimeout     = errors.New("no answer from the PBX")
	ErrDown        = errors.New("the connection to the PBX broke")
	ErrUnsolicited = errors.New("a SIP response that answers nothing of ours")
)

// Transactions are the requests that wait for an answer, by the branch of their
// Via. They run in the goroutine that asked: no goroutine or timer of their own,
// nothing that lives on after the final answer (a switch that repeats an answer
// to a finished SUBSCRIBE is not heard, as RFC 3261 §17.1.2 allows).
type Transactions struct {
	layer  *Layer
	parser *gosip.Parser // of the header fields that we use
	plain  *gosip.Parser // of those only that say whose answer it is
	mu     sync.Mutex
	open   map[string]chan *gosip.Response
}

// NewTransactions makes the transactions of a layer; the layer's Handler passes
// responses to Deliver.
func NewTransactions(l *Layer) *Transactions {
	return &Transactions{
		layer: l, open: map[string]chan *gosip.Response{},
		parser: newParser("v", "via", "f", "from", "t", "to", "i", "call-id", "cseq", "l", "content-length", "m", "contact", "record-route"),
		plain:  newParser("v", "via", "i", "call-id", "cseq", "l", "content-length"),
	}
}

// newParser makes a parser that looks into the given header fields and takes all
// others as text: what a switch writes elsewhere is not our loss.
func newParser(names ...string) *gosip.Parser {
	all := gosip.DefaultHeadersParser()
	used := map[string]gosip.HeaderParser{}
	for _, name := range names {
		used[name] = all[name]
	}
	return gosip.NewParser(gosip.WithHeadersParsers(used))
}

// Deliver gives a response to whom it belongs. It returns the response, with
// ErrUnsolicited, where nobody waits for it; else the error is
// message.ErrNotSIP.
func (t *Transactions) Deliver(data []byte) (unclaimed *gosip.Response, err error) {
	msg, err := t.parser.ParseSIP(data)
	if err != nil { // a Contact that sipgo cannot read is better than no answer
		msg, err = t.plain.ParseSIP(data)
	}
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
		return res, ErrUnsolicited
	}
	for { // the one read loop of the request's socket fills ch, so this ends
		select {
		case ch <- res:
			return nil, nil
		default: // more provisional answers than anybody reads
		}
		if res.IsProvisional() {
			return nil, nil
		}
		select { // a final answer is not lost for that
		case <-ch:
		default:
		}
	}
}

func transactionKey(via *gosip.ViaHeader, cseq *gosip.CSeqHeader) string {
	branch, _ := via.Params.Get("branch")
	return branch + " " + string(cseq.MethodName)
}

// Begin registers a request whose answers come through the channel until end.
func (t *Transactions) Begin(req *gosip.Request) (answers <-chan *gosip.Response, end func()) {
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

// Exchange sends a request other than INVITE and waits for the final answer, at
// most timeout (RFC 3261 §17.1.2), not counting the time in which we did not
// read. The error is ErrTimeout, ErrDown or that of
// ctx.
func (t *Transactions) Exchange(ctx context.Context, req *gosip.Request, to netip.AddrPort, timeout time.Duration) (*gosip.Response, error) {
	answers, end := t.Begin(req)
	defer end()
	data := []byte(req.String())
	if err := t.layer.Send(data, to); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDown, err)
	}
	deadline := time.NewTimer(timeout)
	defer deadline.Stop()
	repeat, stop := t.Retransmission(TimerT1)
	defer stop()
	interval := TimerT1
	stalled := false
	for {
		select {
		case res := <-answers:
			if !res.IsProvisional() {
				return res, nil
			}
			interval = TimerT2 // RFC 3261 §17.1.2.2
		case <-repeat.C:
			t.layer.Resend(data, to)
			interval = min(2*interval, TimerT2)
			repeat.Reset(interval)
		case <-deadline.C:
			was := stalled
			if stalled = t.layer.Stalled(); !stalled && !was {
				return nil, ErrTimeout
			}
			deadline.Reset(stallGrace)
		case <-t.layer.Done():
			return nil, ErrDown
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// Retransmission is timer A or E: over a stream it never fires.
func (t *Transactions) Retransmission(interval time.Duration) (timer *time.Timer, stop func() bool) {
	timer = time.NewTimer(interval)
	if t.layer.Reliable() {
		timer.Stop()
	}
	return timer, timer.Stop
}
