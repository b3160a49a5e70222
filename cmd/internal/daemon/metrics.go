package daemon

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/pbx"
)

// atomicOrgs hands the configured orgs to request goroutines.
type atomicOrgs struct {
	p atomic.Pointer[[]lookup.OrgConfig]
}

func (a *atomicOrgs) store(orgs []lookup.OrgConfig) { a.p.Store(&orgs) }

func (a *atomicOrgs) load() []lookup.OrgConfig {
	if p := a.p.Load(); p != nil {
		return *p
	}
	return nil
}

// ready reports whether pops can come: the configuration is read and some link
// is connected.
func (d *Daemon) ready(context.Context) error {
	if d.origins.p.Load() == nil {
		return errStarting
	}
	for _, s := range d.switches.statuses() {
		if s.State == pbx.LinkConnected || s.State == pbx.LinkDegraded {
			return nil
		}
	}
	return errNoLink
}

// newMetrics registers what the parts tell of themselves, and returns the
// histogram of the time from the switch's message to the panel's frame. No
// metric names a person or a number.
func newMetrics(r *prometheus.Registry, d *Daemon) prometheus.Histogram {
	popped := prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: "ctibridge_pop_seconds", Help: "Time from reading the switch's message to queueing the first frame.",
		Buckets: []float64{.00002, .00005, .0001, .0002, .0005, .001, .002, .005, .01, .02, .05, .1, .5},
	})
	count := func(name, help string, read func() float64) prometheus.Collector {
		return prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "ctibridge_" + name, Help: help}, read)
	}
	gauge := func(name, help string, read func() float64) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "ctibridge_" + name, Help: help}, read)
	}
	stats := func() lookup.DirectoryStats { return d.data.directory.Stats() }
	r.MustRegister(
		popped, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		count("events_total", "Events taken from links.", func() float64 { return float64(d.bridge.Stats().Events.Load()) }),
		count("pops_total", "Calls shown to agents.", func() float64 { return float64(d.bridge.Stats().Pops.Load()) }),
		count("navigations_total", "Requests to tabs to open a record.", func() float64 { return float64(d.bridge.Stats().Navigations.Load()) }),
		count("late_lookups_total", "Look-ups that a pop did not wait for.", func() float64 { return float64(d.bridge.Stats().LateFinds.Load()) }),
		count("failed_lookups_total", "Look-ups that failed.", func() float64 { return float64(d.bridge.Stats().FailedFinds.Load()) }),
		count("refused_total", "Frames that named another agent's call.", func() float64 { return float64(d.bridge.Stats().Refused.Load()) }),
		count("dials_refused_total", "Numbers that agents asked to dial and may not.", func() float64 { return float64(d.bridge.Stats().DialsRefused.Load()) }),
		count("live_searches_lost_total", "Live searches given up, as too many waited.", func() float64 { return float64(d.bridge.Stats().LiveLost.Load()) }),
		count("journal_lost_total", "Calls missing from journal and trace, as too many waited to be written.", func() float64 { return float64(d.bridge.Stats().JournalLost.Load()) }),
		count("directory_hits_total", "Look-ups answered from the cache.", func() float64 { return float64(stats().Hits) }),
		count("directory_misses_total", "Look-ups answered from SQL.", func() float64 { return float64(stats().Misses) }),
		count("activities_written_total", "Call activities created, changed or deleted in Salesforce.", func() float64 { return float64(d.orgs.activity.Written.Load()) }),
		count("activities_failed_total", "Call activities that Salesforce refused, and requests for them that failed.", func() float64 { return float64(d.orgs.activity.Failed.Load()) }),
		gauge("calls", "Calls that have not ended.", func() float64 { return float64(d.bridge.LiveCalls()) }),
		linkCollector{d},
	)
	return popped
}

// linkCollector tells the state of each link.
type linkCollector struct{ d *Daemon }

var (
	linkState         = prometheus.NewDesc("ctibridge_link_state", "1 for the state the link is in.", []string{"link", "state"}, nil)
	linkWatched       = prometheus.NewDesc("ctibridge_link_watched", "Devices the link watches.", []string{"link"}, nil)
	linkActive        = prometheus.NewDesc("ctibridge_link_active", "Devices the switch reports on.", []string{"link"}, nil)
	linkRead          = prometheus.NewDesc("ctibridge_link_messages_total", "Messages read from the switch, by what became of them: \"event\", or why they made none.", []string{"link", "reason"}, nil)
	syncAge           = prometheus.NewDesc("ctibridge_sync_age_seconds", "Time since the object was last synced.", []string{"org", "object"}, nil)
	liveSearches      = prometheus.NewDesc("ctibridge_live_searches_total", "Numbers that the org itself was asked for, by what came of it.", []string{"org", "result"}, nil)
	liveLeft          = prometheus.NewDesc("ctibridge_live_searches_left", "Searches left of this hour's budget.", []string{"org"}, nil)
	activities        = prometheus.NewDesc("ctibridge_activities_waiting", "Call activities to be written into Salesforce yet, and those of them that were refused.", []string{"org", "state"}, nil)
	activitiesGivenUp = prometheus.NewDesc("ctibridge_activities_given_up", "Call activities that were never written, of the last days: given up after 30 days, or as more than 2,000,000 waited.", []string{"org"}, nil)
	syncRecords       = prometheus.NewDesc("ctibridge_sync_records", "Records held.", []string{"org", "object"}, nil)
)

func (c linkCollector) Describe(out chan<- *prometheus.Desc) {
	out <- linkState
	out <- linkWatched
	out <- linkActive
	out <- linkRead
	out <- syncAge
	out <- syncRecords
	out <- liveSearches
	out <- liveLeft
	out <- activities
	out <- activitiesGivenUp
}

func collectSearches(all []lookup.LiveStatus, out chan<- prometheus.Metric) {
	for _, s := range all {
		for result, n := range map[string]uint64{"found": s.Found, "failed": s.Failed, "unknown": s.Asked - s.Found - s.Failed, "refused": s.Refused} {
			out <- prometheus.MustNewConstMetric(liveSearches, prometheus.CounterValue, float64(n), s.Org, result)
		}
		out <- prometheus.MustNewConstMetric(liveLeft, prometheus.GaugeValue, float64(s.Left), s.Org)
	}
}

func (c linkCollector) Collect(out chan<- prometheus.Metric) {
	for _, s := range c.d.switches.statuses() {
		out <- prometheus.MustNewConstMetric(linkState, prometheus.GaugeValue, 1, s.Name, s.State.String())
		out <- prometheus.MustNewConstMetric(linkWatched, prometheus.GaugeValue, float64(s.Watched), s.Name)
		out <- prometheus.MustNewConstMetric(linkActive, prometheus.GaugeValue, float64(s.Active), s.Name)
		out <- prometheus.MustNewConstMetric(linkRead, prometheus.CounterValue, float64(s.Effective), s.Name, "event")
		for _, drop := range s.Drops {
			out <- prometheus.MustNewConstMetric(linkRead, prometheus.CounterValue, float64(drop.Count), s.Name, drop.Reason)
		}
	}
	collectSearches(c.d.orgs.searches(), out)
	collectActivities(c.d, out)
	for _, s := range c.d.orgs.statuses() {
		if s.Object == "" || s.LastRun.IsZero() {
			continue
		}
		out <- prometheus.MustNewConstMetric(syncAge, prometheus.GaugeValue, time.Since(s.LastRun).Seconds(), s.Org, s.Object)
		out <- prometheus.MustNewConstMetric(syncRecords, prometheus.GaugeValue, float64(s.Records), s.Org, s.Object)
	}
}

var (
	errStarting = errors.New("the configuration is not read yet")
	errNoLink   = errors.New("no link is connected")
)
