package pbxtest

import "github.com/ctibridge/ctibridge/pbx"

// Peer is a link under test with the switch behind it. Its methods fail the
// test themselves when the switch cannot do what is asked.
type Peer interface {
	// Link is the link, not yet running; the suite runs it once.
	Link() pbx.Link
	// Devices are at least three extensions that exist at the switch and are
	// not watched yet.
	Devices() []pbx.DeviceID
	// Script is the switch.
	Script() Script
}

// Script is what the suite does at the switch.
type Script interface {
	Ring(d pbx.DeviceID, from Caller) CallHandle
	Answer(d pbx.DeviceID, h CallHandle)
	HangUp(d pbx.DeviceID, h CallHandle)
	CallerHangsUp(h CallHandle)
}

// The rest of what a Peer may be able to do. The suite runs a group of tests
// only on a peer that implements its interface.
type (
	// HoldPeer can hold calls, and its link says so.
	HoldPeer interface {
		Hold(d pbx.DeviceID, h CallHandle)
		Retrieve(d pbx.DeviceID, h CallHandle)
	}
	// GroupPeer can ring several devices with one call.
	GroupPeer interface {
		RingGroup(devices []pbx.DeviceID, from Caller) CallHandle
	}
	// TransferPeer can transfer calls.
	TransferPeer interface {
		// Transfer is blind, from a phone that talks.
		Transfer(d pbx.DeviceID, h CallHandle, to pbx.DeviceID)
		// Consult rings to in the name of an extension that has outside on
		// hold; Complete then connects the two.
		Consult(colleague, to pbx.DeviceID, outside Caller) CallHandle
		Complete(h CallHandle)
	}
	// PassivePeer is told nothing of calls that began before its link ran: the
	// suite leaves out what asks for that.
	PassivePeer interface{ Passive() }
	// RestartPeer can lose the connection to the link while calls go on. It
	// comes back by itself after meanwhile.
	RestartPeer interface{ Restart(meanwhile func()) }
	// RefusePeer has devices that cannot be watched.
	RefusePeer interface{ UnknownDevice() pbx.DeviceID }
	// RejectPeer can make a link that the switch turns away, and counts how
	// often that one has tried.
	RejectPeer interface {
		RejectedLink() pbx.Link
		Attempts() uint64
	}
	// LatePeer can make a link to a switch that is not there yet; start lets
	// it appear, with the same devices.
	LatePeer interface {
		Late() (link pbx.Link, start func() Script)
	}
	// ManyPeer can make a link to a switch with n devices.
	ManyPeer interface {
		Many(n int) (link pbx.Link, script Script, devices []pbx.DeviceID)
	}
	// DuplicatePeer can send every message twice.
	DuplicatePeer interface{ Duplicate(on bool) }
	// DialPeer is for links that are a pbx.Dialer.
	DialPeer interface {
		// AnswerDial answers the phone that MakeCall rings, as soon as it
		// rings; Decline declines.
		AnswerDial(d pbx.DeviceID)
		DeclineDial(d pbx.DeviceID)
		// FarEndAnswers and FarEndHangsUp are about the number dialled;
		// FarEndBusy is said before it is.
		FarEndAnswers(number string)
		FarEndHangsUp(number string)
		FarEndBusy(number string)
	}
	// LossPeer can lose the next n messages that tell of calls.
	LossPeer interface{ Lose(n int) }
	// BreakPeer can break the link's connection and has forgotten nothing but
	// that; calls go on.
	BreakPeer interface{ Disconnect() }
	// GarblePeer can cut the next n messages that tell of calls off in the middle.
	GarblePeer interface{ Garble(n int) }
	// HastyPeer can tell of calls before it answers the request to do so.
	HastyPeer interface{ Hasty() }
	// ForgetPeer can stop reporting on a device: it says so, or refuses the next
	// refresh.
	ForgetPeer interface{ Forget(d pbx.DeviceID) }
	// FaultPeer is a SIP switch that can misbehave as only SIP does.
	FaultPeer interface{ Inject(f Fault, n int) }
)
