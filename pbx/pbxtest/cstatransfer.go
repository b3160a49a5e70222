package pbxtest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ctibridge/ctibridge/pbx/csta/ecma323"
)

// Consult makes one phone call another number, putting its present call on
// hold. The handle is the new call's.
func (s *CSTASwitch) Consult(from, to string) CallHandle {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.exts[from]
	if e == nil {
		return ""
	}
	active := e.leg("", ecma323.LocalConnected)
	if active == nil {
		return ""
	}
	l := s.consult(active, to)
	s.startConsult(active, l)
	return l.call.handle
}

// consult makes the second call; startConsult holds the first and dials.
func (s *CSTASwitch) consult(active *cstaLeg, to string) *cstaLeg {
	l := s.newDial(active.ext, to)
	l.call.consults = active
	if s.opts.Dialect == CSTAAvaya {
		l.call.original = active.call.calling
	}
	return l
}

func (s *CSTASwitch) startConsult(active, l *cstaLeg) {
	s.setHold(active, true, ecma323.CauseConsultation)
	s.prompt(l, ecma323.CauseConsultation)
	s.dialOut(l)
}

// CompleteTransfer connects the call that the consulting phone has on hold with
// the one it consulted, ringing or talking. The caller goes on under the
// consultation's handle.
func (s *CSTASwitch) CompleteTransfer(consultation CallHandle) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.calls[consultation]
	if c == nil {
		return ErrNoSuchCall
	}
	return s.completeTransfer(c)
}

func (s *CSTASwitch) completeTransfer(c *cstaCall) error {
	if c.consults == nil {
		return ErrNoSuchCall
	}
	for _, l := range c.legs {
		if l.ext == c.consults.ext {
			return s.join(c.consults, l)
		}
	}
	return ErrNoSuchCall
}

// join makes one call of the two of one phone, and takes the phone out.
func (s *CSTASwitch) join(held, active *cstaLeg) error {
	first, second := held.call, active.call
	if first == second || held.state != ecma323.LocalHold {
		return fmt.Errorf("nothing on hold to transfer: %w", ErrNoSuchCall)
	}
	event := ecma323.TransferedEvent{
		PrimaryOldCall: held.id(), SecondaryOldCall: active.id(), TransferringDevice: active.device(),
		OldCallLinkageData: ecma323.CallLinkageData{GlobalCallLinkageID: second.ucid},
		NewCallLinkageData: ecma323.CallLinkageData{GlobalCallLinkageID: first.ucid},
	}
	var stay []*cstaLeg
	for _, l := range append(append([]*cstaLeg(nil), second.legs...), first.legs...) {
		if l == held || l == active {
			continue
		}
		stay = append(stay, l)
		event.TransferredConnections = append(event.TransferredConnections, ecma323.ConnectionListItem{OldConnection: l.id(), Endpoint: l.shown()})
		if l.call == second {
			event.TransferredToDevice = l.device()
		}
	}
	s.merge(first, second, stay)
	for i, l := range stay {
		event.TransferredConnections[i].NewConnection = l.id()
	}
	if s.strikes(CSTANamelessTransfer) {
		event.TransferredConnections = []ecma323.ConnectionListItem{{
			NewConnection: ecma323.ConnectionID{CallID: second.id}, Endpoint: ecma323.ExtendedDeviceID{Presence: ecma323.NotKnown},
		}}
		event.TransferredToDevice = ecma323.ExtendedDeviceID{Presence: ecma323.NotKnown}
	}
	active.state = ecma323.LocalNull
	s.tellLegs(second, append(stay, active), ecma323.CauseTransfer, func(d ecma323.EventData) ecma323.CallEvent {
		told := event
		told.EventData = withoutParties(d)
		return &told
	})
	s.remove(active)
	s.remove(held)
	return nil
}

// shown is the leg as others may see it.
func (l *cstaLeg) shown() ecma323.ExtendedDeviceID {
	if l.ext == nil && l.call.network.Presence != ecma323.Absent {
		return l.call.network
	}
	return l.device()
}

// merge lets the second call go on with the legs that stay, under the callID
// that the switch likes.
func (s *CSTASwitch) merge(first, second *cstaCall, stay []*cstaLeg) {
	switch s.opts.TransferID {
	case CSTANewCallID:
		second.id = s.callID()
	case CSTAKeepPrimary:
		second.id = first.id
	case CSTAKeepSecondary:
	}
	second.calling, second.network, second.ucid = first.calling, first.network, first.ucid
	second.original, second.consults = ecma323.ExtendedDeviceID{}, nil
	for _, l := range stay {
		if l.call == first {
			first.legs = slices.DeleteFunc(first.legs, func(x *cstaLeg) bool { return x == l })
			l.call = second
			second.legs = append(second.legs, l)
		}
	}
}

// Transfer hands a call over without asking: it leaves ext, and to rings with
// the same caller under the same handle.
func (s *CSTASwitch) Transfer(ext string, h CallHandle, to string) error {
	return s.withLeg(ext, h, []ecma323.LocalConnectionInfo{ecma323.LocalConnected, ecma323.LocalHold}, func(l *cstaLeg) error {
		_, err := s.singleStep(l, to)
		return err
	})
}

func (s *CSTASwitch) singleStep(l *cstaLeg, to string) (*cstaLeg, error) {
	target := s.exts[to]
	c, who := l.call, ecma323.ID(to)
	switch {
	case target != nil:
		who = s.deviceOf(target)
	case !strings.HasPrefix(to, "+") && !strings.HasPrefix(to, "0"):
		return nil, ErrNoSuchExtension
	}
	event := ecma323.TransferedEvent{PrimaryOldCall: l.id(), TransferringDevice: l.device()}
	event.TransferredToDevice = ecma323.ExtendedDeviceID{Presence: ecma323.Identified, Device: who}
	var old []ecma323.ConnectionID
	for _, other := range c.legs {
		old = append(old, other.id())
	}
	if s.opts.TransferID == CSTANewCallID {
		c.id = s.callID()
	}
	event.TransferredConnections = []ecma323.ConnectionListItem{{
		NewConnection: ecma323.ConnectionID{CallID: c.id, DeviceID: who}, Endpoint: event.TransferredToDevice,
	}}
	for i, other := range c.legs {
		if other != l {
			event.TransferredConnections = append(event.TransferredConnections, ecma323.ConnectionListItem{
				NewConnection: other.id(), OldConnection: old[i], Endpoint: other.shown(),
			})
		}
	}
	l.state = ecma323.LocalNull
	s.tell(c, ecma323.CauseSingleStepTransfer, func(d ecma323.EventData) ecma323.CallEvent {
		told := event
		told.EventData = withoutParties(d)
		return &told
	})
	c.redirection = l.device()
	s.remove(l)
	if target == nil { // it goes on outside
		return addOutside(c, who, to, ecma323.LocalAlerting), nil
	}
	next := s.addLeg(c, target, ecma323.LocalAlerting)
	s.tellDelivered(next, ecma323.CauseSingleStepTransfer)
	return next, nil
}

// Conference joins the call that the consulting phone has on hold with the one
// it consulted; the phone stays.
func (s *CSTASwitch) Conference(consultation CallHandle) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	second := s.calls[consultation]
	if second == nil || second.consults == nil || second.consults.state != ecma323.LocalHold {
		return ErrNoSuchCall
	}
	held := second.consults
	first := held.call
	event := ecma323.ConferencedEvent{PrimaryOldCall: held.id(), SecondaryOldCall: ecma323.ConnectionID{CallID: second.id, DeviceID: held.who}}
	event.ConferencingDevice = held.device()
	var stay []*cstaLeg
	var old []ecma323.ConnectionID
	for _, l := range append(append([]*cstaLeg(nil), second.legs...), first.legs...) {
		if l == held {
			continue
		}
		if l.call == second && l.ext != held.ext {
			event.AddedParty = l.device()
		}
		stay, old = append(stay, l), append(old, l.id())
	}
	s.merge(first, second, stay)
	for i, l := range stay {
		event.ConferenceConnections = append(event.ConferenceConnections, ecma323.ConnectionListItem{NewConnection: l.id(), OldConnection: old[i], Endpoint: l.shown()})
	}
	s.remove(held)
	s.tell(second, ecma323.CauseConference, func(d ecma323.EventData) ecma323.CallEvent {
		told := event
		told.EventData = withoutParties(d)
		return &told
	})
	return nil
}
