package daemon

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/web/admin"
)

// switches keeps one running link for each configured one. A link whose
// configuration changed is stopped and opened anew.
type switches struct {
	open   func(pbx.LinkConfig) (pbx.Link, error)
	events chan<- pbx.Event
	log    *slog.Logger

	mu      sync.Mutex
	running map[string]*runningLink
	order   []string
}

type runningLink struct {
	config pbx.LinkConfig
	link   pbx.Link // nil if it could not be opened
	fault  pbx.Status
	stop   context.CancelFunc
	done   chan struct{}
}

// apply brings the running links in line with configs and returns those that
// run. ctx is the links' life.
func (s *switches) apply(ctx context.Context, configs []pbx.LinkConfig) []bridge.Switch {
	s.mu.Lock()
	defer s.mu.Unlock()
	wanted := make(map[string]pbx.LinkConfig, len(configs))
	for _, c := range configs {
		wanted[c.Name] = c
	}
	for name, r := range s.running {
		if c, ok := wanted[name]; !ok || c != r.config {
			r.end()
			delete(s.running, name)
		}
	}
	s.order = s.order[:0]
	var out []bridge.Switch
	for _, c := range configs {
		r := s.running[c.Name]
		if r == nil {
			r = s.start(ctx, c)
			s.running[c.Name] = r
		}
		s.order = append(s.order, c.Name)
		if r.link != nil {
			out = append(out, bridge.Switch{Link: r.link, Plan: lookup.DialPlan(c.DialPlan)})
		}
	}
	return out
}

func (s *switches) start(ctx context.Context, c pbx.LinkConfig) *runningLink {
	r := &runningLink{config: c, done: make(chan struct{})}
	link, err := s.open(c)
	if err != nil {
		s.log.Error("link cannot be opened", "link", c.Name, "err", err)
		r.fault = pbx.Status{
			State: pbx.LinkRejected, Since: time.Now(), Problem: err.Error(),
			Cure: "Correct the link's settings with config import.",
		}
		r.stop = func() {}
		close(r.done)
		return r
	}
	ctx, r.stop = context.WithCancel(ctx)
	r.link = link
	go func() {
		defer close(r.done)
		if err := link.Run(ctx, s.events); err != nil && ctx.Err() == nil {
			s.log.Error("link gave up", "link", c.Name, "err", err)
		}
	}()
	return r
}

// end stops the link. What it still sends is taken by the bridge, which ends
// after the links do.
func (r *runningLink) end() {
	r.stop()
	<-r.done
}

// stopAll ends all links at once and waits for them.
func (s *switches) stopAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.running {
		r.stop()
	}
	for _, r := range s.running {
		<-r.done
	}
	s.running = make(map[string]*runningLink)
}

// statuses tells how each configured link is doing, in the configured order.
func (s *switches) statuses() []admin.LinkStatus {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]admin.LinkStatus, 0, len(s.order))
	for _, name := range s.order {
		r := s.running[name]
		status := r.fault
		if r.link != nil {
			status = r.link.Status()
		}
		out = append(out, admin.LinkStatus{Name: name, Status: status})
	}
	return out
}
