package ecma323

import "github.com/ctibridge/ctibridge/pbx"

// Cause is why an event happened (ECMA-269 §12.2.5), in the schema's word;
// values that it does not have are kept.
type Cause string

// Causes that the link or the simulated switch use.
const (
	CauseAlternate            Cause = "alternate"
	CauseBusy                 Cause = "busy"
	CauseCallCancelled        Cause = "callCancelled"
	CauseCallForwardNoAnswer  Cause = "callForwardNoAnswer"
	CauseCallNotAnswered      Cause = "callNotAnswered"
	CauseCallPickup           Cause = "callPickup"
	CauseConference           Cause = "conference"
	CauseConsultation         Cause = "consultation"
	CauseDestNotObtainable    Cause = "destNotObtainable"
	CauseDistributed          Cause = "distributed"
	CauseEnteringDistribution Cause = "enteringDistribution"
	CauseMakeCall             Cause = "makeCall"
	CauseMultipleAlerting     Cause = "multipleAlerting"
	CauseNewCall              Cause = "newCall"
	CauseNoAvailableAgents    Cause = "noAvailableAgents"
	CauseNormal               Cause = "normal"
	CauseNormalClearing       Cause = "normalClearing"
	CauseRedirected           Cause = "redirected"
	CauseSingleStepTransfer   Cause = "singleStepTransfer"
	CauseTransfer             Cause = "transfer"
)

// PBX is the cause in the words of pbx; CauseNone for what changes nothing and
// for values that nobody knows.
func (c Cause) PBX() pbx.Cause {
	switch c {
	case CauseBusy, "callForwardBusy", "recallBusy", "selectedTrunkBusy":
		return pbx.CauseBusy
	case CauseCallNotAnswered, "recallNoAnswer":
		return pbx.CauseNoAnswer
	case CauseCallCancelled:
		return pbx.CauseCancelled
	case CauseCallPickup:
		return pbx.CausePickup
	case CauseMultipleAlerting:
		return pbx.CauseAnsweredElsewhere
	case CauseTransfer, CauseSingleStepTransfer:
		return pbx.CauseTransfer
	case CauseRedirected, CauseDistributed, "callForward", "callForwardImmediate", CauseCallForwardNoAnswer, "overflow", "distributionDelay":
		return pbx.CauseRedirected
	case "doNotDisturb", "callRejected", "incomingCallRejected", "rejected":
		return pbx.CauseRejected
	case "blocked", "privilegeViolation", "unauthorisedBearerService", "callBarred":
		return pbx.CauseNotAllowed
	case "numberUnallocated", "invalidNumberFormat", "numberChanged", "incompatibleDestination":
		return pbx.CauseUnallocatedNumber
	case CauseDestNotObtainable, "destOutOfOrder", "networkCongestion", "networkNotObtainable", "networkOutOfOrder",
		"trunksBusy", "resourcesNotAvailable", "reorderTone", "outOfService":
		return pbx.CauseUnreachable
	default:
		return pbx.CauseNone
	}
}

// LocalConnectionInfo is a connection's state (ECMA-269 §12.2.16) in the
// schema's word.
type LocalConnectionInfo string

// The states.
const (
	LocalNull      LocalConnectionInfo = "null"
	LocalInitiated LocalConnectionInfo = "initiated"
	LocalAlerting  LocalConnectionInfo = "alerting"
	LocalConnected LocalConnectionInfo = "connected"
	LocalHold      LocalConnectionInfo = "hold"
	LocalQueued    LocalConnectionInfo = "queued"
	LocalFail      LocalConnectionInfo = "fail"
)

// State is the state in the words of pbx; it is false if the switch did not say
// or said something else.
func (l LocalConnectionInfo) State() (pbx.ConnectionState, bool) {
	switch l {
	case LocalNull:
		return pbx.StateNull, true
	case LocalInitiated:
		return pbx.StateInitiated, true
	case LocalAlerting:
		return pbx.StateAlerting, true
	case LocalConnected:
		return pbx.StateConnected, true
	case LocalHold:
		return pbx.StateHeld, true
	case LocalQueued:
		return pbx.StateQueued, true
	case LocalFail:
		return pbx.StateFailed, true
	}
	return pbx.StateNull, false
}
