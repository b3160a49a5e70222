package admin

import (
	"net/http"
	"slices"
	"strings"

	"github.com/ctibridge/ctibridge/bridge"
)

// privacyView is the form that says whose data is meant.
type privacyView struct {
	Kind, Value string
	Problems    map[string]string
	Focus       string
	Elsewhere   []string
	Retention   bridge.Retention // with the defaults filled in
}

// privacyShow shows the form, and where the bridge cannot reach.
func (p *panel) privacyShow(w http.ResponseWriter, r *http.Request) error {
	return p.privacyPage(w, r, http.StatusOK, privacyView{Kind: SubjectNumber})
}

func (p *panel) privacyPage(w http.ResponseWriter, r *http.Request, status int, v privacyView) error {
	days, err := p.journal.Retention(r.Context())
	if err != nil {
		return err
	}
	v.Retention, v.Elsewhere = days.Days(), p.journal.Elsewhere(SubjectAgent)
	return p.show(w, r, status, "privacy", page{Title: "privacy.title", Nav: "calls", Data: v})
}

// subject reads whose data is meant. If the form has to be corrected, it has been
// shown again and ok is false.
func (p *panel) subject(w http.ResponseWriter, r *http.Request) (s Subject, ok bool, err error) {
	if err := parseForm(r); err != nil {
		return s, false, err
	}
	s = Subject{r.PostForm.Get("kind"), strings.TrimSpace(r.PostForm.Get("value"))}
	problem := ""
	switch s.Kind {
	case SubjectNumber:
		if !strings.ContainsAny(s.Value, "0123456789") {
			problem = "privacy.number.bad"
		}
	case SubjectRecord:
		if s.Value == "" {
			problem = "privacy.record.bad"
		}
	case SubjectAgent:
		agents, err := p.config.Agents(r.Context())
		if err != nil {
			return s, false, err
		}
		named := func(a bridge.Agent) bool { return strings.EqualFold(a.Email, s.Value) }
		if !slices.ContainsFunc(agents, named) {
			problem = "privacy.agent.bad"
		}
	default:
		return s, false, errBadRequest
	}
	if problem == "" {
		return s, true, nil
	}
	return s, false, p.privacyPage(w, r, http.StatusUnprocessableEntity, privacyView{
		Kind: s.Kind, Value: s.Value, Problems: map[string]string{"value": p.say(r)(problem)}, Focus: "value",
	})
}
