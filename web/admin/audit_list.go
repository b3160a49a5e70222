package admin

import (
	"net/http"
	"strings"

	"github.com/ctibridge/ctibridge/bridge"
)

// How many entries are shown at first, and at most.
const (
	auditShown = 100
	auditMost  = 2000
)

type auditView struct {
	Query   string
	Entries []bridge.AuditEntry
	All     bool // show more than the newest few
	More    bool // there may be more
}

// auditList shows who did what, newest first.
func (p *panel) auditList(w http.ResponseWriter, r *http.Request) error {
	v := auditView{Query: strings.TrimSpace(r.URL.Query().Get("q")), All: r.URL.Query().Has("all")}
	limit := auditShown
	if v.All || v.Query != "" {
		limit = auditMost
	}
	entries, err := p.config.Audit(r.Context(), limit)
	if err != nil {
		return err
	}
	v.More = len(entries) == limit
	words := strings.Fields(strings.ToLower(v.Query))
	for _, e := range entries {
		text := strings.ToLower(strings.Join([]string{e.Actor, e.Action, e.Object, e.Detail}, "\n"))
		if containsAll(text, words) {
			v.Entries = append(v.Entries, e)
		}
	}
	if isHTMX(r) {
		return p.part(w, r, http.StatusOK, "audit", "list", v)
	}
	return p.show(w, r, http.StatusOK, "audit", page{Title: "audit.title", Nav: "audit", Data: v})
}

func containsAll(text string, words []string) bool {
	for _, word := range words {
		if !strings.Contains(text, word) {
			return false
		}
	}
	return true
}
