package salesforcetest

import (
	"encoding/json"
	"strings"
)

// appendRecord writes a row as the query resource does, with its attributes
// and nested relations.
func (p *plan) appendRecord(b []byte, r *row, version string) []byte {
	b = appendAttributes(b, p.table, r, version)
	return append(appendOutputs(b, p.output, r, version), '}')
}

func appendOutputs(b []byte, list []output, r *row, version string) []byte {
	for _, f := range list {
		b = append(b, ',')
		b = appendText(b, f.name)
		b = append(b, ':')
		if f.nested == nil {
			b = appendValue(b, f.path.column, r.get(f.path.at))
			continue
		}
		target, ok := f.step.target.byID[r.get(f.step.via)]
		if !ok {
			b = append(b, "null"...)
			continue
		}
		b = appendAttributes(b, f.step.target, target, version)
		b = append(appendOutputs(b, f.nested, target, version), '}')
	}
	return b
}

func appendAttributes(b []byte, t *table, r *row, version string) []byte {
	b = append(b, `{"attributes":{"type":"`...)
	b = append(b, t.name...)
	b = append(b, `","url":"/services/data/`...)
	b = append(b, version...)
	b = append(b, `/sobjects/`...)
	b = append(b, t.name...)
	b = append(b, '/')
	b = append(b, r.get(atID)...)
	return append(b, `"}`...)
}

// appendValue writes a stored value as JSON; date-times get the API's +0000.
func appendValue(b []byte, c column, value string) []byte {
	switch {
	case value == "":
		return append(b, "null"...)
	case c.kind == kindBoolean, c.kind == kindInt:
		return append(b, value...)
	case c.kind == kindTime:
		return appendText(b, strings.TrimSuffix(value, "Z")+"+0000")
	}
	return appendText(b, value)
}

// appendText writes a JSON string; plain text takes the short way.
func appendText(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c >= 0x7f || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			quoted, _ := json.Marshal(s) // a string always can
			return append(b, quoted...)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}
