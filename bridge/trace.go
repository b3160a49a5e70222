package bridge

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"
)

// StepCode is what happened to a call, or what was decided about it. The names
// are what is stored: a code may be added, none may change its name.
type StepCode uint8

// The steps. Those up to StepEnded come from the switch, the others are ours.
const (
	stepNone StepCode = iota
	StepDelivered
	StepOriginated
	StepEstablished
	StepHeld
	StepRetrieved
	StepTransferred
	StepNamed // the switch named the far end, or another one
	StepEnded // Arg is the EndReason

	StepDialed      // by a click
	StepRestored    // the call goes on after a restart of the bridge
	StepPopped      // shown to the agent
	StepMoved       // the pop moved to another device of the agent's, Arg
	StepMatches     // the directory answered, Arg says what
	StepLate        // the directory did not answer in time
	StepFindFailed  // the directory answered with an error
	StepNoNumber    // withheld or unknown: nothing to look up
	StepInternal    // no pop: calls between extensions do not, by the settings
	StepOnAnswer    // no pop yet: it comes with the answer, by the settings
	StepOver        // no pop: the call had ended
	StepAgentGone   // no pop: the agent is gone, disabled or of another org now
	StepNoAgent     // no pop: the device is no agent's
	StepDisabled    // no pop: the device's agent is disabled
	StepNoDesk      // no pop: nobody has chosen the telephone for the day
	StepFull        // no pop: the call table is full
	StepNoParty     // no pop: a connection without far end or direction
	StepOpenOff     // not opened: by the settings
	StepOpenNone    // not opened: nobody has the number
	StepOpenSeveral // not opened: several records
	StepOpenCompany // not opened: the match is a company's line only
	StepOpenMaybe   // not opened: who calls was inferred
	StepOpenTalking // not opened: the agent is in another conversation
	StepTabAsked    // tab Arg was asked to open the record
	StepNoTab       // no tab is open: the record waits for one
	StepTabSilent   // tab Arg did not answer in time
	StepTabClosed   // tab Arg closed before it answered
	StepOpened      // tab Arg opened the record
	StepChosen      // the agent chose a record
	StepDeclined    // the agent or the telephone declined the call
	StepOpenBook    // not opened: the match is of an address book
	StepMore        // steps that came after these were not kept
)

// stepTexts are each step's stored name and its words for `ctibridge why`.
func stepTexts() [StepMore + 1][2]string {
	return [...][2]string{
		stepNone:        {"", ""},
		StepDelivered:   {"delivered", "the telephone rang"},
		StepOriginated:  {"originated", "the agent dialled on the telephone"},
		StepEstablished: {"established", "the call was answered"},
		StepHeld:        {"held", "the call was held"},
		StepRetrieved:   {"retrieved", "the call was taken back from hold"},
		StepTransferred: {"transferred", "the telephone system told of a transfer"},
		StepNamed:       {"named", "the telephone system named the far end"},
		StepEnded:       {"ended", "the call ended: %s"},
		StepDialed:      {"dialed", "dialled by a click in the panel"},
		StepRestored:    {"restored", "the bridge restarted and took the call up again"},
		StepPopped:      {"popped", "popped: shown to the agent"},
		StepMoved:       {"moved", "the pop moved to extension %s, where it was answered or still rings"},
		StepMatches:     {"matches", "the directory answered: %s"},
		StepLate:        {"late", "the directory did not answer in time: the pop did not wait"},
		StepFindFailed:  {"findFailed", "the directory failed: the pop had the number only; the log says more"},
		StepNoNumber:    {"noNumber", "no number to look up: withheld, internal or unknown"},
		StepInternal:    {"internal", "no pop: calls between extensions do not pop by the group's settings (internalCalls)"},
		StepOnAnswer:    {"onAnswer", "no pop while it rings, by the group's settings (popOn: answer)"},
		StepOver:        {"over", "no pop: the call had ended before it could be shown"},
		StepAgentGone:   {"agentGone", "no pop: the agent was removed, disabled or moved to another org"},
		StepNoAgent:     {"noAgent", "no pop: no agent has this extension; add it to one"},
		StepDisabled:    {"disabled", "no pop: the agent of this extension is disabled; enable the agent"},
		StepNoDesk:      {"noDesk", "no pop: nobody has chosen this telephone for the day, or the choice was over"},
		StepFull:        {"full", "no pop: the bridge had too many calls at once"},
		StepNoParty:     {"noParty", "no pop: the telephone system named neither far end nor direction, as Asterisk does on outgoing calls"},
		StepOpenOff:     {"openOff", "no record opened by itself, by the group's settings (openRecord)"},
		StepOpenNone:    {"openNone", "no record opened: nobody in the org has the number"},
		StepOpenSeveral: {"openSeveral", "no record opened by itself: several have the number"},
		StepOpenCompany: {"openCompany", "no record opened by itself: the number is only the company's line"},
		StepOpenMaybe:   {"openMaybe", "no record opened by itself: who calls is only probable"},
		StepOpenTalking: {"openTalking", "no record opened by itself: the agent was in another call"},
		StepTabAsked:    {"tabAsked", "browser tab %s was asked to open the record"},
		StepNoTab:       {"noTab", "no browser tab of the agent was open (or none was left): the record waits for one"},
		StepTabSilent:   {"tabSilent", "browser tab %s did not answer within 1.5 s"},
		StepTabClosed:   {"tabClosed", "browser tab %s closed before it opened the record"},
		StepOpened:      {"opened", "browser tab %s opened the record"},
		StepChosen:      {"chosen", "the agent chose a record"},
		StepDeclined:    {"declined", "the call was declined, by the agent or by the telephone"},
		StepOpenBook:    {"openBook", "no record opened by itself: the match is an entry of an address book"},
		StepMore:        {"more", "more happened than is kept for one call"},
	}
}

// String is the step's stored name.
func (c StepCode) String() string {
	all := stepTexts()
	if int(c) >= len(all) {
		return ""
	}
	return all[c][0]
}

// MarshalText writes the stored name.
func (c StepCode) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText reads a stored name; one of a newer ctibridge is no step.
func (c *StepCode) UnmarshalText(text []byte) error {
	all := stepTexts()
	*c = StepCode(max(0, slices.IndexFunc(all[:], func(t [2]string) bool { return t[0] == string(text) })))
	return nil
}

// Step is one line of the trace of a call. It holds no number and no name.
type Step struct {
	After uint32   `json:"t"` // milliseconds after the start of the call
	Code  StepCode `json:"c"`
	seq   uint16   // orders the steps of one millisecond
	Arg   string   `json:"a,omitempty"`
}

// Words says the step in plain words.
func (s Step) Words() string {
	text := stepTexts()[min(s.Code, StepMore)][1]
	if slices.Contains([]StepCode{StepEnded, StepMoved, StepMatches, StepTabAsked, StepTabSilent, StepTabClosed, StepOpened}, s.Code) {
		return fmt.Sprintf(text, s.Arg)
	}
	return text
}

// Steps kept of a call: what the switch told of the leg, and what was decided
// for each of its agents. Later ones are dropped, and the last one says so.
const (
	maxLegSteps  = 40
	maxViewSteps = 24
)

// sinceStart is the time of a step; more than 49 days do not come.
func sinceStart(start, at time.Time) uint32 {
	return uint32(min(max(0, at.Sub(start).Milliseconds()), math.MaxUint32)) //nolint:gosec // bounded here
}

// add adds a step; what repeats the last one adds nothing.
func (l *leg) add(steps []Step, most int, at time.Time, code StepCode, arg string) []Step {
	n := len(steps)
	switch {
	case n > 0 && steps[n-1].Code == code && steps[n-1].Arg == arg:
		return steps
	case n >= most:
		steps[n-1].Code, steps[n-1].Arg = StepMore, ""
		return steps
	}
	l.stepped++
	return append(steps, Step{After: sinceStart(l.started, at), Code: code, seq: l.stepped, Arg: arg})
}

func (l *leg) note(at time.Time, code StepCode, arg string) {
	if l.steps == nil {
		l.steps = l.firstSteps[:0]
	}
	l.steps = l.add(l.steps, maxLegSteps, at, code, arg)
}

func (v *view) note(at time.Time, code StepCode, arg string) {
	if v.steps == nil {
		v.steps = v.firstSteps[:0]
	}
	v.steps = v.leg.add(v.steps, maxViewSteps, at, code, arg)
}

// trace is the leg's and the agent's steps in order of time, a copy.
func (v *view) trace() []Step {
	out := slices.Concat(v.leg.steps, v.steps)
	slices.SortStableFunc(out, func(a, b Step) int {
		return cmp.Or(cmp.Compare(a.After, b.After), cmp.Compare(a.seq, b.seq))
	})
	return out
}
