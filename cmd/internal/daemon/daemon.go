// Package daemon wires the bridge into one process and gives it a life: New
// opens and binds, Start serves, Reload takes a changed configuration, Stop
// ends it all.
//
//	data folder ─► store, directory
//	switches (pbx links) ═events═► bridge ─► web/agent hub ─► panels
//	orgs (replicas) ─► directory ◄─ bridge
//	web (panel, sockets, health, metrics) and the control socket in front
//
// Everything stops in the reverse order of its start. The events channel is
// bounded: a bridge that falls behind holds up the links' read loops and
// nothing else.
package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/bridge/config"
	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/web"
	"github.com/ctibridge/ctibridge/web/admin"
	"github.com/ctibridge/ctibridge/web/agent"
	"github.com/ctibridge/ctibridge/web/api"
	"github.com/ctibridge/ctibridge/web/softphone"
)

// eventQueue is how many events the bridge may be behind before the links wait.
const eventQueue = 1024

// Options are what a Daemon works with.
type Options struct {
	Settings config.Settings
	Version  string
	Logger   *slog.Logger
	// OpenLink makes a link from its settings; nil: the protocols we speak.
	// Tests, the demo and loadtest put simulated switches in here.
	OpenLink func(pbx.LinkConfig) (pbx.Link, error)
	// HTTPClient talks to Salesforce; nil: a default one.
	HTTPClient *http.Client
	// Getenv reads the environment; nil: nothing is set.
	Getenv func(string) string
	// UserInterval is how often the users of connected agents are read: as
	// lookup.UsersFresh says if 0.
	UserInterval time.Duration
}

// Daemon is the running program.
type Daemon struct {
	o        Options
	log      *slog.Logger
	data     *data
	bridge   *bridge.Bridge
	hub      *agent.Hub
	switches *switches
	orgs     *orgs
	events   chan pbx.Event
	server   *web.Server
	handler  http.Handler
	control  *control
	signIns  signIns

	reload   sync.Mutex                  // guards known and stopping
	known    map[bridge.AgentID]identity // as of the last Reload
	stopping bool
	origins  atomicOrgs

	// run is the life of everything Start starts.
	run    context.Context //nolint:containedctx // links and replicas started by a later Reload live in it
	cancel context.CancelFunc
	// linked is the life of the links. How it ends tells them whether the
	// program will be back: a link that is deleted or changed has its own end.
	linked context.Context //nolint:containedctx // as run
	unlink context.CancelCauseFunc
	// serving is the life of the HTTP side, which ends first.
	serving     context.Context //nolint:containedctx // as run
	stopServing context.CancelFunc
	served      sync.WaitGroup // server.Run
	core        sync.WaitGroup // bridge.Run
	others      sync.WaitGroup
	ended       chan error
	once        sync.Once
}

// New opens the data folder, wires everything and binds the listener. It
// starts nothing.
func New(ctx context.Context, o Options) (_ *Daemon, err error) {
	if err := o.Settings.Validate(); err != nil {
		return nil, err
	}
	d := newDaemon(o)
	defer func() {
		if err != nil {
			d.release()
		}
	}()
	if d.data, err = openData(ctx, o.Settings); err != nil {
		return nil, err
	}
	if err = d.listen(ctx); err != nil {
		return nil, err
	}
	if err = d.wire(); err != nil {
		return nil, err
	}
	d.control, err = listenControl(ctx, o.Settings.ControlPath(), &office{
		data: d.data, orgs: d.orgs, bridge: d.bridge, reload: d.Reload, findings: d.findings,
	})
	return d, err
}

func newDaemon(o Options) *Daemon {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Getenv == nil {
		o.Getenv = func(string) string { return "" }
	}
	d := &Daemon{o: o, log: o.Logger, events: make(chan pbx.Event, eventQueue), ended: make(chan error, 1)}
	if d.o.OpenLink == nil {
		d.o.OpenLink = func(c pbx.LinkConfig) (pbx.Link, error) { return openLink(c, o.Logger, d.data.store.LinkMemory()) }
	}
	d.run, d.cancel = context.WithCancel(context.Background())
	d.linked, d.unlink = context.WithCancelCause(d.run)
	d.serving, d.stopServing = context.WithCancel(d.run)
	return d
}

// listen binds the address. What it serves is wired afterwards, because the
// tickets' audience may depend on the port.
func (d *Daemon) listen(ctx context.Context) (err error) {
	s := d.o.Settings
	o := web.ServerOptions{
		Address: s.Listen, Logger: d.log,
		Handler:  http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { d.handler.ServeHTTP(w, r) }),
		Draining: func(ctx context.Context) { _ = d.hub.Shutdown(ctx) },
	}
	if s.TLSMode == config.TLSFiles {
		o.CertFile, o.KeyFile = s.TLSCert, s.TLSKey
	}
	d.server, err = web.Listen(ctx, o)
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("address %s is taken by another program: end that one, or choose another address with --listen", s.Listen)
	}
	return err
}

// wire makes the parts and joins them, in the order of the data.
func (d *Daemon) wire() error {
	registry := prometheus.NewRegistry()
	popped := newMetrics(registry, d)
	d.switches = &switches{open: d.o.OpenLink, events: d.events, log: d.log, running: make(map[string]*runningLink)}
	d.orgs = &orgs{
		directory: d.data.directory, http: d.o.HTTPClient, log: d.log, version: d.o.Version,
		running: make(map[string]*runningOrg), box: d.data.store, tokens: d.data.store, observe: newOrgMetrics(registry, d),
	}
	d.bridge = bridge.New(bridge.Options{
		Directory: d.data.directory, Live: d.orgs, Bindings: d.data.store, Journal: d.data.store, Desks: d.data.store, Eraser: d.data.store, Activities: d.data.store,
		Logger: d.log,
		Popped: func(took time.Duration) { popped.Observe(took.Seconds()) },
	})
	base := d.base()
	d.hub = agent.NewHub(agent.Options{
		Bridge: d.bridge, Sessions: d.data.store, Refusals: d.data.store, Orgs: d.origins.load,
		Audience: base, OwnOrigin: base,
		Logger: d.log, Version: d.o.Version, Metrics: registry,
	})
	d.bridge.SetScreens(d.hub)
	back := backend{d.data.store, d}
	secure := d.o.Settings.TLSMode != config.TLSOff
	panel, err := admin.New(admin.Options{
		Config: back, Accounts: back, Sessions: d.data.store.PanelSessions(), Status: back, Journal: back, Orgs: back, SignIn: back,
		PublicURL: base, Secure: secure, Logger: d.log, Version: d.o.Version,
	})
	if err != nil {
		return err
	}
	d.handler = web.New(web.Options{
		Agent: d.hub, Admin: panel, Softphone: softphone.Handler(softphone.Options{Origins: d.pageOrigins}),
		API:     api.New(api.Options{Secrets: d.data.store, Orgs: d.orgs, Logger: d.log}),
		Metrics: registry, Ready: d.ready, Secure: secure,
		BehindProxy: d.o.Settings.TLSMode == config.TLSBehindProxy, Logger: d.log,
	})
	return nil
}

// base is the bridge's own address, as browsers and Salesforce see it.
func (d *Daemon) base() string { return d.o.Settings.BaseURL(d.server.Addr()) }

// pageOrigins are where the configured orgs' pages come from.
func (d *Daemon) pageOrigins() []string {
	var all []string
	for _, o := range d.origins.load() {
		all = append(all, agent.Origins(o)...)
	}
	return all
}

// Start serves. It returns once everything runs; Failed tells if it ends by
// itself. What has begun when Start fails is Stop's to end.
func (d *Daemon) Start(ctx context.Context) error {
	tune(d.o.Getenv)
	if err := d.bridge.Restore(ctx); err != nil {
		return err
	}
	d.core.Go(func() { d.bridge.Run(d.run, d.events) })
	d.others.Go(func() { bridge.RunRetention(d.run, d.data.store, d.log) })
	if err := d.Reload(ctx); err != nil {
		return err
	}
	d.others.Go(func() { d.firstOrg(d.run) })
	d.others.Go(func() { d.watchUsers(d.run) })
	d.others.Go(d.control.serve)
	d.served.Go(func() {
		if err := d.server.Run(d.serving); err != nil {
			d.ended <- err
		}
	})
	d.log.Info("serving", "address", d.Addr().String(), "version", d.o.Version)
	return nil
}

// Failed tells if the listener ends by itself.
func (d *Daemon) Failed() <-chan error { return d.ended }

// Addr is what the listener is bound to.
func (d *Daemon) Addr() net.Addr { return d.server.Addr() }

// Stop tells the panels to come back soon, stops links and replicas, then the
// bridge, and closes the data folder. The HTTP side has until ctx ends. Stop may
// be called in any state and more than once.
func (d *Daemon) Stop(ctx context.Context) error {
	var err error
	d.once.Do(func() {
		err = errors.Join(d.control.close(ctx), d.stopHTTP(ctx))
		d.cancelLinks()
		d.cancel()
		d.core.Wait()
		d.others.Wait()
		d.release()
	})
	return err
}

// stopHTTP ends the HTTP side, which has a time limit of its own as well.
func (d *Daemon) stopHTTP(ctx context.Context) error {
	d.stopServing()
	served := make(chan struct{})
	d.others.Go(func() { d.served.Wait(); close(served) })
	select {
	case <-served:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("end open connections: %w", ctx.Err())
	}
}

// cancelLinks ends links and replicas while the bridge still takes their
// events. No Reload starts any after it.
func (d *Daemon) cancelLinks() {
	d.reload.Lock()
	defer d.reload.Unlock()
	d.stopping = true
	d.unlink(pbx.ErrStopping)
	d.switches.stopAll()
	d.orgs.stopAll()
}

func (d *Daemon) release() {
	d.cancel()
	d.stopServing()
	if d.server != nil {
		_ = d.server.Close()
	}
	if d.data != nil {
		d.data.close()
	}
}

// Reload takes the stored configuration. What did not change goes on
// undisturbed; agents who are gone or disabled are signed out.
func (d *Daemon) Reload(ctx context.Context) error {
	d.reload.Lock()
	defer d.reload.Unlock()
	if d.stopping {
		return errors.New("the bridge is stopping")
	}
	doc, err := d.data.store.Document(ctx)
	if err != nil {
		return fmt.Errorf("read the configuration: %w", err)
	}
	d.origins.store(doc.Orgs)
	d.hub.OrgsChanged()
	d.orgs.apply(d.run, doc.Orgs, true)
	d.forgetOrgs(doc.Orgs)
	agents := withoutDisabled(doc)
	d.bridge.Configure(bridge.Roster{
		Agents: agents, Groups: doc.Groups, Switches: d.switches.apply(d.linked, doc.Links),
		Sandboxes: sandboxes(doc.Orgs), Exclusions: doc.Exclusions, Shown: shownFields(doc.Orgs),
	})
	d.signOut(agents)
	return nil
}

// shownFields are the fields that panels show of records, by org and object.
func shownFields(orgs []lookup.OrgConfig) map[string]map[string][]string {
	all := map[string]map[string][]string{}
	for _, o := range orgs {
		for _, c := range o.Objects {
			if len(c.Show) == 0 || c.Disabled {
				continue
			}
			if all[o.ID] == nil {
				all[o.ID] = map[string][]string{}
			}
			all[o.ID][c.Object] = c.Show
		}
	}
	return all
}

func sandboxes(orgs []lookup.OrgConfig) []string {
	var ids []string
	for _, o := range orgs {
		if o.Sandbox {
			ids = append(ids, o.ID)
		}
	}
	return ids
}

// identity is what an agent's open sessions stand on.
type identity struct {
	enabled   bool
	org, user string
}

// signOut ends the sessions of agents who are gone or disabled, or are now
// another user or of another org than when they signed in.
func (d *Daemon) signOut(agents []bridge.Agent) {
	now := make(map[bridge.AgentID]identity, len(agents))
	for _, a := range agents {
		now[a.ID] = identity{a.Enabled, a.Org, a.SalesforceUser}
	}
	for id, was := range d.known {
		is, there := now[id]
		switch {
		case !was.enabled:
		case !there, was.org != is.org, was.user != "" && was.user != is.user:
			d.dismiss(id, bridge.ErrNoAgent)
		case !is.enabled:
			d.dismiss(id, bridge.ErrAgentDisabled)
		}
	}
	d.known = now
}

func (d *Daemon) dismiss(id bridge.AgentID, why error) {
	d.hub.Disconnect(id, agent.CloseNoAgent, why.Error())
}
