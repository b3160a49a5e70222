package salesforcetest

import (
	"encoding/json"
	"errors"
	"net/http"
)

// refusalError is an error as the REST API answers it.
type refusalError struct {
	status        int
	code, message string
	fields        []string
}

// Error is code and message.
func (r *refusalError) Error() string { return "salesforcetest: " + r.code + ": " + r.message }

func apiError(status int, code, message string, fields ...string) error {
	return &refusalError{status: status, code: code, message: message, fields: fields}
}

func writeError(w http.ResponseWriter, err error) {
	var r *refusalError
	if !errors.As(err, &r) {
		r = &refusalError{status: http.StatusInternalServerError, code: "UNKNOWN_EXCEPTION", message: err.Error()}
	}
	item := map[string]any{"message": r.message, "errorCode": r.code}
	if len(r.fields) > 0 {
		item["fields"] = r.fields
	}
	writeJSON(w, r.status, []any{item})
}

func writeOAuthError(w http.ResponseWriter, status int, code, description string) {
	writeJSON(w, status, map[string]string{"error": code, "error_description": description})
}

// writeJSON writes a reply at one go, so that a fault can halve it.
func writeJSON(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	writeBody(w, status, body)
}

func writeBody(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	w.WriteHeader(status)
	w.Write(body) // fails only if the client has gone, and then nobody is left to tell
}
