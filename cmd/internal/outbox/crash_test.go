package outbox

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/lookup/salesforce/salesforcetest"
)

// TestCrash: however a request or the bridge ends between the sending of a Task
// and the noting of its id, there is one Task.
func TestCrash(t *testing.T) {
	faults := map[string]salesforcetest.Fault{
		"reply lost":      lost,
		"connection lost": {Path: "composite", Kind: salesforcetest.FaultDrop},
		"503 after it":    {Path: "composite", Kind: salesforcetest.FaultAfter, Code: "SERVER_UNAVAILABLE"},
		"503 instead":     {Path: "composite", Code: "SERVER_UNAVAILABLE"},
		"reply cut":       {Path: "composite", Kind: salesforcetest.FaultTruncate},
		"page instead":    {Path: "composite", Kind: salesforcetest.FaultHTML},
		"session ended":   {Path: "composite", Kind: salesforcetest.FaultExpire},
		"limit":           {Path: "composite", Code: "REQUEST_LIMIT_EXCEEDED"},
		"refused whole":   {Path: "composite", Code: "MALFORMED_QUERY", Status: 400},
		"none":            {Path: "nowhere"},
	}
	for name, f := range faults {
		for _, killed := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, killed %v", name, killed), func(t *testing.T) {
				r := newRig(t)
				for range 3 {
					r.call(nil)
				}
				r.org.Inject(f)
				r.box.dead = killed
				r.round()
				if killed {
					r.restart()
				}
				r.quiet()
				for i := range 3 {
					r.task(fmt.Sprintf("c-%d", i+1))
				}
				if n := len(r.org.Tasks()); n != 3 {
					t.Errorf("%d Tasks are there, want 3", n)
				}
			})
		}
	}
}

// TestTwice: should a Task be there twice, as the org was slower than any time-out,
// one is left.
func TestTwice(t *testing.T) {
	r := newRig(t)
	r.call(nil)
	r.org.Inject(lost)
	r.round()
	if _, err := r.org.Create("Task", salesforcetest.Fields{"CallObject": "c-1", "Subject": "again"}); err != nil {
		t.Fatal(err)
	}
	r.quiet()
	r.task("c-1")
}

// TestAnyFaults: random calls, notes, choices, private calls, faults and kills in
// any order leave each logged call one Task with what was said last of it.
func TestAnyFaults(t *testing.T) {
	seeds := 40
	if testing.Short() {
		seeds = 5
	}
	for seed := range seeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { anyFaults(t, rand.New(rand.NewPCG(7, uint64(seed)))) }) //nolint:gosec // no secret
	}
}

func anyFaults(t *testing.T, random *rand.Rand) {
	r := newRig(t)
	notes := make(map[*bridge.Activity]string)
	follow := make(map[*bridge.Activity]bool)
	var calls []*bridge.Activity
	any := func() *bridge.Activity { return calls[random.IntN(len(calls))] }
	for range 60 {
		switch n := random.IntN(10); {
		case n < 3 || len(calls) == 0:
			a := r.call(nil)
			calls = append(calls, a)
			notes[a] = ""
		case n < 5:
			a := any()
			if _, there := notes[a]; !there {
				continue
			}
			note := bridge.Note{Text: fmt.Sprint("note ", random.IntN(1000))}
			if follow[a] = random.IntN(3) == 0; follow[a] {
				note.FollowUp = "2026-12-24"
			}
			notes[a] = note.Text
			r.amend(a, &note, nil)
		case n < 6 && random.IntN(3) == 0:
			a := any()
			if _, there := notes[a]; there {
				if _, err := r.store.MakePrivate(t.Context(), a.Agent, a.Call); err != nil {
					t.Fatal(err)
				}
			}
			delete(notes, a)
			delete(follow, a)
		case n < 8:
			r.org.Inject(fault(random))
			r.box.dead = random.IntN(4) == 0
			r.round()
			if r.box.dead {
				r.restart()
			}
		default:
			r.round()
		}
	}
	r.org.ClearFaults()
	r.org.SetRule("Task", nil)
	r.quiet()
	want := 0
	for _, a := range calls {
		text, there := notes[a]
		if !there {
			continue
		}
		want++
		if got := r.task(string(a.Call)); got["Description"] != text || got["WhoId"] != r.seed.Known {
			t.Errorf("the Task of %s is %v, want the note %q", a.Call, got, text)
		}
		if follow[a] {
			want++
			r.task(bridge.FollowUpID(a.Call))
		}
	}
	if n := len(r.org.Tasks()); n != want {
		t.Errorf("%d Tasks are there, want %d", n, want)
	}
}

func fault(random *rand.Rand) salesforcetest.Fault {
	kinds := []salesforcetest.Fault{
		{Kind: salesforcetest.FaultLost},
		{Kind: salesforcetest.FaultDrop},
		{Kind: salesforcetest.FaultTruncate},
		{Kind: salesforcetest.FaultHTML},
		{Kind: salesforcetest.FaultExpire},
		{Kind: salesforcetest.FaultAfter, Code: "SERVER_UNAVAILABLE"},
		{Code: "UNKNOWN_EXCEPTION"},
		{Code: "REQUEST_LIMIT_EXCEEDED"},
	}
	f := kinds[random.IntN(len(kinds))]
	f.Path = []string{"composite", "composite", "query", "describe", ""}[random.IntN(5)]
	f.Skip = random.IntN(3)
	return f
}
