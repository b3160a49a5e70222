package admin

import (
	"errors"
	"net/http"
	"net/url"
	"slices"

	"github.com/ctibridge/ctibridge/lookup"
)

// objectEdit shows the form of an object, or an empty one. The name is in the
// query: ?object=Contact.
func (p *panel) objectEdit(w http.ResponseWriter, r *http.Request) error {
	org, _, err := p.storedOrg(r, r.PathValue("org"))
	if err != nil {
		return err
	}
	c, named := objectOf(org, r.URL.Query().Get("object"))
	f := formOfObject(org, c, named)
	if c.Object == "" {
		f.Focus = "object"
	}
	return p.objectPage(w, r, http.StatusOK, f)
}

// objectOf is what the org's configuration says of an object, and whether it does.
func objectOf(org lookup.OrgConfig, name string) (c lookup.ObjectConfig, named bool) {
	i := slices.IndexFunc(org.Objects, func(o lookup.ObjectConfig) bool { return o.Object == name })
	if i < 0 {
		return lookup.ObjectConfig{Object: name}, false
	}
	return org.Objects[i], true
}

func asOrgError(err error) *OrgError {
	if e, ok := errors.AsType[*OrgError](err); ok {
		return e
	}
	if err != nil {
		return &OrgError{Problem: err.Error()}
	}
	return nil
}

// Query names the object in an address.
func (s objectRow) Query() string { return url.Values{"object": {s.Object}}.Encode() }

// Query names the object in an address.
func (f *objectForm) Query() string { return url.Values{"object": {f.Object}}.Encode() }
