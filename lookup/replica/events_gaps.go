package replica

import (
	"context"
	"log/slog"
	"time"
)

// catchUp asks for a sync of a topic's object, now or when the time since the last
// one is over.
func (r *Replica) catchUp(t *topic) {
	r.events.mu.Lock()
	t.wanted = true
	r.events.mu.Unlock()
	r.catchUpDue(t)
}

func (r *Replica) catchUpDue(t *topic) {
	r.events.mu.Lock()
	now := time.Now()
	due := t.wanted && now.Sub(t.caught) >= catchUpEvery
	object := t.status.Object
	if due {
		t.caught, t.wanted = now, false
	}
	r.events.mu.Unlock()
	if due {
		r.Trigger(object)
	}
}

// catchUpMissed asks for what has waited, and for what the hints have
// left.
func (r *Replica) catchUpMissed() {
	missed := r.hints.takeMissed()
	for _, t := range r.events.topics {
		if missed[t.status.Object] {
			r.catchUp(t)
		}
		r.catchUpDue(t)
	}
}

// keepReplays stores the replay ids of events whose records have been read. Those
// that cannot be stored are stored with the next; a restart then reads some twice.
func (r *Replica) keepReplays(ctx context.Context) {
	store, ok := r.config.Directory.(replayStore)
	if !ok {
		return
	}
	done := r.hints.read()
	for _, t := range r.events.topics {
		id, ok := r.events.storable(t, done)
		if !ok {
			continue
		}
		if err := store.SetReplayID(ctx, r.config.Org.ID, t.status.Topic, []byte(id)); err != nil {
			if ctx.Err() == nil {
				r.log.LogAttrs(ctx, slog.LevelWarn, "the replay id cannot be stored", slog.String("object", t.status.Object), slog.Any("err", err))
			}
			continue
		}
		r.events.mu.Lock()
		t.stored = id
		r.events.mu.Unlock()
	}
}

// storable is the replay id of a topic that may be stored now: so many hints have
// been read. One that waits is not replaced by a newer one, or under steady events
// none would ever be stored.
func (e *events) storable(t *topic, done uint64) (string, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if t.saving.replay == "" {
		t.saving = t.latest
	}
	p := t.saving
	if p.hints > done {
		return "", false
	}
	t.saving = place{}
	return p.replay, p.replay != "" && p.replay != t.stored
}

// replayStore is a target that keeps how far change events have been read;
// *lookup.Directory is one.
type replayStore interface {
	ReplayID(ctx context.Context, org, topic string) ([]byte, error)
	SetReplayID(ctx context.Context, org, topic string, id []byte) error
}
