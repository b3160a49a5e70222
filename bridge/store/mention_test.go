package store

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/lookup"
)

// naming is a subject whose number the calls of others name.
func naming() bridge.Subject {
	return bridge.Subject{
		Numbers: []string{"030 23125199", "+493023125199"},
		Plans:   map[string]lookup.DialPlan{"main": {Country: "DE", AreaCode: "30", OutsideLinePrefix: "0"}},
	}
}

// TestNumberNamedByOthers: a number that is erased goes from what calls with others
// say of it, those that live too, and nothing else of them; what was written is not
// written anew.
func TestNumberNamedByOthers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	s := openAt(t, path)
	noted := func(text string) func(*bridge.Activity) {
		return func(a *bridge.Activity) {
			a.Note = &bridge.Note{Text: text, FollowUp: "2026-12-01"}
			a.TransferredBy, a.TransferredTo = "104", "003023125199"
		}
	}
	sent := logged("sent", "a-1", noted("call 030 23125-199 back"))
	sent.TransferredBy, sent.TransferredTo = "104", "003023125199"
	waits := logged("waits", "a-2", noted("+49 (0)30 23125199 is the boss"))
	lives := ringing("lives", "a-1", "+493023125102", 2)
	lives.TransferredBy, lives.Note = "003023125199", &bridge.Note{Text: "for 03023125199"}
	keep(t, s, sent, lives)
	writeAll(t, s, "00T1")
	claimed, err := s.ClaimActivities(t.Context(), []bridge.OutboxClaim{{ID: "sent", Version: 1, Sent: `{"CallDurationInSeconds":7,"Description":"call 030 23125-199 back"}`}}, time.Now())
	must(t, err)
	must(t, s.SettleActivities(t.Context(), []bridge.OutboxOutcome{{ID: "sent", Version: 1, Task: "00T1", Sent: `{"CallDurationInSeconds":7,"Description":"call 030 23125-199 back"}`}}))
	keep(t, s, waits)
	if len(claimed) != 1 {
		t.Fatalf("claimed are %q", claimed)
	}
	marks := []string{"23125199", "23125-199"}
	for _, mark := range marks {
		if !onDisk(t, path, mark) {
			t.Fatalf("%q is nowhere before the erasure: the test would see nothing", mark)
		}
	}
	data, err := s.PersonalData(t.Context(), naming())
	must(t, err)
	where := make(map[string]bool)
	for _, m := range data.Mentions {
		where[string(m.Call)+" "+m.Where] = true
	}
	if len(data.Calls) != 0 || len(data.Activities) != 0 || len(data.Mentions) != 5 || len(where) != 5 ||
		!where["sent transferredTo"] || !where["sent note"] || !where["waits note"] || !where["lives note"] || !where["lives transferredBy"] {
		t.Errorf("exported are %+v", data)
	}
	n, err := s.EraseSubject(t.Context(), admin, naming())
	must(t, err)
	for _, mark := range marks {
		if onDisk(t, path, mark) {
			t.Errorf("%q is still there", mark)
		}
	}
	if n != 0 || livingIDs(t, s) != "lives" {
		t.Errorf("%d calls went, %q live", n, livingIDs(t, s))
	}
	kept, err := s.activities(t.Context(), "WHERE a.follow_up = 0 ORDER BY a.id")
	must(t, err)
	if len(kept) != 2 || kept[0].Activity.Note.Text != "call […] back" || kept[0].Sent != `{"CallDurationInSeconds":7,"Description":"call […] back"}` ||
		kept[0].Activity.TransferredBy != "104" || kept[0].Activity.TransferredTo != "" || kept[1].Activity.Note.Text != "[…] is the boss" {
		t.Errorf("kept are %+v", kept)
	}
	wantDue(t, s, "waits", "waits+f")
	living, err := s.Living(t.Context())
	must(t, err)
	if e := living[0]; e.TransferredBy != "" || e.Note.Text != "for […]" || e.Number != "+493023125102" {
		t.Errorf("what lives is %+v", e)
	}
	if data, err = s.PersonalData(t.Context(), naming()); err != nil || len(data.Mentions) != 0 {
		t.Errorf("afterwards there is %+v, %v", data.Mentions, err)
	}
}

// TestStruckWhileSent: what is just being sent is sent again without the number.
func TestStruckWhileSent(t *testing.T) {
	s := newStore(t)
	keep(t, s, logged("a", "a-1", func(a *bridge.Activity) { a.Note = &bridge.Note{Text: "call 030 23125199"} }))
	const sent = `{"Description":"call 030 23125199"}`
	_, err := s.ClaimActivities(t.Context(), []bridge.OutboxClaim{{ID: "a", Version: 1, Sent: sent}}, time.Now())
	must(t, err)
	_, err = s.EraseSubject(t.Context(), admin, naming())
	must(t, err)
	must(t, s.SettleActivities(t.Context(), []bridge.OutboxOutcome{{ID: "a", Version: 1, Task: "00T1", Sent: sent}}))
	due, err := s.DueActivities(t.Context(), orgA, time.Now(), 10)
	must(t, err)
	if len(due) != 1 || due[0].Task != "00T1" || due[0].Activity.Note.Text != "call […]" {
		t.Errorf("due are %+v", due)
	}
}
