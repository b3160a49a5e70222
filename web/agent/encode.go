package agent

import (
	"encoding/json"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/ctibridge/ctibridge/bridge"
)

// encodeCall writes a call frame, byte for byte as encoding/json would (a test
// compares them over every field) at a third of its cost: this runs for each
// change of each call.
func encodeCall(c *bridge.Call) []byte {
	b := make([]byte, 0, 320+len(c.Matches)*192)
	b = append(b, `{"type":"call","call":`...)
	b = appendCall(b, c)
	return append(b, '}')
}

func appendCall(b []byte, c *bridge.Call) []byte {
	b = appendString(append(b, `{"id":`...), string(c.ID))
	b = strconv.AppendUint(append(b, `,"revision":`...), c.Revision, 10)
	b = appendString(append(b, `,"direction":`...), string(c.Direction))
	b = appendString(append(b, `,"state":`...), string(c.State))
	b = appendParty(append(b, `,"party":`...), &c.Party)
	b = appendString(append(b, `,"device":`...), c.Device)
	b = appendOptional(b, `,"group":`, c.Group)
	b = c.StartedAt.AppendJSON(append(b, `,"startedAt":`...))
	if !c.AnsweredAt.IsZero() {
		b = c.AnsweredAt.AppendJSON(append(b, `,"answeredAt":`...))
	}
	if !c.EndedAt.IsZero() {
		b = c.EndedAt.AppendJSON(append(b, `,"endedAt":`...))
	}
	b = appendOptional(b, `,"endReason":`, string(c.EndReason))
	b = appendOptional(b, `,"answeredBy":`, c.AnsweredBy)
	b = appendOptional(b, `,"transferredBy":`, c.TransferredBy)
	b = appendOptional(b, `,"transferredTo":`, c.TransferredTo)
	b = appendOptional(b, `,"detail":`, c.Detail)
	b = appendOptional(b, `,"detailCode":`, string(c.DetailCode))
	if c.Matches != nil {
		b = appendList(append(b, `,"matches":`...), c.Matches, appendMatch)
	}
	if c.Chosen != nil {
		b = appendRecord(append(b, `,"chosen":`...), c.Chosen)
	}
	if c.Note != nil {
		b = appendNote(append(b, `,"note":`...), c.Note)
	}
	b = appendOptional(b, `,"create":`, c.Create)
	b = append(b, `,"actions":`...)
	if c.Actions == nil { // as the contract has it: always a list
		return append(b, `[]}`...)
	}
	b = appendList(b, c.Actions, func(b []byte, a *bridge.Action) []byte { return appendString(b, string(*a)) })
	return append(b, '}')
}

// encodeNavigation writes a navigate frame. That to a record goes out with every
// call that opens one; the others are rare.
func encodeNavigation(n *bridge.Navigation) ([]byte, error) {
	if n.Record == nil || n.Create != nil || n.Search != nil {
		return encode("navigate", *n)
	}
	b := append(make([]byte, 0, 128), `{"type":"navigate","pop":`...)
	b = appendString(b, string(n.Pop))
	b = appendString(append(b, `,"call":`...), string(n.Call))
	b = appendRecord(append(b, `,"record":`...), n.Record)
	return append(b, '}'), nil
}

func appendRecord(b []byte, r *bridge.RecordRef) []byte {
	b = appendString(append(b, `{"object":`...), r.Object)
	return append(appendString(append(b, `,"id":`...), r.ID), '}')
}

func appendNote(b []byte, n *bridge.Note) []byte {
	b = appendString(append(b, `{"text":`...), n.Text)
	b = appendOptional(b, `,"disposition":`, n.Disposition)
	b = appendOptional(b, `,"followUp":`, n.FollowUp)
	return append(b, '}')
}

func appendParty(b []byte, p *bridge.Party) []byte {
	start := len(b)
	b = appendOptional(b, `,"number":`, p.Number)
	b = appendOptional(b, `,"display":`, p.Display)
	b = appendOptional(b, `,"label":`, p.Label)
	if p.Withheld {
		b = append(b, `,"withheld":true`...)
	}
	if p.Probable {
		b = append(b, `,"probable":true`...)
	}
	if len(b) == start {
		return append(b, `{}`...)
	}
	b[start] = '{' // over the first comma
	return append(b, '}')
}

func appendMatch(b []byte, m *bridge.Match) []byte {
	b = appendString(append(b, `{"id":`...), m.ID)
	b = appendString(append(b, `,"object":`...), m.Object)
	b = appendString(append(b, `,"org":`...), m.Org)
	b = appendOptional(b, `,"name":`, m.Name)
	b = appendOptional(b, `,"company":`, m.Company)
	b = appendString(append(b, `,"match":`...), m.Match)
	return append(b, '}')
}

func appendList[T any](b []byte, list []T, one func([]byte, *T) []byte) []byte {
	b = append(b, '[')
	for i := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = one(b, &list[i])
	}
	return append(b, ']')
}

// appendOptional writes a member unless its value is empty.
func appendOptional(b []byte, name, value string) []byte {
	if value == "" {
		return b
	}
	return appendString(append(b, name...), value)
}

// The ASCII characters that encoding/json may escape, as bits: the control
// characters and " & < > below 64, \ and delete above.
const (
	escapedBelow64 uint64 = 1<<' ' - 1 | 1<<'"' | 1<<'&' | 1<<'<' | 1<<'>'
	escapedFrom64  uint64 = 1<<('\\'-64) | 1<<(0x7F-64)
)

// appendString writes a JSON string. Ordinary text is copied; what needs
// escaping is left to encoding/json.
func appendString(b []byte, s string) []byte {
	ascii := true
	for i := range len(s) {
		c := s[i]
		special := escapedBelow64
		switch {
		case c >= utf8.RuneSelf:
			ascii = false
			if c == 0xE2 { // U+2028 and U+2029 begin with it
				return appendEscaped(b, s)
			}
			continue
		case c >= 64:
			special = escapedFrom64
		}
		if special>>(c&63)&1 != 0 {
			return appendEscaped(b, s)
		}
	}
	if !ascii && !utf8.ValidString(s) {
		return appendEscaped(b, s)
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}

func appendEscaped(b []byte, s string) []byte {
	escaped, err := json.Marshal(s)
	if err != nil { // a string always can be written
		return append(b, `""`...)
	}
	return append(b, escaped...)
}

// encodePing writes a ping frame.
func encodePing(now time.Time) []byte {
	b := append(make([]byte, 0, 64), `{"type":"ping","time":`...)
	return append(bridge.Time{Time: now}.AppendJSON(b), '}')
}
