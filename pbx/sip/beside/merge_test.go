package beside

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
)

// told is an event and when its link told it.
type told struct {
	At    time.Time
	Event pbx.Event
	from  source
}

func recorded(t *testing.T, name string, from source) []told {
	t.Helper()
	suffix := [...]string{dialogs: "dialogs", mirror: "mirror"}[from]
	data, err := os.ReadFile(filepath.Join("testdata", name+"."+suffix+".jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	var out []told
	lines := bufio.NewScanner(bytes.NewReader(data))
	for lines.Scan() {
		one := told{from: from}
		if err := json.Unmarshal(lines.Bytes(), &one); err != nil {
			t.Fatal(err)
		}
		out = append(out, one)
	}
	return out
}

// merge plays both streams as they came, the later one shifted by delay.
func merge(t *testing.T, g *merger, alive bool, lists ...[]told) []pbx.Event {
	t.Helper()
	all := slices.Concat(lists...)
	slices.SortStableFunc(all, func(a, b told) int { return a.At.Compare(b.At) })
	var out []pbx.Event
	var now time.Time
	settle := func(until time.Time) {
		for at, waits := g.due(); waits && !at.After(until); at, waits = g.due() {
			now = at
			out = append(out, g.settle(at)...)
		}
	}
	fed := 0
	// An INVITE is seen a second before the telephone rings, but not before what the
	// mirror told of the device before that.
	g.coming = func(d pbx.DeviceID) (out []pbx.Event) {
		var last time.Time
		for i := range all {
			e := all[i].Event
			if all[i].from != mirror || e.Connection.Device != d {
				continue
			}
			if i >= fed && e.Kind == pbx.EventDelivered && all[i].At.Before(now.Add(time.Second)) && !last.After(now) {
				e.Time = now
				out = append(out, e)
			}
			last = all[i].At
		}
		return out
	}
	for i := range all {
		settle(all[i].At)
		now, fed = all[i].At, i+1
		if all[i].from == mirror {
			out = append(out, g.fromMirror(&all[i].Event)...)
		} else {
			out = append(out, g.fromDialogs(&all[i].Event, all[i].At, alive)...)
		}
	}
	settle(all[len(all)-1].At.Add(time.Hour))
	return out
}

var kindNames = [...]string{
	"", "Originated", "Delivered", "Established", "Held", "Retrieved", "Diverted", "Transferred",
	"Conferenced", "Queued", "Failed", "Cleared", "Snapshot", "LinkDown",
}

// text writes events as tables have them, each device's calls numbered, without
// the Snapshots of idle devices.
func text(events []pbx.Event) []string {
	var keys []pbx.ConnectionID
	var out []string
	for i := range events {
		e := &events[i]
		if e.Kind == pbx.EventSnapshot {
			for _, c := range e.Connections {
				out = append(out, fmt.Sprintf("%s Snapshot %v", e.Connection.Device, c))
			}
			continue
		}
		n := slices.Index(keys, e.Connection)
		if n < 0 {
			n = len(keys)
			keys = append(keys, e.Connection)
		}
		line := fmt.Sprintf("%s %s #%d%s %s", e.Connection.Device, kindNames[e.Kind], n+1, [...]string{" ?", " in", " out"}[e.Direction], e.Remote().Number)
		if e.Remote().Withheld {
			line += "withheld"
		}
		if e.Remote().Probable {
			line += " probably"
		}
		if e.Cause != 0 {
			line += fmt.Sprintf(" cause=%d", e.Cause)
		}
		out = append(out, strings.TrimSpace(line))
	}
	return out
}

func names(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/*.mirror.jsonl")
	if err != nil || len(files) < 10 {
		t.Fatal("scenarios are missing", err)
	}
	for i := range files {
		files[i] = strings.TrimSuffix(filepath.Base(files[i]), ".mirror.jsonl")
	}
	return files
}

// hold is what only dialog events tell.
func hold(line string) bool {
	return strings.Contains(line, " Held ") || strings.Contains(line, " Retrieved ")
}

// TestScenariosWithBoth: both streams of each captured scenario, as they really
// came, make the calls of the mirror alone, once, and hold where it was told.
func TestScenariosWithBoth(t *testing.T) {
	for _, name := range names(t) {
		want := text(events(recorded(t, name, mirror)))
		got := text(merge(t, newMerger(), true, recorded(t, name, dialogs), recorded(t, name, mirror)))
		plain := slices.DeleteFunc(slices.Clone(got), hold)
		if !slices.Equal(plain, want) {
			t.Errorf("%s: both make\n\t%s\nthe mirror alone\n\t%s", name, strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
		}
		if held := len(got) - len(plain); strings.HasSuffix(name, "freeswitch-hold") && held != 2 {
			t.Errorf("%s: %d events of hold, want 2", name, held)
		}
	}
}

func events(list []told) []pbx.Event {
	out := make([]pbx.Event, len(list))
	for i := range list {
		out[i] = list[i].Event
	}
	return out
}
