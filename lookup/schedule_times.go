package lookup

import (
	"time"

	"github.com/robfig/cron/v3"
)

// Times are the next n times after a time at which the changes (Sync) and all
// records (Full) are read; none of a part that is off or cannot be read. The
// interval counts from each run's end and has no times.
func (s Schedule) Times(after time.Time, n int) (changes, full []time.Time) {
	t, _ := s.Timetable()
	return upcoming(t.sync, after, n), upcoming(t.full, after, n)
}

func upcoming(s cron.Schedule, after time.Time, n int) (times []time.Time) {
	for range n {
		if s == nil {
			return nil
		}
		if after = s.Next(after); after.IsZero() {
			break
		}
		times = append(times, after)
	}
	return times
}
