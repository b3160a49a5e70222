package csta

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
)

// Status implements pbx.Link.
func (l *Link) Status() pbx.Status {
	l.mu.Lock()
	defer l.mu.Unlock()
	st := pbx.Status{
		State: l.state, Since: l.since, Problem: l.problem, Cure: l.cure, Profile: l.dialect.name,
		Events: l.events.Load(), Effective: l.counts[effective].Load(), Limits: l.limits(),
	}
	if ns := l.last.Load(); ns != 0 {
		st.LastEvent = time.Unix(0, ns)
	}
	st.Messages = st.Effective
	for why := effective + 1; why < reasons; why++ {
		if n := l.counts[why].Load(); n > 0 {
			st.Drops = append(st.Drops, pbx.Drop{Reason: reasonNames[why], Count: n})
			st.Messages += n
		}
	}
	l.deviceStatus(&st)
	if st.State == pbx.LinkConnected && len(st.Refused) > 0 {
		st.State = pbx.LinkDegraded
		st.Problem = fmt.Sprintf("%d of %d extensions cannot be watched; the first is %s: %s",
			len(st.Refused), st.Watched, st.Refused[0].Device, st.Refused[0].Problem)
		st.Cure = st.Refused[0].Cure
	}
	if l.session == nil || st.State != pbx.LinkConnected && st.State != pbx.LinkDegraded {
		return st
	}
	st.ServerInUse = l.reach.server.String()
	if l.reach.addr != st.ServerInUse {
		st.ServerInUse += " (" + l.reach.addr + ")"
	}
	if detour := l.detour(); detour != "" && st.State == pbx.LinkConnected {
		st.State, st.Problem, st.Cure = pbx.LinkDegraded, detour, detourCure
	}
	return st
}

// deviceStatus counts the devices. The caller holds mu.
func (l *Link) deviceStatus(st *pbx.Status) {
	st.Watched = len(l.watched) + len(l.invalid)
	for id, m := range l.watched {
		if l.session != nil && (m.phase == active || m.phase == asking && m.ref != "") {
			st.Active++
		}
		if m.problem != "" {
			st.Refused = append(st.Refused, pbx.DeviceProblem{Device: id, Problem: m.problem, Cure: m.cure})
		}
	}
	for _, id := range l.invalid {
		st.Refused = append(st.Refused, pbx.DeviceProblem{
			Device:  id,
			Problem: fmt.Sprintf("%q cannot be an extension: it holds blanks or control characters, or is too long.", id),
			Cure:    "Check the extension of the agent's device.",
		})
	}
	slices.SortFunc(st.Refused, func(a, b pbx.DeviceProblem) int { return strings.Compare(string(a.Device), string(b.Device)) })
}

// setState notes how the link is, and returns how it was.
func (l *Link) setState(state pbx.LinkState, problem, cure string) pbx.LinkState {
	l.mu.Lock()
	defer l.mu.Unlock()
	was := l.state
	if was != state {
		l.state, l.since = state, time.Now()
	}
	l.problem, l.cure = problem, cure
	return was
}

func (l *Link) stateNow() pbx.LinkState {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.state
}

// limits is what this PBX cannot tell. The caller holds mu.
func (l *Link) limits() []pbx.Limit {
	var list []pbx.Limit
	if l.noData {
		list = append(list, pbx.Limit{
			Text: "This PBX does not tell which calls run when the bridge connects.",
			Cure: "Nothing needs to be done: calls that begin afterwards are told in full.",
		})
	}
	if len(l.cfg.CSTA.Groups) > 0 {
		list = append(list, pbx.Limit{
			Text: "Of extensions behind a group number the PBX tells only by that number. Which of them rings is known once one has answered.",
			Cure: "Monitor the extensions themselves where the PBX allows it.",
		})
	}
	return list
}
