package salesforce

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
)

// MaxRows is how many records one request writes at most.
const MaxRows = 200

// Written is what became of one record of a request: its id, or why it was refused.
type Written struct {
	ID  string
	Err *Error
}

// Create adds records of an object, at most MaxRows, each for itself: the answers
// are in their order. A null field is nil. The request is sent once: after an
// error that is Ambiguous nobody knows whether the records are there.
func (c *Client) Create(ctx context.Context, object string, rows []map[string]any) ([]Written, error) {
	return c.write(ctx, http.MethodPost, "create "+object, object, rows)
}

// Update changes fields of records; each row has its "Id". What it does to one
// that was changed already is nothing, so that it may be sent again.
func (c *Client) Update(ctx context.Context, object string, rows []map[string]any) ([]Written, error) {
	return c.write(ctx, http.MethodPatch, "update "+object, object, rows)
}

func (c *Client) write(ctx context.Context, method, op, object string, rows []map[string]any) ([]Written, error) {
	if len(rows) > MaxRows {
		return nil, fmt.Errorf("salesforce: %s: %d records are more than the %d of a request", op, len(rows), MaxRows)
	}
	records := make([]map[string]any, len(rows))
	for i, row := range rows {
		records[i] = map[string]any{"attributes": map[string]string{"type": object}}
		for name, value := range row {
			records[i][name] = value
		}
	}
	body, err := json.Marshal(map[string]any{"allOrNone": false, "records": records})
	if err != nil {
		return nil, fmt.Errorf("salesforce: %s: %w", op, err)
	}
	return c.once(ctx, call{op: op, method: method, path: c.apiPath("/composite/sobjects"), body: body}, len(rows))
}

// Delete puts records into the recycle bin. object names them in errors.
func (c *Client) Delete(ctx context.Context, object string, ids []string) ([]Written, error) {
	op := "delete " + object
	if len(ids) > MaxRows {
		return nil, fmt.Errorf("salesforce: %s: %d records are more than the %d of a request", op, len(ids), MaxRows)
	}
	path := c.apiPath("/composite/sobjects?allOrNone=false&ids=" + url.QueryEscape(strings.Join(ids, ",")))
	return c.once(ctx, call{op: op, method: http.MethodDelete, path: path}, len(ids))
}

// once makes one attempt, and another with a new session where the old one had
// expired: then nothing was done.
func (c *Client) once(ctx context.Context, k call, rows int) ([]Written, error) {
	reply, err := c.open(ctx, k)
	if err != nil {
		return nil, err
	}
	defer reply.Body.Close()
	body, err := readBody(k.op, reply)
	if err != nil {
		return nil, err
	}
	written, err := decodeWritten(k.op, body, rows)
	for i := range written {
		if written[i].Err != nil {
			written[i].Err.Message = c.redact(written[i].Err.Message)
		}
	}
	return written, err
}

// decodeWritten reads the answers for n records.
func decodeWritten(op string, body []byte, n int) ([]Written, error) {
	var rows []struct {
		ID      string `json:"id"`
		Success bool   `json:"success"`
		Errors  []struct {
			Code    string   `json:"statusCode"`
			Message string   `json:"message"`
			Fields  []string `json:"fields"`
		} `json:"errors"`
	}
	if err := json.Unmarshal(body, &rows); err != nil || len(rows) != n {
		return nil, &Error{Op: op, Status: http.StatusOK, Code: codeTruncated, Message: "the reply does not fit what was sent", cause: err}
	}
	out := make([]Written, n)
	for i, r := range rows {
		if r.Success {
			id, err := NormalizeID(r.ID)
			if err != nil {
				return nil, &Error{Op: op, Status: http.StatusOK, Code: codeTruncated, Message: "the reply has no usable id", cause: err}
			}
			out[i].ID = id
			continue
		}
		e := &Error{Op: op, Status: http.StatusBadRequest, Code: "UNKNOWN_EXCEPTION", Message: "refused without a reason"}
		if len(r.Errors) > 0 {
			first := r.Errors[0]
			e.Code, e.Message, e.Fields = clip(first.Code), harmless(first.Code, clip(first.Message)), first.Fields[:min(len(first.Fields), 20)]
		}
		out[i].Err = e
	}
	return out, nil
}

// harmless leaves out what Salesforce repeats of a value: it may be personal.
func harmless(code, message string) string {
	switch code {
	case "STRING_TOO_LONG":
		return "data value too large"
	case "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST":
		return "bad value for restricted picklist field"
	case "JSON_PARSER_ERROR", "INVALID_TYPE_ON_FIELD_IN_RECORD", "NUMBER_OUTSIDE_VALID_RANGE":
		return "a value is of the wrong kind"
	}
	return message
}

// Ambiguous reports whether the org may have done what a failed request asked
// for: no answer came, or one that does not say.
func Ambiguous(err error) bool {
	var dial *net.OpError
	if err == nil || errors.As(err, &dial) && dial.Op == "dial" {
		return false
	}
	var e *Error
	if !errors.As(err, &e) {
		return true
	}
	switch e.Code {
	case codeNetwork, codeTruncated, codeTooLarge:
		return !strings.HasPrefix(e.Op, "sign in")
	}
	return e.Status >= 500 || e.Status < 300
}
