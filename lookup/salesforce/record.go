package salesforce

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Record is one row of an answer. Fields are read by name, fields of a related
// record by path: "Account.Name".
type Record struct {
	fields map[string]any

	// Of a row of CSV: where each path stands among the values.
	columns map[string]int
	values  []string
}

// Clone is a copy that stays valid: a record of Bulk results is so only until the
// next one.
func (r Record) Clone() Record {
	r.values = slices.Clone(r.values)
	return r
}

// NewRecord makes a Record of fields, for tests and simulators. Related records
// are map[string]any.
func NewRecord(fields map[string]any) Record { return Record{fields: fields} }

// UnmarshalJSON decodes one record as the API sends it.
func (r *Record) UnmarshalJSON(data []byte) error {
	r.fields = nil
	if err := json.Unmarshal(data, &r.fields); err != nil {
		return fmt.Errorf("salesforce: decode record: %w", err)
	}
	return nil
}

// ID is the record's Id, empty if it was not selected.
func (r Record) ID() string { return r.String("Id") }

// Object is the record's type, such as "Contact".
func (r Record) Object() string { return r.String("attributes.type") }

// String is the text of a field; empty if it is null, not selected or no text.
func (r Record) String(path string) string {
	if r.columns != nil {
		return r.cell(path)
	}
	s, _ := r.value(path).(string)
	return s
}

// Text is a field as a person reads it, whatever its type; empty if it is null
// or not selected.
func (r Record) Text(path string) string {
	if r.columns != nil {
		return r.cell(path)
	}
	switch v := r.value(path).(type) {
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	}
	return ""
}

// Bool is the value of a checkbox; false if it is null or not selected.
func (r Record) Bool(path string) bool {
	if r.columns != nil {
		return r.cell(path) == "true"
	}
	b, _ := r.value(path).(bool)
	return b
}

// Time is the value of a date-time field; zero if it is null or cannot be read.
func (r Record) Time(path string) time.Time {
	t, err := ParseTime(r.String(path))
	if err != nil {
		return time.Time{}
	}
	return t
}

// cell is a value of a row of CSV; empty where there is no such column.
func (r Record) cell(path string) string {
	if i, ok := r.columns[path]; ok && i < len(r.values) {
		return r.values[i]
	}
	return ""
}

func (r Record) value(path string) any {
	fields := r.fields
	for {
		head, rest, nested := strings.Cut(path, ".")
		if !nested {
			return fields[head]
		}
		below, ok := fields[head].(map[string]any)
		if !ok {
			return nil
		}
		fields, path = below, rest
	}
}

// timeLayouts are how the API writes a date-time, and how it takes one.
var timeLayouts = [...]string{"2006-01-02T15:04:05.000-0700", time.RFC3339Nano}

// ParseTime reads a date-time of the API: 2026-11-02T10:11:12.000+0000.
func ParseTime(text string) (time.Time, error) {
	if strings.HasSuffix(text, "Z") { // CSV
		if t, err := time.Parse(time.RFC3339, text); err == nil {
			return t, nil
		}
	}
	var err error
	for _, layout := range timeLayouts {
		var t time.Time
		if t, err = time.Parse(layout, text); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("salesforce: %w", err)
}

// FormatTime writes t as a SOQL date-time literal, in UTC to the millisecond.
func FormatTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
