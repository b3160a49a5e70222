package admin

import (
	"net/http"
	"sort"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/pbx"
)

// livePath is what the overview polls.
const livePath = "/admin/overview/live"

// overviewView is how the bridge is doing.
type overviewView struct {
	Links                   []linkView
	LinksUp                 int
	Orgs                    []orgView
	Agents, Enabled, Online int
	Tabs                    int
	Refused                 int // Salesforce users, of late
}

type linkView struct {
	pbx.LinkConfig
	pbx.Status
	// Started is false of a link that is configured but that the running
	// bridge does not report on.
	Started bool
}

type orgView struct {
	lookup.OrgConfig
	Objects []lookup.SyncStatus
	Running bool
	// Status is of the org as a whole; Usage.Calls.Max is 0 while unknown.
	Status lookup.OrgStatus
}

// overview shows the links, the syncs and who is online; as a whole page or,
// polled, only the part that changes.
func (p *panel) overview(w http.ResponseWriter, r *http.Request) error {
	v, err := p.overviewData(r)
	if err != nil {
		return err
	}
	if isHTMX(r) {
		return p.part(w, r, http.StatusOK, "overview", "live", v)
	}
	return p.show(w, r, http.StatusOK, "overview", page{Title: "overview.title", Nav: "overview", Data: v})
}

func (p *panel) overviewData(r *http.Request) (overviewView, error) {
	var v overviewView
	links, err := p.config.Links(r.Context())
	if err != nil {
		return v, err
	}
	orgs, err := p.config.Orgs(r.Context())
	if err != nil {
		return v, err
	}
	agents, err := p.config.Agents(r.Context())
	if err != nil {
		return v, err
	}
	refused, err := p.config.Refusals(r.Context())
	if err != nil {
		return v, err
	}
	v.Refused = len(refused)
	v.Links = linkViews(links, p.status.LinkStatuses())
	for _, l := range v.Links {
		if l.Started && l.State == pbx.LinkConnected {
			v.LinksUp++
		}
	}
	v.Orgs = orgViews(orgs, p.status.SyncStatuses(), p.status.OrgStatuses())
	v.countAgents(agents, p.status.Sessions())
	return v, nil
}

func (v *overviewView) countAgents(agents []bridge.Agent, sessions map[bridge.AgentID]int) {
	v.Agents, v.Online = len(agents), len(sessions)
	for _, a := range agents {
		if a.Enabled {
			v.Enabled++
		}
	}
	for _, tabs := range sessions {
		v.Tabs += tabs
	}
}

// linkViews joins what is configured with what runs, sorted by name.
func linkViews(configs []pbx.LinkConfig, statuses []LinkStatus) []linkView {
	byName := make(map[string]LinkStatus, len(statuses))
	for _, s := range statuses {
		byName[s.Name] = s
	}
	views := make([]linkView, 0, len(configs))
	for _, c := range configs {
		s, ok := byName[c.Name]
		delete(byName, c.Name)
		views = append(views, linkView{c, s.Status, ok})
	}
	for name, s := range byName { // injected, as in the demo
		views = append(views, linkView{pbx.LinkConfig{Name: name}, s.Status, true})
	}
	sort.Slice(views, func(i, j int) bool { return views[i].Name < views[j].Name })
	return views
}

// orgViews gives each org its objects, sorted by name.
func orgViews(configs []lookup.OrgConfig, statuses []lookup.SyncStatus, wholes []lookup.OrgStatus) []orgView {
	views := make([]orgView, len(configs))
	index := make(map[string]int, len(configs))
	for i, c := range configs {
		views[i].OrgConfig = c
		index[c.ID] = i
	}
	for _, s := range statuses {
		i, ok := index[s.Org]
		if !ok {
			i, index[s.Org] = len(views), len(views)
			views = append(views, orgView{OrgConfig: lookup.OrgConfig{ID: s.Org, Name: s.Org}})
		}
		views[i].Objects = append(views[i].Objects, s)
		views[i].Running = views[i].Running || s.Running
	}
	for _, s := range wholes {
		if i, ok := index[s.Org]; ok {
			views[i].Status = s
		}
	}
	for _, v := range views {
		sort.Slice(v.Objects, func(i, j int) bool { return v.Objects[i].Object < v.Objects[j].Object })
	}
	sort.SliceStable(views, func(i, j int) bool { return views[i].Name < views[j].Name })
	return views
}

// Percent is the progress of a sync, or -1 while the total is unknown.
func (orgView) Percent(s lookup.SyncStatus) int {
	if s.Total <= 0 {
		return -1
	}
	return min(100, s.Done*100/s.Total)
}
