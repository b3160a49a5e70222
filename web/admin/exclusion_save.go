package admin

import (
	"net/http"
	"slices"
	"strings"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/pbx"
)

// exclusionSave adds to the list; it acts at once.
func (p *panel) exclusionSave(w http.ResponseWriter, r *http.Request) error {
	if err := parseForm(r); err != nil {
		return err
	}
	say := p.say(r)
	v := exclusionView{
		Number: strings.TrimSpace(r.PostForm.Get("number")), Reason: strings.TrimSpace(r.PostForm.Get("reason")),
		Problems: make(map[string]string),
	}
	links, err := p.config.Links(r.Context())
	if err != nil {
		return err
	}
	e, problem := readExclusion(v.Number, links)
	if e.Reason = v.Reason; problem != "" {
		v.Problems["number"] = say(problem)
	} else if err := p.journal.SaveExclusion(r.Context(), p.actor(r), e); err != nil {
		if v.Problems = storeProblems(err, "number", "reason"); v.Problems == nil {
			return err
		}
		if v.Problems["number"] != "" {
			v.Problems["number"] = say("exclusion.bad")
		}
		if v.Problems["reason"] != "" {
			v.Problems["reason"] = say("exclusion.reason.long")
		}
	}
	if v.Focus = firstProblem(v.Problems, "number", "reason"); len(v.Problems) > 0 {
		return p.exclusionPage(w, r, http.StatusUnprocessableEntity, v)
	}
	return p.done(w, r, "/admin/calls/exclusions", say("exclusion.saved", exclusionRow{e}.Display()))
}

// readExclusion reads a number in any notation of the links' dial plans, or an
// extension; problem is the key of what is wrong with it.
func readExclusion(text string, links []pbx.LinkConfig) (e bridge.Exclusion, problem string) {
	if text == "" {
		return e, "exclusion.empty"
	}
	if strings.HasSuffix(text, "*") { // all that begin so: the store checks the beginning
		return bridge.Exclusion{Number: text}, ""
	}
	var numbers, extensions []string
	for _, plan := range plansOf(links) {
		switch n, kind := plan.ParseTyped(text); kind {
		case lookup.KindPublic:
			numbers = append(numbers, string(n))
		case lookup.KindInternal:
			if x := plan.TypedExtension(text); x != "" {
				extensions = append(extensions, x)
			}
		case lookup.KindInvalid, lookup.KindWithheld:
		}
	}
	slices.Sort(numbers)
	switch numbers = slices.Compact(numbers); {
	case len(extensions) > 0 && (len(numbers) == 0 || isDigits(text)):
		return bridge.Exclusion{Extension: extensions[0]}, ""
	case len(numbers) == 1:
		return bridge.Exclusion{Number: numbers[0]}, ""
	case len(numbers) > 1:
		return e, "exclusion.ambiguous"
	}
	return e, "exclusion.bad"
}

// plansOf are the links' dial plans; without links, one that reads numbers in
// international form and extensions.
func plansOf(links []pbx.LinkConfig) []lookup.DialPlan {
	plans := make([]lookup.DialPlan, 0, len(links)+1)
	for _, l := range links {
		plans = append(plans, lookup.DialPlan(l.DialPlan))
	}
	if len(plans) == 0 {
		plans = append(plans, lookup.DialPlan{})
	}
	return plans
}

func isDigits(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r < '0' || r > '9' })
}
