package bridge

import (
	"slices"
	"time"
)

// Conversation finds the parts that agents had in one call: those who were rung
// together, talked with the same far end at the same time, were handed the call or
// handed it on. A far end without a number is followed by what else is known of a
// part: the switch's key of the call, the ring, and between whom it was
// transferred. The table has it of its legs, a journal of what it keeps.
type Conversation struct {
	// From is the earliest beginning of a part, Until the latest end; a part that
	// lives has none, so Until is far in the future then.
	From, Until time.Time

	// within is how far apart in time two parts with one number may be.
	within  time.Duration
	has     map[CallID]bool
	numbers map[partKey][]handing
	pairs   map[partKey]span
	rings   map[CallID]bool
	keys    map[partKey]*keyed
	conns   map[partKey][]handing // by the connection: key and device
	gave    map[partKey][]handing // by the device that handed it on
	got     map[partKey][]handing // by the device that it came from
}

// partKey is a number, a switch's key, a device, or two devices, on a link.
type partKey struct{ link, what, with string }

// span is a time in which there was a part.
type span struct{ from, until time.Time }

// keyed is the devices that have a call of one key: a device that has the key
// again has another call, as on Asterisk, where the key is the extension.
type keyed struct {
	span
	devices map[string]bool
}

// handing is a part, and one end of a transfer perhaps.
type handing struct {
	device, by, to, number string
	internal, transferred  bool
	span
}

const (
	// partWithin is how far apart two parts of a call may be: a phone stops ringing,
	// or is hung up, before the other one is told of.
	partWithin = groupWithin
	// sameWithin is how soon a connection goes on as another part: after a crash the
	// journal does not know what it has become, and it begins anew as the old one ends.
	sameWithin = 100 * time.Millisecond
	// partLives is the end of a part that has none.
	partLives = 100 * 365 * 24 * time.Hour
)

// NewConversation begins with no part. Joins is true of nothing then. Two parts
// with one outside number that are no further apart than within are of one call.
func NewConversation(within time.Duration) *Conversation {
	return &Conversation{
		within: max(within, partWithin),
		has:    make(map[CallID]bool), numbers: make(map[partKey][]handing), pairs: make(map[partKey]span), rings: make(map[CallID]bool),
		keys: make(map[partKey]*keyed), conns: make(map[partKey][]handing), gave: make(map[partKey][]handing), got: make(map[partKey][]handing),
	}
}

// Add takes a part in.
func (c *Conversation) Add(e *JournalEntry) {
	s := spanOf(e.Started, e.Ended)
	if c.From.IsZero() || s.from.Before(c.From) {
		c.From = s.from
	}
	if s.until.After(c.Until) {
		c.Until = s.until
	}
	c.has[e.ID] = true
	if e.Ring != "" {
		c.rings[e.Ring] = true
	}
	h := handingOf(e, s)
	if k, ok := numberPart(e); ok {
		c.numbers[k] = append(c.numbers[k], h)
	}
	if k, _, ok := pairParts(e); ok {
		c.pairs[k] = s.with(c.pairs[k])
	}
	if k, ok := keyPart(e); ok {
		if c.keys[k] == nil {
			c.keys[k] = &keyed{devices: make(map[string]bool)}
		}
		one := c.keys[k]
		one.span = s.with(one.span)
		one.devices[e.Device] = true
		c.conns[connPart(e)] = append(c.conns[connPart(e)], h)
	}
	if h.to != "" || h.transferred {
		k := partKey{link: e.Link, what: e.Device}
		c.gave[k] = append(c.gave[k], h)
	}
	if h.by != "" {
		k := partKey{link: e.Link, what: h.by}
		c.got[k] = append(c.got[k], h)
	}
}

// Has reports whether a part was added.
func (c *Conversation) Has(id CallID) bool { return c.has[id] }

// Joins reports whether a part belongs to one that was added.
func (c *Conversation) Joins(e *JournalEntry) bool {
	s := spanOf(e.Started, e.Ended)
	if !c.near(s) {
		return false
	}
	if e.Ring != "" && c.rings[e.Ring] {
		return true
	}
	h := handingOf(e, s)
	if k, ok := numberPart(e); ok && slices.ContainsFunc(c.numbers[k], func(o handing) bool { return h.beside(&o, c.within) }) {
		return true
	}
	if _, k, ok := pairParts(e); ok && s.meets(c.pairs[k], partWithin) {
		return true
	}
	if k, ok := keyPart(e); ok && (c.keys[k].has(e, s) || slices.ContainsFunc(c.conns[connPart(e)], h.continues)) {
		return true
	}
	at := partKey{link: e.Link, what: e.Device}
	return h.by != "" && slices.ContainsFunc(c.gave[partKey{link: e.Link, what: h.by}], func(from handing) bool { return from.wentTo(&h) }) ||
		slices.ContainsFunc(c.got[at], func(to handing) bool { return h.wentTo(&to) })
}

// Grow adds of the parts those that belong to it, and those that belong to these,
// and returns them.
func (c *Conversation) Grow(parts []JournalEntry) (joined []*JournalEntry) {
	for more := true; more; {
		more = false
		for i := range parts {
			if e := &parts[i]; !c.has[e.ID] && c.Joins(e) {
				c.Add(e)
				joined, more = append(joined, e), true
			}
		}
	}
	return joined
}

// near reports whether anything of a call in that time may belong to it.
func (c *Conversation) near(s span) bool {
	return !s.from.After(c.Until.Add(c.within)) && !c.From.After(s.until.Add(c.within))
}

func spanOf(started, ended time.Time) span {
	if ended.IsZero() {
		ended = started.Add(partLives)
	}
	return span{started, ended}
}

// with is the time from the beginning of the one to the end of the other.
func (s span) with(o span) span {
	if o == (span{}) {
		return s
	}
	if o.from.Before(s.from) {
		s.from = o.from
	}
	if o.until.After(s.until) {
		s.until = o.until
	}
	return s
}

// meets reports whether the two overlap, or nearly do.
func (s span) meets(o span, within time.Duration) bool {
	return o != (span{}) && !s.from.After(o.until.Add(within)) && !o.from.After(s.until.Add(within))
}

// numberPart is the outside number of a part, if there is one.
func numberPart(e *JournalEntry) (partKey, bool) {
	return partKey{link: e.Link, what: e.Number}, e.Number != "" && e.Direction != Internal
}

// pairParts are the two ends of a call between extensions, as this part has it and
// as the other one does.
func pairParts(e *JournalEntry) (here, there partKey, ok bool) {
	return partKey{e.Link, e.Device, e.Number}, partKey{e.Link, e.Number, e.Device}, e.Number != "" && e.Direction == Internal
}

// keyPart is the switch's key. A consultation may have that of the call that came
// of it, and is another one.
func keyPart(e *JournalEntry) (partKey, bool) {
	with := ""
	if e.Direction == Internal {
		with = "internal"
	}
	return partKey{e.Link, e.Key, with}, e.Key != ""
}

// has reports whether another device has the call.
func (k *keyed) has(e *JournalEntry, s span) bool {
	return k != nil && s.meets(k.span, partWithin) && !k.devices[e.Device]
}

func connPart(e *JournalEntry) partKey { return partKey{e.Link, e.Key, e.Device} }

// continues reports whether two parts of one connection are of one call: those of
// agents who share the telephone, or one began as the other ended, or before that.
func (h *handing) continues(o handing) bool {
	return !h.differs(&o) && (h.gap(o.span) <= sameWithin || h.meets(o.span, 0))
}

// differs reports whether two parts have two outside numbers.
func (h *handing) differs(o *handing) bool {
	return h.number != "" && o.number != "" && h.number != o.number
}

// gap is the time between the end of the earlier one and the other one's beginning.
func (s span) gap(o span) time.Duration {
	if s.from.Before(o.from) {
		s, o = o, s
	}
	return s.from.Sub(o.until).Abs()
}

func handingOf(e *JournalEntry, s span) handing {
	h := handing{
		device: e.Device, by: e.TransferredBy, to: e.TransferredTo, internal: e.Direction == Internal,
		transferred: e.Reason == EndTransferred, span: s,
	}
	if !h.internal {
		h.number = e.Number
	}
	return h
}

// beside reports whether two parts with one number are of one call. One device has
// two calls, then, unless the one began as the other ended: the switch gave it
// another key.
func (h *handing) beside(o *handing, within time.Duration) bool {
	if h.device != o.device {
		return h.meets(o.span, within)
	}
	return h.gap(o.span) <= partWithin
}

// wentTo reports whether a part was handed on to another one, which says so.
func (h *handing) wentTo(to *handing) bool {
	switch {
	case h.internal, to.by != h.device, h.to != to.device && (h.to != "" || !h.transferred):
		return false
	case h.differs(to):
		return false
	}
	return !h.until.Before(to.from.Add(-partWithin)) && !h.until.After(to.until.Add(partWithin))
}
