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
	"github.com/ctibridge/ctibridge/pbx/sip/beside"
	"github.com/ctibridge/ctibridge/web/admin"
)

// switches keeps one running link for each configured one. A link whose
// configuration changed is stopped and opened anew. A mirror beside a SIP link
// runs within that: its events come under the SIP link's name, and only its
// status is its own.
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
	config wiring
	link   pbx.Link // nil if it could not be opened
	fault  pbx.Status
	within bool // it runs within another one
}

// apply brings the running links in line with configs and returns those that
// run. ctx is the links' life. One goroutine calls it at a time; the lock is
// for those who only look, and is not held while a link says farewell.
func (s *switches) apply(ctx context.Context, configs []pbx.LinkConfig) []bridge.Switch {
	wanted := wire(configs)
	order := make([]string, 0, len(configs))
	for _, c := range configs {
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
			r = s.start(ctx, wanted[c.Name], wanted)
		}
		if r.link != nil && !r.within {
			out = append(out, bridge.Switch{Link: r.link, Plan: lookup.DialPlan(c.DialPlan), TestExtensions: c.TestExtensions})
		}
	}
	return out
}

// start opens a link and lets it run, together with the other of the two where
// it is a mirror beside a SIP link. The caller holds mu.
func (s *switches) start(ctx context.Context, w wiring, all map[string]wiring) *runningLink {
	if w.within() {
		if partner, found := all[w.partner.Name]; found && s.running[partner.Name] == nil {
			s.start(ctx, partner, all)
		}
		return s.running[w.Name]
	}
	link, err := s.open(w.LinkConfig)
	r := s.add(w, link, err)
	if w.partner.Name != "" {
		link = s.join(w, r, all)
	}
	if r.link = link; link == nil {
		return r
	}
	ctx, r.stop = context.WithCancel(ctx)
	r.done = make(chan struct{})
	go func() {
		defer close(r.done)
		if err := link.Run(ctx, s.events); err != nil && ctx.Err() == nil {
			s.log.Error("link gave up", "link", w.Name, "err", err)
		}
	}()
	return r
}

// add files a link that was opened, or could not be.
func (s *switches) add(w wiring, link pbx.Link, err error) *runningLink {
	r := &runningLink{config: w, link: link, life: life{stop: func() {}, done: make(chan struct{})}}
	close(r.done) // until it runs
	s.running[w.Name] = r
	if err != nil {
		s.log.Error("link cannot be opened", "link", w.Name, "err", err)
		r.link = nil
		r.fault = pbx.Status{
			State: pbx.LinkRejected, Since: time.Now(), Profile: w.Profile, Problem: err.Error(),
			Cure: "Correct the link's settings with config import.",
		}
	}
	return r
}

// join opens the mirror beside a SIP link and makes one link of the two; what
// cannot be opened is left out.
func (s *switches) join(w wiring, r *runningLink, all map[string]wiring) pbx.Link {
	ear, err := s.open(w.partner)
	m := s.add(all[w.partner.Name], ear, err)
	m.within = true
	switch {
	case r.link == nil:
		m.link = nil
		m.fault = pbx.Status{
			State: pbx.LinkDown, Since: time.Now(), Profile: w.partner.Profile,
			Problem: "The SIP link " + w.Name + ", beside which this mirror runs, cannot be opened.",
			Cure:    "Correct that link's settings; the mirror starts with it.",
		}
		return nil
	case m.link == nil:
		return r.link
	}
	return beside.New(r.link, m.link)
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
