package admin

import (
	"errors"
	"net/http"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/lookup"
)

// orgSave adds or changes an org. Of a new one without an id the org itself is
// asked for it.
func (p *panel) orgSave(w http.ResponseWriter, r *http.Request) error {
	if err := parseForm(r); err != nil {
		return err
	}
	f, c, current, err := p.typedOrg(r, r.PathValue("org"))
	if err != nil {
		return err
	}
	p.change.Lock()
	defer p.change.Unlock()
	if now := fingerprint(current); f.ID != "" && now != f.Version {
		f.Conflict, f.Version = true, now
		return p.orgFormPage(w, r, http.StatusConflict, f)
	}
	if len(f.Problems) == 0 && c.ID == "" {
		p.askOrgID(r, f, &c)
	}
	if len(f.Problems) == 0 {
		if err := p.saveOrg(r, f, c); err != nil {
			return err
		}
	}
	if len(f.Problems) > 0 {
		f.focusOn(orgPlaces()...)
		return p.orgFormPage(w, r, http.StatusUnprocessableEntity, f)
	}
	id := c.ID
	if full, ok := bridge.SalesforceID(id); ok {
		id = full
	}
	return p.moveOn(w, r, "/admin/orgs/"+id, p.say(r)("org.saved", c.Name))
}

// typedOrg is the form as posted, what it makes of the stored org, and that one;
// both without the secrets that are stored.
func (p *panel) typedOrg(r *http.Request, id string) (f *orgForm, c, current lookup.OrgConfig, err error) {
	f, say := readOrgForm(r.PostForm), p.sayer(r)
	var secrets []string
	if id != "" {
		if current, secrets, err = p.storedOrg(r, id); err != nil {
			return nil, c, current, err
		}
		f.ID, f.Values["id"] = id, id
	}
	c = f.org(current, say)
	f.stands(current, secrets)
	if id != "" {
		f.removals(&c, say)
		f.movedSecrets(current, c, say)
	}
	return f, c, current, nil
}

// askOrgID signs in for the id of a new org.
func (p *panel) askOrgID(r *http.Request, f *orgForm, c *lookup.OrgConfig) {
	id, findings := p.orgs.TryOrg(r.Context(), *c)
	if c.ID = id; id != "" {
		return
	}
	say := p.sayer(r)
	f.problem("id", say.text("org.id.unknown"))
	f.Findings = findingViews(findings, say)
}

// saveOrg saves c; what the store finds wrong becomes problems of f.
func (p *panel) saveOrg(r *http.Request, f *orgForm, c lookup.OrgConfig) error {
	say := p.sayer(r)
	if f.ID == "" {
		orgs, err := p.config.Orgs(r.Context())
		if err != nil {
			return err
		}
		full, _ := bridge.SalesforceID(c.ID)
		for _, o := range orgs {
			if o.ID == full {
				f.problem("id", say.text("org.id.taken", o.Name))
				return nil
			}
		}
	}
	err := p.config.SaveOrg(r.Context(), p.actor(r), c)
	if faults, ok := errors.AsType[bridge.FieldErrors](err); ok {
		f.faults(faults, orgField, say)
		return nil
	}
	return err
}

// sayer says texts in the request's language.
func (p *panel) sayer(r *http.Request) sayer { return sayer{p.pages, p.lang(r)} }

// moveOn ends an action that leads to another page, with a message there.
func (p *panel) moveOn(w http.ResponseWriter, r *http.Request, to, message string) error {
	p.sessions.Put(r.Context(), keyFlash, message)
	if isHTMX(r) {
		w.Header().Set("HX-Redirect", to)
		w.WriteHeader(http.StatusOK)
		return nil
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}
