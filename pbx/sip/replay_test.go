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
	"github.com/ctibridge/ctibridge/pbx/sip/transfer"
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
	if calling.Probable && !calling.Known() {
		return " somebody"
	}
	for _, p := range []pbx.Party{calling, called} {
		if p.Withheld && p.Probable {
			return " withheld probably"
		}
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

// captured is one NOTIFY of a scenario.
type captured struct {
	file, device string
	at           time.Time
}

// scenario lists the NOTIFYs of a captured scenario in the order in which they
// came, at the times that its index gives; where there is none, one a second.
func scenario(t *testing.T, name string) []captured {
	t.Helper()
	dir := filepath.Join("testdata", "captures", name)
	files, err := filepath.Glob(filepath.Join(dir, "*.sip"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no captures of %s: %v", name, err)
	}
	list := make([]captured, len(files))
	for i, file := range files {
		list[i] = captured{file, strings.Split(filepath.Base(file), "-")[1], time.Unix(int64(i), 0)}
	}
	index, err := os.ReadFile(filepath.Join(dir, "notify-index.txt"))
	if err != nil {
		return list
	}
	lines := strings.Split(strings.TrimSpace(string(index)), "\n")
	if len(lines) != len(files) {
		t.Fatalf("%s: %d NOTIFYs and %d lines in the index", name, len(files), len(lines))
	}
	for i, line := range lines {
		var seconds, micros int64
		var clock, file string
		if _, err := fmt.Sscanf(strings.Replace(line, ".", " ", 1), "%d %d %s %s", &seconds, &micros, &clock, &file); err != nil {
			t.Fatalf("%s: index: %v", name, err)
		}
		list[i] = captured{filepath.Join(dir, file), strings.Split(file, "-")[1], time.Unix(seconds, micros*1000)}
	}
	return list
}

// replay feeds the NOTIFYs of a captured scenario to trackers, one a device, and
// their events to the inference of transfers, all at the times of the capture.
func replay(t *testing.T, name string, own string) []string {
	t.Helper()
	var got []string
	replayTo(t, name, own, func(_ time.Time, list []pbx.Event) {
		for i := range list {
			got = append(got, eventText(&list[i]))
		}
	})
	return got
}

// replayTo is replay that gives the events to tell, each with when it was told.
func replayTo(t *testing.T, name, own string, tell func(at time.Time, list []pbx.Event)) {
	t.Helper()
	trackers := map[string]*tracker{}
	var transfers transfer.Watcher
	settle := func(until time.Time) {
		for due, waits := transfers.Due(); waits && due.Before(until); due, waits = transfers.Due() {
			tell(due, transfers.Settle(due))
		}
	}
	list := scenario(t, name)
	for _, c := range list {
		settle(c.at)
		data, err := os.ReadFile(c.file)
		if err != nil {
			t.Fatal(err)
		}
		tr := trackers[c.device]
		if tr == nil {
			tr = newTracker("pbx", pbx.DeviceID(c.device), own, profileUnknown)
			trackers[c.device] = tr
		}
		var m message.Message
		if err := m.Parse(data); err != nil {
			t.Fatalf("%s: %v", c.file, err)
		}
		if message.EqualFold(message.Token(m.SubscriptionState), "terminated") {
			continue
		}
		doc := dialoginfo.Document{Full: true, Truncated: true}
		if len(m.Body) > 0 {
			if err := doc.Parse(m.Body); err != nil {
				t.Fatalf("%s: %v", c.file, err)
			}
		}
		events := tr.apply(&doc, m.CSeq, profileByAgent(string(m.Agent())), c.at)
		transfers.Ghosts = transfers.Ghosts || tr.profile == profileFreeSWITCH
		tell(c.at, transfers.Pass(events))
	}
	settle(list[len(list)-1].at.Add(time.Hour))
}

// TestCapturedScenarios: what the switches really sent to the watcher of both
// telephones, NOTIFY by NOTIFY, and what the bridge is told. What no document
// says, as after a transfer with consultation, is marked as probable; the
// scenarios with "neg" are consultations without a transfer.
func TestCapturedScenarios(t *testing.T) {
	tests := []struct {
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
			"103 Cleared 103#1 in +493023125006 Maria Beispiel cause=6",
			"104 Transferred 104#1 in +493023125006 Maria Beispiel probably cause=6 from=103",
			"104 Cleared 104#1 in +493023125006 Maria Beispiel probably",
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
			"104 Cleared 104#1 in 103 Agent Drei",
			"103 Cleared 103#1 in +493023125006 Maria Beispiel",
		}},
		{"asterisk-pickup", []string{
			"103 Snapshot",
			"104 Snapshot",
			"103 Delivered 103#1 in +493023125006 Maria Beispiel",
			"104 Established 104#1 ?",
			"103 Cleared 103#1 in +493023125006 Maria Beispiel",
			"104 Established 104#1 in +493023125006 Maria Beispiel probably cause=7 from=103",
			"104 Cleared 104#1 in +493023125006 Maria Beispiel probably",
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
			"1001 Cleared 2274ccd5 in +493023125006 Maria Beispiel cause=6",
			"1001 Cleared a21db7ef out 1002 cause=6",
			"1002 Transferred a998d4d2 in +493023125006 Maria Beispiel probably cause=6 from=1001",
			"1002 Cleared a998d4d2 in +493023125006 Maria Beispiel probably",
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
			"1001 Snapshot",
			"1002 Snapshot",
			"1001 Delivered cb798ad9 in +493023125006 Maria Beispiel",
			"1001 Established cb798ad9 in +493023125006 Maria Beispiel",
			"1001 Held cb798ad9 in +493023125006 Maria Beispiel",
			"1001 Originated e7fd2526 out 1002",
			"1002 Delivered be977679 in 1001 Agent Eins",
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
			"1002 Established 1d73d3a9 in +493023125006 Maria Beispiel probably cause=7 from=1001",
			"1001 Cleared 699bb66e in +493023125006 Maria Beispiel cause=7",
			"1002 Cleared 1d73d3a9 in +493023125006 Maria Beispiel probably from=1001",
		}},
		{"kamailio-inbound", []string{
			"1001 Snapshot",
			"1002 Snapshot",
			"1001 Delivered 1-14858@127.0.0.31 in +493023125006",
			"1001 Established 1-14858@127.0.0.31 in +493023125006",
			"1001 Cleared 1-14858@127.0.0.31 in +493023125006",
		}},
	}
	tested := map[string]bool{}
	for _, tt := range tests {
		tested[tt.scenario] = true
		t.Run(tt.scenario, func(t *testing.T) {
			compare(t, replay(t, tt.scenario, "cti"), tt.want)
		})
	}
	all, err := os.ReadDir(filepath.Join("testdata", "captures"))
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range all {
		if !tested[dir.Name()] {
			t.Errorf("%s is not in the table", dir.Name())
		}
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
