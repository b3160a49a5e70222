package bridge

import (
	"maps"
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/lookup"
)

// Records of the tests, by what their ids say they are.
const (
	aContact = "003000000000001AAA"
	aLead    = "00Q000000000001EAA"
	anOrder  = "801000000000001AAA"
	aCase    = "500000000000001AAA"
	aCompany = "001000000000001AAA"
	aPerson  = "001000000000002AAA"
	itsOwn   = "003000000000009AAA"
	custom   = "a01000000000001AAA"
	aUser    = "005000000000001AAA"
)

func ref(id string) *RecordRef {
	objects := map[string]string{
		"003": "Contact", "00Q": "Lead", "801": "Order", "500": "Case", "001": "Account", "a01": "Ticket__c", "005": "User",
	}
	return &RecordRef{Object: objects[id[:3]], ID: id}
}

func form(german bool) TaskForm {
	return TaskForm{
		German: german, Closed: "Completed", Open: "Open", Zone: time.FixedZone("", 3600),
		Person:  func(account string) string { return map[string]string{aPerson: itsOwn}[account] },
		Relates: func(object string) bool { return object != "User" && object != "Order" },
	}
}

// answeredCall is one of a minute that began half an hour before midnight, UTC.
func answeredCall() *Activity {
	began := time.Date(2026, 11, 21, 23, 30, 0, 0, time.UTC)
	return &Activity{
		Call: "c-1", Agent: "ada", Org: org, Owner: aUser, Direction: Inbound, Number: known,
		Started: began, Answered: began.Add(10 * time.Second), Ended: began.Add(70*time.Second + 999*time.Millisecond), Reason: EndHangup,
	}
}

func TestTask(t *testing.T) {
	a := answeredCall()
	a.Match, a.Note = ref(aContact), &Note{Text: "Ruft an.", Disposition: "Sold", FollowUp: "2026-12-01"}
	want := map[string]any{
		"TaskSubtype": "Call", "CallType": "Inbound", "CallObject": "c-1", "Subject": "Call from +49 30 23125101", "ActivityDate": "2026-11-22",
		"Status": "Completed", "OwnerId": aUser, "Description": "Ruft an.", "CallDisposition": "Sold", "CallDurationInSeconds": 60,
		"WhoId": aContact, "WhatId": "",
	}
	if got := a.Task(form(false)); !maps.Equal(got, want) {
		t.Errorf("the Task is\n%v, want\n%v", got, want)
	}
	follow := map[string]any{
		"CallObject": "c-1+f", "Subject": "Follow-up: Call from +49 30 23125101", "ActivityDate": "2026-12-01", "Status": "Open",
		"OwnerId": aUser, "Description": "Ruft an.", "WhoId": aContact, "WhatId": "",
	}
	if got := a.FollowUpTask(form(false)); !maps.Equal(got, follow) {
		t.Errorf("the follow-up is\n%v, want\n%v", got, follow)
	}
	f := form(false)
	f.Without = []string{"WhoId", "OwnerId"}
	for _, name := range f.Without {
		delete(want, name)
	}
	if got := a.Task(f); !maps.Equal(got, want) {
		t.Errorf("without two fields it is\n%v, want\n%v", got, want)
	}
	a.Note.FollowUp = ""
	if got := a.FollowUpTask(f); got != nil {
		t.Errorf("without a day there is the follow-up %v", got)
	}
	a.EndUnknown = true
	if got, there := a.Task(f)["CallDurationInSeconds"]; there {
		t.Errorf("the duration of a call whose end nobody saw is %v", got)
	}
}

func TestSubject(t *testing.T) {
	for _, c := range []struct {
		name            string
		change          func(*Activity)
		english, german string
		callType        string
		seconds         int
	}{
		{"answered", func(*Activity) {}, "Call from +49 30 23125101", "Anruf von +49 30 23125101", "Inbound", 60},
		{"transferred", func(a *Activity) { a.Reason = EndTransferred }, "Call from +49 30 23125101, transferred", "Anruf von +49 30 23125101, weiterverbunden", "Inbound", 60},
		{"missed", func(a *Activity) { a.Answered, a.Reason = time.Time{}, EndAbandoned }, "Missed call from +49 30 23125101", "Verpasster Anruf von +49 30 23125101", "Inbound", 0},
		{"missed while busy", func(a *Activity) { a.Answered, a.Reason = time.Time{}, EndBusy }, "Missed call from +49 30 23125101", "Verpasster Anruf von +49 30 23125101", "Inbound", 0},
		{"answered elsewhere, with a note", func(a *Activity) { a.Answered, a.Reason = time.Time{}, EndAnsweredElsewhere }, "Call from +49 30 23125101", "Anruf von +49 30 23125101", "Inbound", 0},
		{"dialled", outgoing, "Call to +49 30 23125101", "Anruf bei +49 30 23125101", "Outbound", 60},
		{"not answered", func(a *Activity) { outgoing(a); a.Answered = time.Time{} }, "Call to +49 30 23125101, not answered", "Anruf bei +49 30 23125101, nicht erreicht", "Outbound", 0},
		{"busy", func(a *Activity) { outgoing(a); a.Answered, a.Reason = time.Time{}, EndBusy }, "Call to +49 30 23125101, busy", "Anruf bei +49 30 23125101, besetzt", "Outbound", 0},
		{"internal", func(a *Activity) { a.Direction, a.Number, a.Outgoing = Internal, "1002", true }, "Call to 1002", "Anruf bei 1002", "Internal", 60},
		{"withheld", func(a *Activity) { a.Number, a.Withheld = "", true }, "Call from a withheld number", "Anruf von unterdrückter Nummer", "Inbound", 60},
		{"unknown", func(a *Activity) { a.Number = "" }, "Call from an unknown number", "Anruf von unbekannter Nummer", "Inbound", 60},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := answeredCall()
			c.change(a)
			english, german := a.Task(form(false)), a.Task(form(true))
			if english["Subject"] != c.english || german["Subject"] != c.german || english["CallType"] != c.callType || english["CallDurationInSeconds"] != c.seconds {
				t.Errorf("the Tasks are\n%v and\n%v", english, german)
			}
		})
	}
}

func outgoing(a *Activity) { a.Direction, a.Outgoing = Outbound, true }

// TestLink: a Task belongs to a person, to what the call was about, or to both,
// and never to a lead and something else.
func TestLink(t *testing.T) {
	for _, c := range []struct {
		name          string
		match, chosen string
		who, what     string
	}{
		{"nobody known", "", "", "", ""},
		{"one contact", aContact, "", aContact, ""},
		{"one lead", aLead, "", aLead, ""},
		{"one company", aCompany, "", "", aCompany},
		{"one person account", aPerson, "", itsOwn, ""},
		{"another one chosen", aContact, aLead, aLead, ""},
		{"a case of the contact", aContact, aCase, aContact, aCase},
		{"a custom record of the person", aPerson, custom, itsOwn, custom},
		{"a case, while a lead called", aLead, aCase, "", aCase},
		{"a contact, while a company called", aCompany, aContact, aContact, ""},
		{"what takes no activities", aContact, anOrder, aContact, ""},
		{"15 characters", "", aCase[:15], "", aCase},
		{"no record", "", "entry-7", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := answeredCall()
			if c.match != "" {
				a.Match = ref(c.match)
			}
			if c.chosen != "" {
				a.Chosen = ref(c.chosen)
			}
			got := a.Task(form(false))
			if got["WhoId"] != c.who || got["WhatId"] != c.what {
				t.Errorf("it belongs to %v and %v, want %q and %q", got["WhoId"], got["WhatId"], c.who, c.what)
			}
		})
	}
}

func TestOnlyExact(t *testing.T) {
	exact := lookup.Match{ID: aContact, Object: "Contact", Org: org, Match: lookup.MatchExact}
	with := func(change func(*lookup.Match)) lookup.Match { m := exact; change(&m); return m }
	line := with(func(m *lookup.Match) { m.ID, m.Match = aCompany, lookup.MatchCompany })
	book := with(func(m *lookup.Match) { m.ID, m.Org = "entry-7", "book" })
	foreign := with(func(m *lookup.Match) { m.Org = "00D000000000002EAA" })
	for name, c := range map[string]struct {
		found []lookup.Match
		want  bool
	}{
		"one":                        {[]lookup.Match{exact}, true},
		"one beside the company":     {[]lookup.Match{exact, line}, true},
		"one beside an address book": {[]lookup.Match{exact, book}, true},
		"company only":               {[]lookup.Match{line}, false},
		"two":                        {[]lookup.Match{exact, exact}, false},
		"of another org":             {[]lookup.Match{foreign}, false},
		"none":                       {nil, false},
	} {
		if got := onlyExact(c.found, org); (got != nil) != c.want || got != nil && *got != *ref(aContact) {
			t.Errorf("%s: %v, want one: %v", name, got, c.want)
		}
	}
}

func TestDue(t *testing.T) {
	a := answeredCall()
	for _, c := range []struct {
		change func()
		want   time.Duration // after the end
	}{
		{func() {}, 5 * time.Minute},
		{func() { a.Match = ref(aContact) }, 3 * time.Second},
		{func() { a.Amend(Amendment{Note: &Note{Text: "x"}}) }, 0},
		{func() { a.Amend(Amendment{Note: &Note{}}) }, 3 * time.Second},
		{func() { a.Amend(Amendment{Record: ref(aLead)}) }, 0},
	} {
		if c.change(); !a.Due().Equal(a.Ended.Add(c.want)) {
			t.Errorf("%+v is due %v after the end, want %v", a, a.Due().Sub(a.Ended), c.want)
		}
	}
}

// TestMatchesInWords: only a record of the agent's own org is told as the exact match
// that a Task may be about later; an entry of an address book may have such an id.
func TestMatchesInWords(t *testing.T) {
	ours := lookup.Match{ID: aContact, Object: "Contact", Org: org, Match: lookup.MatchExact}
	book := lookup.Match{ID: aContact, Object: "Contact", Org: "suppliers", Match: lookup.MatchExact}
	line := lookup.Match{ID: aCompany, Object: "Account", Org: org, Match: lookup.MatchCompany}
	for _, c := range []struct {
		found []lookup.Match
		exact bool
		opens StepCode
	}{
		{nil, false, StepOpenNone},
		{[]lookup.Match{ours}, true, stepNone},
		{[]lookup.Match{book}, false, StepOpenBook},
		{[]lookup.Match{line}, false, StepOpenCompany},
		{[]lookup.Match{ours, book}, false, StepOpenSeveral},
	} {
		if got := matchesInWords(c.found, org); (got == oneExact) != c.exact {
			t.Errorf("%+v: %q", c.found, got)
		}
		v := &view{org: org, found: c.found, leg: &leg{}}
		if got := new(Bridge).keepsClosed(v, rules{openRecord: true}); got != c.opens {
			t.Errorf("%+v: %v, want %v", c.found, got, c.opens)
		}
	}
}
