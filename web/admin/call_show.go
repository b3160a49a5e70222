package admin

import (
	"fmt"
	"net/http"
	"time"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/lookup"
)

// callView is one call with what was decided about it.
type callView struct {
	callRow
	Steps    []stepLine
	Records  []recordLink
	Days     int // for which traces are kept
	InDialog bool
}

// stepLine is one line of the trace.
type stepLine struct {
	At   time.Time
	Text string
}

// recordLink is a record of the call; URL is empty where it is not Salesforce's.
type recordLink struct {
	bridge.RecordRef
	URL    string
	Chosen bool
}

// callShow answers why a call popped or did not, step by step: `ctibridge why` on
// a page. It shows the number whole, and is audited each time.
func (p *panel) callShow(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	calls, err := p.journal.Calls(ctx, bridge.TraceFilter{Call: bridge.CallID(r.PathValue("id")), Limit: 1}, "")
	if err != nil {
		return err
	}
	if len(calls) == 0 {
		return bridge.ErrNotFound
	}
	agents, err := p.config.Agents(ctx)
	if err != nil {
		return err
	}
	orgs, err := p.config.Orgs(ctx)
	if err != nil {
		return err
	}
	days, err := p.journal.Retention(ctx)
	if err != nil {
		return err
	}
	v := callView{callRow: callRows(calls, agents)[0], Days: days.Days().Traces, InDialog: inDialog(r)}
	v.Steps, v.Records = stepLines(&v.JournalEntry, p.say(r)), recordLinks(&v.JournalEntry, orgs)
	if err := p.looked(r, "call.open", v.whose(), "call "+string(v.ID)); err != nil {
		return err
	}
	if v.InDialog {
		return p.part(w, r, http.StatusOK, "call", "view", &v)
	}
	return p.show(w, r, http.StatusOK, "call", page{Title: "call.title", Nav: "calls", Data: &v})
}

// whose says in the audit trail whose call it is.
func (c callRow) whose() string {
	switch {
	case c.Email != "":
		return c.Email
	case c.Agent != "":
		return "an agent since removed"
	}
	return "no agent"
}

// stepLines is the trace in the administrator's language. A step of a newer
// ctibridge has no words here.
func stepLines(e *bridge.JournalEntry, say func(string, ...any) string) []stepLine {
	var out []stepLine
	for _, s := range e.Steps {
		if s.Code.String() == "" {
			continue
		}
		out = append(out, stepLine{e.Started.Add(time.Duration(s.After) * time.Millisecond), stepText(s, say)})
	}
	return out
}

func stepText(s bridge.Step, say func(string, ...any) string) string {
	key := fmt.Sprintf("step.%s", s.Code)
	switch s.Code {
	case bridge.StepEnded:
		return say(key, reasonText(bridge.EndReason(s.Arg), say))
	case bridge.StepMatches:
		return say(key, matchesText(s.Arg, say))
	case bridge.StepMoved, bridge.StepTabAsked, bridge.StepTabSilent, bridge.StepTabClosed, bridge.StepOpened:
		return say(key, s.Arg)
	default:
		return say(key)
	}
}

// reasonText says why a call ended; one of a newer ctibridge stands as it is.
func reasonText(reason bridge.EndReason, say func(string, ...any) string) string {
	if key := fmt.Sprintf("reason.%s", reason); say(key) != key {
		return say(key)
	}
	return string(reason)
}

// matchesText says what the directory answered: the trace has it in English.
func matchesText(english string, say func(string, ...any) string) string {
	switch english {
	case "nobody has the number":
		return say("matches.none")
	case "several records":
		return say("matches.several")
	case "one exact match":
		return say("matches.exact")
	case "one company's line":
		return say("matches.company")
	}
	return english
}

// recordLinks are the call's records, the chosen one first; those of an org with
// their address in it, where the administrator's own rights decide.
func recordLinks(e *bridge.JournalEntry, orgs []lookup.OrgConfig) []recordLink {
	instance := ""
	for _, o := range orgs {
		if o.ID == e.Org {
			instance = o.InstanceURL
		}
	}
	var out []recordLink
	add := func(ref bridge.RecordRef, chosen bool) {
		l := recordLink{RecordRef: ref, Chosen: chosen}
		if id, ok := bridge.SalesforceID(ref.ID); ok && instance != "" {
			l.URL = instance + "/" + id
		}
		out = append(out, l)
	}
	if e.Chosen != nil && *e.Chosen != (bridge.RecordRef{}) { // that: the agent said that it is none
		add(*e.Chosen, true)
	}
	for _, m := range e.Matches {
		if e.Chosen == nil || m != *e.Chosen {
			add(m, false)
		}
	}
	return out
}
