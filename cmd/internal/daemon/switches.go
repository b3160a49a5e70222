package daemon

import (
	"context"
	"log/slog"
	"reflect"
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
	life
	config pbx.LinkConfig
	link   pbx.Link // nil if it could not be opened
	fault  pbx.Status
}

// apply brings the running links in line with configs and returns those that
// run. ctx is the links' life. One goroutine calls it at a time; the lock is
// for those who only look, and is not held while a link says farewell.
func (s *switches) apply(ctx context.Context, configs []pbx.LinkConfig) []bridge.Switch {
	wanted := make(map[string]pbx.LinkConfig, len(configs))
	order := make([]string, 0, len(configs))
	for _, c := range configs {
		wanted[c.Name] = c
		order = append(order, c.Name)
	}
	retire(&s.mu, s.running, func(r *runningLink) bool { return !reflect.DeepEqual(wanted[r.config.Name], r.config) })
	var out []bridge.Switch
	s.mu.Lock()
	defer s.mu.Unlock()
	s.order = order
	for _, c := range configs {
		r := s.running[c.Name]
		if r == nil {
			r = s.start(ctx, c)
			s.running[c.Name] = r
		}
		if r.link != nil {
			out = append(out, bridge.Switch{Link: r.link, Plan: lookup.DialPlan(c.DialPlan)})
		}
	}
	return out
}

func (s *switches) start(ctx context.Context, c pbx.LinkConfig) *runningLink {
	r := &runningLink{config: c, life: life{stop: func() {}, done: make(chan struct{})}}
	link, err := s.open(c)
	if err != nil {
		s.log.Error("link cannot be opened", "link", c.Name, "err", err)
		r.fault = pbx.Status{
			State: pbx.LinkRejected, Since: time.Now(), Profile: c.Profile, Problem: err.Error(),
			Cure: "Correct the link's settings with config import.",
		}
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

// stopAll ends all links. What they still send is taken by the bridge, which
// ends after them.
func (s *switches) stopAll() { retire(&s.mu, s.running, all[*runningLink]) }

// statuses tells how each configured link is doing, in the configured order.
func (s *switches) statuses() []admin.LinkStatus {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]admin.LinkStatus, 0, len(s.order))
	for _, name := range s.order {
		r := s.running[name]
		if r == nil {
			continue // being replaced
		}
		status := r.fault
		if r.link != nil {
			status = r.link.Status()
		}
		out = append(out, admin.LinkStatus{Name: name, Status: status})
	}
	return out
}
