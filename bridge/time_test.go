package bridge

import (
	"testing"
	"time"
)

// FuzzTime holds the time on the wire to its layout.
func FuzzTime(f *testing.F) {
	f.Add(int64(0), int64(0))
	f.Add(int64(1_795_000_000), int64(7_999_999))
	f.Add(int64(253_402_300_800), int64(999_999_999)) // the year 10000
	f.Add(int64(-62_135_596_801), int64(1))           // before the year 1
	f.Fuzz(func(t *testing.T, seconds, nanoseconds int64) {
		at := time.Unix(seconds, nanoseconds)
		got, err := Time{at}.MarshalJSON()
		if want := at.UTC().Format(`"2006-01-02T15:04:05.000Z"`); err != nil || string(got) != want {
			t.Errorf("wrote %s (%v), want %s", got, err, want)
		}
	})
}
