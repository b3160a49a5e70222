package admin

import (
	"net/http"
	"strconv"
)

// privacyExport hands out all that is kept of somebody, as a file. Its name says
// nothing of whom it is about.
func (p *panel) privacyExport(w http.ResponseWriter, r *http.Request) error {
	s, ok, err := p.subject(w, r)
	if err != nil || !ok {
		return err
	}
	data, err := p.journal.ExportPersonalData(r.Context(), p.actor(r), s)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="personal-data.json"`)
	h.Set("Content-Length", strconv.Itoa(len(data)))
	_, _ = w.Write(data) // the browser may be gone
	return nil
}
