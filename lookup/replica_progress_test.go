package lookup

import (
	"testing"
	"testing/synctest"
	"time"
)

// TestPace: of 1,000 records, 200 came before a restart and 200 in ten seconds.
func TestPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := NewReplica(ReplicaConfig{})
		s := &objectSync{replica: r, object: "Contact", load: &loadState{Read: 200, resumed: 200, Total: 1000}}
		s.report(func(st *SyncStatus) { st.Total = 1000 })
		s.phase(PhaseReading)
		if st := s.report(func(st *SyncStatus) { s.pace(st, 300) }); st.Rate != 0 || st.Left != 0 {
			t.Errorf("a rate of %v is known at once", st.Rate)
		}
		time.Sleep(10 * time.Second) // the bubble's time
		st := s.report(func(st *SyncStatus) { s.pace(st, 400) })
		if st.Phase != PhaseReading || st.Done != 400 || st.Rate != 20 || st.Left != 30*time.Second {
			t.Errorf("status is %+v", st)
		}
	})
}
