package admin

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/ctibridge/ctibridge/bridge"
)

// auditPerPage is how many entries are shown at once.
const auditPerPage = 100

// notChanges are the actions that change nothing; some of them anybody can cause.
func notChanges() []string {
	return []string{"signIn", "signIn.failed", "signOut", "password.failed", "agent.refused", "calls.list", "call.open", "exclusion.list"}
}

type auditView struct {
	Query   string
	Changes bool  // only what changed something
	Before  int64 // the entry above this page, zero on the first one
	Entries []bridge.AuditEntry
	More    bool // there are older ones
}

// auditList shows who did what, newest first.
func (p *panel) auditList(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	v := auditView{Query: strings.TrimSpace(q.Get("q")), Changes: q.Get("show") == "changes"}
	v.Before, _ = strconv.ParseInt(q.Get("before"), 10, 64)
	f := bridge.AuditFilter{Words: strings.Fields(v.Query), Before: v.Before, Limit: auditPerPage + 1}
	if v.Changes {
		f.Without = notChanges()
	}
	entries, err := p.config.Audit(r.Context(), f)
	if err != nil {
		return err
	}
	if v.More = len(entries) > auditPerPage; v.More {
		entries = entries[:auditPerPage]
	}
	v.Entries = entries
	if isHTMX(r) {
		w.Header().Set("HX-Replace-Url", v.url(v.Before))
		return p.part(w, r, http.StatusOK, "audit", "list", v)
	}
	return p.show(w, r, http.StatusOK, "audit", page{Title: "audit.title", Nav: "audit", Data: v})
}

// Filtered tells whether anything narrows the list.
func (v auditView) Filtered() bool { return v.Query != "" || v.Changes }

// Newest is the address of the first page under this filter.
func (v auditView) Newest() string { return v.url(0) }

// Older is the address of the next page.
func (v auditView) Older() string { return v.url(v.Entries[len(v.Entries)-1].ID) }

func (v auditView) url(before int64) string {
	q := url.Values{}
	if v.Query != "" {
		q.Set("q", v.Query)
	}
	if v.Changes {
		q.Set("show", "changes")
	}
	if before > 0 {
		q.Set("before", strconv.FormatInt(before, 10))
	}
	if len(q) == 0 {
		return "/admin/audit"
	}
	return "/admin/audit?" + q.Encode()
}
