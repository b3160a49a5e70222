package replica

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/ctibridge/ctibridge/lookup"
)

// TestPace: of 1,000 records, 200 came before a restart and 200 in ten seconds.
func TestPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := New(Config{})
		s := &objectSync{replica: r, object: "Contact", load: &loadState{Read: 200, resumed: 200, Total: 1000}}
		s.report(func(st *lookup.SyncStatus) { st.Total = 1000 })
		s.phase(lookup.PhaseReading)
		if st := s.report(func(st *lookup.SyncStatus) { s.pace(st, 300) }); st.Rate != 0 || st.Left != 0 {
			t.Errorf("a rate of %v is known at once", st.Rate)
		}
		time.Sleep(10 * time.Second) // the bubble's time
		st := s.report(func(st *lookup.SyncStatus) { s.pace(st, 400) })
		if st.Phase != lookup.PhaseReading || st.Done != 400 || st.Rate != 20 || st.Left != 30*time.Second {
			t.Errorf("status is %+v", st)
		}
	})
}
