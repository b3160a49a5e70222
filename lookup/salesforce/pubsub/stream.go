package pubsub

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/grpc"

	"github.com/ctibridge/ctibridge/lookup/salesforce/pubsub/eventbus"
)

// Batch is one response of a stream.
type Batch struct {
	// Events are in the order of their commits; none in a sign of life.
	Events []Event
	// Replay is the place behind all of them: opaque, good for 72 hours.
	Replay []byte
}

// Subscribe hands on what comes on a topic behind a replay id, or from now on if
// that is empty, until ctx ends, handle fails or the stream does, and returns why.
// The first batch, which may be a sign of life without events, says that the
// stream stands. An expired session is replaced once without a word; when the
// stream has ended the caller comes back with the last Replay.
func (c *Client) Subscribe(ctx context.Context, topic string, replay []byte, handle func(Batch) error) error {
	err := c.signedIn(ctx, func(ctx context.Context) error {
		if err := c.checkTopic(ctx, topic); err != nil {
			return err
		}
		return c.stream(ctx, topic, replay, handle)
	})
	if ctx.Err() != nil {
		return fmt.Errorf("pubsub: subscribe to %s: %w", topic, ctx.Err())
	}
	return err
}

func (c *Client) stream(ctx context.Context, topic string, replay []byte, handle func(Batch) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stream, err := c.api.Subscribe(ctx)
	if err != nil {
		return newError("subscribe to", topic, err, nil)
	}
	first := &eventbus.FetchRequest{TopicName: topic, NumRequested: window}
	if len(replay) > 0 {
		first.ReplayPreset, first.ReplayId = eventbus.ReplayPreset_CUSTOM, replay
	}
	silent := time.AfterFunc(c.config.Silence, func() { cancel(ErrSilent) })
	defer silent.Stop()
	// A failed Send says io.EOF; Recv says why.
	_ = stream.Send(first)
	// The org's own count of what is pending lags behind what we have asked for.
	ahead := window
	for begun := false; ; begun = true {
		response, err := stream.Recv()
		if err != nil {
			return c.ended(ctx, topic, stream, err, begun)
		}
		silent.Stop() // while the batch is handled the stream need not speak
		if err := handle(c.batch(ctx, topic, response)); err != nil {
			return err
		}
		if ahead -= len(response.GetEvents()); ahead <= window/2 {
			_ = stream.Send(&eventbus.FetchRequest{TopicName: topic, NumRequested: int32(min(window-ahead, window))})
			ahead = window
		}
		silent.Reset(c.config.Silence)
	}
}

// ended says why a stream has ended, which had begun if anything came on it.
func (c *Client) ended(ctx context.Context, topic string, stream grpc.ClientStream, err error, begun bool) error {
	if context.Cause(ctx) == ErrSilent { //nolint:errorlint // it is set by stream alone
		return fmt.Errorf("pubsub: subscribe to %s: nothing came for %s: %w", topic, c.config.Silence, ErrSilent)
	}
	e := newError("subscribe to", topic, err, stream.Trailer())
	e.begun = begun
	return e
}

// batch decodes a response. An event that cannot be read is Unreadable. The place
// behind events is the last one's own: the latest may be of one still to come.
func (c *Client) batch(ctx context.Context, topic string, r *eventbus.FetchResponse) Batch {
	b := Batch{Replay: r.GetLatestReplayId()}
	for _, e := range r.GetEvents() {
		b.Events = append(b.Events, c.event(ctx, topic, e.GetEvent()))
		b.Replay = e.GetReplayId()
	}
	return b
}
