package bridge

import (
	"testing"
	"time"
)

// TestConversation: which parts are of one call, and which are of two.
func TestConversation(t *testing.T) {
	noon := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	part := func(device string, from, until time.Duration, change func(*JournalEntry)) *JournalEntry {
		e := &JournalEntry{
			ID: CallID(device + from.String()), Link: "toy", Key: "k" + device + from.String(), Device: device, Direction: Inbound,
			Started: noon.Add(from), Ended: noon.Add(until), Reason: EndHangup,
		}
		if until == 0 {
			e.Ended = time.Time{}
		}
		if change != nil {
			change(e)
		}
		return e
	}
	number := func(n string) func(*JournalEntry) { return func(e *JournalEntry) { e.Number = n } }
	key := func(k string) func(*JournalEntry) { return func(e *JournalEntry) { e.Key = k } }
	inner := func(n, k string) func(*JournalEntry) {
		return func(e *JournalEntry) { e.Direction, e.Number, e.Key = Internal, n, k }
	}
	moved := func(by, to, n string) func(*JournalEntry) {
		return func(e *JournalEntry) {
			e.TransferredBy, e.TransferredTo, e.Number = by, to, n
			if to != "" {
				e.Reason = EndTransferred
			}
		}
	}
	s, m := time.Second, time.Minute
	for name, tt := range map[string]struct {
		a, b *JournalEntry
		want bool
	}{
		"rung together":                          {part("1", 0, m, number(known)), part("2", 3*s, m, number(known)), true},
		"handed on, alive":                       {part("1", 0, m, number(known)), part("2", m, 0, number(known)), true},
		"the same caller an hour later":          {part("1", 0, m, number(known)), part("2", 61*m, 62*m, number(known)), false},
		"on another link":                        {part("1", 0, m, number(known)), part("2", 0, m, func(e *JournalEntry) { e.Link, e.Number = "other", known }), false},
		"two callers without a number":           {part("1", 0, m, nil), part("2", 0, m, nil), false},
		"withheld, one key":                      {part("1", 0, m, key("7")), part("2", 30*s, 2*m, key("7")), true},
		"withheld, a key used again":             {part("1", 0, m, key("7")), part("2", 5*m, 6*m, key("7")), false},
		"withheld, the key is the extension":     {part("1", 0, m, key("1")), part("1", m+s, 2*m, key("1")), false},
		"one telephone, two agents":              {part("1", 0, m, key("7")), part("1", 0, m, func(e *JournalEntry) { e.ID, e.Key = "other", "7" }), true},
		"a connection that begins anew":          {part("1", 0, m, key("7")), part("1", m, 2*m, key("7")), true},
		"a consultation's, what it has become":   {part("1", 0, m, inner("2", "7")), part("1", m, 2*m, key("7")), true},
		"withheld, handed on":                    {part("1", 0, m, moved("", "2", "")), part("2", m, 3*m, moved("1", "", "")), true},
		"withheld, after a consultation":         {part("1", 0, m, moved("", "2", "")), part("2", 30*s, 3*m, moved("1", "", "")), true},
		"withheld, it is not said to whom":       {part("1", 0, m, func(e *JournalEntry) { e.Reason = EndTransferred }), part("2", m, 3*m, moved("1", "", "")), true},
		"withheld, not handed on":                {part("1", 0, m, nil), part("2", m, 3*m, moved("1", "", "")), false},
		"withheld, to another one":               {part("1", 0, m, moved("", "3", "")), part("2", m, 3*m, moved("1", "", "")), false},
		"withheld, handed on before":             {part("1", 0, m, moved("", "2", "")), part("2", 5*m, 6*m, moved("1", "", "")), false},
		"handed on with another number":          {part("1", 0, m, moved("", "2", known)), part("2", m, 3*m, moved("1", "", unknown)), false},
		"both ends of an internal call":          {part("1", 0, m, inner("2", "a")), part("2", 0, m, inner("1", "b")), true},
		"internal calls with another one":        {part("1", 0, m, inner("2", "a")), part("2", 0, m, inner("3", "b")), false},
		"a consultation and what became of it":   {part("1", 0, m, inner("2", "7")), part("2", 0, 3*m, key("7")), false},
		"a caller's second call at one device":   {part("1", 0, m, number(known)), part("1", 10*s, m, number(known)), false},
		"the switch gives a call another key":    {part("1", 0, m, number(known)), part("1", m+s, 2*m, number(known)), true},
		"rung together, as the bridge has noted": {part("1", 0, m, func(e *JournalEntry) { e.Ring = "r" }), part("2", 0, m, func(e *JournalEntry) { e.Ring = "r" }), true},
	} {
		t.Run(name, func(t *testing.T) {
			for _, pair := range [][2]*JournalEntry{{tt.a, tt.b}, {tt.b, tt.a}} {
				c := NewConversation(0)
				if c.Joins(pair[1]) {
					t.Error("something is of no conversation")
				}
				c.Add(pair[0])
				if got := c.Joins(pair[1]); got != tt.want {
					t.Errorf("%s joins %s: %t", pair[1].ID, pair[0].ID, got)
				}
			}
		})
	}
}

// TestConversationGrows: what belongs to a part belongs to the whole.
func TestConversationGrows(t *testing.T) {
	at := func(minute int) time.Time { return time.Date(2026, 11, 22, 12, minute, 0, 0, time.UTC) }
	parts := []JournalEntry{
		{ID: "c", Link: "toy", Key: "3", Device: "3", TransferredBy: "2", Started: at(20)},
		{ID: "b", Link: "toy", Key: "2", Device: "2", TransferredBy: "1", TransferredTo: "3", Reason: EndTransferred, Started: at(10), Ended: at(20)},
		{ID: "other", Link: "toy", Key: "4", Device: "4", Started: at(10), Ended: at(20)},
	}
	c := NewConversation(0)
	c.Add(&JournalEntry{ID: "a", Link: "toy", Key: "1", Device: "1", TransferredTo: "2", Reason: EndTransferred, Started: at(0), Ended: at(10)})
	joined := c.Grow(parts)
	if len(joined) != 2 || joined[0].ID != "b" || joined[1].ID != "c" {
		t.Errorf("joined are %+v", joined)
	}
}
