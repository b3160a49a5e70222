package pbxtest

import (
	"crypto/rand"
	"fmt"
	"slices"
	"time"
)

// extension is a phone and who watches it.
type extension struct {
	number, name string
	phone        Phone
	legs         []*leg // live ones, oldest first
	subs         []*subscription
	referral     *referral // it was asked to dial and asks its owner
	csta         *cstaDesk // it speaks CSTA; nil if it does not
}

// legState is the state of a dialog as the phone's owner would put it.
type legState uint8

const (
	legRinging legState = iota + 1
	legTalking
	legHeld
	legEnded
)

// leg is the dialog between the switch and one phone: what a document shows.
type leg struct {
	id        string // the channel's UUID, FreeSWITCH's dialog id
	ext       *extension
	call      *call
	initiator bool // the phone dialled
	state     legState
	remote    Caller
	// Of the SIP dialog with the phone; FreeSWITCH shows them only in the
	// first document of a subscription.
	callID, localTag, remoteTag string
	mirrored                    *mirroredLeg // nil: nothing was
	cstaCall                    string       // the telephone's own name for it
	cstaTold                    string       // what it last told of it
}

// call is one conversation, or an attempt at one.
type call struct {
	handle CallHandle
	legs   []*leg
	caller Caller // who calls; for a call that a phone dialled, that phone
	// referredBy is the extension that handed the call on.
	referredBy string
	dialed     string // what was dialled, for a call placed by a phone
	// connected: the far end of a dialled call has answered.
	connected bool
	// inbound is the bridge's INVITE, while this is the leg that it rings.
	inbound *inbound
	// referral is what hears how a call fares that a telephone was asked to dial.
	referral *sipDialog
	// transferAfter ≥ 0: complete the consultation so long after the answer.
	transferAfter time.Duration
}

// timer is something to do later, under mu.
type timer struct {
	at time.Time
	do func()
}

// newCall registers a call. The caller holds mu.
func (s *SIPSwitch) newCall(from Caller) *call {
	s.serial++
	c := &call{handle: CallHandle(fmt.Sprintf("call-%d", s.serial)), caller: from, transferAfter: -1}
	s.calls[c.handle] = c
	return c
}

// addLeg gives the call a dialog with a phone and tells its watchers.
func (s *SIPSwitch) addLeg(c *call, e *extension, state legState, initiator bool, far Caller) *leg {
	l := &leg{
		id: newUUID(), ext: e, call: c, state: state, initiator: initiator, remote: far,
		callID: newUUID(), localTag: randomHex(6), remoteTag: randomHex(6),
	}
	if e.csta != nil {
		l.id = "d" + randomHex(8) // no UUID: this is no FreeSWITCH
	}
	c.legs = append(c.legs, l)
	e.legs = append(e.legs, l)
	s.publish(l)
	return l
}

// set changes a leg's state and tells its watchers.
func (s *SIPSwitch) set(l *leg, state legState) {
	ghost := state == legEnded && l.state == legHeld && s.strikes(FaultGhost)
	l.state = state
	if state == legEnded {
		l.ext.legs = slices.DeleteFunc(l.ext.legs, func(x *leg) bool { return x == l })
		l.call.legs = slices.DeleteFunc(l.call.legs, func(x *leg) bool { return x == l })
	}
	s.mirror.follow(l)
	if ghost {
		last := *l
		last.state = legTalking
		l = &last
	}
	s.publish(l)
}

// endCall ends every leg, and the bridge's INVITE if it is part of the call.
func (s *SIPSwitch) endCall(c *call) {
	for _, l := range slices.Clone(c.legs) {
		s.set(l, legEnded)
	}
	if c.inbound != nil {
		s.endInbound(c.inbound, 486)
		c.inbound = nil
	}
	s.report(c, 487)
	delete(s.calls, c.handle)
	s.noteChange()
}

// publish sends the changed dialog, and nothing else, to the phone's watchers.
func (s *SIPSwitch) publish(l *leg) {
	s.mirror.follow(l)
	for _, sub := range l.ext.subs {
		s.notifyLeg(sub, l)
	}
	s.tellCSTA(l)
	s.noteChange()
}

// legAt finds the call's leg at a phone, or, without a handle, the phone's
// oldest leg in the first of the states that any is in.
func (e *extension) legAt(h CallHandle, states ...legState) *leg {
	for _, state := range states {
		for _, l := range e.legs {
			if l.state == state && (h == "" || l.call.handle == h) {
				return l
			}
		}
	}
	return nil
}

// after runs do under mu when d has passed. The caller holds mu.
func (s *SIPSwitch) after(d time.Duration, do func()) {
	s.timers = append(s.timers, timer{time.Now().Add(d), do})
}

// tick runs timers and ends subscriptions that nobody refreshed.
func (s *SIPSwitch) tick() {
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	for {
		select {
		case <-s.stop:
			return
		case now := <-ticker.C:
			s.mu.Lock()
			s.fire(now)
			s.expire(now)
			s.mu.Unlock()
		}
	}
}

func (s *SIPSwitch) fire(now time.Time) {
	var due []timer
	s.timers = slices.DeleteFunc(s.timers, func(t timer) bool {
		if now.Before(t.at) {
			return false
		}
		due = append(due, t)
		return true
	})
	for _, t := range due {
		t.do()
	}
}

// newUUID is a random UUID (RFC 9562 version 4).
func newUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
