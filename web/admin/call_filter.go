package admin

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ctibridge/ctibridge/bridge"
)

const callsPerPage = 50

// callFilter is the search for calls as typed.
type callFilter struct {
	From, To string // of the browser's clock: 2026-11-22T10:42
	Zone     string // the browser's, as IANA names it; panel.js fills it in
	Agent    string // a part of the e-mail address
	Group    string
	Number   string
	Outcome  string
	Popped   string // "yes" or "no", empty: both
	After    string // the last call of the page before

	Problems map[string]string
}

func readCallFilter(v url.Values) *callFilter {
	text := func(name string) string { return strings.TrimSpace(v.Get(name)) }
	return &callFilter{
		From: text("from"), To: text("to"), Zone: text("zone"), Agent: text("agent"), Group: v.Get("group"), Number: text("number"),
		Outcome: text("outcome"), Popped: text("popped"), After: text("after"),
	}
}

// Filtered tells whether anything narrows the list.
func (f *callFilter) Filtered() bool {
	return f.From+f.To+f.Agent+f.Group+f.Number+f.Outcome+f.Popped != ""
}

// trace is the filter as the store takes it, false if something cannot be read.
func (f *callFilter) trace(agents []bridge.Agent, say func(string, ...any) string) (t bridge.TraceFilter, ok bool) {
	f.Problems = make(map[string]string)
	t.Limit = callsPerPage + 1
	if t.From, ok = f.when(f.From); !ok {
		f.Problems["from"] = say("calls.time.bad")
	}
	if t.To, ok = f.when(f.To); !ok {
		f.Problems["to"] = say("calls.time.bad")
	}
	if len(f.To) == len("2006-01-02T15:04") && !t.To.IsZero() {
		t.To = t.To.Add(time.Minute - time.Millisecond) // the whole of that minute
	}
	if f.Agent != "" || f.Group != "" {
		t.Agents = f.agents(agents)
	}
	if t.Outcome = bridge.Outcome(f.Outcome); f.Outcome != "" && !slices.Contains(bridge.Outcomes(), t.Outcome) {
		t.Outcome = ""
	}
	t.Popped = flag(f.Popped)
	t.After = readCursor(f.After)
	return t, len(f.Problems) == 0
}

// agents are those whom the filter names, never nil.
func (f *callFilter) agents(all []bridge.Agent) []bridge.AgentID {
	ids := []bridge.AgentID{}
	part := strings.ToLower(f.Agent)
	for _, a := range all {
		if strings.Contains(strings.ToLower(a.Email), part) && (f.Group == "" || slices.Contains(a.Groups, f.Group)) {
			ids = append(ids, a.ID)
		}
	}
	return ids
}

// when reads a time of the browser's clock; without a script it is the server's.
func (f *callFilter) when(text string) (time.Time, bool) {
	if text == "" {
		return time.Time{}, true
	}
	zone := time.Local //nolint:gosmopolitan // a person's clock
	if l, err := time.LoadLocation(f.Zone); f.Zone != "" && err == nil {
		zone = l
	}
	for _, layout := range []string{"2006-01-02T15:04", "2006-01-02T15:04:05", "2006-01-02 15:04", time.DateOnly} {
		if t, err := time.ParseInLocation(layout, text, zone); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// whose says in the audit trail at whose calls somebody looked. It names no
// number: the trail is kept for longer than calls are.
func (f *callFilter) whose() string {
	switch {
	case f.Agent != "" && f.Group != "":
		return fmt.Sprintf("agents %q of group %s", f.Agent, f.Group)
	case f.Agent != "":
		return fmt.Sprintf("agents %q", f.Agent)
	case f.Group != "":
		return "group " + f.Group
	}
	return "all agents"
}

// how says in the audit trail by what somebody searched.
func (f *callFilter) how() string {
	var by []string
	for name, value := range map[string]string{
		"number": f.Number, "time": cmp.Or(f.From, f.To), "outcome": f.Outcome + f.Popped,
	} {
		if value != "" {
			by = append(by, name)
		}
	}
	if len(by) == 0 {
		return ""
	}
	slices.Sort(by)
	return "by " + strings.Join(by, ", ")
}

// cursorText is a place in the list as a button of the page has it.
func cursorText(c bridge.TraceCursor) string {
	return strconv.FormatInt(c.Started.UnixMilli(), 10) + "_" + string(c.ID)
}

// readCursor is the place that cursorText wrote; what is none is the beginning.
func readCursor(text string) bridge.TraceCursor {
	ms, id, ok := strings.Cut(text, "_")
	n, err := strconv.ParseInt(ms, 10, 64)
	if !ok || err != nil {
		return bridge.TraceCursor{}
	}
	return bridge.TraceCursor{Started: time.UnixMilli(n), ID: bridge.CallID(id)}
}
