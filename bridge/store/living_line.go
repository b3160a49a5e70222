package store

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/ctibridge/ctibridge/bridge"
)

// What is written several thousand times a second is put together here; it is
// read by encoding/json.

// appendEntry appends an entry in the JSON that its tags say.
func appendEntry(b []byte, e *bridge.JournalEntry) []byte {
	b = appendString(append(b, `{"id":`...), string(e.ID))
	b = appendBool(b, `,"kept":`, e.Kept)
	b = appendBool(b, `,"popped":`, e.Popped)
	for _, f := range [...]struct{ name, value string }{
		{`,"agent":`, string(e.Agent)},
		{`,"org":`, e.Org},
		{`,"link":`, e.Link},
		{`,"key":`, e.Key},
		{`,"device":`, e.Device},
		{`,"group":`, e.Group},
		{`,"ring":`, string(e.Ring)},
		{`,"direction":`, string(e.Direction)},
		{`,"number":`, e.Number},
		{`,"reason":`, string(e.Reason)},
		{`,"transferredBy":`, e.TransferredBy},
		{`,"transferredTo":`, e.TransferredTo},
		{`,"answeredBy":`, e.AnsweredBy},
	} {
		if f.value != "" {
			b = appendString(append(b, f.name...), f.value)
		}
	}
	b = appendTrue(b, `,"outgoing":true`, e.Outgoing)
	b = appendTrue(b, `,"withheld":true`, e.Withheld)
	b = appendTrue(b, `,"probable":true`, e.Probable)
	b = appendTrue(b, `,"secret":true`, e.Secret)
	b = appendTime(b, `,"started":"`, e.Started)
	b = appendTime(b, `,"answered":"`, e.Answered)
	b = appendTime(b, `,"ended":"`, e.Ended)
	if len(e.Matches) > 0 {
		b = appendRecords(append(b, `,"matches":`...), e.Matches)
	}
	if e.Chosen != nil {
		b = appendRecord(append(b, `,"chosen":`...), *e.Chosen)
	}
	b = appendNote(b, e.Note)
	if e.Revision > 0 {
		b = strconv.AppendUint(append(b, `,"revision":`...), e.Revision, 10)
	}
	if len(e.Steps) > 0 {
		b = appendSteps(append(b, `,"steps":`...), e.Steps)
	}
	return append(b, '}')
}

// appendActivity appends an activity in the JSON that its tags say.
func appendActivity(b []byte, a *bridge.Activity) []byte {
	b = appendString(append(b, `{"call":`...), string(a.Call))
	b = appendString(append(b, `,"agent":`...), string(a.Agent))
	b = appendString(append(b, `,"org":`...), a.Org)
	b = appendString(append(b, `,"direction":`...), string(a.Direction))
	for _, f := range [...]struct{ name, value string }{
		{`,"owner":`, a.Owner},
		{`,"ring":`, string(a.Ring)},
		{`,"number":`, a.Number},
		{`,"reason":`, string(a.Reason)},
		{`,"transferredBy":`, a.TransferredBy},
		{`,"transferredTo":`, a.TransferredTo},
	} {
		if f.value != "" {
			b = appendString(append(b, f.name...), f.value)
		}
	}
	b = appendTrue(b, `,"outgoing":true`, a.Outgoing)
	b = appendTrue(b, `,"withheld":true`, a.Withheld)
	b = appendTrue(b, `,"endUnknown":true`, a.EndUnknown)
	b = appendTime(b, `,"started":"`, a.Started)
	b = appendTime(b, `,"answered":"`, a.Answered)
	b = appendTime(b, `,"ended":"`, a.Ended)
	if a.Match != nil {
		b = appendRecord(append(b, `,"match":`...), *a.Match)
	}
	if a.Chosen != nil {
		b = appendRecord(append(b, `,"chosen":`...), *a.Chosen)
	}
	return append(appendNote(b, a.Note), '}')
}

func appendNote(b []byte, n *bridge.Note) []byte {
	if n == nil {
		return b
	}
	text, _ := json.Marshal(n) // strings never fail
	return append(append(b, `,"note":`...), text...)
}

func appendBool(b []byte, name string, v bool) []byte {
	return strconv.AppendBool(append(b, name...), v)
}

func appendTrue(b []byte, text string, v bool) []byte {
	if !v {
		return b
	}
	return append(b, text...)
}

// appendTime appends a time in milliseconds, nothing for none.
func appendTime(b []byte, name string, t time.Time) []byte {
	if t.IsZero() {
		return b
	}
	b = t.UTC().AppendFormat(append(b, name...), "2006-01-02T15:04:05.000Z")
	return append(b, '"')
}

func appendRecords(b []byte, list []bridge.RecordRef) []byte {
	b = append(b, '[')
	for i, r := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendRecord(b, r)
	}
	return append(b, ']')
}

func appendRecord(b []byte, r bridge.RecordRef) []byte {
	b = appendString(append(b, `{"object":`...), r.Object)
	b = appendString(append(b, `,"id":`...), r.ID)
	return append(b, '}')
}

func appendSteps(b []byte, list []bridge.Step) []byte {
	b = append(b, '[')
	for i, s := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendUint(append(b, `{"t":`...), uint64(s.After), 10)
		b = appendString(append(b, `,"c":`...), s.Code.String())
		if s.Arg != "" {
			b = appendString(append(b, `,"a":`...), s.Arg)
		}
		b = append(b, '}')
	}
	return append(b, ']')
}

// appendString appends a string of JSON. What is not plain is left to
// encoding/json.
func appendString(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= 0x7f || c == '"' || c == '\\' {
			text, _ := json.Marshal(s) // a string never fails
			return append(b, text...)
		}
	}
	b = append(append(b, '"'), s...)
	return append(b, '"')
}
