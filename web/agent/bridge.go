package agent

import (
	"context"

	"github.com/ctibridge/ctibridge/bridge"
)

// Agents says who is who. *bridge.Bridge implements it.
type Agents interface {
	// Identify finds the agent a verified ticket speaks of and binds an
	// unbound one: bridge.ErrNoAgent, ErrAgentDisabled, ErrUserInactive, ErrAmbiguous or
	// ErrBoundToOther where it is refused.
	Identify(ctx context.Context, c bridge.Claims) (bridge.Agent, error)
	// Agent is the agent as configured now.
	Agent(id bridge.AgentID) (bridge.Agent, bool)
	// Calls are the agent's live calls.
	Calls(id bridge.AgentID) []bridge.Call
	// Settings are those of the agent's that a panel goes by.
	Settings(id bridge.AgentID) bridge.PanelSettings
}

// Phone does what an agent asks of the switch. An error with a method Problem()
// (code, message, cure string), as bridge.RequestError has, reaches the panel in
// those words.
type Phone interface {
	Dial(ctx context.Context, id bridge.AgentID, request, number string, record *bridge.RecordRef) (bridge.CallID, error)
	Act(ctx context.Context, id bridge.AgentID, call bridge.CallID, action bridge.Action, to string) error
	Choose(ctx context.Context, id bridge.AgentID, call bridge.CallID, record bridge.RecordRef) error
	Note(ctx context.Context, id bridge.AgentID, call bridge.CallID, n bridge.Note) error
	// ChooseDevice takes one of Settings' devices for the day; empty: none.
	ChooseDevice(ctx context.Context, id bridge.AgentID, device string) error
}

// Tabs hears of an agent's browser tabs, so that the bridge can pick the one to
// navigate. For one tab, TabChanged and TabClosed come in order.
type Tabs interface {
	TabChanged(id bridge.AgentID, t bridge.Tab)
	TabClosed(id bridge.AgentID, t bridge.TabID)
	Navigated(id bridge.AgentID, tab bridge.TabID, pop bridge.PopID)
}

// Recents are the calls that agents have had.
type Recents interface {
	// Recent are the agent's last calls, newest first; seen marks the missed
	// ones among them as seen.
	Recent(ctx context.Context, id bridge.AgentID, seen bool) ([]bridge.Recent, error)
}

// Bridge is what stands behind the panels. The Hub calls it without holding a
// lock that Show or Navigate takes.
type Bridge interface {
	Agents
	Phone
	Recents
	Tabs
}

// Sessions keeps resume tokens, hashed, and which tickets were used, so that both
// outlive a restart.
type Sessions interface {
	// SaveSession stores a session; replaces is the hash of one that it takes
	// the place of, or zero. Of an agent's sessions it keeps the newest few.
	// The ticket is marked as used in the same step: bridge.ErrTicketUsed,
	// and nothing stored, if it was.
	SaveSession(ctx context.Context, s bridge.Session, replaces [32]byte, ticket bridge.UsedTicket) error
	// SessionByToken finds a session by the SHA-256 of its token,
	// bridge.ErrNotFound if there is none.
	SessionByToken(ctx context.Context, hash [32]byte) (bridge.Session, error)
	// TakeSession replaces the session of that hash by next in one step, so
	// that a token serves once: bridge.ErrNotFound for all but the first.
	TakeSession(ctx context.Context, hash [32]byte, next bridge.Session) error
}

// Refusals keeps who proved to be a Salesforce user and is no agent, so that an
// administrator sees it.
type Refusals interface {
	// AgentRefused notes it, why being bridge.ErrNoAgent, ErrAmbiguous or
	// ErrBoundToOther, and returns the agent who has the user's e-mail
	// address, if any.
	AgentRefused(ctx context.Context, c bridge.Claims, why error) (bridge.AgentID, error)
}
