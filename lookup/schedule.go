package lookup

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// What a Schedule leaves open.
const (
	DefaultSyncInterval = 90 * time.Second
	DefaultFullSync     = "0 3 * * *"
	// Off switches a part of a Schedule off.
	Off = "off"

	minSyncInterval = 10 * time.Second
	maxSyncInterval = 24 * time.Hour
)

// Timetable is a Schedule that has been read: what is off is zero or nil.
type Timetable struct {
	Interval   time.Duration
	sync, full cron.Schedule
}

// Over is s with what it leaves open taken from base: an object's schedule over
// its org's.
func (s Schedule) Over(base Schedule) Schedule {
	return Schedule{
		Interval: cmp.Or(s.Interval, base.Interval), Sync: cmp.Or(s.Sync, base.Sync), Full: cmp.Or(s.Full, base.Full),
	}
}

// Validate says what is wrong with each part by its name, and nothing of the rest.
func (s Schedule) Validate() map[string]error {
	_, faults := s.Timetable()
	return faults
}

// Timetable reads all that can be read; the rest has its default.
func (s Schedule) Timetable() (t Timetable, faults map[string]error) {
	faults = map[string]error{}
	fault := func(part string, err error) {
		if err != nil {
			faults[part] = err
		}
	}
	var err error
	t.Interval, err = readInterval(s.Interval)
	fault("interval", err)
	t.sync, err = readCron(cmp.Or(s.Sync, Off))
	fault("sync", err)
	t.full, err = readCron(cmp.Or(s.Full, DefaultFullSync))
	fault("full", err)
	if err != nil {
		t.full, _ = readCron(DefaultFullSync)
	}
	return t, faults
}

func readInterval(text string) (time.Duration, error) {
	switch text = strings.TrimSpace(text); text {
	case Off:
		return 0, nil
	case "":
		return DefaultSyncInterval, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < minSyncInterval || d > maxSyncInterval {
		return DefaultSyncInterval, fmt.Errorf("%q is no pause between 10s and 24h, such as 90s, 5m or 1h30m, or off", text)
	}
	return d, nil
}

// readCron reads five fields, or @daily and its like. An expression that names a
// time which never comes, such as 31 February, is refused.
func readCron(text string) (cron.Schedule, error) {
	if text = strings.TrimSpace(text); text == Off {
		return nil, nil //nolint:nilnil // off is no fault
	}
	if strings.Contains(text, "TZ=") {
		return nil, errors.New("times are the local time of the bridge; leave the time zone out")
	}
	s, err := cron.ParseStandard(text)
	if err != nil {
		return nil, fmt.Errorf("%q is no cron expression of minute, hour, day, month and weekday, such as %q for each night at three: %w", text, DefaultFullSync, err)
	}
	if s.Next(time.Now()).IsZero() {
		return nil, fmt.Errorf("%q names a time that never comes", text)
	}
	return s, nil
}

// Next is when an object is due that was last synced and last read in full at
// these times, and whether in full. A full run that was missed, because the bridge
// was down, is due at once. The zero time: never.
func (t Timetable) Next(synced, full time.Time) (at time.Time, inFull bool) {
	whole := t.Full(full)
	at = Earlier(t.Changes(synced), whole)
	return at, !whole.IsZero() && !whole.After(at)
}

// Changes is when changes are due, zero if never.
func (t Timetable) Changes(synced time.Time) (at time.Time) {
	if t.Interval > 0 {
		at = synced.Add(t.Interval)
	}
	if t.sync != nil {
		at = Earlier(at, t.sync.Next(synced))
	}
	return at
}

// Full is when all records are due that were last read in full at that time; zero if never.
func (t Timetable) Full(full time.Time) time.Time {
	if t.full == nil {
		return time.Time{}
	}
	return t.full.Next(full)
}

// Earlier is the Earlier of two times, of which zero is never.
func Earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
