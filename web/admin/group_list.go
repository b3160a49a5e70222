package admin

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/ctibridge/ctibridge/bridge"
)

// groupRow is a group as its form shows it, so that list and form agree.
type groupRow struct {
	*groupForm
	Members int
}

// Query is the group's name as a query.
func (g groupRow) Query() string { return url.Values{"name": {g.Name}}.Encode() }

// MembersQuery asks the list of agents for the members.
func (g groupRow) MembersQuery() string { return url.Values{"group": {g.Name}}.Encode() }

// groupList shows the groups and how many members each has.
func (p *panel) groupList(w http.ResponseWriter, r *http.Request) error {
	groups, err := p.config.Groups(r.Context())
	if err != nil {
		return err
	}
	agents, err := p.config.Agents(r.Context())
	if err != nil {
		return err
	}
	members := countMembers(agents)
	rows := make([]groupRow, len(groups))
	for i, g := range groups {
		rows[i] = groupRow{formOfGroup(g), members[g.Name]}
	}
	slices.SortFunc(rows, func(a, b groupRow) int {
		return cmp.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name))
	})
	if isHTMX(r) {
		return p.part(w, r, http.StatusOK, "groups", "list", rows)
	}
	return p.show(w, r, http.StatusOK, "groups", page{Title: "groups.title", Nav: "groups", Data: rows})
}

func countMembers(agents []bridge.Agent) map[string]int {
	members := make(map[string]int)
	for _, a := range agents {
		for _, g := range a.Groups {
			members[g]++
		}
	}
	return members
}
