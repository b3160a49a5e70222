package replica

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/lookup/salesforce"
	"github.com/ctibridge/ctibridge/lookup/salesforce/pubsub"
)

// With OrgConfig.ChangeEvents the org tells changes by itself. An event is a hint:
// the records that it names are read as they are now.
//
//	topic of each object ─► Event ─► Hint ─► read, committed ─► replay id stored
//	                          └ a gap, an overflow, unreadable, above the hints ─► Trigger: the watermark knows
//
// A restart goes on behind the stored replay id. Whatever gets lost, events or
// replay ids, is younger than the watermark, so one sync brings it: after a stream
// has ended, begun anew without replay id, or told of a gap. While an object's
// stream stands, it is polled every 15 minutes only, and as usual at once when the
// stream is down.
//
// There is a goroutine for each topic and one that stores replay ids; Run joins
// them. What waits is bounded by the hints, and by the 100 events that a stream
// asks for ahead.

const (
	// eventPoll is the pause between two syncs of what events tell.
	eventPoll = 15 * time.Minute
	// catchUpEvery is how often gaps of one topic may ask for a sync: as often as it
	// would be polled.
	catchUpEvery = lookup.DefaultSyncInterval
	// replayEvery is how often replay ids are stored.
	replayEvery = time.Second
	// streamPause is the first wait after a stream has failed, doubled up to
	// maxStreamPause; without topic, or above a limit, noTopicPause.
	streamPause    = time.Second
	maxStreamPause = 5 * time.Minute
	noTopicPause   = 10 * time.Minute
)

// EventSource tells changes of an org's records; *pubsub.Client is one.
type EventSource interface {
	Subscribe(ctx context.Context, topic string, replay []byte, handle func(pubsub.Batch) error) error
}

// events follows the topics of a Replica.
type events struct {
	mu     sync.Mutex
	topics []*topic
}

// topic is what is known of the events of one object.
type topic struct {
	status lookup.EventStatus
	replay []byte // behind all that has been taken
	latest place
	saving place // is stored as soon as it has been read
	stored string
	wanted bool // a sync has been asked for, and waits until one may come again
	caught time.Time
}

// place is a replay id, and the number of hints given when it came.
type place struct {
	replay string
	hints  uint64
}

// newEvents are the topics of what is copied.
func newEvents(org lookup.OrgConfig, source EventSource, objects []lookup.ObjectConfig) *events {
	e := &events{}
	if source == nil || !org.ChangeEvents {
		return e
	}
	for _, o := range objects {
		e.topics = append(e.topics, &topic{status: lookup.EventStatus{Object: o.Object, Topic: eventTopic(o.Object), Since: time.Now()}})
	}
	return e
}

// eventTopic is where Salesforce tells changes of an object. The channel of all,
// /data/ChangeEvents, would not say which objects are selected, and its events of
// others count against the org's deliveries.
func eventTopic(object string) string {
	if name, custom := strings.CutSuffix(object, "__c"); custom {
		return "/data/" + name + "__ChangeEvent"
	}
	return "/data/" + object + "ChangeEvent"
}

// runEvents follows all topics until ctx ends.
func (r *Replica) runEvents(ctx context.Context) {
	if len(r.events.topics) == 0 {
		return
	}
	var all sync.WaitGroup
	defer all.Wait()
	for _, t := range r.events.topics {
		all.Go(func() { r.follow(ctx, t) })
	}
	tick := time.NewTicker(replayEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			r.keepReplays(ctx)
			r.catchUpMissed()
		}
	}
}

// follow subscribes to a topic, again and again.
func (r *Replica) follow(ctx context.Context, t *topic) {
	if store, ok := r.config.Directory.(replayStore); ok {
		id, err := store.ReplayID(ctx, r.config.Org.ID, t.status.Topic)
		if err != nil && ctx.Err() == nil {
			r.log.LogAttrs(ctx, slog.LevelWarn, "the stored replay id cannot be read; a sync brings what has happened meanwhile", slog.Any("err", err))
		}
		r.events.mu.Lock()
		t.replay, t.stored = id, string(id)
		r.events.mu.Unlock()
	}
	failures := 0
	for {
		r.events.mu.Lock()
		from := t.replay
		r.events.mu.Unlock()
		err := r.config.Events.Subscribe(ctx, t.status.Topic, from, func(b pubsub.Batch) error {
			r.takeEvents(t, b, len(from) > 0)
			return nil
		})
		if ctx.Err() != nil {
			return
		}
		if r.streamEnded(ctx, t, err) {
			failures = 0
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(streamWait(err, failures)):
		}
		failures++
	}
}

// streamWait is how long to wait before the next try, somewhat at random so that
// the topics do not come back together.
func streamWait(err error, failures int) time.Duration {
	wait := streamPause << min(failures, 10)
	switch {
	case errors.Is(err, pubsub.ErrReplayLost) && failures == 0:
		return 0
	case errors.Is(err, pubsub.ErrNoTopic), errors.Is(err, pubsub.ErrLimit):
		return noTopicPause
	}
	wait = min(wait, maxStreamPause)
	return wait/2 + rand.N(wait/2+1)
}

// takeEvents takes a batch, the first of a stream too, which began behind a
// replay id or not.
func (r *Replica) takeEvents(t *topic, b pubsub.Batch, replayed bool) {
	gaps := 0
	for _, e := range b.Events {
		if !r.hintEvent(e) {
			gaps++
		}
	}
	given := r.hints.number()
	r.events.mu.Lock()
	s := &t.status
	begun := !s.Up
	if begun {
		s.Up, s.Since, s.LastError, s.Cure = true, time.Now(), "", ""
	}
	if s.Events, s.Gaps = s.Events+uint64(len(b.Events)), s.Gaps+uint64(gaps); len(b.Events) > 0 {
		s.Last = time.Now()
		if at := b.Events[len(b.Events)-1].Committed; !at.IsZero() {
			s.Lag = max(s.Last.Sub(at), 0)
		}
	}
	if gaps > 0 {
		s.LastGap = time.Now()
	}
	if len(b.Replay) > 0 {
		t.replay, t.latest = slices.Clone(b.Replay), place{string(b.Replay), given}
	}
	r.events.mu.Unlock()
	if begun {
		r.log.LogAttrs(context.Background(), slog.LevelInfo, "change events come", slog.String("org", r.config.Org.ID), slog.String("object", s.Object))
	}
	if gaps > 0 || begun && !replayed {
		r.catchUp(t)
	}
}

// hintEvent has the records of an event read again, if it concerns what is
// copied. It is not told where the event does not tell which records.
func (r *Replica) hintEvent(e pubsub.Event) (told bool) {
	if e.Change == pubsub.Unreadable || e.Change == pubsub.GapOverflow {
		return false
	}
	for _, id := range e.IDs {
		if _, err := salesforce.NormalizeID(id); err != nil {
			return false
		}
	}
	plan, _ := r.plan(e.Entity)
	if plan.object == "" || e.Concerns(plan.eventFields()) {
		r.Hint(e.Entity, e.IDs)
	}
	if e.Entity == lookup.ObjectAccount && e.Change != pubsub.Create && e.Concerns(r.companyFields()) {
		r.hintCompanies(e.IDs)
	}
	return true
}

// companyFields are the fields of accounts that other records show.
func (r *Replica) companyFields() (all []string) {
	for _, o := range r.objects {
		plan, _ := r.plan(o.Object)
		for _, reference := range plan.references {
			relation := strings.TrimSuffix(reference, "Id")
			if custom, ok := strings.CutSuffix(reference, "__c"); ok {
				relation = custom + "__r"
			}
			for _, name := range plan.names {
				if path, ok := strings.CutPrefix(name, relation+"."); ok {
					all = append(all, ownField(path))
				}
			}
		}
	}
	return all
}

// eventFields are the fields whose change makes a record worth reading again.
// Those that events never tell are left out: others see to them.
func (p *fieldPlan) eventFields() []string {
	var all []string
	for _, name := range p.names {
		switch name {
		case "Id", "SystemModstamp", "IsDeleted", "IsPersonAccount", lastActivity, masterRecord:
			continue
		}
		all = append(all, ownField(name))
	}
	if p.config.Where != "" {
		all = append(all, "") // any field may stand there
	}
	return all
}

// ownField is the field of the object itself that a path begins with.
func ownField(path string) string {
	root, _, further := strings.Cut(path, ".")
	if relation, custom := strings.CutSuffix(root, "__r"); further && custom {
		return relation + "__c"
	} else if further {
		return root + "Id"
	}
	return root
}

// streamEnded notes why a stream has ended, and says whether it had stood.
func (r *Replica) streamEnded(ctx context.Context, t *topic, err error) (stood bool) {
	if err == nil {
		err = errors.New("replica: the stream of change events has ended")
	}
	lost := errors.Is(err, pubsub.ErrReplayLost)
	r.events.mu.Lock()
	s := &t.status
	stood, same := s.Up, s.LastError == err.Error()
	if stood {
		s.Up, s.Since = false, time.Now()
	}
	s.LastError, s.Cure = err.Error(), pubsub.Cure(err)
	if lost {
		t.replay, t.latest, t.saving = nil, place{}, place{}
		s.Gaps++
		s.LastGap = time.Now()
	}
	r.events.mu.Unlock()
	if !same {
		r.log.LogAttrs(ctx, slog.LevelWarn, "change events do not come; polling goes on",
			slog.String("org", r.config.Org.ID), slog.String("object", s.Object), slog.Any("err", err), slog.String("cure", s.Cure))
	}
	if stood || lost {
		r.catchUp(t)
	}
	return stood
}
