package lookup

import (
	"strings"
	"testing"
	"time"
)

func TestScheduleRefuses(t *testing.T) {
	for _, c := range []struct {
		name  string
		s     Schedule
		wrong string // parts, by the alphabet
	}{
		{"nothing said", Schedule{}, ""},
		{"all off", Schedule{"off", "off", "off"}, ""},
		{"all said", Schedule{"1h30m", "*/15 8-18 * * 1-5", "@weekly"}, ""},
		{"too often", Schedule{Interval: "1s"}, "interval"},
		{"hardly ever", Schedule{Interval: "48h"}, "interval"},
		{"no unit", Schedule{Interval: "90"}, "interval"},
		{"seconds", Schedule{Sync: "0 0 3 * * *"}, "sync"},
		{"31 February", Schedule{Full: "0 3 31 2 *"}, "full"},
		{"a time zone", Schedule{Full: "CRON_TZ=UTC 0 3 * * *"}, "full"},
		{"all wrong", Schedule{"x", "x", "x"}, "full interval sync"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var wrong []string
			faults := c.s.Validate()
			for _, part := range []string{"full", "interval", "sync"} {
				if faults[part] != nil {
					wrong = append(wrong, part)
				}
			}
			if got := strings.Join(wrong, " "); got != c.wrong {
				t.Errorf("wrong are %q: %v", got, faults)
			}
		})
	}
}

func TestTimetable(t *testing.T) {
	at := func(text string) time.Time {
		t.Helper()
		if text == "" {
			return time.Time{}
		}
		p, err := time.ParseInLocation("2006-01-02 15:04:05", text, time.Local)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	for _, c := range []struct {
		name         string
		s            Schedule
		synced, full string
		want         string
		inFull       bool
	}{
		{"by the interval", Schedule{}, "2026-11-02 10:00:00", "2026-11-02 03:00:00", "2026-11-02 10:01:30", false},
		{"at night all", Schedule{}, "2026-11-02 02:59:30", "2026-11-01 03:00:00", "2026-11-02 03:00:00", true},
		{"a missed night", Schedule{}, "2026-11-02 10:00:00", "2026-11-01 03:00:00", "2026-11-02 03:00:00", true},
		{"by cron", Schedule{Interval: "off", Sync: "0 12 * * *"}, "2026-11-02 10:00:00", "2026-11-02 03:00:00", "2026-11-02 12:00:00", false},
		{"whichever is first", Schedule{Interval: "3h", Sync: "0 12 * * *"}, "2026-11-02 10:00:00", "2026-11-02 03:00:00", "2026-11-02 12:00:00", false},
		{"full only", Schedule{Interval: "off"}, "2026-11-02 10:00:00", "2026-11-02 03:00:00", "2026-11-03 03:00:00", true},
		{"never full", Schedule{Full: "off"}, "2026-11-02 10:00:00", "", "2026-11-02 10:01:30", false},
		{"never", Schedule{"off", "off", "off"}, "2026-11-02 10:00:00", "", "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			table, faults := c.s.Timetable()
			if len(faults) > 0 {
				t.Fatal(faults)
			}
			got, inFull := table.Next(at(c.synced), at(c.full))
			if !got.Equal(at(c.want)) || inFull != c.inFull {
				t.Errorf("due %v, in full: %t; want %s, %t", got, inFull, c.want, c.inFull)
			}
		})
	}
	if got := (Schedule{Sync: "off"}).Over(Schedule{Interval: "5m", Sync: "@daily"}); got != (Schedule{Interval: "5m", Sync: "off"}) {
		t.Errorf("an object's own over the org's: %+v", got)
	}
}
