package pubsubtest

import (
	"encoding/binary"
	"slices"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/ctibridge/ctibridge/lookup/salesforce/pubsub/eventbus"
)

// maxAhead is how many events may be asked for at once.
const maxAhead = 100

// subscription is one stream.
type subscription struct {
	server *Server
	stream eventbus.PubSub_SubscribeServer
	topic  string
	at     uint64 // the last event sent, or passed by
	ahead  int    // events still asked for
	cuts   int
}

// Subscribe implements PubSubServer.
func (s *Server) Subscribe(stream eventbus.PubSub_SubscribeServer) error {
	if err := s.admit(stream.Context(), stream); err != nil {
		return err
	}
	first, err := stream.Recv()
	if err != nil {
		return err
	}
	sub := &subscription{server: s, stream: stream, topic: first.GetTopicName()}
	if err := sub.begin(first); err != nil {
		return err
	}
	s.mu.Lock()
	s.streams++
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.streams--
		s.mu.Unlock()
	}()
	return sub.run()
}

// begin finds the place in the log.
func (sub *subscription) begin(first *eventbus.FetchRequest) error {
	s, ctx := sub.server, sub.stream.Context()
	if !s.hasTopic(sub.topic) {
		return refuse(ctx, sub.stream, codes.NotFound, TopicNotFound, "The topic %s was not found.", sub.topic)
	}
	if err := sub.ask(first); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	sub.cuts = s.cuts
	switch first.GetReplayPreset() {
	case eventbus.ReplayPreset_EARLIEST:
		sub.at = s.lost
	case eventbus.ReplayPreset_CUSTOM:
		if len(first.GetReplayId()) != 8 {
			return refuse(ctx, sub.stream, codes.InvalidArgument, ReplayCorrupt, "The Replay ID is corrupted.")
		}
		sub.at = binary.BigEndian.Uint64(first.GetReplayId())
		if sub.at <= s.lost || sub.at > s.last {
			return refuse(ctx, sub.stream, codes.InvalidArgument, ReplayInvalid,
				"The Replay ID validation failed. Ensure that the Replay ID is valid and within the retention window.")
		}
	default:
		sub.at = s.last
	}
	return nil
}

func (sub *subscription) ask(r *eventbus.FetchRequest) error {
	n := int(r.GetNumRequested())
	if n <= 0 || n > maxAhead || r.GetTopicName() != "" && r.GetTopicName() != sub.topic {
		return refuse(sub.stream.Context(), sub.stream, codes.InvalidArgument, TooMany, "From 1 to 100 events of one topic can be requested.")
	}
	sub.ahead += n
	s := sub.server
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests[sub.topic] = max(s.requests[sub.topic], sub.ahead)
	return nil
}

// run sends what comes until the stream ends.
func (sub *subscription) run() error {
	s, ctx := sub.server, sub.stream.Context()
	asked, over := make(chan *eventbus.FetchRequest), make(chan struct{})
	go func() { // ends with the stream
		defer close(over)
		for {
			r, err := sub.stream.Recv()
			if err != nil {
				return
			}
			select {
			case asked <- r:
			case <-ctx.Done():
				return
			}
		}
	}()
	alive := time.NewTimer(s.options.First)
	defer alive.Stop()
	for {
		batch, at, news, state := sub.next()
		if state != nil {
			return state
		}
		if len(batch) > 0 {
			if err := sub.send(batch, at); err != nil {
				return err
			}
			alive.Reset(s.options.KeepAlive)
			continue
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-over:
			return nil
		case r := <-asked:
			if err := sub.ask(r); err != nil {
				return err
			}
		case <-news:
		case <-alive.C:
			alive.Reset(s.options.KeepAlive)
			if err := sub.send(nil, at); err != nil {
				return err
			}
		}
	}
}

// next is what can be sent now, and what to wait for if nothing can.
func (sub *subscription) next() (batch []logged, at uint64, news <-chan struct{}, err error) {
	s := sub.server
	s.mu.Lock()
	defer s.mu.Unlock()
	news, at = s.news, sub.at
	switch {
	case s.cuts != sub.cuts:
		return nil, 0, nil, refuse(sub.stream.Context(), sub.stream, codes.Unavailable, Unavailable, "The service is unavailable. Try again later.")
	case s.muted:
		return nil, at, news, nil
	}
	begin, _ := slices.BinarySearchFunc(s.log, sub.at+1, func(l logged, n uint64) int { return int(l.number) - int(n) })
	for _, l := range s.log[begin:] {
		if len(batch) == sub.ahead {
			return batch, at, news, nil
		}
		at = l.number
		if l.topic == sub.topic || sub.topic == AllChanges {
			batch = append(batch, l)
		}
	}
	if len(batch) == 0 {
		sub.at = s.last // others' events are passed by
		at = s.last
	}
	return batch, at, news, nil
}

// send sends events, or that the stream lives, unless the session has ended.
func (sub *subscription) send(batch []logged, at uint64) error {
	s := sub.server
	s.mu.Lock()
	muted := s.muted
	s.mu.Unlock()
	if muted {
		return nil
	}
	if err := s.authenticate(sub.stream.Context(), sub.stream); err != nil {
		return err
	}
	sub.ahead -= len(batch)
	sub.at = at
	r := &eventbus.FetchResponse{LatestReplayId: replayID(at), RpcId: "toy", PendingNumRequested: int32(sub.ahead)}
	for _, l := range batch {
		r.Events = append(r.Events, &eventbus.ConsumerEvent{Event: l.event, ReplayId: replayID(l.number)})
	}
	return sub.stream.Send(r)
}
