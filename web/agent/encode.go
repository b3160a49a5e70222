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
	b = appendTime(append(b, `,"startedAt":`...), c.StartedAt)
	if !c.AnsweredAt.IsZero() {
		b = appendTime(append(b, `,"answeredAt":`...), c.AnsweredAt)
	}
	if !c.EndedAt.IsZero() {
		b = appendTime(append(b, `,"endedAt":`...), c.EndedAt)
	}
	b = appendOptional(b, `,"endReason":`, string(c.EndReason))
	b = appendOptional(b, `,"answeredBy":`, c.AnsweredBy)
	b = appendOptional(b, `,"transferredBy":`, c.TransferredBy)
	b = appendOptional(b, `,"transferredTo":`, c.TransferredTo)
	b = appendOptional(b, `,"detail":`, c.Detail)
	if c.Matches != nil {
		b = appendList(append(b, `,"matches":`...), c.Matches, appendMatch)
	}
	if c.Chosen != nil {
		b = appendString(append(b, `,"chosen":{"object":`...), c.Chosen.Object)
		b = append(appendString(append(b, `,"id":`...), c.Chosen.ID), '}')
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

// appendString writes a JSON string. Ordinary text is copied; what needs
// escaping is left to encoding/json.
func appendString(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' || c == 0xE2 || c == 0x7F {
			return appendEscaped(b, s)
		}
	}
	if !utf8.ValidString(s) {
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

const timeLayout = "2006-01-02T15:04:05.000Z"

func appendTime(b []byte, t bridge.Time) []byte {
	b = append(b, '"')
	b = t.UTC().AppendFormat(b, timeLayout)
	return append(b, '"')
}

// encodePing writes a ping frame.
func encodePing(now time.Time) []byte {
	b := appendTime([]byte(`{"type":"ping","time":`), bridge.Time{Time: now})
	return append(b, '}')
}
