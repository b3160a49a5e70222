package replica_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/lookup/replica"
	"github.com/ctibridge/ctibridge/lookup/salesforce"
	"github.com/ctibridge/ctibridge/lookup/salesforce/pubsub"
)

const contactTopic, accountTopic, leadTopic = "/data/ContactChangeEvent", "/data/AccountChangeEvent", "/data/LeadChangeEvent"

// telling is an org that tells changes; what is hinted at is there, and polls are
// remembered.
type telling struct {
	hinted
	start time.Time
	mu    sync.Mutex
	polls map[string][]time.Duration // by object, since the start
	lines map[string]chan told       // by topic
	heard []string                   // "topic replay", of each subscription
	block chan struct{}              // reading what is hinted at waits for it
}

// told is what a stream says next: a batch, or its end.
type told struct {
	pubsub.Batch
	end error
}

func newTelling() *telling {
	return &telling{start: time.Now(), polls: map[string][]time.Duration{}, lines: map[string]chan told{}}
}

func (o *telling) line(topic string) chan told {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.lines[topic] == nil {
		o.lines[topic] = make(chan told)
	}
	return o.lines[topic]
}

func (o *telling) Subscribe(ctx context.Context, topic string, replay []byte, handle func(pubsub.Batch) error) error {
	line := o.line(topic)
	o.mu.Lock()
	o.heard = append(o.heard, strings.TrimSpace(topic+" "+string(replay)))
	o.mu.Unlock()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case said := <-line:
			if said.end != nil {
				return said.end
			}
			if err := handle(said.Batch); err != nil {
				return err
			}
		}
	}
}

// subscriptions are those so far; it forgets them.
func (o *telling) subscriptions() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	slices.Sort(o.heard)
	all := strings.Join(o.heard, ", ")
	o.heard = nil
	return all
}

// note remembers a poll; all queries of one are made at one time.
func (o *telling) note(soql string) {
	_, object, _ := strings.Cut(soql, " FROM ")
	object, _, _ = strings.Cut(object, " ")
	o.mu.Lock()
	defer o.mu.Unlock()
	at := time.Since(o.start)
	if n := len(o.polls[object]); n == 0 || o.polls[object][n-1] != at {
		o.polls[object] = append(o.polls[object], at)
	}
}

func (o *telling) Count(_ context.Context, soql string) (int, error) {
	o.note(soql)
	return 0, nil
}

func (o *telling) QueryAll(ctx context.Context, soql string) iter.Seq2[salesforce.Record, error] {
	switch {
	case !strings.Contains(soql, "WHERE Id IN ("):
		o.note(soql)
	case o.block != nil:
		select {
		case <-o.block:
		case <-ctx.Done():
		}
	}
	return o.hinted.QueryAll(ctx, soql)
}

// polled is how often an object has been polled since it was last asked.
func (o *telling) polled(object string) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	n := len(o.polls[object])
	o.polls[object] = nil
	return n
}

// diary is a shelf that keeps replay ids.
type diary struct {
	*shelf
	mu  sync.Mutex
	ids map[string]string // by topic
}

func (d *diary) ReplayID(_ context.Context, _, topic string) ([]byte, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return []byte(d.ids[topic]), nil
}

func (d *diary) SetReplayID(_ context.Context, _, topic string, id []byte) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ids[topic] = string(id)
	return nil
}

func (d *diary) id(topic string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.ids[topic]
}

// tellingReplica is a Replica that runs, of accounts, contacts and leads, until
// stop.
func tellingReplica(t *testing.T, o *telling, d *diary) (r *replica.Replica, stop func()) {
	t.Helper()
	r = replica.New(replica.Config{
		Org: lookup.OrgConfig{ID: "00D000000000001EAA", ChangeEvents: true}, Client: o, Directory: d, Events: o, Interval: time.Minute,
	})
	ctx, cancel := context.WithCancel(t.Context())
	var run sync.WaitGroup
	run.Go(func() { _ = r.Run(ctx) })
	synctest.Wait()
	return r, func() { cancel(); run.Wait() }
}

func newDiary() *diary { return &diary{shelf: newShelf(), ids: map[string]string{}} }

func change(c pubsub.Change, replay string, ids ...string) told {
	return told{Batch: pubsub.Batch{Events: []pubsub.Event{{Entity: "Contact", IDs: ids, Change: c}}, Replay: []byte(replay)}}
}

// alive lets all three streams stand.
func (o *telling) alive() {
	for _, topic := range []string{accountTopic, contactTopic, leadTopic} {
		o.line(topic) <- told{Batch: pubsub.Batch{Replay: []byte("r0")}}
	}
}

// A change that the org tells is read within a second, and its replay id kept when
// that is done and not before; a restart goes on behind it.
func TestEventsAreReadAndKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o, d := newTelling(), newDiary()
		r, stop := tellingReplica(t, o, d)
		if got, want := o.subscriptions(), accountTopic+", "+contactTopic+", "+leadTopic; got != want {
			t.Errorf("subscribed to %s", got)
		}
		o.alive()
		time.Sleep(3 * time.Second)
		o.block = make(chan struct{})
		ids := contactIDs(1, 3)
		o.line(contactTopic) <- change(pubsub.Update, "r1", ids[:2]...)
		o.line(contactTopic) <- change(pubsub.GapDelete, "r2", ids[2])
		time.Sleep(10 * time.Second)
		if got := d.id(contactTopic); got != "r0" {
			t.Errorf("%s is kept although nothing has been read", got)
		}
		close(o.block)
		time.Sleep(2 * time.Second)
		for _, id := range ids {
			if _, ok := d.get(id); !ok {
				t.Errorf("%s was not read", id)
			}
		}
		if got := d.id(contactTopic); got != "r2" {
			t.Errorf("%s is kept, want r2", got)
		}
		s := r.OrgStatus().Events
		if len(s) != 3 || s[1].Object != "Contact" || !s[1].Up || s[1].Events != 2 || s[1].Gaps != 0 || s[1].LastError != "" || s[1].Last.IsZero() || s[1].Lag != 0 || !s[1].LastGap.IsZero() {
			t.Errorf("%+v", s)
		}
		stop()
		_, stop = tellingReplica(t, o, d)
		if got, want := o.subscriptions(), accountTopic+" r0, "+contactTopic+" r2, "+leadTopic+" r0"; got != want {
			t.Errorf("after a restart subscribed to %s", got)
		}
		stop()
	})
}

// While the streams stand, polling is rare; when one ends it is as usual at once,
// and rare again when it is back.
func TestEventsSlowPolling(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o, d := newTelling(), newDiary()
		r, stop := tellingReplica(t, o, d)
		time.Sleep(10 * time.Minute) // before the first sign of life
		if n := o.polled("Contact"); n < 10 || n > 12 {
			t.Errorf("polled %d times in 10 minutes without a stream", n)
		}
		o.alive()
		time.Sleep(2 * time.Minute)
		o.polled("Contact")
		time.Sleep(2 * time.Hour)
		if n := o.polled("Contact"); n < 7 || n > 9 {
			t.Errorf("polled %d times in two hours of events", n)
		}
		if got := r.OrgStatus().Interval; got != 15*time.Minute {
			t.Errorf("the interval is %s", got)
		}
		broken := errors.New("the stream broke")
		o.line(contactTopic) <- told{end: broken}
		time.Sleep(100 * time.Millisecond)
		if n := o.polled("Contact"); n != 1 {
			t.Errorf("polled %d times when the stream had ended", n)
		}
		time.Sleep(10 * time.Minute)
		if n := o.polled("Contact"); n < 9 || n > 11 {
			t.Errorf("polled %d times in 10 minutes without the stream", n)
		}
		s := r.OrgStatus()
		if len(s.Advice) != 1 || !strings.Contains(s.Advice[0].Problem, "Contact") || s.Advice[0].Cure == "" || s.Events[1].LastError != broken.Error() {
			t.Errorf("advice %+v, events %+v", s.Advice, s.Events)
		}
		o.line(contactTopic) <- told{Batch: pubsub.Batch{Replay: []byte("r1")}}
		time.Sleep(2 * time.Minute)
		if s := r.OrgStatus(); len(s.Advice) != 0 {
			t.Errorf("advice %+v", s.Advice)
		}
		o.polled("Contact")
		time.Sleep(time.Hour)
		if n := o.polled("Contact"); n < 3 || n > 5 {
			t.Errorf("polled %d times in an hour of events", n)
		}
		stop()
	})
}

// Whatever an event does not tell, a sync brings: at once, and not more than once
// a minute however many there are.
func TestEventGaps(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]told{
		"overflow":   change(pubsub.GapOverflow, "r1", "003*"),
		"unreadable": {Batch: pubsub.Batch{Events: []pubsub.Event{{Change: pubsub.Unreadable, Err: errors.New("bad")}}, Replay: []byte("r1")}},
		"no ids":     change(pubsub.Update, "r1", "003*"),
		"too many":   change(pubsub.Update, "r1", contactIDs(1, 25_000)...),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				o, d := newTelling(), newDiary()
				_, stop := tellingReplica(t, o, d)
				o.alive()
				time.Sleep(5 * time.Minute)
				o.polled("Contact")
				o.line(contactTopic) <- c
				time.Sleep(2 * time.Second)
				if n := o.polled("Contact"); n != 1 {
					t.Errorf("polled %d times after the gap", n)
				}
				for range 100 {
					o.line(contactTopic) <- c
					time.Sleep(time.Second)
				}
				if n := o.polled("Contact"); n < 1 || n > 3 {
					t.Errorf("polled %d times in 100 seconds of gaps", n)
				}
				time.Sleep(5 * time.Minute)
				if got := d.id(contactTopic); got != "r1" {
					t.Errorf("%s is kept", got)
				}
				stop()
			})
		})
	}
}

// A lost replay id is forgotten: the stream begins anew, and a sync brings what
// has happened meanwhile.
func TestEventReplayLost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o, d := newTelling(), newDiary()
		d.ids[contactTopic] = "old"
		r, stop := tellingReplica(t, o, d)
		time.Sleep(30 * time.Second)
		o.subscriptions()
		o.polled("Contact")
		o.line(contactTopic) <- told{end: fmt.Errorf("topic: %w", pubsub.ErrReplayLost)}
		time.Sleep(time.Millisecond)
		if got := o.subscriptions(); got != contactTopic {
			t.Errorf("subscribed to %q", got)
		}
		if n := o.polled("Contact"); n != 1 {
			t.Errorf("polled %d times", n)
		}
		// One more when the new stream stands: what happened between the two.
		time.Sleep(100 * time.Second)
		o.polled("Contact")
		o.alive()
		time.Sleep(2 * time.Second)
		if n := o.polled("Contact"); n != 1 || d.id(contactTopic) != "r0" {
			t.Errorf("polled %d times, %q is kept", n, d.id(contactTopic))
		}
		late := change(pubsub.Update, "r1", contactIDs(1, 1)...)
		late.Events[0].Committed = time.Now().Add(-7 * time.Second)
		o.line(contactTopic) <- late
		time.Sleep(time.Second)
		if s := r.OrgStatus().Events[1]; s.Lag != 7*time.Second || time.Since(s.LastGap) < time.Minute || time.Since(s.LastGap) > time.Hour {
			t.Errorf("lag %v, last gap %v", s.Lag, s.LastGap)
		}
		if s := r.OrgStatus().Events[1]; s.Gaps != 1 || !s.Up {
			t.Errorf("%+v", s)
		}
		stop()
	})
}

// An object that is not selected for Change Data Capture is polled as usual and
// asked for now and then; the others go on.
func TestEventTopicMissing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o, d := newTelling(), newDiary()
		r, stop := tellingReplica(t, o, d)
		o.alive()
		o.line(leadTopic) <- told{end: fmt.Errorf("topic: %w", pubsub.ErrNoTopic)}
		o.subscriptions()
		time.Sleep(65 * time.Minute)
		if got := strings.Count(o.subscriptions(), leadTopic); got < 1 || got > 7 {
			t.Errorf("asked for the topic %d times in an hour", got)
		}
		o.line(contactTopic) <- change(pubsub.Create, "r1", contactIDs(1, 1)...)
		time.Sleep(time.Second)
		if _, ok := d.get(contactIDs(1, 1)[0]); !ok {
			t.Error("contacts do not go on")
		}
		if s := r.OrgStatus(); !s.Events[0].Up || !s.Events[1].Up || s.Events[2].Up || len(s.Advice) != 1 || !strings.Contains(s.Advice[0].Problem, "Lead") {
			t.Errorf("%+v", s)
		}
		stop()
	})
}
