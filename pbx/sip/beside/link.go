// Package beside makes one link of two to the same telephone system: dialog
// events (pbx/sip) and a mirror (pbx/sip/mirror). Each hears what the other
// cannot: the mirror outgoing numbers, identities and transfers, the dialog
// events hold, what lives when the bridge starts, and the end of a call whose
// BYE was lost on the way.
//
//	sip.Link ────events──► wait 100 ms ─┐
//	                                    ├─► merger: pair, once ─► events, under the SIP link's name
//	mirror.Link ─events─────────────────┘
//
// # How calls are paired
//
// Two connections of one device are one call if both sources name the same
// Call-ID (Kamailio always, FreeSWITCH in its first document), else if they were
// spoken of within two seconds, with the same or an unknown far end and no
// contradiction in direction. Where both name the same far end it is ten, even if
// one has told the call to its end, for either may be behind; each tells in order,
// so of several such calls it is the oldest. The call keeps the id of the source
// that was first, its state only advances, and its parties are the mirror's. What
// dialog events infer about transfers and pick-ups is dropped where the mirror
// follows the call.
//
// # Who waits for whom
//
// While the mirror is alive, dialog events wait 100 ms for it, as a withheld
// number that FreeSWITCH shows in them must not be told first. The end of a call
// waits a second for the mirror to say why, but not until dialog events tell of the
// next call there. When no packet has come for a minute nothing waits. Events of
// calls placed by MakeCall never do: the SIP link tells of them, and what the
// mirror hears of them is dropped, but for the answer. Such a call may be over
// before the mirror has read its first packet, so what could be a leg of it is not
// told until dialog events know it, too.
//
// # Queues
//
// At most 4,096 dialog events wait; past that they are told at once. The links
// write into channels of 64; while the bridge does not read, they wait.
package beside

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
)

var (
	_ pbx.Link        = (*Link)(nil)
	_ pbx.Dialer      = (*Link)(nil)
	_ pbx.Answerer    = (*Link)(nil)
	_ pbx.Clearer     = (*Link)(nil)
	_ pbx.Holder      = (*Link)(nil)
	_ pbx.Transferrer = (*Link)(nil)
	_ pbx.Consulter   = (*Link)(nil)
	_ pbx.Deflecter   = (*Link)(nil)
	_ pbx.Capable     = (*Link)(nil)
)

// queue is how many events of a link may wait for the merger.
const queue = 64

// lastWords is how long, in all, a link that was stopped waits for a reader of
// what it still has to say.
const lastWords = 500 * time.Millisecond

// Link is a SIP link with a mirror beside it. New makes it; its methods are safe
// for concurrent use.
type Link struct {
	dialogs, mirror pbx.Link

	mu sync.Mutex // guards m
	m  *merger
}

// foresighted is a mirror that knows calls before they ring.
type foresighted interface {
	Coming(device pbx.DeviceID) []pbx.Event
}

// New joins the two. The result has the SIP link's name and services; the mirror
// must not be run by anybody else.
func New(dialogs, mirror pbx.Link) *Link {
	l := &Link{dialogs: dialogs, mirror: mirror, m: newMerger()}
	if m, ok := mirror.(foresighted); ok {
		l.m.coming = m.Coming
	}
	return l
}

// Name implements pbx.Link: it is the SIP link's.
func (l *Link) Name() string { return l.dialogs.Name() }

// Watch implements pbx.Link.
func (l *Link) Watch(devices []pbx.DeviceID) {
	l.dialogs.Watch(devices)
	l.mirror.Watch(devices)
}

// Status implements pbx.Link: it is the SIP link's, without the limits that a
// mirror lifts, as long as that one hears the switch. The mirror has its own.
func (l *Link) Status() pbx.Status {
	st := l.dialogs.Status()
	if l.mirror.Status().State != pbx.LinkConnected {
		return st
	}
	var left []pbx.Limit // the SIP link's own are not to be changed
	for _, limit := range st.Limits {
		if !limit.Mirrored {
			left = append(left, limit)
		}
	}
	st.Limits = left
	return st
}

// Run implements pbx.Link: it runs both links and returns when both have ended.
// If one gives up for good the other is stopped as well.
func (l *Link) Run(ctx context.Context, events chan<- pbx.Event) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	dialogs, mirrored := make(chan pbx.Event, queue), make(chan pbx.Event, queue)
	var both sync.WaitGroup
	var failed [2]error
	for i, one := range []struct {
		link pbx.Link
		to   chan pbx.Event
	}{{l.dialogs, dialogs}, {l.mirror, mirrored}} {
		both.Go(func() {
			if failed[i] = one.link.Run(ctx, one.to); failed[i] != nil {
				cancel()
			}
		})
	}
	ended := make(chan struct{})
	go func() {
		both.Wait()
		close(ended)
	}()
	l.pump(ctx, events, dialogs, mirrored, ended)
	return errors.Join(failed[0], failed[1])
}

// pump merges until both links have ended.
func (l *Link) pump(ctx context.Context, events chan<- pbx.Event, dialogs, mirrored <-chan pbx.Event, ended <-chan struct{}) {
	out := outlet{ctx: ctx, events: events, name: l.Name()}
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		l.arm(timer)
		select {
		case e := <-mirrored:
			out.send(l.take(mirror, &e))
		case e := <-dialogs:
			out.send(l.take(dialogsSource, &e))
		case <-timer.C:
			l.lead(&out, mirrored)
			out.send(l.settle())
		case <-ended:
			l.drain(&out, dialogs, mirrored)
			return
		}
	}
}

const dialogsSource = dialogs

// lead tells what the mirror has said by the time that dialog events have waited
// long enough for it: where both are ready the mirror is first, too.
func (l *Link) lead(out *outlet, mirrored <-chan pbx.Event) {
	for range queue {
		select {
		case e := <-mirrored:
			out.send(l.take(mirror, &e))
		default:
			return
		}
	}
}

// drain tells what the links said last.
func (l *Link) drain(out *outlet, fromDialogs, mirrored <-chan pbx.Event) {
	for {
		select {
		case e := <-mirrored:
			out.send(l.take(mirror, &e))
		case e := <-fromDialogs:
			out.send(l.take(dialogsSource, &e))
		default:
			l.mu.Lock()
			l.m.out = l.m.out[:0]
			l.m.flush(time.Now())
			list := append([]pbx.Event(nil), l.m.out...)
			l.mu.Unlock()
			out.send(list)
			return
		}
	}
}

func (l *Link) arm(timer *time.Timer) {
	l.mu.Lock()
	at, waits := l.m.due()
	l.mu.Unlock()
	if !waits {
		timer.Reset(time.Hour)
		return
	}
	timer.Reset(max(time.Until(at), 0))
}

func (l *Link) take(from source, e *pbx.Event) []pbx.Event {
	alive := from == dialogsSource && l.mirror.Status().State == pbx.LinkConnected
	l.mu.Lock()
	defer l.mu.Unlock()
	if from == mirror {
		return append([]pbx.Event(nil), l.m.fromMirror(e)...)
	}
	return append([]pbx.Event(nil), l.m.fromDialogs(e, time.Now(), alive)...)
}

func (l *Link) settle() []pbx.Event {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]pbx.Event(nil), l.m.settle(time.Now())...)
}

// outlet sends events to the bridge, waiting while it does not read; when ctx
// has ended only for lastWords in all.
type outlet struct {
	ctx     context.Context
	events  chan<- pbx.Event
	name    string
	silence time.Time
}

func (o *outlet) send(list []pbx.Event) {
	for i := range list {
		list[i].Link = o.name
		select {
		case o.events <- list[i]:
			continue
		default:
		}
		select {
		case o.events <- list[i]:
			continue
		case <-o.ctx.Done():
		}
		if !o.last(list[i]) {
			return
		}
	}
}

func (o *outlet) last(e pbx.Event) bool {
	if o.silence.IsZero() {
		o.silence = time.Now().Add(lastWords)
	}
	patience := time.NewTimer(time.Until(o.silence))
	defer patience.Stop()
	select {
	case o.events <- e:
		return true
	case <-patience.C:
		return false
	}
}
