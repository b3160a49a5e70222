package admin

import (
	"net/http"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/lookup"
)

// exclusionView is the list of those whose calls are kept out, and the form that
// adds to it.
type exclusionView struct {
	List     []exclusionRow
	Number   string // as typed
	Reason   string
	Problems map[string]string
	Focus    string
}

type exclusionRow struct{ bridge.Exclusion }

// Display is the number or extension as people write it.
func (e exclusionRow) Display() string {
	if e.Extension != "" {
		return e.Extension
	}
	return lookup.Number(e.Number).Display("")
}

// exclusionList shows the list. That somebody looked is audited: it is
// confidential itself.
func (p *panel) exclusionList(w http.ResponseWriter, r *http.Request) error {
	if err := p.looked(r, "exclusion.list", "", ""); err != nil {
		return err
	}
	return p.exclusionPage(w, r, http.StatusOK, exclusionView{})
}

func (p *panel) exclusionPage(w http.ResponseWriter, r *http.Request, status int, v exclusionView) error {
	list, err := p.journal.Exclusions(r.Context())
	if err != nil {
		return err
	}
	for _, e := range list {
		v.List = append(v.List, exclusionRow{e})
	}
	if isHTMX(r) {
		return p.part(w, r, status, "exclusions", "list", v)
	}
	return p.show(w, r, status, "exclusions", page{Title: "exclusions.title", Nav: "calls", Data: v})
}
