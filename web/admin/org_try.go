package admin

import "net/http"

// findingView is a finding on a page.
type findingView struct {
	Level      string
	Text, Cure said
}

func findingViews(findings []Finding, say sayer) []findingView {
	views := make([]findingView, len(findings))
	for i, f := range findings {
		views[i] = findingView{f.Level, say.about(f.Text), say.english(f.Cure)}
	}
	return views
}

// orgTest signs in with what is typed and says what works; nothing is saved.
func (p *panel) orgTest(w http.ResponseWriter, r *http.Request) error {
	if err := parseForm(r); err != nil {
		return err
	}
	f, c, _, err := p.typedOrg(r, r.PostForm.Get("org"))
	if err != nil {
		return err
	}
	if len(f.Problems) > 0 {
		f.focusOn(orgPlaces()...)
		return p.orgFormPage(w, r, http.StatusUnprocessableEntity, f)
	}
	_, findings := p.orgs.TryOrg(r.Context(), c)
	f.Findings, f.Focus = findingViews(findings, p.sayer(r)), "findings"
	return p.orgFormPage(w, r, http.StatusOK, f)
}
