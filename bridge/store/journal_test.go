package store

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ctibridge/ctibridge/bridge"
)

var _ bridge.Journal = (*Store)(nil)

// at is a minute of the day on which these tests play.
func at(minute int) time.Time {
	return time.Date(2026, 11, 21, 9, minute, 0, 250e6, time.UTC)
}

// missedCall is one that rang for an agent in a minute.
func missedCall(id, agent, ring, number string, minute int) bridge.JournalEntry {
	return bridge.JournalEntry{
		ID: bridge.CallID(id), Kept: true, Popped: true, Agent: bridge.AgentID(agent), Org: orgA, Link: "main", Key: "k-" + id, Device: "103",
		Ring: bridge.CallID(ring), Direction: bridge.Inbound, Number: number, Started: at(minute), Ended: at(minute).Add(20 * time.Second),
		Reason: bridge.EndAbandoned,
	}
}

func keep(t testing.TB, s *Store, entries ...bridge.JournalEntry) {
	t.Helper()
	if err := s.Keep(t.Context(), entries); err != nil {
		t.Fatal(err)
	}
}

func TestKeepAndRead(t *testing.T) {
	s := newStore(t)
	full := bridge.JournalEntry{
		ID: "c-1", Kept: true, Popped: true, Agent: "a-1", Org: orgA, Link: "main", Key: "abc@pbx", Device: "103", Group: "Service", Ring: "c-0",
		Direction: bridge.Inbound, Number: "+493023125101", Started: at(1), Revision: 3,
		Matches: []bridge.RecordRef{{Object: "Contact", ID: "003000000000001AAA"}, {Object: "Lead", ID: "00Q000000000001AAA"}},
		Steps:   []bridge.Step{{Code: bridge.StepDelivered}, {After: 12, Code: bridge.StepTabAsked, Arg: "t-1"}},
	}
	keep(t, s, full)
	living, err := s.Living(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	same(t, "living", living, []bridge.JournalEntry{full})

	full.Answered, full.Ended, full.Reason = at(2), at(3), bridge.EndTransferred
	full.Chosen = &bridge.RecordRef{Object: "Contact", ID: "003000000000001AAA"}
	full.TransferredBy, full.TransferredTo, full.Device, full.Revision = "101", "104", "104", 9
	full.Steps = append(full.Steps, bridge.Step{After: 60_000, Code: bridge.StepEnded, Arg: "transferred"})
	keep(t, s, full)
	living, err = s.Living(t.Context())
	if err != nil || len(living) != 0 {
		t.Errorf("an ended call lives: %v, %v", living, err)
	}
	found, err := s.Traces(t.Context(), bridge.TraceFilter{Call: "c-1"})
	if err != nil {
		t.Fatal(err)
	}
	same(t, "kept", found, []bridge.JournalEntry{full})
}

func TestTraces(t *testing.T) {
	s := newStore(t)
	stray := bridge.JournalEntry{ID: "d", Link: "main", Key: "k", Device: "199", Started: at(4), Ended: at(4)}
	keep(t, s, missedCall("a", "a-1", "", "+493023125101", 1), missedCall("b", "a-2", "", "+493023125102", 2), missedCall("c", "a-1", "", "103", 3), stray)
	for _, c := range []struct {
		filter bridge.TraceFilter
		want   string
	}{
		{bridge.TraceFilter{}, "d c b a"},
		{bridge.TraceFilter{Limit: 2}, "d c"},
		{bridge.TraceFilter{From: at(2), To: at(3)}, "c b"},
		{bridge.TraceFilter{Agent: "a-1"}, "c a"},
		{bridge.TraceFilter{Numbers: []string{"+493023125102", "103"}}, "c b"},
		{bridge.TraceFilter{Agent: "a-1", Numbers: []string{"+493023125101"}, From: at(0), Limit: 9}, "a"},
		{bridge.TraceFilter{Call: "b"}, "b"},
		{bridge.TraceFilter{Numbers: []string{"' OR 1=1 --"}}, ""},
	} {
		found, err := s.Traces(t.Context(), c.filter)
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, e := range found {
			ids = append(ids, string(e.ID))
		}
		if got := strings.Join(ids, " "); got != c.want {
			t.Errorf("%+v finds %q, want %q", c.filter, got, c.want)
		}
	}
}

// TestRecent: each case is what was kept in order, and how the lists look then.
func TestRecent(t *testing.T) {
	const caller = "+493023125101"
	talked := func(id, agent, number string, minute int, out bool) bridge.JournalEntry {
		e := missedCall(id, agent, "", number, minute)
		e.Answered, e.Reason, e.Outgoing = e.Started.Add(5*time.Second), bridge.EndHangup, out
		if out {
			e.Direction = bridge.Outbound
		}
		return e
	}
	with := func(e bridge.JournalEntry, change func(*bridge.JournalEntry)) bridge.JournalEntry {
		change(&e)
		return e
	}
	shared := []bridge.JournalEntry{missedCall("s1", "a-1", "s1", caller, 1), missedCall("s2", "a-2", "s1", caller, 1)}
	for name, tt := range map[string]struct {
		kept []bridge.JournalEntry
		want map[bridge.AgentID]string
	}{
		"missed alone":                {[]bridge.JournalEntry{missedCall("m", "a-1", "m", caller, 1)}, map[bridge.AgentID]string{"a-1": "m missed", "a-2": ""}},
		"missed by a group":           {shared, map[bridge.AgentID]string{"a-1": "s1 missed shared", "a-2": "s2 missed shared"}},
		"a colleague calls back":      {append(shared, talked("b", "a-2", caller, 2, true)), map[bridge.AgentID]string{"a-1": "s1 missed shared done a-2", "a-2": "b, s2 missed shared done a-2"}},
		"a third one calls back":      {append(shared, talked("b", "a-3", caller, 2, true)), map[bridge.AgentID]string{"a-1": "s1 missed shared done a-3", "a-3": "b"}},
		"the caller tries again":      {append(shared, talked("b", "a-1", caller, 2, false)), map[bridge.AgentID]string{"a-2": "s2 missed shared done a-1"}},
		"somebody called before":      {append(shared, talked("b", "a-3", caller, 0, true)), map[bridge.AgentID]string{"a-1": "s1 missed shared"}},
		"nobody answers the callback": {append(shared, with(talked("b", "a-2", caller, 2, true), func(e *bridge.JournalEntry) { e.Answered = time.Time{} })), map[bridge.AgentID]string{"a-1": "s1 missed shared"}},
		"another number":              {append(shared, talked("b", "a-2", "+493023125102", 2, true)), map[bridge.AgentID]string{"a-1": "s1 missed shared"}},
		"another org calls back":      {append(shared, with(talked("b", "a-4", caller, 2, true), func(e *bridge.JournalEntry) { e.Org = orgB })), map[bridge.AgentID]string{"a-1": "s1 missed shared"}},
		"a direct call stays one's own": {
			[]bridge.JournalEntry{missedCall("m", "a-1", "m", caller, 1), talked("b", "a-2", caller, 2, true)},
			map[bridge.AgentID]string{"a-1": "m missed"},
		},
		"answered elsewhere": {[]bridge.JournalEntry{with(shared[0], func(e *bridge.JournalEntry) { e.Reason = bridge.EndAnsweredElsewhere })}, map[bridge.AgentID]string{"a-1": "s1"}},
		"still rings":        {[]bridge.JournalEntry{with(shared[0], func(e *bridge.JournalEntry) { e.Ended = time.Time{} })}, map[bridge.AgentID]string{"a-1": ""}},
		"trace only":         {[]bridge.JournalEntry{with(shared[0], func(e *bridge.JournalEntry) { e.Kept = false })}, map[bridge.AgentID]string{"a-1": ""}},
		"withheld are never one": {
			[]bridge.JournalEntry{
				with(missedCall("w", "a-1", "", "", 1), func(e *bridge.JournalEntry) { e.Withheld = true }),
				with(missedCall("v", "a-2", "", "", 1), func(e *bridge.JournalEntry) { e.Withheld = true }),
			},
			map[bridge.AgentID]string{"a-1": "w missed", "a-2": "v missed"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				time.Sleep(time.Until(at(10)))
				s := newStore(t)
				for _, e := range tt.kept {
					keep(t, s, e)
				}
				for agent, want := range tt.want {
					if got := lists(t, s, agent, false); got != want {
						t.Errorf("%s has %q, want %q", agent, got, want)
					}
				}
			})
		})
	}
}

// lists is an agent's list in words.
func lists(t *testing.T, s *Store, agent bridge.AgentID, seen bool) string {
	t.Helper()
	found, err := s.Recent(t.Context(), agent, seen)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, e := range found {
		line := string(e.ID)
		for _, w := range []struct {
			is   bool
			word string
		}{{e.Missed, " missed"}, {e.Seen, " seen"}, {e.Shared, " shared"}, {e.DoneBy != "", " done " + e.DoneBy}} {
			if w.is {
				line += w.word
			}
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, ", ")
}

// TestSeen: a missed call is new until its agent has seen it, also behind fifty
// later ones; what comes afterwards is new again.
func TestSeen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(at(59)))
		s := newStore(t)
		keep(t, s, missedCall("old", "a-1", "", "+493023125101", 0), missedCall("bob", "a-2", "", "+493023125101", 0))
		for i := range maxRecent {
			e := missedCall(fmt.Sprint(i), "a-1", "", "+493023125102", 1)
			e.Started, e.Reason = e.Started.Add(time.Duration(i)*time.Second), bridge.EndAnsweredElsewhere
			keep(t, s, e)
		}
		if got := lists(t, s, "a-1", true); !strings.HasSuffix(got, ", old missed") {
			t.Errorf("the list is %s", got)
		}
		if got := lists(t, s, "a-1", false); strings.Contains(got, "old") {
			t.Errorf("seen and far behind, but the list is %s", got)
		}
		keep(t, s, missedCall("new", "a-1", "", "+493023125103", 20), missedCall("old", "a-1", "", "+493023125101", 0))
		if got := lists(t, s, "a-1", true); !strings.HasPrefix(got, "new missed, ") {
			t.Errorf("the list is %s", got)
		}
		if got := lists(t, s, "a-2", false); got != "bob missed" {
			t.Errorf("the other agent's list is %s", got)
		}
	})
}

// TestExpire: each class goes after its own days, and not a day earlier.
func TestExpire(t *testing.T) {
	for name, tt := range map[string]struct {
		set  bridge.Retention
		days int
		want string // id, with "+" as long as there is a trace
	}{
		"after 13 days":            {bridge.Retention{}, 13, "kept+ trace+"},
		"after 15 days":            {bridge.Retention{}, 15, "kept"},
		"after 89 days":            {bridge.Retention{}, 89, "kept"},
		"after 91 days":            {bridge.Retention{}, 91, ""},
		"longer traces":            {bridge.Retention{Traces: 30}, 29, "kept+ trace+"},
		"a journal of a few days":  {bridge.Retention{Journal: 5}, 6, ""},
		"a journal of two years":   {bridge.Retention{Journal: 730}, 700, "kept"},
		"shorter traces, 3 and 90": {bridge.Retention{Traces: 3}, 4, "kept"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStore(t)
				mustImport(t, s, bridge.Document{Version: 1, Retention: tt.set}, false)
				kept, trace := missedCall("kept", "a-1", "", "+493023125101", 0), missedCall("trace", "a-1", "", "103", 0)
				kept.Started, trace.Started, trace.Kept = time.Now(), time.Now(), false
				kept.Steps = []bridge.Step{{Code: bridge.StepDelivered}}
				trace.Steps = kept.Steps
				keep(t, s, kept, trace)
				time.Sleep(time.Duration(tt.days) * 24 * time.Hour)
				if _, err := s.Expire(t.Context(), time.Now()); err != nil {
					t.Fatal(err)
				}
				found, err := s.Traces(t.Context(), bridge.TraceFilter{})
				if err != nil {
					t.Fatal(err)
				}
				var got []string
				for _, e := range found {
					id := string(e.ID)
					if len(e.Steps) > 0 {
						id += "+"
					}
					got = append([]string{id}, got...)
				}
				if strings.Join(got, " ") != tt.want {
					t.Errorf("there is %v, want %q", got, tt.want)
				}
			})
		})
	}
}

// TestExpireMany: more than one batch goes in one run.
func TestExpireMany(t *testing.T) {
	s := newStore(t)
	var all []bridge.JournalEntry
	for i := range 2*expireBatch + 7 {
		all = append(all, missedCall(fmt.Sprint(i), "a-1", "", "+493023125101", 0))
	}
	keep(t, s, all...)
	n, err := s.Expire(t.Context(), at(0).AddDate(1, 0, 0))
	if err != nil || n != int64(len(all)) {
		t.Errorf("%d rows went, %v; want %d", n, err, len(all))
	}
}

func TestRetentionOfDocument(t *testing.T) {
	s, ctx := newStore(t), t.Context()
	of := func(r bridge.Retention) bridge.Document { return bridge.Document{Version: 1, Retention: r} }
	for _, step := range []struct {
		set     bridge.Retention
		replace bool
		want    bridge.Retention
		changed bool
		refused bool
	}{
		{bridge.Retention{Journal: 30}, false, bridge.Retention{Journal: 30}, true, false},
		{bridge.Retention{Journal: 30}, false, bridge.Retention{Journal: 30}, false, false},
		{bridge.Retention{Audit: 700}, false, bridge.Retention{Journal: 30, Audit: 700}, true, false},
		{bridge.Retention{Recents: 31}, false, bridge.Retention{Journal: 30, Audit: 700}, false, true}, // longer than what is stored
		{bridge.Retention{}, false, bridge.Retention{Journal: 30, Audit: 700}, false, false},
		{bridge.Retention{Journal: 10}, true, bridge.Retention{Journal: 10}, true, false},
		{bridge.Retention{}, true, bridge.Retention{}, true, false},
	} {
		report, err := s.Import(ctx, admin, of(step.set), step.replace)
		if (err != nil) != step.refused || report.Changed() != step.changed {
			t.Errorf("import of %+v: %v, %v", step.set, report, err)
		}
		if got, err := s.Retention(ctx); err != nil || got != step.want {
			t.Errorf("after %+v it is %+v, %v; want %+v", step.set, got, err, step.want)
		}
	}
}

// BenchmarkKeep writes 256 calls at a time, as the bridge does: begun, answered
// and ended, which is three writes a call, and what an ended one becomes in
// Salesforce where such calls are logged. cpu-ns is what the process spent on it.
func BenchmarkKeep(b *testing.B) {
	for _, logged := range []bool{false, true} {
		b.Run(fmt.Sprintf("logged=%t", logged), func(b *testing.B) {
			s, n := newStore(b), 0
			b.ReportAllocs()
			spent := processorTime()
			for b.Loop() {
				keepBatch(b, s, n, logged)
				n += benchmarkBatch
			}
			b.ReportMetric(float64(processorTime()-spent)/float64(n), "cpu-ns/call")
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "ns/call")
		})
	}
}

const benchmarkBatch = 256

// keepBatch writes the calls from number n on. Ids are as long as the bridge's.
func keepBatch(b *testing.B, s *Store, n int, logged bool) {
	list := make([]bridge.JournalEntry, benchmarkBatch)
	for i := range list {
		n++
		e := missedCall(fmt.Sprintf("9f2c41d8-%09d", n), fmt.Sprintf("agent-%d", n*7919%2000), "r", fmt.Sprintf("+4930%08d", n*104729%1_000_000), 0)
		e.Started = e.Started.Add(time.Duration(n) * time.Millisecond)
		e.Steps = []bridge.Step{{Code: bridge.StepDelivered}, {Code: bridge.StepMatches, Arg: "one exact match"}, {Code: bridge.StepPopped}, {Code: bridge.StepTabAsked, Arg: "t"}}
		e.Matches = []bridge.RecordRef{{Object: "Contact", ID: "003000000000001AAA"}}
		e.Ended, e.Reason = time.Time{}, ""
		list[i] = e
	}
	keep(b, s, list...)
	for i := range list {
		list[i].Answered = list[i].Started.Add(time.Second)
		list[i].Steps = append(list[i].Steps, bridge.Step{After: 1000, Code: bridge.StepEstablished})
	}
	keep(b, s, list...)
	for i := range list {
		e := &list[i]
		e.Ended, e.Reason = e.Answered.Add(time.Second), bridge.EndHangup
		e.Steps = append(e.Steps, bridge.Step{After: 2000, Code: bridge.StepEnded, Arg: "hangup"})
		if logged {
			e.Activity = &bridge.Activity{
				Call: e.ID, Agent: e.Agent, Org: e.Org, Owner: userA, Ring: e.Ring, Direction: e.Direction, Number: e.Number,
				Started: e.Started, Answered: e.Answered, Ended: e.Ended, Reason: e.Reason, Match: &e.Matches[0],
			}
		}
	}
	keep(b, s, list...)
}

// processorTime is what the process has spent, in nanoseconds.
func processorTime() int64 {
	var r syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &r)
	return r.Utime.Nano() + r.Stime.Nano()
}
