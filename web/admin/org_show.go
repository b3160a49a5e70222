package admin

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/ctibridge/ctibridge/lookup"
)

// orgPageView is one org as it is doing.
type orgPageView struct {
	orgView
	Rows     []objectRow
	Hints    lookup.HintStatus
	Live     lookup.LiveStatus
	Password bool // the sign-in that Salesforce ends
	// SignedIn says whether a refresh token is stored, where one is needed.
	WebServer, SignedIn bool
	Members             int
}

// objectRow is an object that is copied, or could be.
type objectRow struct {
	lookup.SyncStatus
	Off        bool
	Configured bool
}

// orgShow shows an org: as a whole page or, polled, only the part that changes.
func (p *panel) orgShow(w http.ResponseWriter, r *http.Request) error {
	c, secrets, err := p.storedOrg(r, r.PathValue("org"))
	if err != nil {
		return err
	}
	v := orgPageView{
		orgView:   orgViews([]lookup.OrgConfig{c}, ofOrg(p.status.SyncStatuses(), c.ID), p.status.OrgStatuses())[0],
		Hints:     p.status.HintStatus(c.ID),
		Live:      p.status.LiveStatus(c.ID),
		WebServer: c.SignIn.Kind == lookup.SignInWebServer, SignedIn: slices.Contains(secrets, "signIn.refreshToken"),
	}
	v.Rows = objectRows(c, v.Objects)
	if isHTMX(r) {
		return p.part(w, r, http.StatusOK, "org", "live", v)
	}
	return p.show(w, r, http.StatusOK, "org", page{Title: "orgs.title", Nav: "orgs", Data: v})
}

func ofOrg(all []lookup.SyncStatus, org string) []lookup.SyncStatus {
	return slices.DeleteFunc(slices.Clone(all), func(s lookup.SyncStatus) bool { return s.Org != org })
}

// objectRows are the objects that run, those of the configuration that do not, and
// the usual ones.
func objectRows(c lookup.OrgConfig, running []lookup.SyncStatus) (rows []objectRow) {
	configured := map[string]lookup.ObjectConfig{}
	for _, o := range c.Objects {
		configured[o.Object] = o
	}
	seen := map[string]bool{}
	add := func(s lookup.SyncStatus) {
		o, there := configured[s.Object]
		if s.Object != "" && !seen[s.Object] {
			rows, seen[s.Object] = append(rows, objectRow{s, o.Disabled || c.Disabled, there}), true
		}
	}
	for _, s := range running {
		add(s)
	}
	for _, o := range c.Objects {
		add(lookup.SyncStatus{Org: c.ID, Object: o.Object})
	}
	for _, name := range usualObjects() {
		add(lookup.SyncStatus{Org: c.ID, Object: name})
	}
	slices.SortFunc(rows, func(a, b objectRow) int { return strings.Compare(a.Object, b.Object) })
	return rows
}

// usualObjects are copied without being named.
func usualObjects() []string { return []string{"Account", "Contact", "Lead"} }

// Faults are errors of the org as a whole, which belong to no object.
func (v orgPageView) Faults() (faults []lookup.SyncStatus) {
	for _, s := range v.Objects {
		if s.Object == "" && s.LastError != "" {
			faults = append(faults, s)
		}
	}
	return faults
}

// Share is what is used of a limit, in per cent.
func (orgPageView) Share(share float64) int { return int(100 * share) }

// Full is when the calls are used up at the present rate, if they will be.
func (v orgPageView) Full() time.Time { return v.Status.Usage.Full }
