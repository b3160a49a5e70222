package calls

import (
	"slices"
	"strings"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/csta/ecma323"
)

// link is something beside the callID that names a call.
type link struct {
	kind linkKind
	id   string
}

type linkKind uint8

const (
	linkGlobal     linkKind = iota // callLinkageData, Avaya's UCID
	linkCorrelator                 // correlatorData
)

// callOf is the call of a callID, made if need be.
func (t *Table) callOf(callID string) *call {
	if x := t.calls[callID]; x != nil && callID != "" {
		return x
	}
	x := &call{}
	t.name(x, callID)
	t.remember(x) // until somebody joins it
	return x
}

// fresh is the call of a callID that begins at a device with a caller: another
// one than that which had the callID before, unless it goes on.
func (t *Table) fresh(callID string, far, own pbx.Party) *call {
	x := t.calls[callID]
	if x == nil || len(x.conns) > 0 || x.outside == (pbx.Party{}) {
		return t.callOf(callID)
	}
	if x.by != "" && (string(x.by) == own.Number || !far.Known() || same(far, x.outside) || x.outside.Withheld) {
		return x
	}
	if same(far, x.outside) {
		return x
	}
	t.unlink(x)
	return t.callOf(callID)
}

// name gives a call one more callID.
func (t *Table) name(x *call, callID string) {
	if callID == "" || t.calls[callID] == x {
		return
	}
	callID = strings.Clone(callID)
	if len(x.ids) >= maxCallIDs {
		t.unname(x, x.ids[0])
		x.ids = slices.Delete(x.ids, 0, 1)
	}
	x.ids = append(x.ids, callID)
	t.calls[callID] = x
}

func (t *Table) unname(x *call, callID string) {
	if t.calls[callID] == x {
		delete(t.calls, callID)
	}
}

// also remembers what else names the call.
func (t *Table) also(x *call, kind linkKind, id string) {
	l := link{kind, id}
	if id == "" || t.links[l] == x || len(x.links) >= maxCallIDs {
		return
	}
	if other := t.links[l]; other != nil && other.outside.Known() && !x.outside.Known() {
		return // it serves to find out who is outside
	}
	l.id = strings.Clone(id)
	x.links = append(x.links, l)
	t.links[l] = x
}

// linkage files the call under what an event says of it.
func (t *Table) linkage(x *call, d *ecma323.EventData) {
	t.also(x, linkGlobal, d.CallLinkageData.GlobalCallLinkageID)
	t.also(x, linkCorrelator, d.CorrelatorData)
}

// join brings a connection into a call.
func (t *Table) join(c *connection, x *call) {
	if c.call == x {
		return
	}
	if c.call != nil {
		t.leave(c)
	}
	c.call = x
	x.conns = append(x.conns, c)
}

// leave takes a connection out of its call, which is remembered when it was the
// last.
func (t *Table) leave(c *connection) {
	x := c.call
	x.conns = slices.DeleteFunc(x.conns, func(o *connection) bool { return o == c })
	if len(x.conns) == 0 {
		t.remember(x)
	}
}

// merge makes one call of two.
func (t *Table) merge(into, from *call) {
	if into == from {
		return
	}
	for _, id := range from.ids {
		t.unname(from, id)
		t.name(into, id)
	}
	for _, l := range from.links {
		if t.links[l] == from {
			delete(t.links, l)
		}
		t.also(into, l.kind, l.id)
	}
	for len(from.conns) > 0 {
		t.join(from.conns[0], into)
	}
	from.ids, from.links = nil, nil
	if !into.outside.Known() {
		into.outside = from.outside
	}
	if into.group == "" {
		into.group = from.group
	}
}

// remember keeps a call without connections for a while.
func (t *Table) remember(x *call) {
	x.over = t.now
	if x.old {
		return // its time is looked at again when its turn comes
	}
	x.old = true
	t.ended = append(t.ended, x)
}

// forget drops what was remembered long enough.
func (t *Table) forget() {
	n := 0
	for ; n < len(t.ended); n++ {
		x := t.ended[n]
		if len(x.conns) > 0 || len(x.ids) == 0 {
			x.old = false // it lives, or is part of another one
			continue
		}
		if len(t.ended)-n <= maxEnded && t.now.Sub(x.over) < memory {
			break
		}
		x.old = false
		t.unlink(x)
	}
	if n > 0 {
		clear(t.ended[:n])
		t.ended = t.ended[n:]
	}
}

// unlink lets a call not be found any more.
func (t *Table) unlink(x *call) {
	for _, id := range x.ids {
		t.unname(x, id)
	}
	for _, l := range x.links {
		if t.links[l] == x {
			delete(t.links, l)
		}
	}
	x.ids, x.links = nil, nil
}
