package sip

import "github.com/ctibridge/ctibridge/pbx"

// mirror is the cure for most of it.
const mirror = "let the PBX send a copy of its SIP messages to the bridge, as a link of type hep beside this one."

// limitsOf is what each kind of switch cannot tell over dialog events, and what
// helps. pbx/sip/beside leaves out what a mirror tells while one runs.
func limitsOf(p profile) []pbx.Limit {
	var own []pbx.Limit
	switch p {
	case profileAsterisk:
		own = []pbx.Limit{
			{
				Text:     "Asterisk does not tell the number of a call that was dialled on the telephone.",
				Cure:     "Dial from the panel, or " + mirror,
				Mirrored: true,
			},
			{
				Text:     "Asterisk names a caller only while the telephone rings, and not when the call was answered.",
				Cure:     "Nothing needs to be done: the bridge remembers who rang. To be certain, " + mirror,
				Mirrored: true,
			},
			{
				Text: "Of calls that were answered before the bridge connected Asterisk does not name the caller.",
				Cure: "Nothing needs to be done: the next call is told of again.",
			},
			{
				Text:     "Asterisk tells of a second call only where it is set so, and never whether that call was answered or given up.",
				Cure:     "Set notify_early_inuse_ringing=yes on the bridge's endpoint in pjsip.conf. What is not certain is marked as probable.",
				Mirrored: true,
			},
			{
				Text: "Asterisk does not tell that an agent holds a call.",
				Cure: "Nothing can be done: the call shows as connected. A mirror does not tell it either.",
			},
			limitTransfers(),
		}
	case profileFreeSWITCH:
		own = []pbx.Limit{
			{
				Text:     "FreeSWITCH shows the numbers of callers who withheld them, and nothing in its events says that they did.",
				Cure:     "Set presence-privacy on the sofia profile, or Presence-Privacy in the dialplan, for withheld callers. Or " + mirror,
				Mirrored: true,
			},
			{
				Text:     "FreeSWITCH does not tell that some calls have ended: a consultation that became a transfer, a caller who gives up while on hold.",
				Cure:     "Nothing needs to be done: the bridge asks again about calls that were silent for two minutes.",
				Mirrored: true,
			},
			limitTransfers(),
		}
	case profileKamailio:
		own = []pbx.Limit{
			{
				Text:     "Kamailio names callers by the From header field only, without a name and without P-Asserted-Identity.",
				Cure:     "Let the trunk put the caller's number into From.",
				Mirrored: true,
			},
			{
				Text:     "How a transfer shows depends on the telephones, because Kamailio hands it from one to the other. Nobody has verified it.",
				Cure:     "Try a transfer with your telephones. To be certain, " + mirror,
				Mirrored: true,
			},
		}
	case profileGeneric:
		own = []pbx.Limit{{
			Text:     "What this PBX tells of outgoing calls, second calls, transfers and withheld numbers is not known.",
			Cure:     "Try each with a test call. If the PBX is Asterisk, FreeSWITCH or Kamailio, set the link's profile so.",
			Mirrored: true,
		}}
	default:
		return nil // not known yet
	}
	return append(own, pbx.Limit{
		Text:     "The PBX does not tell which of your numbers a caller dialled.",
		Cure:     "If you need it, " + mirror,
		Mirrored: true,
	})
}

// limitTransfers is of switches that name the colleague after a transfer.
func limitTransfers() pbx.Limit {
	return pbx.Limit{
		Text:     "After a transfer with consultation or a pick-up the PBX does not name the caller. The bridge infers who it is and marks that as probable; after an outgoing call it shows only who transferred it.",
		Cure:     "Give the bridge all extensions that hand calls on. To be certain, " + mirror,
		Mirrored: true,
	}
}
