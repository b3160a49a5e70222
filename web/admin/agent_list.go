package admin

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/ctibridge/ctibridge/bridge"
)

const agentsPerPage = 50

// agentFilter is what the list is narrowed to.
type agentFilter struct {
	Query, Group, State string
	Page                int // from 1
}

// agentListView is the list of agents.
type agentListView struct {
	agentFilter
	Rows            []agentRow
	Total, Matching int
	First, Last     int // of the rows shown, from 1
	Pages           int
	Groups          []string
	Refused         []refusalRow
}

// refusalRow is a Salesforce user who was refused, and why: the agent of the
// same e-mail address is another user's, or there is none or several.
type refusalRow struct {
	bridge.Refusal
	OrgName string
	// Bound is the agent whose binding stands in the way; its ID is empty where
	// nothing is bound.
	Bound bridge.Agent
}

// Ambiguous tells whether several agents have the user's e-mail address.
func (r refusalRow) Ambiguous() bool { return r.Reason == bridge.ErrAmbiguous.Error() }

type agentRow struct {
	bridge.Agent
	OrgName string
	Tabs    int
}

// agentList shows the agents that match the filter, one page of them; to htmx
// only the table, for search as you type.
func (p *panel) agentList(w http.ResponseWriter, r *http.Request) error {
	v, err := p.agentListData(r)
	if err != nil {
		return err
	}
	if isHTMX(r) {
		w.Header().Set("HX-Replace-Url", v.URL(v.Page))
		return p.part(w, r, http.StatusOK, "agents", "list", v)
	}
	return p.show(w, r, http.StatusOK, "agents", page{Title: "agents.title", Nav: "agents", Data: v})
}

func (p *panel) agentListData(r *http.Request) (agentListView, error) {
	v := agentListView{agentFilter: readAgentFilter(r.URL.Query())}
	agents, err := p.config.Agents(r.Context())
	if err != nil {
		return v, err
	}
	groups, err := p.config.Groups(r.Context())
	if err != nil {
		return v, err
	}
	orgs, err := p.config.Orgs(r.Context())
	if err != nil {
		return v, err
	}
	for _, g := range groups {
		v.Groups = append(v.Groups, g.Name)
	}
	slices.Sort(v.Groups)
	names := make(map[string]string, len(orgs))
	for _, o := range orgs {
		names[o.ID] = o.Name
	}
	refused, err := p.config.Refusals(r.Context())
	if err != nil {
		return v, err
	}
	v.Refused = refusalRows(refused, agents, names)
	v.Total = len(agents)
	tabs := p.status.Sessions()
	for _, a := range v.cut(v.matching(agents)) {
		v.Rows = append(v.Rows, agentRow{a, cmp.Or(names[a.Org], a.Org), tabs[a.ID]})
	}
	return v, nil
}

// refusalRows joins refusals with the agents as they are now.
func refusalRows(refused []bridge.Refusal, agents []bridge.Agent, orgNames map[string]string) []refusalRow {
	byID := make(map[bridge.AgentID]bridge.Agent, len(agents))
	for _, a := range agents {
		byID[a.ID] = a
	}
	rows := make([]refusalRow, len(refused))
	for i, x := range refused {
		rows[i] = refusalRow{Refusal: x, OrgName: cmp.Or(orgNames[x.Org], x.Org)}
		if a := byID[x.Agent]; a.SalesforceUser != "" && a.SalesforceUser != x.User {
			rows[i].Bound = a
		}
	}
	return rows
}

func readAgentFilter(q url.Values) agentFilter {
	f := agentFilter{Query: strings.TrimSpace(q.Get("q")), Group: q.Get("group"), State: q.Get("state")}
	f.Page, _ = strconv.Atoi(q.Get("page"))
	f.Page = max(1, f.Page)
	return f
}

// matching sorts by e-mail address and keeps those who hold every word of the
// query in their address, extensions, links or groups.
func (f agentFilter) matching(agents []bridge.Agent) []bridge.Agent {
	words := strings.Fields(strings.ToLower(f.Query))
	var out []bridge.Agent
	for _, a := range agents {
		if f.State == "enabled" && !a.Enabled || f.State == "disabled" && a.Enabled ||
			f.State == "unbound" && a.SalesforceUser != "" ||
			f.Group != "" && !slices.Contains(a.Groups, f.Group) {
			continue
		}
		if containsAll(searchText(a), words) {
			out = append(out, a)
		}
	}
	slices.SortStableFunc(out, func(a, b bridge.Agent) int {
		return cmp.Compare(strings.ToLower(a.Email), strings.ToLower(b.Email))
	})
	return out
}

func searchText(a bridge.Agent) string {
	parts := append([]string{a.Email}, a.Groups...)
	for _, d := range a.Devices {
		parts = append(parts, d.Extension, d.Link)
	}
	return strings.ToLower(strings.Join(parts, "\n"))
}

// cut keeps the page that was asked for, or the last one if there are fewer.
func (v *agentListView) cut(agents []bridge.Agent) []bridge.Agent {
	v.Matching = len(agents)
	v.Pages = max(1, (v.Matching+agentsPerPage-1)/agentsPerPage)
	v.Page = min(v.Page, v.Pages)
	from := (v.Page - 1) * agentsPerPage
	to := min(from+agentsPerPage, v.Matching)
	v.First, v.Last = min(from+1, to), to
	return agents[from:to]
}

// Filtered tells whether anything narrows the list.
func (f agentFilter) Filtered() bool { return f.Query != "" || f.Group != "" || f.State != "" }

// Prev is the page before this one.
func (f agentFilter) Prev() int { return f.Page - 1 }

// Next is the page after this one.
func (f agentFilter) Next() int { return f.Page + 1 }

// URL is the address of one page of the list under this filter.
func (f agentFilter) URL(page int) string {
	q := url.Values{}
	for key, value := range map[string]string{"q": f.Query, "group": f.Group, "state": f.State} {
		if value != "" {
			q.Set(key, value)
		}
	}
	if page > 1 {
		q.Set("page", strconv.Itoa(page))
	}
	if len(q) == 0 {
		return "/admin/agents"
	}
	return "/admin/agents?" + q.Encode()
}

func containsAll(text string, words []string) bool {
	for _, word := range words {
		if !strings.Contains(text, word) {
			return false
		}
	}
	return true
}
