package replica

import (
	"log/slog"
	"time"

	"github.com/ctibridge/ctibridge/lookup"
)

// How often a long run tells the log how far it is, and from when on a rate is
// worth telling.
const (
	progressEvery = 30 * time.Second
	rateAfter     = time.Second
)

// speed is how fast a full run reads.
type speed struct {
	since  time.Time // when its reading began
	before int       // records read by then
	logged time.Time
}

// phase notes what a full run does from now on.
func (s *objectSync) phase(phase string) {
	now := time.Now()
	if s.speed.logged.IsZero() {
		s.speed.logged = now
	}
	if phase == lookup.PhaseReading {
		s.speed.since, s.speed.before = now, s.covered()
	}
	s.report(func(st *lookup.SyncStatus) { st.Phase, st.Rate, st.Left, st.Done = phase, 0, 0, s.covered() })
}

// pace tells how far the reading is, how fast it goes and how long it takes still.
func (s *objectSync) pace(st *lookup.SyncStatus, read int) {
	st.Done = read
	took := time.Since(s.speed.since)
	if took >= rateAfter && read > s.speed.before {
		st.Rate = float64(read-s.speed.before) / took.Seconds()
		st.Left = time.Duration(float64(max(st.Total-read, 0)) / st.Rate * float64(time.Second)).Round(time.Second)
	}
}

// logPace tells the log, once in a while.
func (s *objectSync) logPace(st lookup.SyncStatus) {
	if time.Since(s.speed.logged) < progressEvery {
		return
	}
	s.speed.logged = time.Now()
	s.replica.log.Info("all records are being read", slog.String("org", s.org), slog.String("object", s.object),
		slog.Int("read", st.Done), slog.Int("total", st.Total), slog.Int("rate", int(st.Rate)), slog.Duration("left", st.Left))
}
