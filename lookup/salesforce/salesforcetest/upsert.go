package salesforcetest

import (
	"fmt"
	"net/http"
	"strings"
)

// serveUpsert creates or changes the record that has a value in an external id
// field: 201 created, 200 changed, 300 with the addresses where several have it.
func (o *Org) serveUpsert(w http.ResponseWriter, r *http.Request) error {
	fields, err := readFields(r.Body)
	if err != nil {
		return err
	}
	object, field, value := r.PathValue("object"), r.PathValue("field"), r.PathValue("value")
	onlyUpdate := r.URL.Query().Get("updateOnly") == "true"
	o.mu.Lock()
	defer o.mu.Unlock()
	if several, err := o.withValue(object, field, value); err != nil {
		return err
	} else if len(several) > 1 {
		o.writeChoices(w, r, several)
		return nil
	}
	u := o.undoable()
	defer u.done()
	id, created, err := u.upsert(object, field, value, fields, onlyUpdate)
	if err != nil {
		return err
	}
	status := http.StatusOK
	if created {
		status = http.StatusCreated
	}
	writeJSON(w, status, map[string]any{"id": id, "success": true, "errors": []any{}, "created": created})
	return nil
}

// serveByValue answers with the record that has a value in an external id field.
func (o *Org) serveByValue(w http.ResponseWriter, r *http.Request) error {
	o.mu.RLock()
	defer o.mu.RUnlock()
	found, err := o.withValue(r.PathValue("object"), r.PathValue("field"), r.PathValue("value"))
	switch {
	case err != nil:
		return err
	case len(found) == 0:
		return apiError(404, "NOT_FOUND", "The requested resource does not exist")
	case len(found) > 1:
		o.writeChoices(w, r, found)
		return nil
	}
	t, _ := o.table(r.PathValue("object"))
	t.writeRecord(w, r, found[0])
	return nil
}

// writeChoices is 300 Multiple Choices: the addresses of what has the value.
func (o *Org) writeChoices(w http.ResponseWriter, r *http.Request, rows []*row) {
	t, _ := o.table(r.PathValue("object"))
	urls := []string{}
	for _, one := range rows {
		urls = append(urls, "/services/data/"+r.PathValue("version")+"/sobjects/"+t.name+"/"+one.get(atID))
	}
	writeJSON(w, http.StatusMultipleChoices, urls)
}

// withValue are the records with a value in a field that identifies; the caller
// holds the org's lock.
func (o *Org) withValue(object, field, value string) ([]*row, error) {
	t, ok := o.table(object)
	if !ok {
		return nil, apiError(404, "NOT_FOUND", "The requested resource does not exist")
	}
	at, ok := t.column(field)
	if !ok || !t.columns[at].external && at != atID {
		return nil, apiError(404, "NOT_FOUND", "Provided external ID field does not exist or is not accessible: "+field)
	}
	wanted, err := t.columns[at].canonical(value)
	if err != nil {
		return nil, err
	}
	var found []*row
	for _, r := range t.rows {
		if !r.pending && !r.deleted() && wanted != "" && strings.EqualFold(r.get(at), wanted) {
			found = append(found, r)
		}
	}
	return found, nil
}

// upsert is for one record.
func (u *undoing) upsert(object, field, value string, fields Fields, onlyUpdate bool) (id string, created bool, err error) {
	found, err := u.org.withValue(object, field, value)
	switch {
	case err != nil:
		return "", false, err
	case len(found) > 1:
		return "", false, apiError(300, "DUPLICATE_VALUE", fmt.Sprintf("%s: more than one record found for external id field: [%s]", field, value), field)
	case len(found) == 1:
		id = found[0].get(atID)
		return id, false, u.update(object, id, fields)
	case onlyUpdate || strings.EqualFold(field, "Id"):
		return "", false, apiError(404, "NOT_FOUND", "Provided external ID field does not exist or is not accessible: "+field)
	}
	with := Fields{field: value}
	for name, v := range fields {
		if !strings.EqualFold(name, field) {
			with[name] = v
		}
	}
	id, err = u.create(object, with)
	return id, true, err
}
