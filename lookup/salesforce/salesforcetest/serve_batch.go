package salesforcetest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
)

// maxBatch is how many requests a batch carries.
const maxBatch = 25

// serveBatch answers the composite batch resource, for queries, each of which
// counts as a call.
func (o *Org) serveBatch(w http.ResponseWriter, r *http.Request) error {
	var asked struct {
		Requests []struct {
			Method string `json:"method"`
			URL    string `json:"url"`
		} `json:"batchRequests"`
		HaltOnError bool `json:"haltOnError"`
	}
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(&asked); err != nil || len(asked.Requests) == 0 {
		return apiError(400, "JSON_PARSER_ERROR", "batchRequests is missing or malformed")
	}
	if len(asked.Requests) > maxBatch {
		return apiError(400, "LIMIT_EXCEEDED", "The number of requests in a batch must not exceed 25")
	}
	type result struct {
		Status int             `json:"statusCode"`
		Result json.RawMessage `json:"result"`
	}
	var reply struct {
		HasErrors bool     `json:"hasErrors"`
		Results   []result `json:"results"`
	}
	o.mu.Lock()
	o.used += len(asked.Requests) - 1 // the request itself is counted already
	o.mu.Unlock()
	for _, one := range asked.Requests {
		answer := o.part(r, one.Method, one.URL)
		reply.HasErrors = reply.HasErrors || answer.status >= http.StatusBadRequest
		reply.Results = append(reply.Results, result{answer.status, answer.body.Bytes()})
	}
	body, err := json.Marshal(reply)
	if err == nil {
		writeBody(w, 200, body)
	}
	return err
}

// part answers one request of a batch: v66.0/query?q=… or v66.0/queryAll?q=….
func (o *Org) part(r *http.Request, method, address string) *partWriter {
	w := &partWriter{header: http.Header{}}
	u, err := url.Parse(address)
	var version, resource string
	if err == nil {
		version, resource, _ = strings.Cut(strings.Trim(u.Path, "/"), "/")
	}
	all := strings.TrimSuffix(resource, "/") == "queryAll"
	switch {
	case err != nil, method != http.MethodGet, !all && strings.TrimSuffix(resource, "/") != "query":
		err = apiError(400, "BAD_REQUEST", "The simulated org answers queries in a batch, and nothing else")
	case o.versionError(version) != nil:
		err = o.versionError(version)
	default:
		inner := r.Clone(r.Context())
		inner.URL = u
		inner.SetPathValue("version", version)
		err = o.answer(w, inner, all)
	}
	if err != nil {
		writeError(w, err)
	}
	w.status = cmp.Or(w.status, http.StatusOK)
	return w
}

// partWriter takes the answer to one request of a batch.
type partWriter struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header implements http.ResponseWriter.
func (w *partWriter) Header() http.Header { return w.header }

// WriteHeader implements http.ResponseWriter.
func (w *partWriter) WriteHeader(status int) { w.status = cmp.Or(w.status, status) }

// Write implements http.ResponseWriter.
func (w *partWriter) Write(p []byte) (int, error) { return w.body.Write(p) }
