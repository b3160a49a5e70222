package admin

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/lookup"
)

// objectSave saves what is copied of an object. The org is asked first whether it
// understands it; one that cannot be asked does not keep anybody from saving.
func (p *panel) objectSave(w http.ResponseWriter, r *http.Request) error {
	if err := parseForm(r); err != nil {
		return err
	}
	p.change.Lock()
	defer p.change.Unlock()
	org, _, err := p.storedOrg(r, r.PathValue("org"))
	if err != nil {
		return err
	}
	f, say := readObjectForm(r.PostForm, org), p.sayer(r)
	if now := fingerprint(org.Objects); now != f.Version {
		f.Conflict, f.Version = true, now
		return p.objectPage(w, r, http.StatusConflict, f)
	}
	c := f.config(say)
	at := slices.IndexFunc(org.Objects, func(o lookup.ObjectConfig) bool { return o.Object == c.Object })
	if f.Object == "" && at >= 0 {
		f.problem("object", say.text("object.object.taken"))
	}
	notes, err := p.checkObject(r.Context(), f, c, say)
	if err != nil {
		return err
	}
	if len(f.Problems) == 0 {
		if err := p.saveObject(r, f, org, c, at); err != nil {
			return err
		}
	}
	if len(f.Problems) > 0 {
		f.focusOn(objectNames()...)
		return p.objectPage(w, r, http.StatusUnprocessableEntity, f)
	}
	message := append([]string{p.say(r)("object.saved", c.Object)}, notes...)
	return p.moveOn(w, r, "/admin/orgs/"+org.ID, strings.Join(message, " "))
}

// checkObject asks the org; warnings, and why it could not be asked, are notes.
func (p *panel) checkObject(ctx context.Context, f *objectForm, c lookup.ObjectConfig, say sayer) (notes []string, err error) {
	if len(f.Problems) > 0 || c.Disabled || f.Org.Disabled {
		return nil, nil
	}
	problems, err := p.orgs.TryObject(ctx, f.Org.ID, c)
	if refused, ok := errors.AsType[*OrgError](err); ok {
		return []string{say.text("object.unchecked").Text, say.english(refused.Problem).Text, say.english(refused.Cure).Text}, nil
	}
	if err != nil {
		return nil, err
	}
	for _, o := range problems {
		text := say.both(o.Text, o.Cure)
		if o.Warning {
			notes = append(notes, text.Text)
			continue
		}
		f.problem(cmp.Or(objectField(o.Field), "other"), text)
	}
	return notes, nil
}

// saveObject saves the org with c; what the store finds wrong becomes problems.
func (p *panel) saveObject(r *http.Request, f *objectForm, org lookup.OrgConfig, c lookup.ObjectConfig, at int) error {
	org.Objects = slices.Clone(org.Objects)
	if at < 0 {
		at = len(org.Objects)
		org.Objects = append(org.Objects, c)
	}
	org.Objects[at] = c
	err := p.config.SaveOrg(r.Context(), p.actor(r), org)
	if faults, ok := errors.AsType[bridge.FieldErrors](err); ok {
		own := "objects[" + strconv.Itoa(at) + "]."
		f.faults(faults, func(path string) string {
			rest, ours := strings.CutPrefix(path, own)
			if !ours {
				return ""
			}
			return objectField(rest)
		}, p.sayer(r))
		return nil
	}
	return err
}
