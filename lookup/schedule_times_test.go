package lookup

import (
	"testing"
	"time"
)

func TestScheduleTimes(t *testing.T) {
	at := time.Date(2026, 11, 20, 12, 0, 0, 0, time.Local) // a Friday
	day := func(d, h int) time.Time { return time.Date(2026, 11, d, h, 0, 0, 0, time.Local) }
	for _, c := range []struct {
		name          string
		s             Schedule
		changes, full []time.Time
	}{
		{"default", Schedule{}, nil, []time.Time{day(21, 3), day(22, 3)}},
		{"off", Schedule{Sync: Off, Full: Off}, nil, nil},
		{"working days", Schedule{Sync: "0 8 * * 1-5", Full: Off}, []time.Time{day(23, 8), day(24, 8)}, nil},
		{"over the org's", Schedule{Full: "0 4 * * *"}.Over(Schedule{Sync: "0 8 * * *", Full: Off}), []time.Time{day(21, 8), day(22, 8)}, []time.Time{day(21, 4), day(22, 4)}},
		{"nonsense is off", Schedule{Sync: "often"}, nil, []time.Time{day(21, 3), day(22, 3)}},
	} {
		changes, full := c.s.Times(at, 2)
		for what, lists := range map[string][2][]time.Time{"changes": {changes, c.changes}, "full": {full, c.full}} {
			if got, want := lists[0], lists[1]; len(got) != len(want) || len(got) == 2 && (!got[0].Equal(want[0]) || !got[1].Equal(want[1])) {
				t.Errorf("%s, %s: %v, want %v", c.name, what, got, want)
			}
		}
	}
}
