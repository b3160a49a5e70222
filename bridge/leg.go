package bridge

import (
	"slices"
	"time"

	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/pbx"
)

// leg is one device's part in a call, as the switch tells it. Ten thousand and more
// are held, so what few have stands aside. Its 760 bytes are all that fits into what
// the allocator gives for them; the next size is 896.
type leg struct {
	link     string
	conn     pbx.ConnectionID
	state    State
	far      farEnd
	started  time.Time
	answered time.Time
	ended    time.Time
	heard    time.Time // last event
	reason   EndReason
	group    string // the hunt group or queue it came through
	ring     CallID // the same for all legs that were rung together
	views    []*view
	steps    []Step
	chosen   *RecordRef // carried over by a transfer; as the views'
	noted    *Note
	side     *aside    // see aside and setAside
	actions  actionSet // as shown last
	stepped  uint16    // steps so far, those of its agents as well

	out       bool // placed from the device
	dialed    bool // placed through us
	declining bool // an agent asked here that it be declined
	gaveUp    bool // the switch says that the caller did, while it rang
	gone      bool // the switch ended it; nothing more will come
	secret    bool // erased: nothing of it is written any more
	hidden    bool // and its agents are not shown it

	// Most legs have one agent and few steps: these are allocated with the leg.
	firstView  view
	firstViews [1]*view
	firstSteps [3]Step
	byDevice   [1]*leg // room in the table's maps: see addTo
	byNumber   [1]*leg
}

// aside is what few legs have.
type aside struct {
	detail              string
	by, to              string // extensions between which the call was transferred
	taker               string // extension of the colleague who answered it
	chosenOrg, notedOrg string
	heir                *leg // the colleague's, to whom the call was transferred
	// revealed: the switch took back the far end it named first.
	revealed time.Time
	skipped  []AgentID // agents who see the call through another ringing device
}

// aside is a copy, empty where the leg has nothing of it.
func (l *leg) aside() (a aside) {
	if l.side != nil {
		a = *l.side
	}
	return a
}

// setAside is for changing it.
func (l *leg) setAside() *aside {
	if l.side == nil {
		l.side = &aside{}
	}
	return l.side
}

func (l *leg) key() legKey { return legKey{l.link, l.conn} }

func (l *leg) device() Device { return Device{l.link, string(l.conn.Device)} }

func (l *leg) numberKey() numberKey { return numberKey{l.link, l.far.number} }

// up reports a conversation, held or not.
func (l *leg) up() bool { return l.state == Connected || l.state == Held }

// seen reports whether any agent was shown the leg.
func (l *leg) seen() bool {
	return slices.ContainsFunc(l.views, func(v *view) bool { return v.shown })
}

// end ends the leg; an earlier end stays.
func (l *leg) end(at time.Time, why EndReason) bool {
	if l.state == Ended {
		return false
	}
	l.state, l.ended, l.reason = Ended, at, why
	return true
}

// view is a leg as one agent sees it. What the agent is shown is made of the two
// each time (Call), not kept: it would be as large as both.
type view struct {
	id     CallID
	agent  AgentID
	org    string // the agent's, when the view was made: nothing crosses to another
	leg    *leg
	chosen *RecordRef // the zero one: none, as the agent said
	// found is what the directory said, once it has answered.
	found []lookup.Match
	read  lookup.Number // the reading of the far end's number that found speaks of
	steps []Step        // what was decided for the agent

	revision uint32 // of what was shown last
	shown    bool
	// erased: the agent was told that it is over and sees no more of it.
	erased bool
	// opened: the record of the present far end was opened, or need not be.
	opened bool
	// asked is set as soon as the directory was asked about the present far end.
	asked    bool
	answered bool
	dirty    bool // waits to be written
	dropped  bool // the agent has gone
	closed   bool // the journal was given its end
	logged   bool // the journal was given an activity

	firstSteps [4]Step
	byAgent    [1]*view // as a leg's
}

type legKey struct {
	link string
	conn pbx.ConnectionID
}

// numberKey gathers the legs that one outside number has on a link: a ring
// group, or the two ends of a transfer.
type numberKey struct {
	link   string
	number lookup.Number
}

// lateFind is one question to the directory for one leg.
type lateFind struct {
	leg    *leg
	scope  lookup.Scope
	number lookup.Number
	// readings are what number may be, if there are several, read the one that
	// found speaks of.
	readings []lookup.Number
	read     lookup.Number
	agents   []AgentID // those who see the leg through this scope
	found    []lookup.Match
	err      error
}
