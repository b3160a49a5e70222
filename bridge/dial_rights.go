package bridge

import (
	"slices"
	"strings"
	"time"

	"github.com/ctibridge/ctibridge/lookup"
)

// dialRights are what an agent may dial from the panel, and how often. All
// calls leave the switch by the bridge's own endpoint, whose rights there are
// those of everybody: so they are checked here, before anything is sent.
type dialRights struct {
	class         string
	sharedCost    bool
	blocked       []string // beginnings of E.164 numbers
	perMinute     int
	perTenSeconds int
}

// allows says why the agent may not dial a number of this class, or nil.
func (r *dialRights) allows(plan lookup.DialPlan, class lookup.Class, n lookup.Number) error {
	switch class {
	case lookup.ClassInternal:
		return nil
	case lookup.ClassNone:
		return errInvalidNumber
	case lookup.ClassEmergency:
		return errEmergency
	case lookup.ClassService:
		return errServiceNumber
	case lookup.ClassPremium:
		return errPremium
	case lookup.ClassSharedCost:
		if !r.sharedCost {
			return errSharedCost
		}
	default:
	}
	switch {
	case r.class == DialInternal:
		return errOnlyInternal
	case r.class == DialNational && !plan.Domestic(n):
		return errOnlyNational
	case slices.ContainsFunc(r.blocked, func(prefix string) bool { return strings.HasPrefix(string(n), prefix) }):
		return errBlocked
	}
	return nil
}

// dialTimes are when each agent placed the calls of the last minute, oldest
// first: at most perMinute of them.
type dialTimes map[AgentID][]time.Time

// take notes one more call, unless the agent has placed too many.
func (d dialTimes) take(agent AgentID, r *dialRights, now time.Time) error {
	times := slices.DeleteFunc(d[agent], func(t time.Time) bool { return now.Sub(t) >= time.Minute })
	d[agent] = times
	recent := 0
	for _, t := range times {
		if now.Sub(t) < 10*time.Second {
			recent++
		}
	}
	if len(times) >= r.perMinute || recent >= r.perTenSeconds {
		return errTooOften
	}
	d[agent] = append(times, now)
	return nil
}

// keepOnly forgets agents who are gone.
func (d dialTimes) keepOnly(members map[AgentID]*member) {
	for agent := range d {
		if members[agent] == nil {
			delete(d, agent)
		}
	}
}
