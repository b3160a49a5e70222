package store

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/bridge"
)

// outcomeCalls are calls of every way to begin and to end, two of them living.
func outcomeCalls() []bridge.JournalEntry {
	var all []bridge.JournalEntry
	for _, out := range []bool{false, true} {
		for _, answered := range []bool{false, true} {
			for _, reason := range []bridge.EndReason{
				"", bridge.EndHangup, bridge.EndAbandoned, bridge.EndAnsweredElsewhere, bridge.EndDiverted, bridge.EndBusy, bridge.EndFailed, bridge.EndTransferred,
			} {
				e := missedCall(fmt.Sprintf("c%02d", len(all)), fmt.Sprint("a-", len(all)%3), "", "+493023125101", 1+len(all)/3)
				e.Outgoing, e.Reason, e.Popped = out, reason, len(all)%2 == 0
				if answered {
					e.Answered = e.Started.Add(time.Second)
				}
				if reason == "" && !answered {
					e.Ended = time.Time{}
				}
				all = append(all, e)
			}
		}
	}
	return all
}

// TestTraceFilter: what SQL finds is what TraceFilter.Fits lets through, and each
// call has one outcome.
func TestTraceFilter(t *testing.T) {
	s, calls := newStore(t), outcomeCalls()
	keep(t, s, calls...)
	bridge.SortTraces(calls)
	yes, no := true, false
	filters := []bridge.TraceFilter{
		{},
		{Popped: &yes},
		{Popped: &no},
		{Agents: []bridge.AgentID{"a-1", "a-2"}},
		{Agents: []bridge.AgentID{}},
		{Outcome: "unknown"},
		{Outcome: bridge.OutcomeMissed, Agent: "a-1", Numbers: []string{"+493023125101"}, From: at(1), To: at(9), Popped: &yes},
	}
	for _, e := range calls {
		filters = append(filters, bridge.TraceFilter{After: e.Cursor()})
	}
	each := 0
	for _, o := range bridge.Outcomes() {
		filters = append(filters, bridge.TraceFilter{Outcome: o})
		for i := range calls {
			if calls[i].Outcome() == o {
				each++
			}
		}
	}
	if each != len(calls) {
		t.Errorf("%d calls have %d outcomes", len(calls), each)
	}
	for _, f := range filters {
		var want []bridge.CallID
		for i := range calls {
			if f.Fits(&calls[i]) {
				want = append(want, calls[i].ID)
			}
		}
		if got := found(t, s, f); !slices.Equal(got, want) {
			t.Errorf("%+v finds %v, want %v", f, got, want)
		}
	}
}

// TestTracePages: page after page shows each call once, living ones too.
func TestTracePages(t *testing.T) {
	s, calls := newStore(t), outcomeCalls()
	keep(t, s, calls...)
	var all []bridge.CallID
	f := bridge.TraceFilter{Limit: 5}
	for {
		list, err := s.Traces(t.Context(), f)
		if err != nil {
			t.Fatal(err)
		}
		if len(list) == 0 {
			break
		}
		for i := range list {
			all = append(all, list[i].ID)
			f.After = list[i].Cursor()
		}
	}
	if want := found(t, s, bridge.TraceFilter{}); !slices.Equal(all, want) || len(all) != len(calls) {
		t.Errorf("the pages hold %v, want %v", all, want)
	}
}

func found(t *testing.T, s *Store, f bridge.TraceFilter) (ids []bridge.CallID) {
	t.Helper()
	list, err := s.Traces(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		ids = append(ids, e.ID)
	}
	return ids
}
