package bridge

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestActivities: which calls become Tasks, and whose.
func TestActivities(t *testing.T) {
	internal := func(r *Roster) { r.Agents[0].Settings.InternalCalls = ptr(true) }
	shared := func(r *Roster) { r.Agents[1].Devices = append(r.Agents[1].Devices, Device{"toy", "1001"}) }
	for _, c := range []struct {
		name   string
		roster func(*Roster)
		steps  string
		want   string
	}{
		{"answered", nil, "1001 a delivered " + known + "\n1001 a established\n1001 a cleared", "ada Call from +49 30 23125101"},
		{"missed", nil, "1001 a delivered " + known + "\n1001 a cleared", "ada Missed call from +49 30 23125101"},
		{"dialled", nil, "1001 a originated " + known + "\n1001 a reached\n1001 a cleared", "ada Call to +49 30 23125101"},
		{"dialled, busy", nil, "1001 a originated " + known + "\n1001 a busy", "ada Call to +49 30 23125101, busy"},
		{"live", nil, "1001 a delivered " + known + "\n1001 a established", ""},
		{"diverted", nil, "1001 a delivered " + known + "\n1001 a diverted", ""},
		{"answered elsewhere", nil, "1001 a delivered " + known + "\n1002 b delivered " + known + "\n1002 b established\n1001 a cleared\n1002 b cleared", "bob Call from +49 30 23125101"},
		{"corrected to answered elsewhere", nil, "1001 a delivered " + known + "\n1002 b delivered " + known + "\n1001 a cleared\n1002 b established\n1002 b cleared", "bob Call from +49 30 23125101"},
		{"withheld", nil, "1001 a delivered withheld\n1001 a established\n1001 a cleared", "ada Call from a withheld number"},
		{"internal", nil, "1001 a delivered 1002\n1001 a established\n1001 a cleared", ""},
		{"internal, wanted", internal, "1001 a delivered 1002\n1001 a established\n1001 a cleared", "ada Call from 1002"},
		{"not logged", adaSettings(Settings{LogCalls: ptr(false)}), "1001 a delivered " + known + "\n1001 a established\n1001 a cleared", ""},
		{"excluded", excluding(Exclusion{Number: known}), "1001 a delivered " + known + "\n1001 a established\n1001 a cleared", ""},
		{"found to be excluded", excluding(Exclusion{Number: known}), "1001 a delivered " + unknown + "\n1001 a established\n1001 a transferred " + known + "\n1001 a cleared", ""},
		{"shared telephone", shared, "1001 a delivered " + known + "\n1001 a established\n1001 a cleared", "ada Call from +49 30 23125101"},
		{"shared telephone, one not logged", func(r *Roster) { shared(r); r.Agents[0].Settings.LogCalls = ptr(false) }, "1001 a delivered " + known + "\n1001 a established\n1001 a cleared", "bob Call from +49 30 23125101"},
		{
			"transferred", nil, "1001 a delivered " + known + "\n1001 a established\n1002 b delivered " + known + "\n1001 a gone\n1002 b established\n1002 b cleared",
			"ada Call from +49 30 23125101, transferred; bob Call from +49 30 23125101",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := &notebook{entries: make(map[CallID]JournalEntry)}
				r := newRigWith(t, n, c.roster)
				for line := range strings.Lines(c.steps) {
					r.step(line)
				}
				time.Sleep(time.Second)
				synctest.Wait()
				if got := n.activities(); got != c.want {
					t.Errorf("there is %q, want %q", got, c.want)
				}
			})
		})
	}
}

// activities are those kept, in words.
func (n *notebook) activities() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	var lines []string
	for _, e := range n.entries {
		if e.Activity == nil {
			continue
		}
		line := fmt.Sprintf("%s %s", e.Agent, e.Activity.subject(false))
		if e.Activity.Note != nil {
			line += " note=" + e.Activity.Note.Text
		}
		lines = append(lines, line)
	}
	slices.Sort(lines)
	return strings.Join(lines, "; ")
}

// TestActivityTakenBack: an end that is corrected takes the activity back, and so
// does an agent's settings.
func TestActivityTakenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &notebook{entries: make(map[CallID]JournalEntry)}
		r := newRigWith(t, n, nil)
		r.step("1001 a delivered " + known)
		r.step("1002 b delivered " + known)
		r.step("1001 a cleared")
		time.Sleep(time.Second)
		synctest.Wait()
		if got := n.activities(); got != "ada Missed call from +49 30 23125101" {
			t.Fatalf("there is %q", got)
		}
		r.step("1002 b established")
		time.Sleep(time.Second)
		synctest.Wait()
		for _, e := range n.entries {
			if e.Agent == "ada" && (!e.NoActivity || e.Activity != nil) {
				t.Errorf("of the corrected call there is %+v", e)
			}
		}
	})
}

// TestActivityOfNote: what the agent writes after the end is in the activity.
func TestActivityOfNote(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &notebook{entries: make(map[CallID]JournalEntry)}
		r := newRigWith(t, n, nil)
		r.step("1001 a delivered " + known)
		r.step("1001 a established")
		r.step("1001 a cleared")
		id := r.screens.shown("ada").ID
		if err := r.Note(t.Context(), "ada", id, Note{Text: "danach"}); err != nil {
			t.Fatal(err)
		}
		if got := n.activities(); got != "ada Call from +49 30 23125101 note=danach" {
			t.Errorf("there is %q", got)
		}
	})
}

// TestActivityLapsed: a call that ended while the bridge was down is written, by
// the rules of today.
func TestActivityLapsed(t *testing.T) {
	entry := func() JournalEntry {
		began := time.Now().Add(-time.Minute)
		return JournalEntry{
			ID: "old-1", Kept: true, Popped: true, Agent: "ada", Org: org, Link: "toy", Key: "a", Device: "1001", Direction: Inbound,
			Number: known, Started: began, Answered: began.Add(time.Second), Matches: []RecordRef{*ref(aContact)},
			Steps: []Step{{Code: StepMatches, Arg: oneExact}}, Note: &Note{Text: "mittendrin"},
		}
	}
	for _, c := range []struct {
		name   string
		change func(*JournalEntry)
		roster func(*Roster)
		want   string
	}{
		{"answered", func(*JournalEntry) {}, nil, "ada Call from +49 30 23125101 note=mittendrin"},
		{"not logged", func(*JournalEntry) {}, adaSettings(Settings{LogCalls: ptr(false)}), ""},
		{"excluded", func(*JournalEntry) {}, excluding(Exclusion{Number: known}), ""},
		{"matched in an address book", func(e *JournalEntry) { e.Steps[0].Arg = "one exact match, in an address book" }, nil, "ada Call from +49 30 23125101 note=mittendrin"},
		{"internal", func(e *JournalEntry) { e.Direction, e.Number = Internal, "1002" }, nil, ""},
		{"of another org now", func(e *JournalEntry) { e.Org = "00D000000000002EAA" }, nil, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := entry()
				c.change(&e)
				n := &notebook{entries: make(map[CallID]JournalEntry), living: []JournalEntry{e}}
				r := newRigWith(t, n, c.roster)
				r.step("1001 x idle")
				time.Sleep(time.Second)
				synctest.Wait()
				if got := n.activities(); got != c.want {
					t.Errorf("there is %q, want %q", got, c.want)
				}
				matched := e.exact()
				if a := n.entries["old-1"].Activity; a != nil && (!a.EndUnknown || (a.Match != nil) != matched || matched && *a.Match != *ref(aContact)) {
					t.Errorf("the activity is %+v", a)
				}
			})
		})
	}
}
