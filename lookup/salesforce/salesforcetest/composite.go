package salesforcetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// collectionLimit is Salesforce's bound of one request that writes.
const collectionLimit = 200

// errRolledBack is what the other rows of a request of all or nothing get.
var errRolledBack = apiError(400, "ALL_OR_NONE_OPERATION_ROLLED_BACK", "Record rolled back because not all records were valid and the request was using AllOrNone header")

func (o *Org) compositeRoutes(api func(string, func(http.ResponseWriter, *http.Request) error), inner http.Handler) {
	const sobjects = versionPart + "/composite/sobjects"
	api("POST "+versionPart+"/composite/batch", o.serveBatch)
	api("POST "+versionPart+"/composite", func(w http.ResponseWriter, r *http.Request) error { return o.serveComposite(w, r, inner) })
	api("POST "+sobjects, o.serveCollection)
	api("PATCH "+sobjects, o.serveCollection)
	api("DELETE "+sobjects, o.serveCollectionDelete)
	api("GET "+sobjects+"/{object}", o.serveCollectionRead)
	api("POST "+sobjects+"/{object}", o.serveCollectionRead)
	api("PATCH "+sobjects+"/{object}/{field}", o.serveCollection)
}

// serveCollection creates, changes or upserts up to 200 records, each for itself
// or all or none of them.
func (o *Org) serveCollection(w http.ResponseWriter, r *http.Request) error {
	var request struct {
		AllOrNone bool              `json:"allOrNone"`
		Records   []json.RawMessage `json:"records"`
	}
	if err := json.NewDecoder(r.Body).Decode(&request); err != nil {
		return apiError(400, "JSON_PARSER_ERROR", "The HTTP entity body is not valid JSON")
	}
	if len(request.Records) > collectionLimit {
		return apiError(400, "INVALID_INPUT", fmt.Sprintf("Invalid number of records: %d. Max allowed is %d", len(request.Records), collectionLimit))
	}
	answers := o.writeAll(len(request.Records), request.AllOrNone, func(u *undoing, i int) rowResult {
		return writeRow(u, r, request.Records[i])
	})
	writeJSON(w, 200, answers)
	return nil
}

// rowResult is how writing one record went.
type rowResult struct {
	id      string
	created bool
	upsert  bool
	err     error
}

// writeAll writes n records under one hold of the org's lock.
func (o *Org) writeAll(n int, allOrNone bool, write func(u *undoing, i int) rowResult) []any {
	o.mu.Lock()
	defer o.mu.Unlock()
	u := o.undoable()
	results, failed := make([]rowResult, n), false
	for i := range results {
		results[i] = write(u, i)
		failed = failed || results[i].err != nil
	}
	if failed && allOrNone {
		u.undo()
	} else {
		u.done()
	}
	answers := make([]any, n)
	for i, result := range results {
		if failed && allOrNone && result.err == nil {
			result.err = errRolledBack
		}
		answers[i] = result.answer()
	}
	return answers
}

func writeRow(u *undoing, r *http.Request, raw json.RawMessage) (result rowResult) {
	var head struct {
		Attributes struct {
			Type string `json:"type"`
		} `json:"attributes"`
	}
	if err := json.Unmarshal(raw, &head); err != nil {
		return rowResult{err: apiError(400, "JSON_PARSER_ERROR", "a record is no JSON object")}
	}
	fields, err := readFields(strings.NewReader(string(raw)))
	if err != nil {
		return rowResult{err: err}
	}
	object, field := head.Attributes.Type, r.PathValue("field")
	switch {
	case r.Method == http.MethodPost:
		result.id, result.err = u.create(object, fields)
		return result
	case field == "":
		field = "Id"
	default:
		result.upsert, object = true, r.PathValue("object")
	}
	value := take(fields, field)
	switch {
	case value == "":
		result.err = apiError(400, "MISSING_ARGUMENT", field+" not specified in an update call")
	case result.upsert:
		result.id, result.created, result.err = u.upsert(object, field, value, fields, false)
	default:
		result.id, result.err = value, u.update(object, value, fields)
	}
	return result
}

// take is a field's value, which is a field no longer.
func take(fields Fields, wanted string) (value string) {
	for name, v := range fields {
		if strings.EqualFold(name, wanted) {
			value = v
			delete(fields, name)
		}
	}
	return value
}

// serveCollectionDelete deletes the records of ?ids=.
func (o *Org) serveCollectionDelete(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	ids := strings.Split(q.Get("ids"), ",")
	if len(ids) > collectionLimit {
		return apiError(400, "INVALID_INPUT", "too many ids")
	}
	writeJSON(w, 200, o.writeAll(len(ids), q.Get("allOrNone") == "true", func(u *undoing, i int) rowResult {
		return rowResult{id: ids[i], err: u.remove(o.objectOf(ids[i]), ids[i])}
	}))
	return nil
}

// serveCollectionRead answers with fields of up to 2,000 records, null for those
// that are not there.
func (o *Org) serveCollectionRead(w http.ResponseWriter, r *http.Request) error {
	asked := struct{ IDs, Fields []string }{strings.Split(r.URL.Query().Get("ids"), ","), strings.Split(r.URL.Query().Get("fields"), ",")}
	if r.Method == http.MethodPost {
		if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
			return apiError(400, "JSON_PARSER_ERROR", "The HTTP entity body is not valid JSON")
		}
	}
	if len(asked.IDs) > DefaultPageSize {
		return apiError(400, "INVALID_INPUT", "too many ids")
	}
	o.mu.RLock()
	defer o.mu.RUnlock()
	t, ok := o.table(r.PathValue("object"))
	if !ok {
		return apiError(404, "NOT_FOUND", "The requested resource does not exist")
	}
	p := &plan{table: t}
	for _, name := range asked.Fields {
		if err := o.addOutput(p, name); err != nil {
			return err
		}
	}
	body := []byte{'['}
	for i, id := range asked.IDs {
		if i > 0 {
			body = append(body, ',')
		}
		if _, one, err := o.find(t.name, id); err == nil && !one.deleted() {
			body = p.appendRecord(body, one, r.PathValue("version"))
		} else {
			body = append(body, "null"...)
		}
	}
	writeBody(w, 200, append(body, ']'))
	return nil
}

// objectOf is the object whose ids begin so; the caller holds the org's lock.
func (o *Org) objectOf(id string) string {
	for name, t := range o.tables {
		if strings.HasPrefix(id, t.prefix) {
			return name
		}
	}
	return ""
}

// answer is what the API says of one row.
func (r rowResult) answer() map[string]any {
	if r.err == nil {
		a := map[string]any{"id": r.id, "success": true, "errors": []any{}}
		if r.upsert {
			a["created"] = r.created
		}
		return a
	}
	var refused *refusalError
	if !errors.As(r.err, &refused) {
		refused = &refusalError{code: "UNKNOWN_EXCEPTION", message: r.err.Error()}
	}
	return map[string]any{
		"success": false,
		"errors":  []any{map[string]any{"statusCode": refused.code, "message": refused.message, "fields": slices.Concat([]string{}, refused.fields)}},
	}
}
