package admin

import "net/http"

// notFound answers every path that is no page.
func (p *panel) notFound(w http.ResponseWriter, r *http.Request) error {
	p.errorPage(w, r, http.StatusNotFound, "error.notFound")
	return nil
}
