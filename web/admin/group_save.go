package admin

import (
	"errors"
	"net/http"

	"github.com/ctibridge/ctibridge/bridge"
)

// groupSave adds, changes or renames a group, or changes the rows of the form.
func (p *panel) groupSave(w http.ResponseWriter, r *http.Request) error {
	if err := parseForm(r); err != nil {
		return err
	}
	f := readGroupForm(r.PostForm)
	if f.edit(r.PostForm.Get("do")) {
		return p.groupPage(w, r, http.StatusOK, f)
	}
	if !f.validate(p.say(r)) {
		return p.groupPage(w, r, http.StatusUnprocessableEntity, f)
	}
	p.change.Lock()
	defer p.change.Unlock()
	if f.OldName != "" {
		current, err := p.group(r, f.OldName)
		if err != nil {
			return err
		}
		if now := fingerprint(current); now != f.Version {
			f.Conflict, f.Version = true, now
			return p.groupPage(w, r, http.StatusConflict, f)
		}
	}
	err := p.config.SaveGroup(r.Context(), p.actor(r), f.OldName, f.group())
	if errors.Is(err, bridge.ErrConflict) {
		f.Problems, f.Focus = map[string]string{"name": p.say(r)("group.name.taken")}, "name"
		return p.groupPage(w, r, http.StatusUnprocessableEntity, f)
	}
	if f.Problems = storeProblems(err, groupFields()...); f.Problems != nil {
		return p.groupPage(w, r, http.StatusUnprocessableEntity, f)
	}
	if err != nil {
		return err
	}
	return p.done(w, r, "/admin/groups", p.say(r)("group.saved", f.Name))
}
