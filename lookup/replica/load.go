package replica

import (
	"context"
	"encoding/json"
	"time"

	"github.com/ctibridge/ctibridge/lookup/salesforce"
)

// loadLife is how long a run that was broken off may be gone on with: the org
// keeps the results of a job for seven days.
const loadLife = 6 * 24 * time.Hour

// loadState is how far a run that reads all records of an object has come. It is
// committed with the records that it covers, so that after a crash the next run
// goes on behind the last of them.
type loadState struct {
	Run    int64     `json:"run"`    // marks its records
	Begun  time.Time `json:"begun"`  // by our clock
	Newest time.Time `json:"newest"` // the watermark that it will set
	// Clock is the org's when it began; zero if unknown. What is stamped an overlap
	// before has been read when the run ends.
	Clock time.Time `json:"clock,omitzero"`
	// Reading is how it reads and what, for all to be read alike.
	Reading string `json:"reading"`
	Total   int    `json:"total"`
	Read    int    `json:"read"`
	Skipped int    `json:"skipped,omitempty"` // of Read, how many the mapping leaves out
	// After is the last Id read by Query, At the place in the results of a job.
	After string                  `json:"after,omitempty"`
	At    salesforce.BulkPosition `json:"at,omitzero"`

	resumed int // of Read, how many came before this run
}

func (l *loadState) String() string {
	text, _ := json.Marshal(l) // holds nothing that cannot be
	return string(text)
}

// loadTarget is a target that keeps how far a run has come; *lookup.Directory does.
type loadTarget interface {
	Load(ctx context.Context, org, object string) (string, error)
	ForgetLoad(ctx context.Context, org, object string) error
}

// keepsLoad tells that the run can be gone on with: one that is limited, or only
// counts, says nothing of what is in the directory.
func (s *objectSync) keepsLoad() bool {
	_, keeps := s.replica.config.Directory.(loadTarget)
	return keeps && s.request.Limit == 0 && !s.request.DryRun && s.plan.config.Limit == 0
}

// beginLoad begins a full run, or goes on with one that was broken off.
func (s *objectSync) beginLoad(ctx context.Context) error {
	load, ok, err := s.brokenOff(ctx)
	if err != nil {
		return err
	}
	if !ok {
		if load, err = s.newLoad(ctx); err != nil {
			return err
		}
	}
	load.resumed = load.Read
	s.load, s.mark = load, load.Run
	return nil
}

func (s *objectSync) newLoad(ctx context.Context) (*loadState, error) {
	load := &loadState{Run: time.Now().UnixNano(), Begun: time.Now(), Reading: s.loadReading()}
	load.Clock = s.replica.askedAt()
	var err error
	if load.Newest, err = s.newestStamp(ctx); err != nil || load.Newest.IsZero() {
		return load, err // nothing to count
	}
	load.Total, err = s.countOrg(ctx, "")
	load.Total = s.atMost(load.Total)
	return load, err
}

// brokenOff is the run to go on with, if there is one. Where the directory is
// whole, a full run is asked for because all is to be read now, not since then.
func (s *objectSync) brokenOff(ctx context.Context) (*loadState, bool, error) {
	if !s.keepsLoad() || !s.stored.IsZero() && s.alike {
		return nil, false, nil
	}
	text, err := s.replica.config.Directory.(loadTarget).Load(ctx, s.org, s.object)
	if err != nil || text == "" {
		return nil, false, err
	}
	var load loadState
	age := func() time.Duration { return time.Since(load.Begun) }
	readable := json.Unmarshal([]byte(text), &load) == nil // of an older version it may not be
	if !readable || load.Run == 0 || load.Reading != s.loadReading() || age() < 0 || age() > loadLife {
		return nil, false, nil
	}
	return &load, true, nil
}

// loadReading is what a run must have in common with another to go on with it.
func (s *objectSync) loadReading() string {
	return s.plan.reading(s.replica.config.Country) + ": " + s.plan.scope()
}

// forgetLoad is for a run that ended without a watermark.
func (s *objectSync) forgetLoad(ctx context.Context) error {
	if !s.keepsLoad() {
		return nil
	}
	return s.replica.config.Directory.(loadTarget).ForgetLoad(ctx, s.org, s.object)
}

// covered is how many records of the org a full run has read, also before a
// restart.
func (s *objectSync) covered() int {
	if s.load == nil {
		return s.result.Read
	}
	return s.load.Read
}
