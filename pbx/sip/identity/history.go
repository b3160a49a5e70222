package identity

import (
	"slices"
	"strconv"
	"strings"

	"github.com/ctibridge/ctibridge/pbx/sip/address"
	"github.com/ctibridge/ctibridge/pbx/sip/message"
)

// maxDepth bounds the numbers of an index.
const maxDepth = 16

// entry is one target in a History-Info (RFC 7044 §5): somewhere the call was
// sent to.
type entry struct {
	address.Address
	text   string // index as written
	index  []uint32
	mapped string // mp: the index of who passed the call on to here
	marked bool   // one of mp, rc, np is given, so RFC 7044 is spoken
	hidden bool
}

// history reads History-Info, the first target first.
func history(m *message.Message) []entry {
	hidden := privacyOf(m).history
	var list []entry
	for value := range m.Values(message.HistoryInfo) {
		e := entry{Address: address.Parse(string(value))}
		e.text, _ = e.Params.Get("index")
		e.index = indexOf(e.text)
		mapped, mp := e.Params.Get("mp")
		_, rc := e.Params.Get("rc")
		_, np := e.Params.Get("np")
		e.mapped, e.marked = mapped, mp || rc || np
		e.hidden = hidden || hiddenEntry(e.URI.Header("Privacy"))
		list = append(list, e)
	}
	slices.SortStableFunc(list, func(a, b entry) int { return slices.Compare(a.index, b.index) })
	return list
}

// hiddenEntry reads the Privacy escaped into an entry's URI (RFC 7044 §10.1.1).
func hiddenEntry(privacy string) bool {
	for value := range strings.FieldsFuncSeq(privacy, func(r rune) bool { return r == ';' || r == ',' || r == ' ' }) {
		if !strings.EqualFold(value, "none") {
			return true
		}
	}
	return false
}

// indexOf reads an index such as 1.2.1 (RFC 7044 §5.2); what is none sorts
// first.
func indexOf(text string) []uint32 {
	var index []uint32
	for one := range strings.SplitSeq(text, ".") {
		n, err := strconv.ParseUint(one, 10, 32)
		if err != nil || len(index) == maxDepth {
			break
		}
		index = append(index, uint32(n))
	}
	return index
}

// fromHistory finds those who passed the call on, the last one first. By RFC
// 7044 an entry that was mapped (mp) names who did. RFC 4244 says only where
// the call went: there an entry followed by another user's has passed the call
// on if a cause is given; without one the switch has merely found its way.
func fromHistory(m *message.Message) []Redirection {
	entries := history(m)
	marked := slices.ContainsFunc(entries, func(e entry) bool { return e.marked })
	var list []Redirection
	for i := len(entries) - 1; i > 0 && len(list) < MaxRedirections; i-- {
		to, from := &entries[i], &entries[i-1]
		if marked {
			if from = find(entries, to.mapped); from == nil {
				continue
			}
		}
		cause := causeIn(from.URI.Header("Reason"))
		if cause == 0 {
			cause = number(string(to.URI.Params), "cause")
		}
		if !marked && (cause == 0 || from.URI.Number() == to.URI.Number()) {
			continue
		}
		r := Redirection{Party: redirecting(from.Address, SourceHistory, from.hidden), Cause: cause, Reason: reasonOf(cause)}
		if r.Known() {
			list = append(list, r)
		}
	}
	return list
}

// find is the entry of an index.
func find(entries []entry, index string) *entry {
	if index == "" {
		return nil
	}
	for i := range entries {
		if entries[i].text == index {
			return &entries[i]
		}
	}
	return nil
}

// firstTarget is where the call went at first, if there is a history.
func firstTarget(m *message.Message) Party {
	entries := history(m)
	if len(entries) == 0 {
		return Party{}
	}
	return redirecting(entries[0].Address, SourceHistory, entries[0].hidden)
}
