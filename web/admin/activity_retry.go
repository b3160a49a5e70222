package admin

import (
	"net/http"
	"slices"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/lookup"
)

// activityRetry lets an org's calls that were refused be written again now.
func (p *panel) activityRetry(w http.ResponseWriter, r *http.Request) error {
	orgs, err := p.config.Orgs(r.Context())
	if err != nil {
		return err
	}
	i := slices.IndexFunc(orgs, func(o lookup.OrgConfig) bool { return o.ID == r.PathValue("org") })
	if i < 0 {
		return bridge.ErrNotFound
	}
	if err := p.journal.RetryActivities(r.Context(), orgs[i].ID); err != nil {
		return err
	}
	if err := p.audit(r, p.actor(r), "activities.retry", orgs[i].Name); err != nil {
		return err
	}
	return p.done(w, r, "/admin/calls/salesforce", p.say(r)("activities.retried"))
}
