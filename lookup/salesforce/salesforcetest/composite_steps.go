package salesforcetest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

const (
	// maxCompositeSteps is how many requests a composite one carries, and
	// maxCompositeQueries how many of them may be queries or collections.
	maxCompositeSteps   = 25
	maxCompositeQueries = 5
)

// compositeStep is one request of a composite one.
type compositeStep struct {
	Method      string          `json:"method"`
	URL         string          `json:"url"`
	ReferenceID string          `json:"referenceId"`
	Body        json.RawMessage `json:"body"`
}

type stepAnswer struct {
	Body        json.RawMessage   `json:"body"`
	HTTPHeaders map[string]string `json:"httpHeaders"`
	Status      int               `json:"httpStatusCode"`
	ReferenceID string            `json:"referenceId"`
}

// serveComposite runs up to 25 requests one after the other; @{refId.path} in one
// stands for what an earlier one answered. They count as one call. All or none of
// them is not known here, of the rows of one collection it is.
func (o *Org) serveComposite(w http.ResponseWriter, r *http.Request, inner http.Handler) error {
	var asked struct {
		AllOrNone bool            `json:"allOrNone"`
		Steps     []compositeStep `json:"compositeRequest"`
	}
	err := json.NewDecoder(r.Body).Decode(&asked)
	switch {
	case err != nil || len(asked.Steps) == 0:
		return apiError(400, "JSON_PARSER_ERROR", "compositeRequest is missing or malformed")
	case len(asked.Steps) > maxCompositeSteps:
		return apiError(400, "LIMIT_EXCEEDED", "The number of subrequests must not exceed 25")
	case costly(asked.Steps) > maxCompositeQueries:
		return apiError(400, "LIMIT_EXCEEDED", "The number of query and collection subrequests must not exceed 5")
	case asked.AllOrNone:
		return apiError(501, "NOT_IMPLEMENTED", "this simulator runs each request for itself")
	}
	known := map[string]any{}
	answers := []stepAnswer{}
	for _, step := range asked.Steps {
		answer := o.runStep(r, step, known, inner)
		answers = append(answers, answer)
		if answer.Status >= 300 {
			continue
		}
		var value any
		if json.Unmarshal(answer.Body, &value) == nil {
			known[step.ReferenceID] = value
		}
	}
	writeJSON(w, 200, map[string]any{"compositeResponse": answers})
	return nil
}

// costly are the steps of which a request carries few.
func costly(steps []compositeStep) (n int) {
	for _, step := range steps {
		if strings.Contains(step.URL, "/query") || strings.Contains(step.URL, "/composite/sobjects") {
			n++
		}
	}
	return n
}

func (o *Org) runStep(r *http.Request, step compositeStep, known map[string]any, inner http.Handler) stepAnswer {
	out := &partWriter{header: http.Header{}}
	url, ok := refer(step.URL, known)
	body, also := refer(string(step.Body), known)
	request, err := http.NewRequestWithContext(r.Context(), step.Method, url, strings.NewReader(body))
	switch {
	case !ok || !also:
		writeError(out, apiError(400, "PROCESSING_HALTED", "Invalid reference specified. No value for a reference found."))
	case err != nil || !strings.HasPrefix(url, "/services/data/") || step.ReferenceID == "":
		writeError(out, apiError(400, "INVALID_INPUT", "a subrequest needs method, url and referenceId"))
	default:
		request.Header.Set("Authorization", r.Header.Get("Authorization"))
		inner.ServeHTTP(out, request)
		o.mu.Lock()
		o.used-- // all of them are one call
		o.mu.Unlock()
	}
	answer := stepAnswer{Status: cmp.Or(out.status, http.StatusOK), ReferenceID: step.ReferenceID, HTTPHeaders: map[string]string{}, Body: json.RawMessage("null")}
	if out.body.Len() > 0 {
		answer.Body = out.body.Bytes()
	}
	return answer
}

// refer replaces @{ref.path[0].to} by what an earlier request answered.
func refer(text string, known map[string]any) (string, bool) {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, "@{")
		b.WriteString(before)
		if !found {
			return b.String(), true
		}
		name, after, closed := strings.Cut(rest, "}")
		value, ok := valueAt(name, known)
		if !closed || !ok {
			return "", false
		}
		b.WriteString(value)
		text = after
	}
}

// valueAt follows a path such as ref.records[0].Id.
func valueAt(name string, known map[string]any) (string, bool) {
	var at any = known
	for part := range strings.SplitSeq(strings.NewReplacer("[", ".", "]", "").Replace(name), ".") {
		switch inside := at.(type) {
		case map[string]any:
			at = inside[part]
		case []any:
			n, err := strconv.Atoi(part)
			if err != nil || n < 0 || n >= len(inside) {
				return "", false
			}
			at = inside[n]
		default:
			return "", false
		}
	}
	switch v := at.(type) {
	case string:
		return v, true
	case float64, bool:
		return fmt.Sprint(v), true
	}
	return "", false
}
