package outbox

import (
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/lookup/salesforce/salesforcetest"
)

func TestWrite(t *testing.T) {
	r := newRig(t)
	a := r.call(nil)
	r.quiet()
	want := salesforcetest.Fields{
		"Subject": "Anruf von +49 30 23125101", "Status": "Completed", "TaskSubtype": "Call", "CallType": "Inbound", "CallObject": "c-1",
		"CallDurationInSeconds": "60", "ActivityDate": "2026-11-22" /* in Berlin */, "OwnerId": r.user, "WhoId": r.seed.Known,
	}
	if got := r.task("c-1"); !maps.Equal(got, want) {
		t.Errorf("the Task is\n%v, want\n%v", got, want)
	}

	// What the agent says later goes into the same Task, and nothing else does.
	if err := r.org.Update("Task", r.taskID("c-1"), salesforcetest.Fields{"Subject": "Reklamation", "Status": "In Progress"}); err != nil {
		t.Fatal(err)
	}
	company := bridge.RecordRef{Object: "Account", ID: r.seed.Company}
	r.amend(a, &bridge.Note{Text: "Ruft wieder an.", Disposition: "Angebot", FollowUp: "2026-11-30"}, &company)
	r.quiet()
	want["Subject"], want["Status"] = "Reklamation", "In Progress"
	want["Description"], want["CallDisposition"], want["WhatId"] = "Ruft wieder an.", "Angebot", r.seed.Company
	if got := r.task("c-1"); !maps.Equal(got, want) {
		t.Errorf("amended the Task is\n%v, want\n%v", got, want)
	}
	follow := salesforcetest.Fields{
		"Subject": "Wiedervorlage: Anruf von +49 30 23125101", "Status": "Not Started", "CallObject": "c-1+f", "ActivityDate": "2026-11-30",
		"OwnerId": r.user, "WhoId": r.seed.Known, "WhatId": r.seed.Company, "Description": "Ruft wieder an.",
	}
	if got := r.task("c-1+f"); !maps.Equal(got, follow) {
		t.Errorf("the follow-up is\n%v, want\n%v", got, follow)
	}

	// What is taken back goes, too: the lead stands alone, the day is gone.
	lead := bridge.RecordRef{Object: "Lead", ID: r.seed.Lead}
	r.amend(a, &bridge.Note{}, &lead)
	r.quiet()
	for _, name := range []string{"Description", "CallDisposition", "WhatId"} {
		delete(want, name)
	}
	want["WhoId"] = r.seed.Lead
	if got := r.task("c-1"); !maps.Equal(got, want) {
		t.Errorf("at last the Task is\n%v, want\n%v", got, want)
	}
	if n := len(r.org.Tasks()); n != 1 {
		t.Errorf("%d Tasks are left, want 1", n)
	}

	// Detached it is nobody's: the match does not come back.
	r.amend(a, nil, &bridge.RecordRef{})
	r.quiet()
	delete(want, "WhoId")
	if got := r.task("c-1"); !maps.Equal(got, want) {
		t.Errorf("detached the Task is\n%v, want\n%v", got, want)
	}
}

// TestAmendedAnew: a note on a call whose activity is no longer kept, but whose
// Task is there, goes into that Task.
func TestAmendedAnew(t *testing.T) {
	r := newRig(t)
	began := time.Now().Add(-time.Hour)
	a := r.call(func(e *bridge.JournalEntry) {
		e.Started, e.Ended = began, began.Add(time.Minute)
		e.Activity.Started, e.Activity.Answered, e.Activity.Ended = began, began, e.Ended
	})
	r.quiet()
	lost := &bridge.OutboxOutcome{ID: string(a.Call), Version: 1, Gone: true} // as where it was given up
	if err := r.store.SettleActivities(t.Context(), []bridge.OutboxOutcome{*lost}); err != nil {
		t.Fatal(err)
	}
	anew := func(*bridge.JournalEntry) *bridge.Activity { b := *a; return &b }
	if err := r.store.Amend(t.Context(), a.Agent, a.Call, bridge.Amendment{Note: &bridge.Note{Text: "danach"}, Anew: anew}); err != nil {
		t.Fatal(err)
	}
	r.quiet()
	if got := r.task("c-1"); got["Description"] != "danach" || len(r.org.Tasks()) != 1 {
		t.Errorf("of %d Tasks there is %v", len(r.org.Tasks()), got)
	}
}

func (r *rig) taskID(call string) string {
	for _, f := range r.org.Tasks() {
		if f["CallObject"] == call {
			return f["Id"]
		}
	}
	return ""
}

// TestPerson: a Task of an account that is a person belongs to its contact.
func TestPerson(t *testing.T) {
	r := newRig(t)
	r.call(func(e *bridge.JournalEntry) {
		e.Activity.Match = &bridge.RecordRef{Object: "Account", ID: r.seed.Person}
	})
	r.quiet()
	account, err := r.org.Record("Account", r.seed.Person)
	if err != nil {
		t.Fatal(err)
	}
	if got := r.task("c-1"); got["WhoId"] == "" || got["WhoId"] != account["PersonContactId"] || got["WhatId"] != "" {
		t.Errorf("the Task is %v", got)
	}
}

// TestBatches: many activities travel in few requests, in their order.
func TestBatches(t *testing.T) {
	r := newRig(t)
	for range 450 {
		r.call(nil)
	}
	r.quiet()
	tasks := r.org.Tasks()
	if len(tasks) != 450 || r.org.Requests("composite") != 3 {
		t.Fatalf("%d Tasks in %d requests, want 450 in 3", len(tasks), r.org.Requests("composite"))
	}
	for i := 1; i < len(tasks); i++ {
		if tasks[i-1]["Id"] >= tasks[i]["Id"] || r.w.o.Stats.Written.Load() != 450 {
			t.Fatalf("Tasks %d and %d are out of order", i-1, i)
		}
	}
}

// TestAfterDeletion: what somebody deleted in Salesforce stays deleted.
func TestAfterDeletion(t *testing.T) {
	r := newRig(t)
	a := r.call(nil)
	r.quiet()
	if err := r.org.Delete("Task", r.taskID("c-1")); err != nil {
		t.Fatal(err)
	}
	r.amend(a, &bridge.Note{Text: "spät"}, nil)
	r.quiet()
	if n := len(r.org.Tasks()); n != 0 {
		t.Errorf("%d Tasks are there, want none", n)
	}
}

// TestPrivate: a private call has no Task, whenever the agent said so.
func TestPrivate(t *testing.T) {
	for name, when := range map[string]func(*rig){
		"before":       func(*rig) {},
		"written":      func(r *rig) { r.quiet() },
		"while unsure": func(r *rig) { r.org.Inject(lost); r.round() },
		"while unsure, not there": func(r *rig) {
			r.org.Inject(salesforcetest.Fault{Path: "composite", Kind: salesforcetest.FaultDrop})
			r.round()
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			a := r.call(func(e *bridge.JournalEntry) { e.Activity.Note = &bridge.Note{Text: "x", FollowUp: "2026-12-01"} })
			when(r)
			if _, err := r.store.MakePrivate(t.Context(), "a-2", a.Call); err == nil {
				t.Fatal("another agent made the call private")
			}
			if _, err := r.store.MakePrivate(t.Context(), a.Agent, a.Call); err != nil {
				t.Fatal(err)
			}
			r.quiet()
			if left := r.org.Tasks(); len(left) != 0 {
				t.Errorf("there is still %v", left)
			}
		})
	}
}

// lost is a request that is done and not answered.
var lost = salesforcetest.Fault{Path: "composite", Kind: salesforcetest.FaultLost}

// TestRefusals: what is done about each refusal of a Task.
func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		name, code, message string
		fields              []string
		times               int
		without             []string // of the Task in the end
		problem, cure       string   // while it is refused
	}{
		{"locked", "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access", nil, 3, nil, "exclusive access", "tries again"},
		{"contact gone", "ENTITY_IS_DELETED", "entity is deleted", []string{"WhoId"}, 1, []string{"WhoId"}, "", ""},
		{"record unseen", "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", nil, 1, []string{"WhoId", "WhatId"}, "", ""},
		{"owner", "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", "insufficient access rights on cross-reference id", []string{"OwnerId"}, 1, []string{"OwnerId"}, "", ""},
		{"owner unnamed", "INACTIVE_OWNER_OR_USER", "inactive user", nil, 2, []string{"WhoId", "WhatId", "OwnerId"}, "", ""},
		{"validation rule", "FIELD_CUSTOM_VALIDATION_EXCEPTION", "Ohne Ergebnis geht es nicht", nil, 2, nil, "Ohne Ergebnis", "validation rule"},
		{"required field", "REQUIRED_FIELD_MISSING", "Required fields are missing: [Region__c]", []string{"Region__c"}, 1, nil, "Region__c", "Region__c"},
		{"no access", "INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id", nil, 1, nil, "insufficient access", "Edit Tasks"},
		{"too long", "STRING_TOO_LONG", "Description: data value too large: Geheimnis (max length=3)", []string{"Description"}, 1, nil, "data value too large", "Description"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t)
			r.call(func(e *bridge.JournalEntry) {
				e.Activity.Chosen = &bridge.RecordRef{Object: "Account", ID: r.seed.Company}
				e.Activity.Note = &bridge.Note{Text: "Geheimnis"}
			})
			left := c.times
			r.org.SetRule("Task", func(string, salesforcetest.Fields) (string, string, []string) {
				if left == 0 {
					return "", "", nil
				}
				left--
				return c.code, c.message, c.fields
			})
			r.round()
			if st := r.status(); c.problem != "" && (!strings.Contains(st.Problem, c.problem) || !strings.Contains(st.Cure, c.cure) || st.Failing != 1 || strings.Contains(st.Problem, "Geheimnis")) {
				t.Errorf("the status is %+v", st)
			}
			r.quiet()
			task := r.task("c-1")
			for _, name := range []string{"WhoId", "WhatId"} {
				if missing := task[name] == ""; missing != strings.Contains(strings.Join(c.without, " "), name) {
					t.Errorf("%s is %q, want it left out: %v", name, task[name], c.without)
				}
			}
			if own := task["OwnerId"] == r.user; own == strings.Contains(strings.Join(c.without, " "), "OwnerId") {
				t.Errorf("the owner is %s, left out: %v", task["OwnerId"], c.without)
			}
		})
	}
}

// TestHiddenFields: what the run-as user may not write is left out with a warning,
// but nothing is written without the field that tells what is ours.
func TestHiddenFields(t *testing.T) {
	r := newRig(t)
	r.org.HideFields("Task", "CallDisposition", "WhatId")
	r.call(func(e *bridge.JournalEntry) { e.Activity.Note = &bridge.Note{Text: "x", Disposition: "y"} })
	r.quiet()
	if st := r.status(); len(st.Warnings) != 1 || !strings.Contains(st.Warnings[0], "without WhatId, CallDisposition:") {
		t.Errorf("the warnings are %q", st.Warnings)
	}
	if got := r.task("c-1"); got["Description"] != "x" {
		t.Errorf("the Task is %v", got)
	}

	r = newRig(t)
	r.org.HideFields("Task", "CallObject")
	r.call(nil)
	r.round()
	if st := r.status(); !strings.Contains(st.Cure, "Call Object Identifier") || len(r.org.Tasks()) != 0 || st.Waiting != 1 {
		t.Errorf("the status is %+v", st)
	}
	r.org.ShowFields("Task", "CallObject")
	r.quiet()
	r.task("c-1")
}

// TestLimit: the last calls of the day are not spent on activities.
func TestLimit(t *testing.T) {
	r := newRig(t)
	r.call(nil)
	r.quiet()
	r.org.SetLimit(96_000, 100_000)
	r.call(nil)
	r.round() // learns it
	r.call(nil)
	r.round()
	if st := r.status(); !strings.Contains(st.Problem, "nearly used up") || st.Cure == "" || st.Waiting != 1 {
		t.Errorf("the status is %+v", st)
	}
	r.org.SetLimit(100_001, 100_000)
	r.round()
	if st := r.status(); st.Waiting != 1 || !strings.Contains(st.Cure, "used up") {
		t.Errorf("the status is %+v", st)
	}
	r.org.SetLimit(0, 100_000)
	r.quiet()
	if n := len(r.org.Tasks()); n != 3 {
		t.Errorf("%d Tasks are there, want 3", n)
	}
}

// TestUnowned: an activity of an agent who has not signed in yet waits.
func TestUnowned(t *testing.T) {
	r := newRig(t)
	r.call(func(e *bridge.JournalEntry) { e.Activity.Owner = "" })
	r.round()
	if st := r.status(); st.Waiting != 1 || st.Unowned != 1 || len(r.org.Tasks()) != 0 {
		t.Errorf("the status is %+v", st)
	}
}

// TestRing: a missed call of several agents is one Task.
func TestRing(t *testing.T) {
	r := newRig(t)
	for range 3 {
		r.call(func(e *bridge.JournalEntry) {
			e.Activity.Ring, e.Activity.Reason = "c-1", bridge.EndAbandoned
			e.Activity.Answered = e.Answered
		})
	}
	r.quiet()
	if got := r.task("c-1"); len(r.org.Tasks()) != 1 || got["Subject"] != "Verpasster Anruf von +49 30 23125101" || got["CallDurationInSeconds"] != "0" {
		t.Errorf("the Tasks are %v", r.org.Tasks())
	}
}
