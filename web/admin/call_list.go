package admin

import (
	"net/http"
	"slices"
	"strings"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/lookup"
)

// callListView is a page of the list of calls. It counts nothing: the list is for
// finding a call, not for measuring people.
type callListView struct {
	*callFilter
	Rows      []callRow
	More      bool
	Groups    []string
	Outcomes  []bridge.Outcome
	Retention bridge.Retention // with the defaults filled in
}

// callRow is a call as the list shows it.
type callRow struct {
	bridge.JournalEntry
	Email string // the agent's; empty: nobody's, or since removed
}

// callList shows the calls that match the search, newest first. A number may be
// among what is searched for, so the search is posted: addresses end up in
// histories and logs. Who looked at whose calls is audited.
func (p *panel) callList(w http.ResponseWriter, r *http.Request) error {
	if err := parseForm(r); err != nil {
		return err
	}
	v := callListView{callFilter: readCallFilter(r.Form), Outcomes: bridge.Outcomes()}
	status, err := p.findCalls(r, &v)
	if err != nil {
		return err
	}
	if isHTMX(r) {
		return p.part(w, r, status, "calls", "list", v)
	}
	return p.show(w, r, status, "calls", page{Title: "calls.title", Nav: "calls", Data: v})
}

// findCalls fills in the page; the status tells whether the search could be read.
func (p *panel) findCalls(r *http.Request, v *callListView) (status int, err error) {
	ctx := r.Context()
	agents, err := p.config.Agents(ctx)
	if err != nil {
		return 0, err
	}
	groups, err := p.config.Groups(ctx)
	if err != nil {
		return 0, err
	}
	for _, g := range groups {
		v.Groups = append(v.Groups, g.Name)
	}
	slices.Sort(v.Groups)
	days, err := p.journal.Retention(ctx)
	if err != nil {
		return 0, err
	}
	v.Retention = days.Days()
	filter, ok := v.trace(agents, p.say(r))
	if !ok {
		return http.StatusUnprocessableEntity, nil
	}
	calls, err := p.journal.Calls(ctx, filter, v.Number)
	if err != nil {
		return 0, err
	}
	if v.More = len(calls) > callsPerPage; v.More {
		calls = calls[:callsPerPage]
	}
	v.Rows = callRows(calls, agents)
	return http.StatusOK, p.looked(r, "calls.list", v.whose(), v.how())
}

// looked notes in the audit trail that the administrator looked at calls. What is
// looked at again within a minute is counted.
func (p *panel) looked(r *http.Request, action, whose, detail string) error {
	e := auditEntry(r, p.actor(r), action, whose)
	e.Detail = strings.TrimPrefix(detail+", "+e.Detail, ", ")
	return noted(action, p.config.CountAudit(r.Context(), e))
}

func callRows(calls []bridge.JournalEntry, agents []bridge.Agent) []callRow {
	emails := make(map[bridge.AgentID]string, len(agents))
	for _, a := range agents {
		emails[a.ID] = a.Email
	}
	rows := make([]callRow, len(calls))
	for i, e := range calls {
		rows[i] = callRow{e, emails[e.Agent]}
	}
	return rows
}

// Older is what the button for the next page sends.
func (v callListView) Older() string { return cursorText(v.Rows[len(v.Rows)-1].Cursor()) }

// hiddenDigits is how many digits at the end of a number the list leaves out, as
// itemised bills do (German TDDDG § 11).
const hiddenDigits = 3

// Masked is the far end without its last digits; an extension is shown whole.
func (c callRow) Masked() string {
	whole := c.Whole()
	if !strings.HasPrefix(c.Number, "+") {
		return whole
	}
	text, left := []byte(whole), hiddenDigits
	for i := len(text) - 1; i >= 0 && left > 0; i-- {
		if text[i] >= '0' && text[i] <= '9' {
			text[i], left = 'x', left-1
		}
	}
	return string(text)
}

// Whole is the far end as people write it.
func (c callRow) Whole() string { return lookup.Number(c.Number).Display("") }

// Way is the key of the text for the call's direction, empty if nobody knows it.
func (c callRow) Way() string {
	switch {
	case c.Direction == "" && !c.Outgoing:
		return ""
	case c.Direction == bridge.Internal && c.Outgoing:
		return "internalOut"
	case c.Direction == bridge.Internal:
		return "internalIn"
	case c.Outgoing:
		return "outbound"
	}
	return "inbound"
}
