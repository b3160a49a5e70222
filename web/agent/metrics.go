package agent

import (
	"github.com/prometheus/client_golang/prometheus"
)

// kind is a frame type of the bridge, as an index.
type kind uint8

const (
	kindWelcome kind = iota
	kindCall
	kindNavigate
	kindResult
	kindError
	kindSettings
	kindPing
	kinds
)

func (k kind) String() string {
	return [...]string{"welcome", "call", "navigate", "result", "error", "settings", "ping"}[k]
}

// metrics name neither a person nor a number.
type metrics struct {
	sent      [kinds]prometheus.Counter
	received  map[string]prometheus.Counter // by frame type
	closes    *prometheus.CounterVec
	overflows prometheus.Counter
	foreign   prometheus.Counter
}

// newMetrics registers the hub's metrics; sessions is read at each scrape.
func newMetrics(r prometheus.Registerer, sessions func() int) *metrics {
	frames := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "ctibridge_agent_frames_sent_total", Help: "Frames written to browser tabs.",
	}, []string{"type"})
	received := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "ctibridge_agent_frames_received_total", Help: "Frames read from browser tabs.",
	}, []string{"type"})
	m := &metrics{
		received: make(map[string]prometheus.Counter),
		closes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "ctibridge_agent_closes_total", Help: "Ended connections by close code; 1006 without one.",
		}, []string{"code"}),
		overflows: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "ctibridge_agent_queue_overflows_total", Help: "Tabs closed because their queue was full.",
		}),
		foreign: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "ctibridge_agent_foreign_calls_total", Help: "Frames refused because they named another agent's call.",
		}),
	}
	for k := range kinds {
		m.sent[k] = frames.WithLabelValues(k.String())
	}
	for _, name := range clientTypes {
		m.received[name] = received.WithLabelValues(name)
	}
	if r != nil {
		r.MustRegister(frames, received, m.closes, m.overflows, m.foreign, prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "ctibridge_agent_sessions", Help: "Browser tabs connected.",
		}, func() float64 { return float64(sessions()) }))
	}
	return m
}
