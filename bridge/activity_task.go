package bridge

import (
	"slices"
	"strings"
	"time"

	"github.com/ctibridge/ctibridge/lookup"
)

// TaskForm is what an org tells of how its Tasks are written.
type TaskForm struct {
	German bool // the org's language; else English
	// Closed and Open are values of Status.
	Closed, Open string
	// Zone is the org's time zone: the day of a call is told by it.
	Zone *time.Location
	// Person is the contact of an account that is a person, empty for others.
	Person func(account string) string
	// Relates reports whether Tasks may be about records of an object (WhatId).
	Relates func(object string) bool
	// Without are fields left out.
	Without []string
}

// FollowUpID is the CallObject of the Task for following up a call.
func FollowUpID(call CallID) string { return string(call) + "+f" }

// Task is the call's Task as fields of the Salesforce API.
func (a *Activity) Task(f TaskForm) map[string]any {
	fields := map[string]any{
		"TaskSubtype": "Call", "CallType": a.callType(), "CallObject": string(a.Call), "Subject": a.subject(f.German),
		"ActivityDate": a.day(f.Zone), "Status": f.Closed, "OwnerId": a.Owner, "Description": "", "CallDisposition": "",
	}
	if !a.EndUnknown {
		fields["CallDurationInSeconds"] = a.duration()
	}
	if a.Note != nil {
		fields["Description"], fields["CallDisposition"] = a.Note.Text, a.Note.Disposition
	}
	a.link(f, fields)
	f.strip(fields)
	return fields
}

// FollowUpTask is the open Task on the day that the note names, nil where it
// names none.
func (a *Activity) FollowUpTask(f TaskForm) map[string]any {
	if a.Note == nil || a.Note.FollowUp == "" {
		return nil
	}
	prefix := "Follow-up: "
	if f.German {
		prefix = "Wiedervorlage: "
	}
	fields := map[string]any{
		"CallObject": FollowUpID(a.Call), "Subject": prefix + a.subject(f.German), "ActivityDate": a.Note.FollowUp,
		"Status": f.Open, "OwnerId": a.Owner, "Description": a.Note.Text,
	}
	a.link(f, fields)
	f.strip(fields)
	return fields
}

func (f *TaskForm) strip(fields map[string]any) {
	for _, name := range f.Without {
		delete(fields, name)
	}
}

func (a *Activity) callType() string {
	switch a.Direction {
	case Internal:
		return "Internal"
	case Outbound:
		return "Outbound"
	default:
		return "Inbound"
	}
}

// duration is the conversation's, in whole seconds.
func (a *Activity) duration() int {
	if a.Answered.IsZero() || a.Ended.Before(a.Answered) {
		return 0
	}
	return int(a.Ended.Sub(a.Answered) / time.Second)
}

// day is the one on which the call began.
func (a *Activity) day(zone *time.Location) string {
	if zone == nil {
		zone = time.UTC
	}
	return a.Started.In(zone).Format(time.DateOnly)
}

// link fills in WhoId and WhatId: the chosen record, else the single match. A
// chosen case or opportunity keeps the contact who called beside it; a lead
// stands alone, as Salesforce wants it. Without a record both are null, so that a
// choice taken back is taken back there. Where the agent said that it is none it is
// none.
func (a *Activity) link(f TaskForm, fields map[string]any) {
	fields["WhoId"], fields["WhatId"] = "", ""
	record := a.Chosen
	if record == nil {
		record = a.Match
	}
	if record == nil || *record == (RecordRef{}) {
		return
	}
	who, what := f.place(*record)
	if who == "" && a.Match != nil {
		if caller, _ := f.place(*a.Match); !isLead(caller) {
			who = caller
		}
	}
	fields["WhoId"], fields["WhatId"] = who, what
}

// place tells where a record's id belongs: WhoId takes people, WhatId what they
// call about, and some records neither.
func (f *TaskForm) place(r RecordRef) (who, what string) {
	id, ok := SalesforceID(r.ID)
	if !ok {
		return "", ""
	}
	switch prefix := id[:3]; {
	case prefix == contactPrefix, isLead(id):
		return id, ""
	case prefix == accountPrefix && f.Person != nil && f.Person(id) != "":
		return f.Person(id), ""
	case f.Relates != nil && f.Relates(r.Object):
		return "", id
	}
	return "", ""
}

// Prefixes of the ids of records that Tasks treat in their own way.
const (
	accountPrefix = "001"
	contactPrefix = "003"
	leadPrefix    = "00Q"
)

func isLead(id string) bool { return strings.HasPrefix(id, leadPrefix) }

// Accounts are the accounts among the records of the activity: some are persons.
func (a *Activity) Accounts() []string {
	var ids []string
	for _, r := range []*RecordRef{a.Chosen, a.Match} {
		if r == nil {
			continue
		}
		if id, ok := SalesforceID(r.ID); ok && strings.HasPrefix(id, accountPrefix) && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// subjects are the ways to name a call, English and German; %s is the far end.
type subjects struct{ english, german string }

// subject names the call by what became of it and the far end's number; a
// withheld number is said to be withheld.
func (a *Activity) subject(german bool) string {
	s := a.wording()
	text, far := s.english, a.Number
	if a.Direction != Internal && far != "" {
		far = lookup.Number(far).Display("") // as colleagues abroad read it, too
	}
	if german {
		text = s.german
	}
	switch {
	case far != "":
	case a.Withheld && german:
		far = "unterdrückter Nummer"
	case a.Withheld:
		far = "a withheld number"
	case german:
		far = "unbekannter Nummer"
	default:
		far = "an unknown number"
	}
	text = strings.Replace(text, "%s", far, 1)
	switch {
	case a.Reason != EndTransferred:
	case german:
		text += ", weiterverbunden"
	default:
		text += ", transferred"
	}
	return text
}

func (a *Activity) wording() subjects {
	answered := !a.Answered.IsZero()
	switch {
	case a.Outgoing && !answered && a.Reason == EndBusy:
		return subjects{"Call to %s, busy", "Anruf bei %s, besetzt"}
	case a.Outgoing && !answered:
		return subjects{"Call to %s, not answered", "Anruf bei %s, nicht erreicht"}
	case a.Outgoing:
		return subjects{"Call to %s", "Anruf bei %s"}
	case a.Missed():
		return subjects{"Missed call from %s", "Verpasster Anruf von %s"}
	}
	return subjects{"Call from %s", "Anruf von %s"}
}
