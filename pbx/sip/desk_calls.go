package sip

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/csta/ecma323"
	"github.com/ctibridge/ctibridge/pbx/csta/uacsta"
	"github.com/ctibridge/ctibridge/pbx/sip/address"
)

// pairPatience is how long a telephone's own word of a call may come after the
// switch's.
const pairPatience = 2 * time.Second

// pokeDesks lets the telephones be looked at.
func (l *Link) pokeDesks() {
	if !l.controls() {
		return
	}
	select {
	case l.deskWake <- struct{}{}:
	default:
	}
}

// ready waits a little for a device's telephone to be under control, and has that
// begun at once: whoever dials does not wait for the end of a pause.
func (l *Link) ready(ctx context.Context, device pbx.DeviceID) (*desk, error) {
	ctx, cancel := context.WithTimeout(ctx, deskReady)
	defer cancel()
	for asked := false; ; {
		k, changed, why := l.deskOf(device)
		switch {
		case k == nil: // the switch has only now said that there is such a device
			l.pokeDesks()
			await(ctx, nil, beginning)
		case why == nil:
			return k, nil
		case k.phone == nil, asked && why.problem != "":
			return nil, why
		default:
			select {
			case k.wake <- struct{}{}:
			default:
			}
			await(ctx, changed, deskReady)
			asked = true
		}
		if ctx.Err() != nil {
			return nil, cmp.Or(why, &deskError{})
		}
	}
}

// beginning is how often a desk is looked for that is about to be made.
const beginning = 20 * time.Millisecond

// deskOf is a device's desk, nil if there is none yet; changed is closed at its
// next change, and why is nil if the telephone is under control.
func (l *Link) deskOf(device pbx.DeviceID) (k *desk, changed <-chan struct{}, why *deskError) {
	l.mu.Lock()
	defer l.mu.Unlock()
	dev := l.devices[device]
	if dev == nil || dev.desk == nil {
		return nil, nil, nil
	}
	k = dev.desk
	if !k.up {
		why = &deskError{k.problem, k.cure}
	}
	return k, k.changed, why
}

// deskError is why a telephone is not under control.
type deskError struct{ problem, cure string }

func (e *deskError) Error() string { return e.problem + "; " + e.cure }

// Unwrap: the telephone does nothing for us now.
func (e *deskError) Unwrap() error { return pbx.ErrLinkDown }

// deskStatus adds the telephones that cannot be controlled. The caller holds mu.
func (l *Link) deskStatus(st *pbx.Status) {
	for _, d := range l.devices {
		if d.removed || d.desk == nil || d.desk.problem == "" {
			continue
		}
		st.Uncontrolled = append(st.Uncontrolled, pbx.DeviceProblem{
			Device: d.id, Problem: fmt.Sprintf("The telephone cannot be controlled by uaCSTA: %s.", d.desk.problem), Cure: d.desk.cure,
		})
	}
	if len(st.Uncontrolled) == 0 {
		return
	}
	slices.SortFunc(st.Uncontrolled, func(a, b pbx.DeviceProblem) int { return strings.Compare(string(a.Device), string(b.Device)) })
	if st.State == pbx.LinkConnected {
		first := st.Uncontrolled[0]
		st.State = pbx.LinkDegraded
		st.Problem = fmt.Sprintf("%d of %d telephones cannot be dialled or answered from here; the first is %s: %s",
			len(st.Uncontrolled), st.Watched, first.Device, first.Problem)
		st.Cure = first.Cure
	}
}

// deskEvent takes an event of a telephone, on the read loop.
func (l *Link) deskEvent(d *device, k *desk, m ecma323.Message) {
	e, ok := m.(ecma323.CallEvent)
	l.mu.Lock()
	s, current := l.session, l.devices[d.id] == d && d.desk == k
	l.mu.Unlock()
	if !ok || s == nil || !current {
		return
	}
	calls, _ := k.phone.Calls()
	s.change(d.id, func(t *tracker) {
		t.phoneSays(e, calls)
		k.change()
	})
}

// phoneSays takes an event of the telephone; calls are those that it has now.
func (t *tracker) phoneSays(e ecma323.CallEvent, calls []uacsta.Call) {
	id, _ := e.Subject()
	for i, callID := range t.parted {
		if !listed(calls, callID) {
			t.parted[i] = "" // the telephone has heard of it, and may give the name again
		}
	}
	if t.ordered(e, id.CallID, calls) {
		t.dialNews(e, id.CallID, calls)
	}
	for _, c := range t.calls {
		known := c.phoneCall != ""
		p, found := t.pair(c, calls)
		switch {
		case !found:
		case p.ID.CallID == id.CallID && p.State == pbx.StateHeld && c.state == pbx.StateConnected:
			c.heldThere = true
			t.enter(c, pbx.StateHeld, pbx.EventHeld)
		case p.ID.CallID == id.CallID && c.heldThere && p.State == pbx.StateConnected && c.state == pbx.StateHeld:
			c.heldThere = false
			t.enter(c, pbx.StateConnected, pbx.EventRetrieved)
		case !known && c.state != pbx.StateAlerting:
			t.tell(c) // more can be done with it than was told
		}
	}
}

// ordered tells whether an event is about the call that the telephone was asked
// for. It may come before the telephone's answer to that, or name a call that the
// answer did not: an outgoing one to the number that was asked for.
func (t *tracker) ordered(e ecma323.CallEvent, callID string, calls []uacsta.Call) bool {
	d := t.dial
	switch {
	case d == nil || d.news == nil || d.over || callID == "":
		return false
	case d.phoneCall != "":
		return d.phoneCall == callID
	}
	for _, p := range calls {
		if p.ID.CallID == callID && p.State != pbx.StateAlerting && address.SameDigits(p.Far, d.called) && e.Data().CallingDevice.Number() == t.device {
			d.phoneCall, d.conn = callID, p.ID
			return true
		}
	}
	return false
}

// dialNews hands on what became of the call that the telephone was asked for.
func (t *tracker) dialNews(e ecma323.CallEvent, callID string, calls []uacsta.Call) {
	why := e.Data().Cause.PBX()
	switch e.(type) {
	case *ecma323.FailedEvent:
		if !refuses(why) {
			why = pbx.CauseUnreachable
		}
		t.dial.note(deskNews{pbx.EventFailed, why})
	case *ecma323.EstablishedEvent:
		t.dial.note(deskNews{pbx.EventEstablished, pbx.CauseNone})
	default:
		kind := pbx.EventOriginated
		if !slices.ContainsFunc(calls, func(p uacsta.Call) bool { return p.ID.CallID == callID }) {
			kind = pbx.EventConnectionCleared
		}
		t.dial.note(deskNews{kind, why})
	}
}

// pair finds the telephone's own call that c is, where there is no doubt: it was
// known before, or is the only one in such a state and with such a far end that
// is not paired, as c is among ours. What was taken for a call that still rings
// and is over was another: the telephone may be behind the switch by a whole call
// of the same caller.
func (t *tracker) pair(c *call, calls []uacsta.Call) (uacsta.Call, bool) {
	if c.dial != nil && c.dial.phoneCall != "" {
		c.phoneCall = c.dial.phoneCall
	}
	if c.dial == nil && c.state == pbx.StateAlerting && !listed(calls, c.phoneCall) {
		c.phoneCall = ""
	}
	var found *uacsta.Call
	for i := range calls {
		p := &calls[i]
		switch {
		case c.phoneCall != "" && p.ID.CallID == c.phoneCall:
			return *p, true
		case c.phoneCall != "" || c.own || t.taken(p) || !agrees(c, p):
		case found != nil:
			return uacsta.Call{}, false
		default:
			found = p
		}
	}
	if found == nil {
		return uacsta.Call{}, false
	}
	for _, other := range t.calls {
		if other != c && !other.own && other.phoneCall == "" && agrees(other, found) {
			return uacsta.Call{}, false
		}
	}
	c.phoneCall = found.ID.CallID
	return *found, true
}

// listed tells whether the telephone has a call of that name.
func listed(calls []uacsta.Call, callID string) bool {
	return slices.ContainsFunc(calls, func(p uacsta.Call) bool { return p.ID.CallID == callID })
}

// part notes that a telephone's call is over, though the telephone may list it for a
// while: the switch says so, or the telephone itself when it was asked.
func (t *tracker) part(callID string) {
	if callID == "" || slices.Contains(t.parted[:], callID) {
		return
	}
	copy(t.parted[1:], t.parted[:])
	t.parted[0] = callID
}

// taken tells whether a telephone's call is that of a call of ours, or was.
func (t *tracker) taken(p *uacsta.Call) bool {
	if t.dial != nil && t.dial.phoneCall == p.ID.CallID || slices.Contains(t.parted[:], p.ID.CallID) {
		return true
	}
	return slices.ContainsFunc(t.calls, func(c *call) bool { return c.phoneCall == p.ID.CallID })
}

// agrees tells whether the two may be one: both ring, or neither does, and the
// far ends do not differ.
func agrees(c *call, p *uacsta.Call) bool {
	if (c.state == pbx.StateAlerting) != (p.State == pbx.StateAlerting) {
		return false
	}
	return p.Far == "" || c.party.Number == "" || address.SameDigits(p.Far, c.party.Number)
}

// byKey is a device's call by its key, nil if there is none.
func (t *tracker) byKey(key pbx.CallID) *call {
	for _, c := range t.calls {
		if c.key == key && !c.own {
			return c
		}
	}
	return nil
}

// deskCall is the telephone's own call that a connection is. waits: the switch
// tells of a call that rings alone, and the telephone has to follow any moment.
// The caller holds mu.
func (l *Link) deskCall(id pbx.ConnectionID) (k *desk, p uacsta.Call, found, waits bool) {
	dev := l.devices[id.Device]
	if dev == nil || dev.tracker == nil || dev.desk == nil || !dev.desk.up {
		return nil, p, false, false
	}
	t := dev.tracker
	calls, told := dev.desk.phone.Calls()
	if d := l.dialOf(id); d != nil {
		i := slices.IndexFunc(calls, func(p uacsta.Call) bool { return p.ID.CallID == d.phoneCall })
		switch {
		case i >= 0:
			return dev.desk, calls[i], true, false
		case d.conn.IsZero() || told: // not named yet, or over
			return nil, p, false, false
		}
		return dev.desk, uacsta.Call{ID: d.conn, State: pbx.StateInitiated}, true, false
	}
	c := t.byKey(id.Call)
	if c == nil {
		return nil, p, false, false
	}
	p, found = t.pair(c, calls)
	if c.ahead(p.State) {
		p.State = c.state
	}
	if found || !told || c.state != pbx.StateAlerting {
		return dev.desk, p, found, false
	}
	return dev.desk, p, false, c.rang.After(dev.desk.since) && t.ringAlone(c)
}

// ahead tells whether the switch was first to tell that the call is answered or
// held, and the telephone, which is in that state by its own, has yet to.
func (c *call) ahead(phone pbx.ConnectionState) bool {
	switch phone {
	case pbx.StateAlerting:
		return c.state != pbx.StateAlerting
	case pbx.StateConnected:
		return c.state == pbx.StateHeld && !c.heldThere
	default:
		return false
	}
}

// ringAlone tells whether no other call rings at the device.
func (t *tracker) ringAlone(c *call) bool {
	return !slices.ContainsFunc(t.calls, func(o *call) bool { return o != c && !o.own && o.state == pbx.StateAlerting })
}

// deskServices is what the telephone can do with a connection. The caller holds
// mu.
func (l *Link) deskServices(id pbx.ConnectionID) pbx.Services {
	if !l.controls() {
		return 0
	}
	k, p, found, waits := l.deskCall(id)
	if k == nil || !found && !waits {
		return 0
	}
	state := p.State
	if !found {
		state = pbx.StateAlerting
	}
	can := pbx.ServiceClear
	switch state {
	case pbx.StateAlerting:
		if l.cfg.AnswerBy == byUACSTA {
			can |= pbx.ServiceAnswer
		}
	case pbx.StateConnected:
		can |= pbx.ServiceHold
	case pbx.StateHeld:
		can |= pbx.ServiceRetrieve
	default: // it is dialled, or has failed: it can be put down
	}
	return can &^ k.unable
}

// atDesk has the telephone do something with one of its calls. It returns
// pbx.ErrNotSupported where Services does not offer that, else what the telephone
// says with the cure; what it does not know is not offered again.
func (l *Link) atDesk(ctx context.Context, id pbx.ConnectionID, service pbx.Services, do func(*uacsta.Phone, context.Context, ecma323.ConnectionID) error) error {
	ctx, cancel := context.WithTimeout(ctx, deskPatience+pairPatience)
	defer cancel()
	deadline := time.Now().Add(pairPatience)
	for {
		l.mu.Lock()
		able := l.session != nil && l.deskServices(id)&service != 0
		k, p, found, _ := l.deskCall(id)
		if !able || k == nil {
			l.mu.Unlock()
			return fmt.Errorf("sip: at the telephone %s: %w", id.Device, pbx.ErrNotSupported)
		}
		changed := k.changed
		l.mu.Unlock()
		if found {
			err := l.doAtDesk(ctx, k, p.ID, service, do)
			if service == pbx.ServiceAnswer && errors.Is(err, uacsta.ErrNoCall) && l.mistaken(id, p.ID.CallID) {
				continue
			}
			return err
		}
		if left := time.Until(deadline); left <= 0 {
			return fmt.Errorf("sip: at the telephone %s: it does not tell of the call that rings: %w", id.Device, pbx.ErrNotSupported)
		}
		await(ctx, changed, time.Until(deadline))
	}
}

// mistaken parts a call that rings from one that its telephone does not know; false
// if they are not paired any more.
func (l *Link) mistaken(id pbx.ConnectionID, phoneCall string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	dev := l.devices[id.Device]
	if dev == nil || dev.tracker == nil {
		return false
	}
	c := dev.tracker.byKey(id.Call)
	if c == nil || c.state != pbx.StateAlerting || c.phoneCall != phoneCall {
		return false
	}
	c.phoneCall = ""
	dev.tracker.part(phoneCall)
	return true
}

func (l *Link) doAtDesk(ctx context.Context, k *desk, conn ecma323.ConnectionID, service pbx.Services, do func(*uacsta.Phone, context.Context, ecma323.ConnectionID) error) error {
	err := do(k.phone, ctx, conn)
	if err == nil {
		return nil
	}
	if errors.Is(err, pbx.ErrNotSupported) {
		l.mu.Lock()
		k.unable |= service
		l.mu.Unlock()
	}
	return fmt.Errorf("sip: at the telephone %s: %w", k.device, err)
}

// HoldCall implements pbx.Holder where the telephone is controlled by CSTA.
func (l *Link) HoldCall(ctx context.Context, connected pbx.ConnectionID) error {
	return l.atDesk(ctx, connected, pbx.ServiceHold, (*uacsta.Phone).HoldCall)
}

// RetrieveCall implements pbx.Holder where the telephone is controlled by CSTA.
func (l *Link) RetrieveCall(ctx context.Context, held pbx.ConnectionID) error {
	return l.atDesk(ctx, held, pbx.ServiceRetrieve, (*uacsta.Phone).RetrieveCall)
}
