package admin

import (
	"cmp"
	"net/http"

	"github.com/ctibridge/ctibridge/bridge"
)

// activityView is how the writing of calls into one org stands.
type activityView struct {
	bridge.OutboxStatus
	Name     string
	Problems []bridge.OutboxProblem
}

// Paused is the problem that stops all of the org's, empty where only some fail:
// those are told one by one.
func (v activityView) Paused() string {
	for _, p := range v.Problems {
		if p.Problem == v.Problem {
			return ""
		}
	}
	return v.Problem
}

// Lost is how many were given up.
func (v activityView) Lost() int { return int(v.GivenUp) }

// activityList shows, org by org, which calls Salesforce has not been told of yet,
// why, and what to do about it.
func (p *panel) activityList(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	statuses, err := p.journal.ActivityStatuses(ctx)
	if err != nil {
		return err
	}
	problems, err := p.journal.ActivityProblems(ctx)
	if err != nil {
		return err
	}
	orgs, err := p.config.Orgs(ctx)
	if err != nil {
		return err
	}
	names := make(map[string]string, len(orgs))
	for _, o := range orgs {
		names[o.ID] = o.Name
	}
	views := make([]activityView, len(statuses))
	for i, s := range statuses {
		views[i] = activityView{OutboxStatus: s, Name: cmp.Or(names[s.Org], s.Org)}
		for _, x := range problems {
			if x.Org == s.Org {
				views[i].Problems = append(views[i].Problems, x)
			}
		}
	}
	if isHTMX(r) {
		return p.part(w, r, http.StatusOK, "activities", "list", views)
	}
	return p.show(w, r, http.StatusOK, "activities", page{Title: "activities.title", Nav: "calls", Data: views})
}
