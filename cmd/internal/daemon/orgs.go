package daemon

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"reflect"
	"sync"
	"time"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/cmd/internal/outbox"
	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/lookup/replica"
	"github.com/ctibridge/ctibridge/lookup/salesforce"
)

// orgs keeps one running replica for each org that is switched on and has what
// its sign-in needs.
type orgs struct {
	directory *lookup.Directory
	http      *http.Client
	log       *slog.Logger
	version   string
	// box keeps the activities to be written, nil where nothing is written.
	box      outbox.Box
	activity outbox.Stats
	tokens   tokenStore                              // where replaced refresh tokens go
	observe  func(org string, x salesforce.Exchange) // is told of each request; may be nil

	mu      sync.Mutex
	running map[string]*runningOrg
	order   []string

	notified notified // of all orgs
}

// runningOrg is never changed: a new one takes its place.
type runningOrg struct {
	life
	config  lookup.OrgConfig
	client  *salesforce.Client
	replica *replica.Replica // nil without credentials
	writer  *outbox.Writer   // as replica; runs only while the bridge serves
	full    *fullRuns        // as replica
	fault   error
}

// apply brings the running replicas in line with configs. With run false they
// are only opened, for commands that sync once. One goroutine calls it at a
// time; the lock is not held while a replica ends.
func (o *orgs) apply(ctx context.Context, configs []lookup.OrgConfig, run bool) {
	wanted := make(map[string]lookup.OrgConfig, len(configs))
	order := make([]string, 0, len(configs))
	for _, c := range configs {
		wanted[c.ID] = c
		order = append(order, c.ID)
	}
	retire(&o.mu, o.running, func(r *runningOrg) bool { return !sameCredentials(wanted[r.config.ID], r.config) })
	o.mu.Lock()
	defer o.mu.Unlock()
	o.order = order
	for _, c := range configs {
		r := o.running[c.ID]
		if r == nil {
			o.running[c.ID] = o.start(ctx, c, run)
			continue
		}
		same := *r // readers hold the old one without a lock
		same.config = c
		o.running[c.ID] = &same
	}
}

// sameCredentials reports that a replica may go on: certificates and origins
// are not its business.
func sameCredentials(a, b lookup.OrgConfig) bool {
	a.TicketCertificates, b.TicketCertificates, a.Origins, b.Origins = nil, nil, nil, nil
	return reflect.DeepEqual(a, b)
}

func (o *orgs) start(ctx context.Context, c lookup.OrgConfig, run bool) *runningOrg {
	r := &runningOrg{config: c, life: life{stop: func() {}, done: make(chan struct{})}}
	log := o.log.With("org", c.ID)
	if r.client, r.fault = o.clientFor(c, log); r.fault != nil {
		close(r.done)
		return r
	}
	opts := replica.Config{Org: c, Country: c.Country, Client: r.client, Directory: o.directory, Logger: log}
	r.full = newFullRuns()
	if !run {
		r.replica = replica.New(opts)
		close(r.done)
		return r
	}
	changes := o.changeEvents(c, r.client, log)
	if changes != nil {
		opts.Events = changes
	}
	r.replica = replica.New(opts)
	ctx, r.stop = context.WithCancel(ctx)
	var writing sync.WaitGroup
	writing.Go(func() { r.full.run(ctx, r.replica, log) })
	if o.box != nil {
		r.writer = outbox.New(outbox.Options{Org: c.ID, Client: r.client, Box: o.box, Logger: log, Stats: &o.activity})
		writing.Go(func() { r.writer.Run(ctx) })
	}
	go func() {
		defer close(r.done)
		defer writing.Wait()
		if changes != nil {
			defer func() { _ = changes.Close() }() // nothing is lost with it
		}
		if err := r.replica.Run(ctx); err != nil && ctx.Err() == nil {
			log.Error("replication gave up", "err", err)
		}
	}()
	return r
}

func (o *orgs) stopAll() { retire(&o.mu, o.running, all[*runningOrg]) }

// named gives the org with that id or name; with an empty name all of them.
func (o *orgs) named(name string) ([]*runningOrg, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	var out []*runningOrg
	for _, id := range o.order {
		r := o.running[id]
		if r == nil {
			continue // being replaced
		}
		if name == "" || name == id || name == r.config.Name {
			out = append(out, r)
		}
	}
	switch {
	case len(out) > 0:
		return out, nil
	case name == "":
		return nil, fmt.Errorf("no org is configured: add one with config import")
	}
	return nil, fmt.Errorf("no org %q: %w", name, bridge.ErrNotFound)
}

// Search asks an org for a number, where its live search is on.
func (o *orgs) Search(ctx context.Context, org string, n lookup.Number) (bool, error) {
	o.mu.Lock()
	r := o.running[org]
	o.mu.Unlock()
	if r == nil || r.replica == nil {
		return false, lookup.ErrNoLiveSearch
	}
	return r.replica.Search(ctx, n)
}

// searches tells of the live searches of each org that has them on.
func (o *orgs) searches() []lookup.LiveStatus {
	all, _ := o.named("")
	var out []lookup.LiveStatus
	for _, r := range all {
		if r.replica != nil && r.config.LiveSearch {
			out = append(out, r.replica.LiveStatus())
		}
	}
	return out
}

// statuses tells how each object of each org is doing.
func (o *orgs) statuses() []lookup.SyncStatus {
	all, _ := o.named("")
	var out []lookup.SyncStatus
	for _, r := range all {
		switch {
		case r.replica != nil:
			out = append(out, r.replica.Status()...)
		case r.config.Disabled: // orgStatuses says so
		default:
			out = append(out, lookup.SyncStatus{Org: r.config.ID, LastError: r.fault.Error(), Cure: orgCure(r.fault)})
		}
	}
	return out
}

// firstOrg keeps trying to add the org of SF_INSTANCE_URL, SF_CLIENT_ID and
// SF_CLIENT_SECRET until Salesforce has told its id.
func (d *Daemon) firstOrg(ctx context.Context) {
	c := lookup.OrgConfig{
		InstanceURL: d.o.Getenv("SF_INSTANCE_URL"), ClientID: d.o.Getenv("SF_CLIENT_ID"),
		ClientSecret: d.o.Getenv("SF_CLIENT_SECRET"),
	}
	if c.InstanceURL == "" || c.ClientID == "" || c.ClientSecret == "" {
		return
	}
	for wait := 5 * time.Second; ; wait = min(2*wait, time.Minute) {
		err := d.addOrg(ctx, c)
		if err == nil {
			return
		}
		d.log.Error("org of SF_INSTANCE_URL cannot be added yet", "err", err, "cure", orgCure(err))
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}

func (d *Daemon) addOrg(ctx context.Context, c lookup.OrgConfig) error {
	client, err := salesforce.New(salesforce.Config{
		InstanceURL: c.InstanceURL, ClientID: c.ClientID, ClientSecret: c.ClientSecret, HTTPClient: d.o.HTTPClient,
	})
	if err != nil {
		return err
	}
	if c.ID, err = client.OrgID(ctx); err != nil {
		return err
	}
	c.InstanceURL = client.InstanceURL()
	present, err := d.data.store.Orgs(ctx)
	if err != nil {
		return err
	}
	for _, p := range present {
		if p.ID == c.ID { // keep what an administrator added to it
			p.InstanceURL, p.ClientID, p.ClientSecret = c.InstanceURL, c.ClientID, c.ClientSecret
			c = p
		}
	}
	if c.Name == "" {
		c.Name = c.ID
	}
	if err := d.data.store.SaveOrg(ctx, "environment", c); err != nil {
		return err
	}
	return d.Reload(ctx)
}
