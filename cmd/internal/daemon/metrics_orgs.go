package daemon

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/lookup/salesforce"
)

// newOrgMetrics registers what tells of requests to the orgs and of their
// limits, and returns what notes a request.
func newOrgMetrics(r *prometheus.Registry, d *Daemon) func(org string, x salesforce.Exchange) {
	requests := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "ctibridge_salesforce_requests_total", Help: "Requests to Salesforce by kind of endpoint, and their status: 2xx to 5xx, or \"none\" without a reply.",
	}, []string{"org", "endpoint", "status"})
	took := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "ctibridge_salesforce_request_seconds", Help: "Time until the head of Salesforce's reply, without the wait for a turn.",
		Buckets: []float64{.01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 120},
	}, []string{"org", "endpoint"})
	r.MustRegister(requests, took, orgCollector{d})
	return func(org string, x salesforce.Exchange) {
		status := "none"
		if x.Status >= 100 {
			status = strconv.Itoa(x.Status/100) + "xx"
		}
		requests.WithLabelValues(org, x.Class, status).Inc()
		took.WithLabelValues(org, x.Class).Observe(x.Took.Seconds())
	}
}

// orgCollector tells what of each org's limits is used.
type orgCollector struct{ d *Daemon }

var (
	orgUsed     = prometheus.NewDesc("ctibridge_salesforce_used", "Used of an org's limit, by whomever: api_calls and bulk_queries in 24 hours, storage_mb.", []string{"org", "limit"}, nil)
	orgMax      = prometheus.NewDesc("ctibridge_salesforce_allowed", "The org's limit.", []string{"org", "limit"}, nil)
	orgFull     = prometheus.NewDesc("ctibridge_salesforce_calls_full_seconds", "Time until the API calls of 24 hours are used up at the present rate; absent if they will not be.", []string{"org"}, nil)
	eventsUp    = prometheus.NewDesc("ctibridge_change_stream_up", "1 while the stream of an object's change events stands.", []string{"org", "object"}, nil)
	eventsTaken = prometheus.NewDesc("ctibridge_change_events_total", "Change events taken.", []string{"org", "object"}, nil)
	eventGaps   = prometheus.NewDesc("ctibridge_change_gaps_total", "Times that change events told too little, so that a sync had to bring it.", []string{"org", "object"}, nil)
	orgPace     = prometheus.NewDesc("ctibridge_salesforce_polling", "1 for the pace the org is polled at: normal, slow, stopped, or off.", []string{"org", "pace"}, nil)
)

func (orgCollector) Describe(out chan<- *prometheus.Desc) {
	out <- orgUsed
	out <- orgMax
	out <- orgFull
	out <- orgPace
	out <- eventsUp
	out <- eventsTaken
	out <- eventGaps
}

func (c orgCollector) Collect(out chan<- prometheus.Metric) {
	for _, s := range c.d.orgs.orgStatuses() {
		collectOrg(s, out)
	}
}

func collectOrg(s lookup.OrgStatus, out chan<- prometheus.Metric) {
	gauge := func(desc *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, v, append([]string{s.Org}, labels...)...)
	}
	for limit, a := range map[string]salesforce.Allocation{"api_calls": s.Usage.Calls, "bulk_queries": s.Usage.BulkQueries, "storage_mb": s.Usage.StorageMB} {
		if a.Max > 0 {
			gauge(orgUsed, float64(a.Used), limit)
			gauge(orgMax, float64(a.Max), limit)
		}
	}
	if !s.Usage.Full.IsZero() {
		gauge(orgFull, max(time.Until(s.Usage.Full).Seconds(), 0))
	}
	for _, e := range s.Events {
		up := 0.0
		if e.Up {
			up = 1
		}
		gauge(eventsUp, up, e.Object)
		out <- prometheus.MustNewConstMetric(eventsTaken, prometheus.CounterValue, float64(e.Events), s.Org, e.Object)
		out <- prometheus.MustNewConstMetric(eventGaps, prometheus.CounterValue, float64(e.Gaps), s.Org, e.Object)
	}
	pace := s.Pace
	if s.Disabled || pace == "" {
		pace = "off"
	}
	gauge(orgPace, 1, pace)
}
