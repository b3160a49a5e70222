package sip

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/sip/dialoginfo"
	"github.com/ctibridge/ctibridge/pbx/sip/message"
)

// eventText is an event in one line, as the tables have it.
func eventText(e *pbx.Event) string {
	var b strings.Builder
	names := [...]string{
		"", "Originated", "Delivered", "Established", "Held", "Retrieved", "Diverted", "Transferred",
		"Conferenced", "Queued", "Failed", "Cleared", "Snapshot", "LinkDown",
	}
	fmt.Fprintf(&b, "%s %s", e.Connection.Device, names[e.Kind])
	if e.Kind == pbx.EventSnapshot {
		for _, c := range e.Connections {
			fmt.Fprintf(&b, " [%s %d%s%s]", shortKey(c.ID.Call), c.State, directionText(c.Direction), partyText(c.Calling, c.Called))
		}
		return b.String()
	}
	fmt.Fprintf(&b, " %s%s%s", shortKey(e.Connection.Call), directionText(e.Direction), partyText(e.Calling, e.Called))
	if e.Cause != pbx.CauseNone {
		fmt.Fprintf(&b, " cause=%d", e.Cause)
	}
	if e.LastRedirection.Number != "" {
		b.WriteString(" from=" + e.LastRedirection.Number)
	}
	return b.String()
}

// shortKey keeps a UUID readable.
func shortKey(id pbx.CallID) string {
	if len(id) > 20 {
		return string(id[:8])
	}
	return string(id)
}

func directionText(d pbx.Direction) string { return [...]string{" ?", " in", " out"}[d] }

func partyText(calling, called pbx.Party) string {
	for _, p := range []pbx.Party{calling, called} {
		if p.Withheld {
			return " withheld"
		}
		if p.Number != "" {
			text := " " + p.Number
			if p.Name != "" {
				text += " " + p.Name
			}
			if p.Probable {
				text += " probably"
			}
			return text
		}
	}
	return ""
}

// replay feeds the NOTIFYs of a captured scenario to trackers, one a device,
// and returns the events.
func replay(t *testing.T, scenario string, own string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", "captures", scenario, "*.sip"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no captures of %s: %v", scenario, err)
	}
	trackers := map[string]*tracker{}
	var got []string
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		device := strings.Split(filepath.Base(file), "-")[1]
		tr := trackers[device]
		if tr == nil {
			tr = newTracker("pbx", pbx.DeviceID(device), own, profileUnknown)
			trackers[device] = tr
		}
		var m message.Message
		if err := m.Parse(data); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if message.EqualFold(message.Token(m.SubscriptionState), "terminated") {
			continue
		}
		doc := dialoginfo.Document{Full: true, Truncated: true}
		if len(m.Body) > 0 {
			if err := doc.Parse(m.Body); err != nil {
				t.Fatalf("%s: %v", file, err)
			}
		}
		for _, e := range tr.apply(&doc, m.CSeq, profileByAgent(string(m.Agent())), time.Now()) {
			got = append(got, eventText(&e))
		}
	}
	return got
}

// TestCapturedScenarios: what the switches really sent, NOTIFY by NOTIFY, and
// what the bridge is told. Where a switch hides something, as after a transfer
// with consultation, the events do not invent it.
func TestCapturedScenarios(t *testing.T) {
	for _, tt := range []struct {
		scenario string
		want     []string
	}{
		{"asterisk-agent-dials-out", []string{
			"104 Snapshot",
			"103 Snapshot",
			"103 Established 103#1 ?",
			"104 Delivered 104#1 in 103 Agent Drei",
			"104 Established 104#1 in 103 Agent Drei",
			"103 Cleared 103#1 ?",
			"104 Cleared 104#1 in 103 Agent Drei",
		}},
		{"asterisk-attended", []string{
			"103 Snapshot",
			"104 Snapshot",
			"103 Delivered 103#1 in +493023125006 Maria Beispiel",
			"103 Established 103#1 in +493023125006 Maria Beispiel",
			"104 Delivered 104#1 in 103 Agent Drei",
			"104 Established 104#1 in 103 Agent Drei",
			"103 Cleared 103#1 in +493023125006 Maria Beispiel",
			"104 Cleared 104#1 in 103 Agent Drei",
		}},
		{"asterisk-blind", []string{
			"103 Snapshot",
			"104 Snapshot",
			"103 Delivered 103#1 in +493023125006 Maria Beispiel",
			"103 Established 103#1 in +493023125006 Maria Beispiel",
			"103 Cleared 103#1 in +493023125006 Maria Beispiel",
			"104 Delivered 104#1 in +493023125006 Maria Beispiel",
			"104 Established 104#1 in +493023125006 Maria Beispiel",
			"104 Cleared 104#1 in +493023125006 Maria Beispiel",
		}},
		{"asterisk-hold", []string{
			"103 Snapshot",
			"104 Snapshot",
			"103 Delivered 103#1 in +493023125006 Maria Beispiel",
			"103 Established 103#1 in +493023125006 Maria Beispiel",
			"103 Cleared 103#1 in +493023125006 Maria Beispiel",
		}},
		{"asterisk-inbound", []string{
			"103 Snapshot",
			"104 Snapshot",
			"103 Delivered 103#1 in +493023125006 Mueller PAI",
			"103 Established 103#1 in +493023125006 Mueller PAI",
			"103 Cleared 103#1 in +493023125006 Mueller PAI",
		}},
		{"asterisk-neg-caller-leaves", []string{
			"103 Snapshot",
			"104 Snapshot",
			"103 Delivered 103#1 in +493023125006 Maria Beispiel",
			"103 Established 103#1 in +493023125006 Maria Beispiel",
			"104 Delivered 104#1 in 103 Agent Drei",
			"104 Established 104#1 in 103 Agent Drei",
			"103 Cleared 103#1 in +493023125006 Maria Beispiel",
			"104 Cleared 104#1 in 103 Agent Drei",
		}},
		{"asterisk-pickup", []string{
			"103 Snapshot",
			"104 Snapshot",
			"103 Delivered 103#1 in +493023125006 Maria Beispiel",
			"104 Established 104#1 ?",
			"103 Cleared 103#1 in +493023125006 Maria Beispiel",
			"104 Cleared 104#1 ?",
		}},
		{"asterisk-ringgroup", []string{
			"103 Snapshot",
			"104 Snapshot",
			"103 Delivered 103#1 in +493023125006 Mueller PAI",
			"104 Delivered 104#1 in +493023125006 Mueller PAI",
			"103 Established 103#1 in +493023125006 Mueller PAI",
			"104 Cleared 104#1 in +493023125006 Mueller PAI",
			"103 Cleared 103#1 in +493023125006 Mueller PAI",
		}},
		{"asterisk-withheld", []string{
			"103 Snapshot",
			"104 Snapshot",
			"103 Delivered 103#1 in withheld",
			"103 Established 103#1 in withheld",
			"103 Cleared 103#1 in withheld",
		}},
		{"freeswitch-agent-dials-out", []string{
			"1001 Snapshot",
			"1002 Snapshot",
			"1002 Originated 445bd194 out 1001",
			"1001 Delivered 7ef39678 in 1002 Zwei",
			"1001 Established 7ef39678 in 1002 Zwei",
			"1002 Established 445bd194 out 1001",
			"1001 Cleared 7ef39678 in 1002 Zwei",
			"1002 Cleared 445bd194 out 1001",
		}},
		{"freeswitch-attended", []string{
			"1001 Snapshot",
			"1002 Snapshot",
			"1001 Delivered 2274ccd5 in +493023125006 Maria Beispiel",
			"1001 Established 2274ccd5 in +493023125006 Maria Beispiel",
			"1001 Held 2274ccd5 in +493023125006 Maria Beispiel",
			"1001 Originated a21db7ef out 1002",
			"1002 Delivered a998d4d2 in 1001 Agent Eins",
			"1002 Established a998d4d2 in 1001 Agent Eins",
			"1001 Established a21db7ef out 1002",
			"1001 Held a21db7ef out 1002",
			"1001 Cleared 2274ccd5 in +493023125006 Maria Beispiel",
			"1002 Cleared a998d4d2 in 1001 Agent Eins",
		}},
		{"freeswitch-blind", []string{
			"1001 Snapshot",
			"1002 Snapshot",
			"1001 Delivered c9d499cd in +493023125006 Maria Beispiel",
			"1001 Established c9d499cd in +493023125006 Maria Beispiel",
			"1001 Cleared c9d499cd in +493023125006 Maria Beispiel",
			"1002 Delivered 35ac79d9 in +493023125006 Maria Beispiel",
			"1002 Established 35ac79d9 in +493023125006 Maria Beispiel",
			"1002 Cleared 35ac79d9 in +493023125006 Maria Beispiel",
		}},
		{"freeswitch-hold", []string{
			"1001 Snapshot",
			"1002 Snapshot",
			"1001 Delivered 6cc5cbe6 in +493023125006 Maria Beispiel",
			"1001 Established 6cc5cbe6 in +493023125006 Maria Beispiel",
			"1001 Held 6cc5cbe6 in +493023125006 Maria Beispiel",
			"1001 Retrieved 6cc5cbe6 in +493023125006 Maria Beispiel",
			"1001 Cleared 6cc5cbe6 in +493023125006 Maria Beispiel",
		}},
		{"freeswitch-inbound", []string{
			"1001 Snapshot",
			"1002 Snapshot",
			"1001 Delivered 7a2b7361 in +493023125006 Mueller PAI",
			"1001 Established 7a2b7361 in +493023125006 Mueller PAI",
			"1001 Cleared 7a2b7361 in +493023125006 Mueller PAI",
		}},
		{"freeswitch-neg-consult-ends", []string{
			"1002 Snapshot",
			"1001 Snapshot",
			"1001 Delivered cb798ad9 in +493023125006 Maria Beispiel",
			"1001 Established cb798ad9 in +493023125006 Maria Beispiel",
			"1001 Held cb798ad9 in +493023125006 Maria Beispiel",
			"1002 Delivered be977679 in 1001 Agent Eins",
			"1001 Originated e7fd2526 out 1002",
			"1002 Established be977679 in 1001 Agent Eins",
			"1001 Established e7fd2526 out 1002",
			"1002 Cleared be977679 in 1001 Agent Eins",
			"1001 Held e7fd2526 out 1002",
			"1001 Retrieved cb798ad9 in +493023125006 Maria Beispiel",
			"1001 Cleared cb798ad9 in +493023125006 Maria Beispiel",
		}},
		{"freeswitch-pickup", []string{
			"1001 Snapshot",
			"1002 Snapshot",
			"1001 Delivered 699bb66e in +493023125006 Maria Beispiel",
			"1002 Originated 1d73d3a9 out cause=7 from=1001",
			"1002 Established 1d73d3a9 out cause=7 from=1001",
			"1001 Cleared 699bb66e in +493023125006 Maria Beispiel",
			"1002 Cleared 1d73d3a9 out from=1001",
		}},
		{"kamailio-inbound", []string{
			"1001 Snapshot",
			"1002 Snapshot",
			"1001 Delivered 1-14858@127.0.0.31 in +493023125006",
			"1001 Established 1-14858@127.0.0.31 in +493023125006",
			"1001 Cleared 1-14858@127.0.0.31 in +493023125006",
		}},
	} {
		t.Run(tt.scenario, func(t *testing.T) {
			compare(t, replay(t, tt.scenario, "cti"), tt.want)
		})
	}
}

func compare(t *testing.T, got, want []string) {
	t.Helper()
	for i := range max(len(got), len(want)) {
		g, w := "nothing", "nothing"
		if i < len(got) {
			g = got[i]
		}
		if i < len(want) {
			w = want[i]
		}
		if g != w {
			t.Errorf("event %d: got  %s\n\t\twant %s", i, g, w)
		}
	}
}
