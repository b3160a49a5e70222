package daemon_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/cmd/internal/daemon"
	"github.com/ctibridge/ctibridge/lookup/salesforce/salesforcetest"
)

// TestActivities: calls that are answered, missed, dialled become Tasks of the
// org with what the agent wrote; a private one and one of an agent whose calls
// are not logged become none.
func TestActivities(t *testing.T) {
	w := newWorld(t, "tcp")
	ada, bob := w.signIn(adaEmail, "ada-1", true), w.signIn(bobEmail, "bob-1", true)

	h := w.pbx.Ring(adaExt, berta)
	c := ada.finds(bridge.Ringing)
	w.must(w.pbx.Answer(adaExt, h))
	ada.becomes(c.ID, bridge.Connected)
	ada.Send(map[string]any{"type": "note", "call": c.ID, "text": "Bestellt drei Stück.", "disposition": "Verkauft"})
	ada.shows(func(c bridge.Call) bool { return c.Note != nil })
	w.must(w.pbx.HangUp(adaExt, h))
	ada.ends(c.ID, bridge.EndHangup)
	task := w.task(c.ID)
	for name, want := range map[string]string{
		"Subject": "Anruf von +49 30 23125101", "Description": "Bestellt drei Stück.", "CallDisposition": "Verkauft", "WhoId": w.seed.Known,
		"OwnerId": w.users[adaEmail].ID, "CallType": "Inbound", "TaskSubtype": "Call", "Status": "Completed",
	} {
		if task[name] != want {
			t.Errorf("%s is %q, want %q", name, task[name], want)
		}
	}

	// The choice comes after the call, when there were several.
	h = w.pbx.Ring(adaExt, shared)
	missed := ada.finds(bridge.Ringing)
	w.must(w.pbx.CallerHangsUp(h))
	ada.ends(missed.ID, bridge.EndAbandoned)
	ada.Send(map[string]any{"type": "choose", "call": missed.ID, "record": bridge.RecordRef{Object: "Lead", ID: w.seed.Shared[2]}})
	if task := w.task(missed.ID); task["WhoId"] != w.seed.Shared[2] || task["Subject"] != "Verpasster Anruf von +49 30 23125300" {
		t.Errorf("of the missed call there is %v", task)
	}

	// A private call goes, also out of Salesforce.
	ada.Send(map[string]any{"type": "callAction", "request": "p-1", "call": c.ID, "action": "private"})
	await(t, "the Task is deleted", func() bool { return len(w.org.Tasks()) == 1 })

	// Bob's calls are not logged from now on.
	d := w.document()
	d.Agents[1].Settings.LogCalls = new(bool)
	w.load(d, false)
	h = w.pbx.Ring(bobExt, berta)
	c = bob.finds(bridge.Ringing)
	w.must(w.pbx.Answer(bobExt, h))
	bob.becomes(c.ID, bridge.Connected)
	bob.Send(map[string]any{"type": "note", "call": c.ID, "text": "Nur für mich."})
	bob.shows(func(c bridge.Call) bool { return c.Note != nil })
	w.must(w.pbx.HangUp(bobExt, h))
	bob.ends(c.ID, bridge.EndHangup)

	// A note on a withheld caller makes a Task without any number.
	h = w.pbx.Ring(adaExt, anonymous)
	c = ada.pops(bridge.Ringing)
	w.must(w.pbx.Answer(adaExt, h))
	ada.becomes(c.ID, bridge.Connected)
	ada.Send(map[string]any{"type": "note", "call": c.ID, "text": "Wollte nichts sagen.", "followUp": "2026-12-01"})
	ada.shows(func(c bridge.Call) bool { return c.Note != nil })
	w.must(w.pbx.CallerHangsUp(h))
	ada.ends(c.ID, bridge.EndHangup)
	if task := w.task(c.ID); task["Subject"] != "Anruf von unterdrückter Nummer" || task["WhoId"] != "" {
		t.Errorf("of the withheld caller there is %v", task)
	}
	w.task(bridge.CallID(bridge.FollowUpID(c.ID)))
	for _, task := range w.org.Tasks() {
		for name, value := range task {
			if strings.Contains(value, "23125777") || strings.Contains(value, "Geheim") {
				t.Errorf("%s of a Task tells the withheld caller: %q", name, value)
			}
		}
	}
	if n := len(w.org.Tasks()); n != 3 {
		t.Errorf("%d Tasks are there, want 3: %v", n, w.org.Tasks())
	}
	await(t, "the metrics tell of them", func() bool {
		page := w.get("/metrics")
		return strings.Contains(page, "ctibridge_activities_written_total 5") && strings.Contains(page, `ctibridge_activities_waiting{org="`+w.org.ID()+`",state="due"} 0`) &&
			strings.Contains(page, `ctibridge_activities_given_up{org="`+w.org.ID()+`"} 0`)
	})
	for _, f := range w.findings() {
		if strings.HasPrefix(f.Subject, "call activities") && f.Level != "ok" {
			t.Errorf("check says %+v", f)
		}
	}
}

// TestActivitiesAfterKill: an answered call whose end nobody saw, and the note on
// it, are written by the next life of the bridge.
func TestActivitiesAfterKill(t *testing.T) {
	w := newWorld(t, "tcp")
	ada := w.signIn(adaEmail, "ada-1", true)
	h := w.pbx.Ring(adaExt, berta)
	c := ada.finds(bridge.Ringing)
	w.must(w.pbx.Answer(adaExt, h))
	ada.becomes(c.ID, bridge.Connected)
	ada.Send(map[string]any{"type": "note", "call": c.ID, "text": "Mitten im Gespräch."})
	ada.shows(func(c bridge.Call) bool { return c.Note != nil })
	w.stop()
	w.must(w.pbx.HangUp(adaExt, h))
	w.start()
	w.watching(2)
	task := w.task(c.ID)
	if task["Description"] != "Mitten im Gespräch." || task["WhoId"] != w.seed.Known || task["CallDurationInSeconds"] != "" {
		t.Errorf("the Task is %v", task)
	}
}

// TestActivitiesOfOrgGone: what waits for an org that was deleted is kept, and
// check says why.
func TestActivitiesOfOrgGone(t *testing.T) {
	w := newWorld(t, "tcp")
	ada := w.signIn(adaEmail, "ada-1", true)
	w.org.SetRule("Task", func(string, salesforcetest.Fields) (string, string, []string) {
		return "FIELD_CUSTOM_VALIDATION_EXCEPTION", "Heute nicht", nil
	})
	h := w.pbx.Ring(adaExt, berta)
	c := ada.finds(bridge.Ringing)
	w.must(w.pbx.CallerHangsUp(h))
	ada.ends(c.ID, bridge.EndAbandoned)
	await(t, "check tells of the refusal", func() bool { return w.finds("call activities of org Toy org", "Heute nicht") })
	d := w.document()
	d.Orgs, d.Agents = nil, nil
	w.load(d, true)
	await(t, "check tells of the missing org", func() bool { return w.finds("call activities of org "+w.org.ID(), "not configured") })
}

// task waits until there is one Task of a call, and gives it.
func (w *world) task(call bridge.CallID) (task salesforcetest.Fields) {
	w.t.Helper()
	await(w.t, "the Task of "+string(call), func() bool {
		n := 0
		for _, f := range w.org.Tasks() {
			if f["CallObject"] == string(call) {
				task = f
				n++
			}
		}
		return n == 1
	})
	return task
}

// findings is what check says.
func (w *world) findings() []daemon.Finding {
	w.t.Helper()
	c := w.client()
	defer c.Close()
	found, err := c.Check(w.t.Context())
	w.must(err)
	return found
}

// finds reports whether check says something of a subject.
func (w *world) finds(subject, text string) bool {
	w.t.Helper()
	return slices.ContainsFunc(w.findings(), func(f daemon.Finding) bool {
		return f.Subject == subject && strings.Contains(f.Text, text) && f.Level == daemon.LevelProblem && f.Cure != ""
	})
}
