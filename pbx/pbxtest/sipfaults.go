package pbxtest

// Fault is a way for a SIPSwitch to misbehave.
type Fault uint8

// The faults. Those about a NOTIFY strike dialog NOTIFYs only; two are what
// FreeSWITCH itself does wrong.
const (
	// FaultDuplicateNotify sends a NOTIFY twice, the same bytes.
	FaultDuplicateNotify Fault = iota + 1
	// FaultDropNotify never sends it, though its version is used up.
	FaultDropNotify
	// FaultLateNotify loses the first copy: over UDP only the repetition
	// arrives, half a second later; over TCP nothing does.
	FaultLateNotify
	// FaultReorderNotify sends it right after the subscription's next one.
	FaultReorderNotify
	// FaultMalformedBody cuts the document off in the middle.
	FaultMalformedBody
	// FaultNotifyFirst sends the first NOTIFY before the answer to SUBSCRIBE,
	// as RFC 6665 §4.1.2.4 allows.
	FaultNotifyFirst
	// FaultTooBrief answers a SUBSCRIBE with 423 and a Min-Expires of ten
	// times what was asked for.
	FaultTooBrief
	// FaultGhost announces the end of a call that a phone has on hold as
	// confirmed, and never as terminated: FreeSWITCH does when the caller
	// gives up. Only a fresh subscription shows that it is gone.
	FaultGhost
	// FaultSilentTransfer completes a consultation as FreeSWITCH does where it
	// does not know the phone: the other phone's dialog keeps the colleague's
	// identity, and the colleague's goes back to early and never ends.
	FaultSilentTransfer
	// FaultLateControl loses the answer to a request of CSTA: over UDP only that to
	// the repetition arrives.
	FaultLateControl
	// FaultLateInfo loses the first copy of an event of CSTA.
	FaultLateInfo
	// FaultDuplicateInfo sends it twice.
	FaultDuplicateInfo
	// FaultGone answers a refresh with 481 and forgets the subscription.
	FaultGone
)

// Inject lets the next n occasions go wrong; 0 ends it, -1 is for ever.
func (s *SIPSwitch) Inject(f Fault, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults[f] = n
}

// strikes reports whether the fault happens now. The caller holds mu.
func (s *SIPSwitch) strikes(f Fault) bool {
	n := s.faults[f]
	if n > 0 {
		s.faults[f] = n - 1
	}
	return n != 0
}
