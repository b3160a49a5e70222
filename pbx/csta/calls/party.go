package calls

import (
	"strings"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/csta/ecma323"
)

// maxNumber and maxName bound what is kept of a party.
const (
	maxNumber = 64
	maxName   = 256
)

// internal tells an extension of the switch.
func (t *Table) internal(number string) bool {
	id := pbx.DeviceID(number)
	return t.devices[id] != nil || t.groups[id] != nil || t.o.Internal != nil && t.o.Internal(number)
}

// outside tells a party beyond the switch; a withheld one is taken for that.
func (t *Table) outside(p pbx.Party) bool {
	return p.Withheld || p.Number != "" && !t.internal(p.Number)
}

// party is a device as a party of a call, unknown if it is no number: a trunk
// has a name instead.
func (t *Table) party(e *ecma323.ExtendedDeviceID) pbx.Party {
	p := e.Party()
	switch {
	case p.Withheld:
		return p
	case p.Number == "" || len(p.Number) > maxNumber:
		return pbx.Party{}
	case !dialable(p.Number) && !t.internal(p.Number) && strings.IndexByte(e.Device.Text, '@') < 0:
		return pbx.Party{}
	}
	if len(p.Name) > maxName {
		p.Name = strings.ToValidUTF8(p.Name[:maxName], "")
	}
	return p
}

func dialable(number string) bool {
	for i := range len(number) {
		if c := number[i]; (c < '0' || c > '9') && c != '+' && c != '*' && c != '#' {
			return false
		}
	}
	return number != ""
}

// kept is a party that does not hold the whole message in memory.
func kept(p pbx.Party) pbx.Party {
	p.Number, p.Name = strings.Clone(p.Number), strings.Clone(p.Name)
	return p
}

// same tells whether two parties are the same far end, which a switch may write
// with and without country code or outside-line prefix.
func same(a, b pbx.Party) bool {
	if a.Withheld || b.Withheld {
		return a.Withheld == b.Withheld
	}
	if a.Number == b.Number {
		return true
	}
	const tail = 7
	x, y := strings.TrimLeft(a.Number, "+0"), strings.TrimLeft(b.Number, "+0")
	return len(x) >= tail && len(y) >= tail && (strings.HasSuffix(x, y) || strings.HasSuffix(y, x))
}

// named is who calls, as one event says: the outside caller if it names one, and
// via the colleague through whom the call came.
func (t *Table) named(v *view, d *ecma323.EventData) (far, via pbx.Party) {
	calling := t.party(&d.CallingDevice)
	switch n := d.CallingDevice.Number(); {
	case calling.Withheld:
		return calling, pbx.Party{}
	case v.is(n), n != "" && n == d.AssociatedCallingDevice.Number():
		calling = pbx.Party{} // ourselves, or a trunk
	}
	colleague := pbx.Party{}
	if calling.Number != "" && t.internal(calling.Number) {
		colleague = calling
	}
	if d.Private != nil && d.Private.OriginalCallInfo != nil {
		original := d.Private.OriginalCallInfo.Caller()
		if p := t.party(&original); t.outside(p) {
			return named(p, calling), colleague
		}
	}
	if p := t.party(&d.NetworkCallingDevice); t.outside(p) {
		return named(p, calling), colleague
	}
	return calling, pbx.Party{}
}

// named is p with the name that another element has for it.
func named(p, other pbx.Party) pbx.Party {
	if p.Name == "" && p.Number != "" && same(p, other) {
		p.Name = other.Name
	}
	return p
}

// caller is who calls, from the event or from what else is known of the call.
func (t *Table) caller(v *view, d *ecma323.EventData, x *call) (far, via pbx.Party) {
	far, via = t.named(v, d)
	if x.outside.Withheld {
		far = pbx.Party{Withheld: true}
	}
	if t.outside(far) {
		return far, via
	}
	known := x.outside
	if !known.Known() {
		known = t.related(d, x)
	}
	if known.Known() {
		return known, far
	}
	return far, via
}

// related is the outside party of a call that this one goes on from. What an
// application may have put there counts only where the two calls have a device
// in common.
func (t *Table) related(d *ecma323.EventData, x *call) pbx.Party {
	if id := d.CallLinkageData.GlobalCallLinkageID; id != "" {
		if other := t.links[link{linkGlobal, id}]; other != nil && other != x && other.outside.Known() {
			return other.outside
		}
	}
	if d.CorrelatorData != "" {
		other := t.links[link{linkCorrelator, d.CorrelatorData}]
		if other != nil && other != x && (other.had(d.CallingDevice.Number()) || other.had(d.LastRedirectionDevice.Number())) {
			return other.outside
		}
	}
	if d.CallingDevice.Presence == ecma323.Identified {
		return t.byUID(d.CallingDevice.Device.Text, x)
	}
	return pbx.Party{}
}

// had tells whether a device has, or transferred, the call.
func (x *call) had(id pbx.DeviceID) bool {
	if id == "" {
		return false
	}
	for _, c := range x.conns {
		if c.key.Device == id {
			return true
		}
	}
	return x.by == id
}

// byUID is the outside party of the call that an identifier of OpenScape Voice
// names as the original one.
func (t *Table) byUID(text string, x *call) pbx.Party {
	if strings.IndexByte(text, ';') < 0 {
		return pbx.Party{}
	}
	uid := ecma323.ParseDeviceID(text).UID
	if uid == "" {
		return pbx.Party{}
	}
	if other := t.calls[uid]; other != nil && other != x {
		return other.outside
	}
	return pbx.Party{}
}

// dialledNumber is what the caller dialled: the direct dial as the network said
// it, else as the switch does.
func (t *Table) dialledNumber(d *ecma323.EventData) pbx.Party {
	if p := t.party(&d.NetworkCalledDevice); p.Known() {
		return p
	}
	if d.Private != nil && d.Private.OriginalCallInfo != nil {
		if p := t.party(&d.Private.OriginalCallInfo.NetworkCalledDevice); p.Known() {
			return p
		}
	}
	return t.party(&d.CalledDevice)
}

// groupOf is the group or queue that a call came through.
func (t *Table) groupOf(v *view, d *ecma323.EventData, x *call) pbx.DeviceID {
	if v.group != "" && (d.CalledDevice.Number() == v.group || !t.internal(string(d.CallingDevice.Number()))) {
		return v.group // and not a colleague's call to the member
	}
	if p := d.Private; p != nil {
		for _, e := range [...]*ecma323.ExtendedDeviceID{&p.ACDGroup, &p.DistributingDevice, &p.DistributingVDN} {
			if n := e.Number(); n != "" {
				return n
			}
		}
	}
	if x.group != "" {
		return x.group
	}
	if !d.CallCharacteristics.ACDCall && !distributed(d.Cause) {
		return ""
	}
	if n := d.LastRedirectionDevice.Number(); n != "" && t.devices[n] == nil {
		return n
	}
	if n := d.CalledDevice.Number(); n != "" && !v.is(n) {
		return n
	}
	return ""
}

func distributed(c ecma323.Cause) bool {
	return c == ecma323.CauseDistributed || c == ecma323.CauseEnteringDistribution || c == "distributionDelay"
}

// note keeps who is outside, and tells the connections that wait for it. A
// restriction is never taken back.
func (t *Table) note(x *call, p pbx.Party) {
	if !t.outside(p) || x.outside.Known() && !p.Withheld || x.outside.Withheld {
		return
	}
	x.outside = kept(p)
	for _, c := range x.conns {
		switch {
		case c.open:
			t.handOver(c, x.outside, c.handedBy, "")
		case p.Withheld && c.far.Number != "" && !t.internal(c.far.Number): // what was told is taken back
			c.far = x.outside
			if c.told && !c.failed {
				t.tell(c, pbx.EventTransferred, pbx.CauseNone)
			}
		}
	}
}

// update takes what an event says about the parties of a connection that is
// there, and tells what is new.
func (t *Table) update(v *view, c *connection, d *ecma323.EventData) {
	first, moved := t.learn(v, c, d)
	if first && c.told && !c.failed {
		switch {
		case c.state == pbx.StateAlerting:
			t.tell(c, pbx.EventDelivered, pbx.CauseNone)
		case c.direction == pbx.DirectionOutbound && !c.answered:
			t.tell(c, pbx.EventOriginated, pbx.CauseNone)
		case c.answered:
			t.tell(c, pbx.EventEstablished, pbx.CauseNone)
		}
	}
	if moved {
		t.tell(c, pbx.EventTransferred, pbx.CauseTransfer)
	}
}

// learn takes the parties of an event. first: who the far end is is known only
// now; moved: it is another one, because the call was transferred.
func (t *Table) learn(v *view, c *connection, d *ecma323.EventData) (first, moved bool) {
	x := c.call
	t.linkage(x, d)
	if c.direction == pbx.DirectionOutbound {
		if p := t.party(&d.CalledDevice); !c.far.Known() && p.Known() && !c.open {
			c.far, first = kept(p), true
			t.note(x, p)
		}
		return first, false
	}
	far, via := t.caller(v, d, x)
	switch {
	case !far.Known(), c.conference:
		return false, false
	case far.Withheld && c.far.Number != "" && !t.internal(c.far.Number):
		t.note(x, far) // takes it back
	case !c.far.Known():
		first, moved = !c.open, c.open
		c.far = kept(far)
	case t.internal(c.far.Number) && t.outside(far):
		moved, via = true, c.far
		c.far = kept(far)
	case transferCause(d.Cause) && c.far.Number != "" && t.outside(far) && !same(far, c.far) && c.handedBy == "":
		moved = true
		c.far = kept(far)
	}
	if moved {
		c.open = false
		if via.Number != "" {
			c.redirection, c.handedBy = pbx.Party{Number: strings.Clone(via.Number)}, pbx.DeviceID(strings.Clone(via.Number))
		}
	}
	t.note(x, far)
	if c.group == "" {
		c.group = pbx.DeviceID(strings.Clone(string(t.groupOf(v, d, x))))
	}
	return first, moved
}

func transferCause(c ecma323.Cause) bool {
	return c == ecma323.CauseTransfer || c == ecma323.CauseSingleStepTransfer
}
