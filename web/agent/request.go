package agent

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/pbx"
)

// Limits of requests.
const (
	// requestMemory is how long a request id answers with the same result.
	requestMemory = 60 * time.Second
	// maxRequests is how many an agent may make in that time, in all tabs.
	maxRequests = 128
	// requestWithin is how long the switch has to take a request.
	requestWithin = 10 * time.Second
)

// handle does what a frame asks. It returns a closing only if the frame is
// malformed.
func (s *session) handle(data []byte) *closing {
	frame, name, err := decodeClient(data)
	if err != nil && !errors.Is(err, errUnsupported) {
		s.hub.log.Warn("malformed frame", "agent", s.desk.agent, "session", s.number, "err", err)
		return &closing{CloseMalformed, reasonMalformed}
	}
	s.hub.metrics.received[name].Inc()
	switch f := frame.(type) {
	case *tabFrame:
		s.desk.changed(s, s.hub.bridge, bridge.Tab{ID: s.tab, Visible: f.Visible, Focused: f.Focused, Console: s.console})
	case *navigatedFrame:
		s.hub.bridge.Navigated(s.desk.agent, s.tab, f.Pop)
	case *dialFrame:
		s.once(f.Request, func(ctx context.Context) (bridge.CallID, error) {
			return s.hub.bridge.Dial(ctx, s.desk.agent, f.Request, f.Number, f.Record)
		})
	case *actionFrame:
		s.once(f.Request, func(ctx context.Context) (bridge.CallID, error) {
			return f.Call, s.hub.bridge.Act(ctx, s.desk.agent, f.Call, f.Action, f.To)
		})
	case *chooseFrame:
		s.settle(f.Request, f.Call, func(ctx context.Context) error {
			return s.hub.bridge.Choose(ctx, s.desk.agent, f.Call, f.record())
		})
	case *noteFrame:
		s.settle(f.Request, f.Call, func(ctx context.Context) error {
			return s.hub.bridge.Note(ctx, s.desk.agent, f.Call, f.Note)
		})
	case *deviceFrame:
		s.tell(func(ctx context.Context) error { return s.hub.bridge.ChooseDevice(ctx, s.desk.agent, f.ID) })
	case *recentFrame:
		s.recent(f)
	default: // of a newer panel, or a second authenticate
		s.sendProblem(Problem{"unsupported", "This bridge does not know the request.", "Update the bridge."})
	}
	return nil
}

// tell does what a frame without a request asks: what comes of it shows in other
// frames, and only a refusal is answered.
func (s *session) tell(do func(context.Context) error) {
	ctx, cancel := context.WithTimeout(s.hub.ctx, requestWithin)
	defer cancel()
	if err := do(ctx); err != nil {
		s.sendProblem(s.hub.explain(s.desk.agent, err))
	}
}

// settle is tell for what replaces what was there: doing it twice does no harm,
// so it is remembered nowhere, and a panel may save as often as somebody types.
// It is answered if the frame has a request.
func (s *session) settle(request string, call bridge.CallID, do func(context.Context) error) {
	if request == "" {
		s.tell(do)
		return
	}
	ctx, cancel := context.WithTimeout(s.hub.ctx, requestWithin)
	defer cancel()
	result := Result{Request: request, OK: true, Call: call}
	if err := do(ctx); err != nil {
		p := s.hub.explain(s.desk.agent, err)
		result = Result{Request: request, Error: &p}
	}
	s.answer(result)
}

// recent answers with the agent's recent calls. It may be asked again and again,
// so nothing of it is remembered.
func (s *session) recent(f *recentFrame) {
	ctx, cancel := context.WithTimeout(s.hub.ctx, requestWithin)
	defer cancel()
	calls, err := s.hub.bridge.Recent(ctx, s.desk.agent, f.Seen)
	result := Result{Request: f.Request, OK: err == nil, Calls: calls}
	if err != nil {
		p := s.hub.explain(s.desk.agent, err)
		result.Calls, result.Error = nil, &p
	}
	s.answer(result)
}

// once does a request unless it was done in the last minute, by whichever tab of
// the agent, and answers with its result. It runs under the hub's context, not
// the connection's: a call that is being dialled is not given up because a tab
// went away.
func (s *session) once(id string, do func(context.Context) (bridge.CallID, error)) {
	r, first := s.desk.requests.start(id, s, time.Now())
	switch {
	case r == nil:
		s.answer(Result{Request: id, Error: &Problem{
			"tooFast", "Too many requests in one minute.", "Wait a moment and try again.",
		}})
		return
	case !first:
		return // start has answered, or finish will
	}
	ctx, cancel := context.WithTimeout(s.hub.ctx, requestWithin)
	defer cancel()
	call, err := do(ctx)
	result := Result{Request: id, OK: err == nil, Call: call}
	if err != nil {
		p := s.hub.explain(s.desk.agent, err)
		result.Call, result.Error = "", &p
	}
	for _, waiting := range s.desk.requests.finish(r, result) {
		waiting.answer(result)
	}
}

func (s *session) answer(r Result) {
	if s.german && r.Error != nil {
		p := r.Error.german()
		r.Error = &p
	}
	if frame, err := encode("result", r); err == nil {
		s.send(kindResult, frame)
	}
}

func (s *session) sendProblem(p Problem) {
	if s.german {
		p = p.german()
	}
	if frame, err := encode("error", p); err == nil {
		s.send(kindError, frame)
	}
}

// send queues a frame that is not a call's.
func (s *session) send(k kind, frame []byte) {
	if !s.out.put(k, frame) {
		s.hub.metrics.overflows.Inc()
	}
}

// explain turns an error into words for the agent. What is not meant for them
// goes to the log only.
func (h *Hub) explain(id bridge.AgentID, err error) Problem {
	if p, ok := errors.AsType[interface {
		error
		Problem() (code, message, cure string)
	}](err); ok {
		code, message, cure := p.Problem()
		return Problem{code, message, cure}
	}
	switch {
	case errors.Is(err, bridge.ErrNotYourCall):
		h.metrics.foreign.Inc()
		h.log.Warn("frame named a call of somebody else", "agent", id)
		return Problem{"noCall", "There is no such call of yours.", "It may have ended; close it."}
	case errors.Is(err, pbx.ErrNotSupported):
		return Problem{"notSupported", "The telephone system cannot do this.", "Use your telephone."}
	case errors.Is(err, pbx.ErrLinkDown):
		return Problem{"linkDown", "There is no connection to the telephone system.", "Use your telephone, and tell your administrator if this lasts."}
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return Problem{"timeout", "The telephone system did not answer in time.", "Look at your telephone before you try again."}
	}
	h.log.Error("request failed", "agent", id, "err", err)
	return Problem{"failed", "This did not work.", "Try again; tell your administrator if it happens again."}
}

// request is one that was made in the last minute.
type request struct {
	id      string
	at      time.Time
	done    bool
	result  Result
	waiting []*session
}

// requests are an agent's of the last minute, oldest first.
type requests struct {
	mu  sync.Mutex
	all []*request
}

// start finds or notes a request. A known one that is done is answered at once,
// one that is not yet, when it is. It returns nil for one too many.
func (q *requests) start(id string, s *session, now time.Time) (r *request, first bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.forget(now)
	for _, r := range q.all {
		if r.id != id {
			continue
		}
		if r.done {
			s.answer(r.result)
		} else if !slices.Contains(r.waiting, s) {
			r.waiting = append(r.waiting, s)
		}
		return r, false
	}
	if len(q.all) >= maxRequests {
		return nil, false
	}
	r = &request{id: id, at: now, waiting: []*session{s}}
	q.all = append(q.all, r)
	return r, true
}

// finish notes the result and returns the sessions that wait for it.
func (q *requests) finish(r *request, result Result) []*session {
	q.mu.Lock()
	defer q.mu.Unlock()
	waiting := r.waiting
	r.done, r.result, r.waiting = true, result, nil
	return waiting
}

// forget drops what is older than a minute.
func (q *requests) forget(now time.Time) {
	n := 0
	for n < len(q.all) && q.all[n].done && now.Sub(q.all[n].at) >= requestMemory {
		n++
	}
	q.all = slices.Delete(q.all, 0, n)
}
