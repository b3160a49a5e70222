package sip

import (
	"errors"
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
	st := pbx.Status{State: l.state, Since: l.since, Problem: l.problem, Cure: l.cure, Events: l.events.Load()}
	l.counts.into(&st)
	p := l.recognised()
	st.Profile, st.Limits = p.String(), limitsOf(p)
	if ns := l.last.Load(); ns != 0 {
		st.LastEvent = time.Unix(0, ns)
	}
	for _, d := range l.devices {
		if d.removed {
			continue
		}
		st.Watched++
		if d.reported() && l.session != nil {
			st.Active++
		}
		if d.problem != "" {
			st.Refused = append(st.Refused, pbx.DeviceProblem{Device: d.id, Problem: d.problem, Cure: d.cure})
		}
	}
	slices.SortFunc(st.Refused, func(a, b pbx.DeviceProblem) int { return strings.Compare(string(a.Device), string(b.Device)) })
	if st.State == pbx.LinkConnected && len(st.Refused) > 0 {
		st.State = pbx.LinkDegraded
		st.Problem = fmt.Sprintf("%d of %d extensions cannot be watched; the first is %s: %s",
			len(st.Refused), st.Watched, st.Refused[0].Device, st.Refused[0].Problem)
		st.Cure = st.Refused[0].Cure
	}
	l.deskStatus(&st)
	l.listStatus(&st)
	if l.session != nil && (st.State == pbx.LinkConnected || st.State == pbx.LinkDegraded) {
		st.ServerInUse = l.reach.server.String()
		if detour := l.reach.detour(); detour != "" && st.State == pbx.LinkConnected {
			st.State, st.Problem, st.Cure = pbx.LinkDegraded, detour, detourCure
		}
	}
	l.contradict(&st)
	return st
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

// refusal is why a device, or all of them, cannot be watched.
type refusal struct {
	problem, cure string
	link          bool          // it concerns the whole link
	retry         time.Duration // when to ask again
}

// Pauses before something that was refused is asked for again.
const (
	retryPassword = time.Minute
	retryHint     = 5 * time.Minute
	retryPackage  = 10 * time.Minute
)

// refused puts the answer to a SUBSCRIBE into words. ok is false for answers
// that are no refusal but a failure that passes.
func (l *Link) refused(u *subscription, code int, err error) (r refusal, ok bool) {
	switch {
	case errors.Is(err, errCredentials):
		return refusal{
			problem: fmt.Sprintf("The PBX refuses user name %q or its password.", l.cfg.Username),
			cure:    "Enter the user name and password that the PBX has for this bridge.", link: true, retry: retryPassword,
		}, true
	case errors.Is(err, errNoPassword):
		return refusal{
			problem: "The PBX asks for a user name and password, and none are set.",
			cure:    "Set the user name and password that the PBX has for this bridge.", link: true, retry: retryPassword,
		}, true
	case errors.Is(err, errChallenge):
		return refusal{
			problem: "The PBX asks for a kind of authentication that this bridge cannot do.",
			cure:    "Allow digest authentication with MD5 or SHA-256 for this bridge's user.", link: true, retry: retryPackage,
		}, true
	case err != nil:
		return refusal{}, false
	}
	if u.list != nil {
		if r, ok := refusedList(u.list.name, code); ok {
			return r, true
		}
	}
	switch code {
	case 404, 410, 604:
		return refusal{
			problem: fmt.Sprintf("The PBX does not know extension %s, or has nothing to report about it.", u.user()),
			cure:    "Check the extension. On Asterisk it needs a hint in the subscribe context of this bridge's endpoint.", retry: retryHint,
		}, true
	case 403, 603:
		return refusal{
			problem: fmt.Sprintf("The PBX does not allow this bridge to watch extension %s.", u.user()),
			cure:    "Allow subscriptions (BLF, presence) to this extension for this bridge's user.", retry: retryHint,
		}, true
	case 489, 405, 501:
		return refusal{
			problem: "The PBX does not offer the SIP event package \"dialog\" (BLF).",
			cure:    "Switch dialog events on: res_pjsip_exten_state on Asterisk, manage-presence on FreeSWITCH, presence_dialoginfo on Kamailio.",
			link:    true, retry: retryPackage,
		}, true
	}
	return refusal{}, false
}
