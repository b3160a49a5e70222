package mirror

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/sip/hep"
	"github.com/ctibridge/ctibridge/pbx/sip/message"
)

var kindNames = [...]string{
	"", "Originated", "Delivered", "Established", "Held", "Retrieved", "Diverted", "Transferred",
	"Conferenced", "Queued", "Failed", "Cleared", "Snapshot", "LinkDown",
}

var causeNames = [...]string{
	"", " busy", " noAnswer", " cancelled", " answeredElsewhere", " redirected", " transfer", " pickup",
	" rejected", " notAllowed", " unallocated", " unreachable",
}

// lines writes events as the tables have them; keys become #1, #2 … in the order
// in which they appear.
type lines struct {
	keys []pbx.CallID
	out  []string
}

func (l *lines) add(events ...pbx.Event) {
	for i := range events {
		l.out = append(l.out, l.text(&events[i]))
	}
}

func (l *lines) text(e *pbx.Event) string {
	n := slices.Index(l.keys, e.Connection.Call)
	if n < 0 {
		n = len(l.keys)
		l.keys = append(l.keys, e.Connection.Call)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s #%d%s", e.Connection.Device, kindNames[e.Kind], n+1, [...]string{" ?", " in", " out"}[e.Direction])
	for _, p := range []struct {
		word  string
		party pbx.Party
	}{{" from ", e.Calling}, {" to ", e.Called}, {" by ", e.LastRedirection}} {
		switch {
		case p.party.Withheld:
			b.WriteString(p.word + "withheld")
		case p.party.Number != "" || p.party.Name != "":
			b.WriteString(p.word + strings.TrimSpace(p.party.Number+" "+p.party.Name))
		}
		if p.party.Probable {
			b.WriteString(" probably")
		}
	}
	b.WriteString(causeNames[e.Cause])
	if e.Detail != "" {
		b.WriteString(" " + e.Detail)
	}
	return b.String()
}

// capture reads the packets of a file.
func capture(t testing.TB, name string) []hep.Packet {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var out []hep.Packet
	for len(data) > 0 {
		length, err := hep.Length(data)
		if err != nil {
			t.Fatal(err)
		}
		var p hep.Packet
		if err := p.Decode(data[:length]); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		out = append(out, p)
		data = data[length:]
	}
	return out
}

func scenario(name string) string { return filepath.Join("testdata", "captures", name+".raw") }

// feed gives packets to a follower at the time they were captured, and returns
// its events.
func feed(t testing.TB, f *follower, packets []hep.Packet) []pbx.Event {
	t.Helper()
	var m message.Message
	var out []pbx.Event
	for i := range packets {
		p := &packets[i]
		if p.Protocol != hep.ProtocolSIP || !aboutCalls(p.Payload) {
			continue
		}
		if err := m.Parse(p.Payload); err != nil {
			t.Fatalf("packet %d: %v", i, err)
		}
		f.apply(&m, p.Captured)
		out = append(out, f.out...)
	}
	return out
}

func follow(devices ...pbx.DeviceID) *follower {
	f := newFollower(&pbx.LinkConfig{Name: "mirror"}, nil)
	f.watch(devices)
	return f
}

// scenarios are the captured ones, and what is told of each.
var scenarios = map[string][]string{
	"asterisk-attended": {
		"103 Delivered #1 in from +493023125006 Maria Beispiel",
		"103 Established #1 in from +493023125006 Maria Beispiel",
		"104 Delivered #2 in from 103 Agent Drei",
		"103 Originated #3 out to 104",
		"104 Established #2 in from 103 Agent Drei",
		"103 Established #3 out to 104",
		"104 Transferred #2 in from +493023125006 Maria Beispiel by 103 transfer",
		"103 Cleared #3 out to 104 transfer",
		"103 Cleared #1 in from +493023125006 Maria Beispiel transfer",
		"104 Cleared #2 in from +493023125006 Maria Beispiel by 103",
	},
	"asterisk-blind": {
		"103 Delivered #1 in from +493023125006 Maria Beispiel",
		"103 Established #1 in from +493023125006 Maria Beispiel",
		"104 Delivered #2 in from +493023125006 Maria Beispiel to 103 by 103 transfer",
		"103 Cleared #1 in from +493023125006 Maria Beispiel transfer",
		"104 Established #2 in from +493023125006 Maria Beispiel to 103 by 103",
		"104 Cleared #2 in from +493023125006 Maria Beispiel to 103 by 103",
	},
	"asterisk-hold": {
		"103 Delivered #1 in from +493023125006 Maria Beispiel",
		"103 Established #1 in from +493023125006 Maria Beispiel",
		"103 Cleared #1 in from +493023125006 Maria Beispiel",
	},
	"asterisk-neg-caller-leaves": {
		"103 Delivered #1 in from +493023125006 Maria Beispiel",
		"103 Established #1 in from +493023125006 Maria Beispiel",
		"104 Delivered #2 in from 103 Agent Drei",
		"103 Originated #3 out to 104",
		"104 Established #2 in from 103 Agent Drei",
		"103 Established #3 out to 104",
		"103 Cleared #1 in from +493023125006 Maria Beispiel",
		"103 Cleared #3 out to 104",
		"104 Cleared #2 in from 103 Agent Drei",
	},
	"asterisk-pickup": {
		"103 Delivered #1 in from +493023125006 Maria Beispiel",
		"104 Established #2 in from +493023125006 Maria Beispiel by 103 pickup",
		"103 Cleared #1 in from +493023125006 Maria Beispiel answeredElsewhere",
		"104 Cleared #2 in from +493023125006 Maria Beispiel by 103",
	},
	"freeswitch-attended": {
		"1001 Delivered #1 in from +493023125006 Maria Beispiel",
		"1001 Established #1 in from +493023125006 Maria Beispiel",
		"1002 Delivered #2 in from 1001 Agent Eins",
		"1001 Originated #3 out to 1002",
		"1002 Established #2 in from 1001 Agent Eins",
		"1001 Established #3 out to 1002",
		"1002 Transferred #2 in from +493023125006 Maria Beispiel by 1001 transfer",
		"1001 Cleared #3 out to 1002 transfer",
		"1001 Cleared #1 in from +493023125006 Maria Beispiel transfer",
		"1002 Cleared #2 in from +493023125006 Maria Beispiel by 1001",
	},
	"freeswitch-blind": {
		"1001 Delivered #1 in from +493023125006 Maria Beispiel",
		"1001 Established #1 in from +493023125006 Maria Beispiel",
		"1001 Cleared #1 in from +493023125006 Maria Beispiel transfer",
		"1002 Delivered #2 in from +493023125006 Maria Beispiel to 1001 by 1001 transfer",
		"1002 Established #2 in from +493023125006 Maria Beispiel to 1001 by 1001",
		"1002 Cleared #2 in from +493023125006 Maria Beispiel to 1001 by 1001",
	},
	"freeswitch-hold": {
		"1001 Delivered #1 in from +493023125006 Maria Beispiel",
		"1001 Established #1 in from +493023125006 Maria Beispiel",
		"1001 Cleared #1 in from +493023125006 Maria Beispiel",
	},
	"freeswitch-neg-consult-ends": {
		"1001 Delivered #1 in from +493023125006 Maria Beispiel",
		"1001 Established #1 in from +493023125006 Maria Beispiel",
		"1002 Delivered #2 in from 1001 Agent Eins",
		"1001 Originated #3 out to 1002",
		"1002 Established #2 in from 1001 Agent Eins",
		"1001 Established #3 out to 1002",
		"1001 Cleared #3 out to 1002",
		"1002 Cleared #2 in from 1001 Agent Eins",
		"1001 Cleared #1 in from +493023125006 Maria Beispiel",
	},
	"freeswitch-pickup": {
		"1001 Delivered #1 in from +493023125006 Maria Beispiel",
		"1002 Established #2 in from +493023125006 Maria Beispiel probably by 1001 pickup",
		"1001 Cleared #1 in from +493023125006 Maria Beispiel answeredElsewhere",
		"1002 Transferred #2 in from +493023125006 Maria Beispiel by 1001 pickup",
		"1002 Cleared #2 in from +493023125006 Maria Beispiel by 1001",
	},
}

// devicesOf are the two agents' devices in a scenario.
func devicesOf(name string) []pbx.DeviceID {
	if strings.HasPrefix(name, "freeswitch") {
		return []pbx.DeviceID{"1001", "1002"}
	}
	return []pbx.DeviceID{"103", "104"}
}

// TestScenarios: what Asterisk and FreeSWITCH really mirrored, packet by packet,
// and what the bridge is told.
func TestScenarios(t *testing.T) {
	files, err := filepath.Glob(scenario("*"))
	if err != nil || len(files) != len(scenarios) {
		t.Fatalf("%d captures and %d tables: %v", len(files), len(scenarios), err)
	}
	for name, want := range scenarios {
		t.Run(name, func(t *testing.T) {
			f := follow(devicesOf(name)...)
			var got lines
			got.add(feed(t, f, capture(t, scenario(name)))...)
			if !slices.Equal(got.out, want) {
				t.Errorf("events:\n\t%s\nwant:\n\t%s", strings.Join(got.out, "\n\t"), strings.Join(want, "\n\t"))
			}
			if len(f.live) != 0 {
				t.Errorf("%d devices are still in a call", len(f.live))
			}
		})
	}
}

// TestOneWatched: a call of which only one side is watched tells that side, and
// nothing of the other.
func TestOneWatched(t *testing.T) {
	for name := range scenarios {
		for _, device := range devicesOf(name) {
			events := feed(t, follow(device), capture(t, scenario(name)))
			for i := range events {
				if events[i].Connection.Device != device {
					t.Errorf("%s: event about %s, whom nobody watches", name, events[i].Connection.Device)
				}
			}
		}
	}
}
