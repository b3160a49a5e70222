package bridge

import "sync"

// inactiveUsers are the Salesforce users whom their org does not let in any more,
// and where one of them has been refused.
type inactiveUsers struct {
	mu      sync.Mutex
	users   map[orgKey]bool
	refused map[string]bool // by org
}

// SetInactiveUsers takes the users of an org, by id, whom Salesforce does not let
// in: deactivated or frozen ones. Their agents are refused (ErrUserInactive) until
// a later call leaves them out. It returns the agents who have just become so,
// whose sessions are the caller's to end.
func (b *Bridge) SetInactiveUsers(org string, users []string) []AgentID {
	n := &b.inactive
	n.mu.Lock()
	before := n.users
	now := make(map[orgKey]bool, len(before)+len(users))
	for key := range before {
		if key.org != org {
			now[key] = true
		}
	}
	for _, user := range users {
		now[orgKey{org, user}] = true
	}
	n.users = now
	delete(n.refused, org)
	n.mu.Unlock()
	x := b.roster.Load()
	b.mu.Lock() // a first sign-in may be binding
	defer b.mu.Unlock()
	var agents []AgentID
	for _, user := range users {
		key := orgKey{org, user}
		if a := x.byUser[key]; a != nil && !before[key] {
			agents = append(agents, a.ID)
		}
	}
	return agents
}

// RefusedUsers reports whether an inactive user of the org has been refused since
// SetInactiveUsers was last called for it: that user may be active again by now.
func (b *Bridge) RefusedUsers(org string) bool {
	b.inactive.mu.Lock()
	defer b.inactive.mu.Unlock()
	return b.inactive.refused[org]
}

// refuses reports whether a user is inactive, and remembers that it was asked.
func (n *inactiveUsers) refuses(org, user string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if user == "" || !n.users[orgKey{org, user}] {
		return false
	}
	if n.refused == nil {
		n.refused = map[string]bool{}
	}
	n.refused[org] = true
	return true
}
