package calls

import (
	"strings"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/csta/ecma323"
)

// change is a transfer or a conference.
type change struct {
	by                 pbx.DeviceID // who did it
	to                 pbx.DeviceID
	primary, secondary ecma323.ConnectionID
	items              []ecma323.ConnectionListItem
	now                string // the callID from now on
}

// transferred: two calls became one, or one was handed on, without the device
// that did it.
func (t *Table) transferred(v *view, m *ecma323.TransferedEvent) {
	ch := change{
		by: m.TransferringDevice.Number(), to: m.TransferredToDevice.Number(),
		primary: m.PrimaryOldCall, secondary: m.SecondaryOldCall, items: m.TransferredConnections,
	}
	if ch.by == "" {
		ch.by = m.PrimaryOldCall.DeviceID.Device()
	}
	here := v.is(ch.by) && (v.group == "" || v.dev.id == ch.by)
	var mine *connection
	if id := ch.oldID(v); id != "" {
		mine = t.find(v.dev, id) // by the name it had before
	}
	x := t.joined(&ch)
	if x == nil {
		return
	}
	x.by = pbx.DeviceID(strings.Clone(string(ch.by)))
	if ch.by != "" && x.outside.Number == string(ch.by) { // an extension that was not known for one
		x.outside = pbx.Party{}
	}
	t.also(x, linkGlobal, m.OldCallLinkageData.GlobalCallLinkageID)
	t.also(x, linkGlobal, m.NewCallLinkageData.GlobalCallLinkageID)
	t.linkage(x, m.Data())
	t.note(x, t.outsideOf(&ch, x))
	if here || ch.by == "" && v.local == ecma323.LocalNull {
		t.leaves(v.dev, x)
		t.others(v, &ch, x)
		return
	}
	if mine == nil || mine.call != x {
		mine = x.of(v.dev.id)
	}
	if mine == nil {
		t.appears(v, &ch, m, x)
		return
	}
	t.receives(mine, &ch, x)
	t.others(v, &ch, x)
}

// oldID is the callID that the device's connection had before.
func (ch *change) oldID(v *view) string {
	for i := range ch.items {
		item := &ch.items[i]
		if v.is(item.NewConnection.DeviceID.Device()) && item.OldConnection.CallID != "" {
			return item.OldConnection.CallID
		}
	}
	if ch.secondary.CallID != "" {
		return ch.secondary.CallID
	}
	return ch.primary.CallID
}

// joined is the one call that there is from now on, under all its names.
func (t *Table) joined(ch *change) *call {
	for i := range ch.items {
		if id := ch.items[i].NewConnection.CallID; id != "" {
			ch.now = id
			break
		}
	}
	ids := [...]string{ch.now, ch.secondary.CallID, ch.primary.CallID}
	var x *call
	for _, id := range ids {
		if o := t.calls[id]; o != nil && id != "" && (x == nil || len(o.conns) > len(x.conns)) {
			x = o
		}
	}
	for _, id := range ids {
		if id == "" {
			continue
		}
		if x == nil {
			x = t.callOf(id)
		}
		if o := t.calls[id]; o != nil {
			t.merge(x, o)
		} else {
			t.name(x, id)
		}
	}
	return x
}

// leaves ends the transferring device's part: what it had on hold first.
func (t *Table) leaves(d *device, x *call) {
	for {
		var c *connection
		for _, o := range x.conns {
			if o.key.Device == d.id && (c == nil || o.state == pbx.StateHeld && c.state != pbx.StateHeld) {
				c = o
			}
		}
		if c == nil {
			return
		}
		t.end(c, pbx.EventConnectionCleared, pbx.CauseTransfer)
	}
}

// receives gives a connection its new far end; one that was told already is not
// told again.
func (t *Table) receives(c *connection, ch *change, x *call) {
	c.adrift = ch.now == ""
	far := t.otherEnd(c.key.Device, ch, x)
	if c.handedBy == ch.by && ch.by != "" && (!far.Known() || !c.open && same(c.far, far)) {
		t.rename(c, ch.now)
		return
	}
	t.handOver(c, far, ch.by, ch.now)
}

// others tells the other monitored devices of the call whose far end was the
// device that left: their own event may be late, or never come.
func (t *Table) others(v *view, ch *change, x *call) {
	for i := 0; i < len(x.conns); i++ {
		c := x.conns[i]
		if c.key.Device == v.dev.id || c.key.Device == ch.by || c.failed {
			continue
		}
		if c.open || ch.by != "" && c.far.Number == string(ch.by) {
			t.receives(c, ch, x)
		}
	}
}

// handOver tells that a connection has another far end from now on, which may
// not be known yet.
func (t *Table) handOver(c *connection, far pbx.Party, by pbx.DeviceID, callID string) {
	t.rename(c, callID)
	c.far, c.open, c.conference = kept(far), !far.Known(), false
	c.handedBy = pbx.DeviceID(strings.Clone(string(by)))
	c.redirection = pbx.Party{Number: string(c.handedBy)}
	if c.told && !c.failed {
		t.tell(c, pbx.EventTransferred, pbx.CauseTransfer)
	}
}

// rename gives a connection the callID that the switch uses now.
func (t *Table) rename(c *connection, callID string) {
	if callID != "" && callID != c.id.CallID {
		c.id.CallID = strings.Clone(callID)
	}
}

// appears is a call that came by transfer to a device which knew nothing of it.
func (t *Table) appears(v *view, ch *change, m *ecma323.TransferedEvent, x *call) {
	state, ok := v.local.State()
	if !ok || ch.now == "" || state != pbx.StateAlerting && state != pbx.StateConnected && state != pbx.StateHeld {
		return // an event of its own will tell
	}
	c := t.add(v, ecma323.ConnectionID{CallID: ch.now}, pbx.DirectionInbound, state, x)
	if c == nil {
		return
	}
	c.far, c.handedBy = kept(t.otherEnd(v.dev.id, ch, x)), x.by
	c.open = !c.far.Known()
	c.redirection = pbx.Party{Number: string(x.by)}
	if state == pbx.StateAlerting {
		t.tell(c, pbx.EventDelivered, pbx.CauseTransfer)
		return
	}
	c.answered = true
	t.tell(c, pbx.EventEstablished, pbx.CauseTransfer)
}

// outsideOf is the outside party that the event itself names.
func (t *Table) outsideOf(ch *change, x *call) pbx.Party {
	if x.outside.Known() {
		return x.outside // how it was named before is as good, and has the name
	}
	for i := range ch.items {
		p := t.partyOf(&ch.items[i], x)
		if n := pbx.DeviceID(p.Number); t.outside(p) && n != ch.by && n != ch.to {
			return p
		}
	}
	return pbx.Party{}
}

// partyOf is who an item of the connection list is. Where the switch restricts
// the endpoint, nothing else of the item is looked at.
func (t *Table) partyOf(item *ecma323.ConnectionListItem, x *call) pbx.Party {
	switch item.Endpoint.Presence {
	case ecma323.Restricted:
		return pbx.Party{Withheld: true}
	case ecma323.Identified:
		if p := t.party(&item.Endpoint); p.Known() {
			return p
		}
	default:
	}
	if old := t.calls[item.OldConnection.CallID]; old != nil && old != x && old.outside.Known() && !t.internal(string(item.OldConnection.DeviceID.Device())) {
		return old.outside
	}
	if p := t.byUID(item.NewConnection.DeviceID.Text, x); p.Known() {
		return p
	}
	for _, d := range [...]ecma323.DeviceID{item.NewConnection.DeviceID, item.OldConnection.DeviceID} {
		e := ecma323.ExtendedDeviceID{Presence: ecma323.Identified, Device: d}
		if p := t.party(&e); p.Known() && d.Text != "" && string(item.AssociatedNID.Number()) != p.Number {
			return p
		}
	}
	return pbx.Party{}
}

// otherEnd is whom a device talks to after the change.
func (t *Table) otherEnd(me pbx.DeviceID, ch *change, x *call) pbx.Party {
	if x.outside.Known() {
		return x.outside
	}
	for i := range ch.items {
		p := t.partyOf(&ch.items[i], x)
		if n := pbx.DeviceID(p.Number); n != "" && n != me && n != ch.by {
			return p
		}
	}
	if ch.to != "" && ch.to != me {
		return pbx.Party{Number: string(ch.to)}
	}
	var other *connection
	for _, c := range x.conns {
		if c.key.Device == me || c.key.Device == ch.by {
			continue
		}
		if other != nil {
			return pbx.Party{}
		}
		other = c
	}
	if other != nil {
		return pbx.Party{Number: string(other.key.Device)}
	}
	if ch.primary.CallID == "" {
		return t.heldAt(ch.by)
	}
	return pbx.Party{}
}

// heldAt is the outside party that a device has on hold, if it is the only one:
// inferred, because the switch did not say which call was transferred.
func (t *Table) heldAt(id pbx.DeviceID) (far pbx.Party) {
	d := t.devices[id]
	if d == nil {
		return pbx.Party{}
	}
	for _, c := range d.conns {
		if c.state != pbx.StateHeld || !t.outside(c.far) {
			continue
		}
		if far.Known() {
			return pbx.Party{}
		}
		far = c.far
	}
	far.Probable = far.Known()
	return far
}

// conferenced: two calls became one, and the device that did it stays; or one
// more device joined. Who only sees another one join is told nothing.
func (t *Table) conferenced(v *view, m *ecma323.ConferencedEvent) {
	ch := change{
		by: m.ConferencingDevice.Number(), to: m.AddedParty.Number(),
		primary: m.PrimaryOldCall, secondary: m.SecondaryOldCall, items: m.ConferenceConnections,
	}
	x := t.joined(&ch)
	if x == nil {
		return
	}
	t.linkage(x, m.Data())
	t.note(x, t.outsideOf(&ch, x))
	keep := t.keeps(v.dev, x)
	switch {
	case keep == nil && (v.local == ecma323.LocalConnected || v.local == "" && v.is(ch.to)):
		t.addedHere(v, &ch, x)
	case keep == nil || keep.failed:
	case v.is(ch.by), v.is(ch.to):
		t.rename(keep, ch.now)
		if !keep.conference {
			keep.conference = true
			t.answeredBefore(keep)
			keep.state = pbx.StateConnected
			t.tell(keep, pbx.EventConferenced, pbx.CauseNone)
		}
	default:
		t.rename(keep, ch.now)
	}
}

// keeps is the one connection that a device has of a conference: that of the
// outside call, else the oldest. The others are ended.
func (t *Table) keeps(d *device, x *call) (keep *connection) {
	for _, c := range d.conns {
		if c.call == x && (keep == nil || t.outside(c.far) && !t.outside(keep.far)) {
			keep = c
		}
	}
	for i := 0; i < len(d.conns); i++ {
		if c := d.conns[i]; c.call == x && c != keep {
			t.end(c, pbx.EventConnectionCleared, pbx.CauseNone)
			i--
		}
	}
	return keep
}

// addedHere is a conference that a device was taken into without being called.
func (t *Table) addedHere(v *view, ch *change, x *call) {
	if ch.now == "" {
		return
	}
	c := t.add(v, ecma323.ConnectionID{CallID: ch.now}, pbx.DirectionInbound, pbx.StateConnected, x)
	if c == nil {
		return
	}
	c.answered, c.conference = true, true
	c.redirection = pbx.Party{Number: strings.Clone(string(ch.by))}
	if c.far = x.outside; !c.far.Known() {
		c.far = c.redirection
	}
	t.tell(c, pbx.EventEstablished, pbx.CauseNone)
}
