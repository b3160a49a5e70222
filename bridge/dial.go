package bridge

import (
	"context"
	"errors"
	"strings"
	"time"
	"unicode"

	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/pbx"
)

// Dial rings the agent's telephone and connects it to number, which may be in
// any notation. It returns when the request is on its way; the call's frames
// tell the rest. record, if given, is what the agent dialled from and stays
// with the call. A refusal is a RequestError.
func (b *Bridge) Dial(ctx context.Context, agent AgentID, _, number string, record *RecordRef) (CallID, error) {
	x := b.roster.Load()
	m := x.members[agent]
	if m == nil {
		return "", ErrNoAgent
	}
	b.mu.Lock()
	devices := b.table.devicesOf(x, m)
	b.mu.Unlock()
	d, s, dialer, err := x.dialerOf(m, devices)
	if err != nil {
		return "", err
	}
	far, dialled, err := b.mayDial(x, m, s, number)
	if err != nil {
		return "", err
	}
	l, v, err := b.beginDial(m, d, far, record)
	if err != nil {
		return "", err
	}
	conn, err := dialer.MakeCall(ctx, pbx.DeviceID(d.Extension), dialled)
	b.dialled(ctx, x, l, conn, err)
	if err != nil {
		return v.id, dialProblem(err)
	}
	return v.id, nil
}

// dialerOf finds the first of the agent's devices that can be dialled from.
func (x *roster) dialerOf(m *member, devices []Device) (Device, Switch, pbx.Dialer, error) {
	switch {
	case len(devices) > 0:
	case len(m.rules.allowed) > 0:
		return Device{}, Switch{}, nil, errChooseDevice
	default:
		return Device{}, Switch{}, nil, errNoDevice
	}
	for _, d := range devices {
		s, ok := x.switches[d.Link]
		if !ok {
			continue
		}
		if dialer, ok := s.Link.(pbx.Dialer); ok {
			return d, s, dialer, nil
		}
	}
	return Device{}, Switch{}, nil, errCannotDial
}

// mayDial reads what the agent wants to dial and says how to dial it there, or
// why the agent may not. A refusal is counted; the number is written nowhere.
func (b *Bridge) mayDial(x *roster, m *member, s Switch, text string) (farEnd, string, error) {
	far, dialled, err := x.target(m, s, text)
	if err == nil && x.excluded.covers(dialled, &far) {
		err = errExcluded
	}
	if err != nil {
		b.stats.DialsRefused.Add(1)
	}
	return far, dialled, err
}

// target is mayDial without the counting.
func (x *roster) target(m *member, s Switch, text string) (farEnd, string, error) {
	text = strings.TrimSpace(text)
	if len(text) > maxTyped || strings.ContainsFunc(text, unicode.IsControl) {
		return farEnd{}, "", errInvalidNumber
	}
	class, n := s.Plan.TypedClass(text)
	ours := x.ours(Device{s.Link.Name(), text})
	switch {
	case class == lookup.ClassInternal && n == "": // a direct dial that is no extension has a number
		digits := s.Plan.TypedExtension(text)
		return internalEnd(pbx.Party{Number: digits}, ""), digits, nil
	case ours && (class == lookup.ClassNone || class == lookup.ClassService):
		return internalEnd(pbx.Party{Number: text}, ""), text, nil
	}
	if err := m.rules.dial.allows(s.Plan, class, n); err != nil {
		return farEnd{}, "", err
	}
	dialled, err := s.Plan.Dial(n)
	if err != nil {
		return farEnd{}, "", errInvalidNumber
	}
	party := Party{Number: string(n), Display: n.Display(s.Plan.Country)}
	return farEnd{party: party, kind: lookup.KindPublic, number: n}, dialled, nil
}

// maxTyped is how long a number may be as typed or as a record has it, which
// may hold several.
const maxTyped = 256

// beginDial puts the call into the table before the switch is asked, so that
// an event that overtakes the answer finds it.
func (b *Bridge) beginDial(m *member, d Device, far farEnd, record *RecordRef) (*leg, *view, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.table.dials[d] != nil {
		return nil, nil, errDialing
	}
	if err := b.takeDial(m); err != nil {
		return nil, nil, err
	}
	now := time.Now()
	l := &leg{
		link: d.Link, conn: pbx.ConnectionID{Device: pbx.DeviceID(d.Extension)}, state: Dialing,
		out: true, dialed: true, far: far, started: now, heard: now, chosen: record,
	}
	if record != nil {
		l.setAside().chosenOrg = m.Org
	}
	t := &b.table
	t.live++
	addTo(t.byDevice, d, l, &l.byDevice)
	t.dials[d] = l
	t.index(l)
	l.note(now, StepDialed, "")
	return l, t.addView(l, m), nil
}

// takeDial counts one more call of the agent's. The caller holds mu.
func (b *Bridge) takeDial(m *member) error {
	err := b.dials.take(m.ID, &m.rules.dial, time.Now())
	if err != nil {
		b.stats.DialsRefused.Add(1)
	}
	return err
}

// dialled files the switch's key for the call, or ends it, and shows it.
func (b *Bridge) dialled(ctx context.Context, x *roster, l *leg, conn pbx.ConnectionID, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	t := &b.table
	t.changed = nil // not fold's: its callers may still read it
	if err != nil {
		l.setAside().detail = dialProblem(err).Message
		t.ends(l, time.Now(), EndFailed)
	} else if l.conn.Call == "" {
		t.connect(l, conn)
	}
	b.lookUp(ctx, x, []*leg{l})
	b.publish(x, l, time.Time{})
}

func dialProblem(err error) RequestError {
	switch {
	case errors.Is(err, pbx.ErrLinkDown):
		return errLinkDown
	case errors.Is(err, pbx.ErrNotSupported):
		return errCannotDial
	case errors.Is(err, pbx.ErrUnknownDevice):
		return errNoDevice
	case errors.Is(err, pbx.ErrDialling):
		return errDialled
	}
	return RequestError{"failed", "The telephone system did not take the call.", "Try again, or dial on your telephone."}
}
