package salesforcetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// collectionLimit is Salesforce's bound of one request.
const collectionLimit = 200

// serveCollection creates or updates up to 200 records, each for itself.
func (o *Org) serveCollection(w http.ResponseWriter, r *http.Request) error {
	var request struct {
		AllOrNone bool              `json:"allOrNone"`
		Records   []json.RawMessage `json:"records"`
	}
	if err := json.NewDecoder(r.Body).Decode(&request); err != nil {
		return apiError(400, "JSON_PARSER_ERROR", "The HTTP entity body is not valid JSON")
	}
	switch {
	case request.AllOrNone:
		return apiError(501, "NOT_IMPLEMENTED", "this simulator writes each record for itself")
	case len(request.Records) > collectionLimit:
		return apiError(400, "INVALID_INPUT", fmt.Sprintf("Invalid number of records: %d. Max allowed is %d", len(request.Records), collectionLimit))
	}
	answers := make([]any, len(request.Records))
	for i, raw := range request.Records {
		id, err := o.writeRecord(r.Method, raw)
		answers[i] = rowAnswer(id, err)
	}
	writeJSON(w, 200, answers)
	return nil
}

func (o *Org) writeRecord(method string, raw json.RawMessage) (id string, err error) {
	var head struct {
		Attributes struct {
			Type string `json:"type"`
		} `json:"attributes"`
	}
	if err := json.Unmarshal(raw, &head); err != nil {
		return "", apiError(400, "JSON_PARSER_ERROR", "a record is no JSON object")
	}
	fields, err := readFields(strings.NewReader(string(raw)))
	if err != nil {
		return "", err
	}
	if method == http.MethodPost {
		return o.Create(head.Attributes.Type, fields)
	}
	for name, value := range fields {
		if strings.EqualFold(name, "Id") {
			id = value
			delete(fields, name)
		}
	}
	if id == "" {
		return "", apiError(400, "MISSING_ARGUMENT", "Id not specified in an update call")
	}
	return id, o.Update(head.Attributes.Type, id, fields)
}

// serveCollectionDelete deletes the records of ?ids=.
func (o *Org) serveCollectionDelete(w http.ResponseWriter, r *http.Request) error {
	ids := strings.Split(r.URL.Query().Get("ids"), ",")
	if len(ids) > collectionLimit {
		return apiError(400, "INVALID_INPUT", "too many ids")
	}
	answers := make([]any, len(ids))
	for i, id := range ids {
		answers[i] = rowAnswer(id, o.Delete(o.objectOf(id), id))
	}
	writeJSON(w, 200, answers)
	return nil
}

// objectOf is the object whose ids begin so.
func (o *Org) objectOf(id string) string {
	o.mu.RLock()
	defer o.mu.RUnlock()
	for name, t := range o.tables {
		if strings.HasPrefix(id, t.prefix) {
			return name
		}
	}
	return ""
}

func rowAnswer(id string, err error) map[string]any {
	if err == nil {
		return map[string]any{"id": id, "success": true, "errors": []any{}}
	}
	var refused *refusalError
	if !errors.As(err, &refused) {
		refused = &refusalError{code: "UNKNOWN_EXCEPTION", message: err.Error()}
	}
	fields := slices.Concat([]string{}, refused.fields)
	return map[string]any{
		"success": false,
		"errors":  []any{map[string]any{"statusCode": refused.code, "message": refused.message, "fields": fields}},
	}
}
