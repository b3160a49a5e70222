package sip

import (
	"slices"
	"strings"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/sip/dialoginfo"
)

// call is one live dialog of a device.
type call struct {
	id        string     // dialog id
	key       pbx.CallID // what events carry
	state     pbx.ConnectionState
	direction pbx.Direction
	party     pbx.Party
	hidden    string // the number of a caller who withholds it, shown all the same
	pickup    string // device whose call was picked up, from a `**` code
	at        order  // of the last document about it
	touched   time.Time
	missing   time.Time // since when the documents do not hold it; only where forward
	own       bool      // the far end is ourselves: the leg with which we ring an agent
	shown     string    // the number that the switch shows for our own leg
	dial      *dialing
	rang      time.Time
	phoneCall string // the telephone's own name for it, where CSTA controls that
	heldThere bool   // … and it says that it holds the call, which documents may not know
}

// maxCalls bounds the calls of a device, maxGone the memory for ended ones.
const (
	maxCalls = 64
	maxGone  = 16
)

// tracker turns the documents of one device into events. It is not safe for
// concurrent use; the link's lock guards it.
type tracker struct {
	link      string
	device    pbx.DeviceID
	extension string // user part of the device's address
	own       string // our own user, which is never a caller
	entity    entity // the device's address in the present document
	configured,
	profile profile // whose habits are followed
	shape   profile // whose habits the documents show
	calls   []*call
	gone    [maxGone]gone
	goneAt  int
	serial  int    // of calls whose dialogs have no key of their own
	birth   string // tells their keys from those of trackers before, of this link and others
	last    order
	stale   bool // the document at hand was overtaken
	gaps    gaps
	fresh   bool            // the next document is the first of its subscription
	resumed bool            // … which goes on from an earlier connection: see resume
	dial    *dialing        // the call that we place for this device
	parted  [maxGone]string // the telephone's names for calls that are over, newest first
	control string          // Call-ID of the dialog that controls the telephone, which is no call
	now     time.Time
	out     []pbx.Event
}

func newTracker(link string, device pbx.DeviceID, own string, p profile) *tracker {
	return &tracker{link: link, device: device, extension: string(device), own: own, configured: p, profile: p, fresh: true}
}

// renew is called when a new subscription begins: its documents are counted
// anew, and the first is a snapshot.
func (t *tracker) renew() {
	t.fresh, t.resumed, t.last, t.gaps = true, false, order{}, gaps{}
	if !t.forward() {
		t.gone = [maxGone]gone{}
	}
	for _, c := range t.calls {
		c.at = order{}
	}
}

// apply takes one document and returns what happened, in a slice that is valid
// until the next call. hint is the profile guessed from the switch's name.
func (t *tracker) apply(doc *dialoginfo.Document, cseq uint32, hint profile, now time.Time) []pbx.Event {
	t.out, t.now, t.stale = t.out[:0], now, false
	t.entity.is(doc.Entity)
	if t.control != "" {
		doc.Dialogs = slices.DeleteFunc(doc.Dialogs, func(d dialoginfo.Dialog) bool { return d.CallID == t.control || d.ID == t.control })
	}
	t.guess(doc, hint)
	if t.forward() {
		mergeTwins(doc)
	}
	at := order{version: doc.Version, hasVersion: doc.HasVersion, cseq: cseq, set: true}
	if !t.fresh && at.restarted(t.last) {
		t.renew()
	}
	t.count(doc)
	if t.fresh && t.isSnapshot(doc) {
		t.snapshot(doc, at)
		return t.out
	}
	stale := at.before(t.last)
	t.stale = stale
	full := t.isFull(doc)
	for i := range doc.Dialogs {
		d := &doc.Dialogs[i]
		if t.profile == profileAsterisk {
			t.extensionState(d, at, stale)
		} else {
			t.dialogState(d, at, stale)
		}
	}
	if !stale {
		if full {
			t.endMissing(doc)
		}
		t.last = at
	}
	return t.out
}

// guess notes whose habits the documents show, and settles the profile where none
// is configured.
func (t *tracker) guess(doc *dialoginfo.Document, hint profile) {
	if t.configured != profileUnknown && t.shape != profileUnknown {
		return
	}
	p := profileByShape(doc, t.extension)
	if p != profileUnknown {
		t.shape = p
	}
	switch {
	case t.configured != profileUnknown:
	case p != profileUnknown:
		t.profile = p
	case t.profile == profileUnknown:
		t.profile = hint
	}
}

// isSnapshot tells whether the document holds all dialogs of the device: the
// first one of a subscription does, but on FreeSWITCH a later one may overtake
// it, and that holds only what changed.
func (t *tracker) isSnapshot(doc *dialoginfo.Document) bool {
	if t.resumed {
		return t.answersRefresh(doc)
	}
	return t.profile != profileFreeSWITCH || !doc.HasVersion || doc.Version == 0
}

// isFull tells whether calls that the document does not hold have ended.
// Documents of FreeSWITCH say state="full" and hold the one dialog that
// changed; only those that answer a SUBSCRIBE hold all, and these show the
// Call-ID of each.
func (t *tracker) isFull(doc *dialoginfo.Document) bool {
	switch {
	case !doc.Full || doc.Truncated || t.profile == profileAsterisk:
		return false
	case t.profile == profileFreeSWITCH:
		return len(doc.Dialogs) > 0 && doc.Dialogs[0].CallID != ""
	}
	return true
}

// dialogState takes a dialog that has an identity of its own.
func (t *tracker) dialogState(d *dialoginfo.Dialog, at order, stale bool) {
	c := t.find(d.ID)
	if c == nil {
		// A terminated dialog that we do not know is a leftover (Kamailio
		// repeats them for 10 s). A full document that comes late tells of
		// nothing that the newer ones do not.
		partial := t.profile == profileFreeSWITCH
		if d.State == dialoginfo.StateTerminated || t.ended(d.ID, at) || stale && !partial || len(t.calls) >= maxCalls {
			if d.State == dialoginfo.StateTerminated && t.recall(d.ID) == nil {
				t.bury(strings.Clone(d.ID), at)
			}
			return
		}
		c = t.add(d)
	}
	if at.before(c.at) {
		t.identify(c, d)
		return
	}
	c.at = at
	t.move(c, d)
}

// ghostAge is how long a call may go unmentioned on FreeSWITCH before it is
// doubted.
const ghostAge = 2 * time.Minute

// doubtful tells whether a call may be a ghost: FreeSWITCH never ends the
// dialog of a consultation that became a transfer, nor that of a caller who
// gave up while on hold. Only a new subscription tells what really lives.
func (t *tracker) doubtful(now time.Time) bool {
	if t.profile != profileFreeSWITCH {
		return false
	}
	for _, c := range t.calls {
		if now.Sub(c.touched) > ghostAge {
			return true
		}
	}
	return false
}

// identify lets an old document add what the newer ones left out: who it is.
func (t *tracker) identify(c *call, d *dialoginfo.Dialog) {
	p := t.remote(d)
	if !p.Known() || p.own || c.party.Known() || c.own {
		return
	}
	c.who(p.Party)
	if c.direction == pbx.DirectionUnknown {
		c.direction = directionOf(d)
	}
	t.tell(c)
}

// tell repeats the event of a call's present state, for what is new about it.
func (t *tracker) tell(c *call) {
	switch c.state {
	case pbx.StateAlerting:
		t.emit(c, pbx.EventDelivered, pbx.CauseNone)
	case pbx.StateInitiated:
		t.emit(c, pbx.EventOriginated, pbx.CauseNone)
	case pbx.StateConnected:
		t.emit(c, pbx.EventEstablished, pbx.CauseNone)
	default: // a held call is told of again when it is retrieved
	}
}

// move takes a call to the state of a dialog of the present document.
func (t *tracker) move(c *call, d *dialoginfo.Dialog) {
	c.touched = t.now
	changed, added := t.meet(c, d)
	if changed && d.State != dialoginfo.StateTerminated && c.state != pbx.StateNull {
		t.emit(c, pbx.EventTransferred, pbx.CauseTransfer)
	}
	before := c.state
	switch d.State {
	case dialoginfo.StateTerminated:
		t.end(c, cause(d), c.at)
		return
	case dialoginfo.StateTrying, dialoginfo.StateProceeding:
		t.trying(c)
	case dialoginfo.StateEarly:
		t.early(c)
	default:
		if t.profile == profileFreeSWITCH && d.CallID != "" && c.state == pbx.StateInitiated {
			break // the answer to a refresh says nothing new about a call being dialled
		}
		t.confirmed(c, d.Rendering == dialoginfo.RenderingNo)
	}
	if added && !changed && c.state == before {
		t.tell(c)
	}
}

// trying: an outgoing call begins. An incoming one does not ring yet, and may
// never do so if the phone is gone.
func (t *tracker) trying(c *call) {
	if c.state == pbx.StateNull && c.direction == pbx.DirectionOutbound {
		t.enter(c, pbx.StateInitiated, pbx.EventOriginated)
	}
}

// early: ringing; after confirmed it is FreeSWITCH's word for hold.
func (t *tracker) early(c *call) {
	switch {
	case c.state == pbx.StateConnected && t.forward(): // published late
	case c.state == pbx.StateConnected:
		t.enter(c, pbx.StateHeld, pbx.EventHeld)
	case c.state == pbx.StateNull && c.direction == pbx.DirectionOutbound:
		t.enter(c, pbx.StateInitiated, pbx.EventOriginated)
	case c.state == pbx.StateNull:
		t.enter(c, pbx.StateAlerting, pbx.EventDelivered)
	}
}

// confirmed: talking. FreeSWITCH says so of an outgoing call when it begins, and
// again when it is answered.
func (t *tracker) confirmed(c *call, silent bool) {
	dialled := c.direction == pbx.DirectionOutbound && t.profile == profileFreeSWITCH
	switch {
	case c.state == pbx.StateNull && dialled:
		t.enter(c, pbx.StateInitiated, pbx.EventOriginated)
	case c.state == pbx.StateNull, c.state == pbx.StateInitiated, c.state == pbx.StateAlerting:
		t.enter(c, pbx.StateConnected, pbx.EventEstablished)
		if silent {
			t.enter(c, pbx.StateHeld, pbx.EventHeld)
		}
	case c.state == pbx.StateHeld && !silent && !c.heldThere:
		t.enter(c, pbx.StateConnected, pbx.EventRetrieved)
	case c.state == pbx.StateConnected && silent:
		t.enter(c, pbx.StateHeld, pbx.EventHeld)
	}
}

// enter sets a call's state and tells of it.
func (t *tracker) enter(c *call, state pbx.ConnectionState, kind pbx.EventKind) {
	c.state = state
	if state == pbx.StateAlerting {
		c.rang = t.now
	}
	why := pbx.CauseNone
	if c.pickup != "" && (kind == pbx.EventOriginated || kind == pbx.EventEstablished) {
		why = pbx.CausePickup
	}
	t.emit(c, kind, why)
}

// end takes a call off the list.
func (t *tracker) end(c *call, why pbx.Cause, at order) {
	for i, x := range t.calls {
		if x == c {
			t.calls = append(t.calls[:i], t.calls[i+1:]...)
			break
		}
	}
	t.bury(c.id, at)
	t.part(c.phoneCall)
	if c.dial != nil {
		t.legEnded(c, why)
		return
	}
	if c.state == pbx.StateNull || c.own {
		return // nobody was told of it
	}
	c.state = pbx.StateNull
	t.emit(c, pbx.EventConnectionCleared, why)
}

// missingGrace is how long a call may be missing on Kamailio: it says terminated
// where a call ends, and may leave a live one out of a single document.
const missingGrace = 2 * time.Second

// endMissing ends the calls that a full document no longer holds.
func (t *tracker) endMissing(doc *dialoginfo.Document) {
	for i := len(t.calls) - 1; i >= 0; i-- {
		c := t.calls[i]
		switch {
		case contains(doc, c.id):
			c.missing = time.Time{}
		case t.forward() && c.missing.IsZero():
			c.missing = t.now
		case t.forward() && t.now.Sub(c.missing) < missingGrace:
		default:
			t.end(c, pbx.CauseNone, c.at)
		}
	}
}

func contains(doc *dialoginfo.Document, id string) bool {
	for i := range doc.Dialogs {
		if doc.Dialogs[i].ID == id {
			return true
		}
	}
	return false
}

// add begins a call. Its key is the Call-ID where the switch gives it in every
// document, so that the members of a Kamailio ring group share it; FreeSWITCH
// gives it in the first document only, and what chan_sip gives is the
// subscription's, behind "pickup-".
func (t *tracker) add(d *dialoginfo.Dialog) *call {
	c := &call{id: strings.Clone(d.ID), direction: directionOf(d)}
	c.key = pbx.CallID(c.id)
	if d.CallID != "" && t.profile != profileFreeSWITCH && !strings.HasPrefix(d.CallID, "pickup-") {
		c.key = pbx.CallID(strings.Clone(d.CallID))
	}
	for _, other := range t.calls {
		if other.key == c.key {
			c.key += pbx.CallID("#" + c.id)
			break
		}
	}
	t.calls = append(t.calls, c)
	return c
}

func (t *tracker) find(id string) *call {
	for _, c := range t.calls {
		if c.id == id {
			return c
		}
	}
	return nil
}

func directionOf(d *dialoginfo.Dialog) pbx.Direction {
	switch {
	case d.Direction == dialoginfo.DirectionInitiator:
		return pbx.DirectionOutbound
	case d.Direction == dialoginfo.DirectionRecipient:
		return pbx.DirectionInbound
	case d.State == dialoginfo.StateEarly:
		return pbx.DirectionInbound // what rings is incoming
	}
	return pbx.DirectionUnknown
}

// cause reads why a dialog ended (RFC 4235 §4.1.2). Few switches say it.
func cause(d *dialoginfo.Dialog) pbx.Cause {
	switch {
	case d.Code == 486 || d.Code == 600:
		return pbx.CauseBusy
	case strings.EqualFold(d.Event, "rejected"):
		return pbx.CauseRejected
	case strings.EqualFold(d.Event, "cancelled"):
		return pbx.CauseCancelled
	case strings.EqualFold(d.Event, "timeout"):
		return pbx.CauseNoAnswer
	case strings.EqualFold(d.Event, "replaced"):
		return pbx.CauseTransfer
	}
	return pbx.CauseNone
}

// emit appends an event about a call, unless it is a leg that nobody is told of.
func (t *tracker) emit(c *call, kind pbx.EventKind, why pbx.Cause) {
	if c.dial != nil && !t.dialEvent(c, kind) || c.dial == nil && c.own {
		return
	}
	e := pbx.Event{
		Link: t.link, Kind: kind, Connection: pbx.ConnectionID{Call: c.key, Device: t.device},
		State: c.state, Direction: c.direction, Cause: why, Time: t.now,
	}
	if c.direction == pbx.DirectionOutbound {
		e.Called = c.party
	} else {
		e.Calling = c.party
	}
	if c.pickup != "" {
		e.LastRedirection = pbx.Party{Number: c.pickup}
	}
	t.out = append(t.out, e)
}
