package agent

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"time"

	"github.com/ctibridge/ctibridge/bridge"
)

// maxResume is how long after a ticket a tab may come back without another.
const maxResume = 12 * time.Hour

// errResume: the resume token opens nothing, for whatever reason; a panel asks
// Salesforce for a ticket then.
var errResume = &ticketError{ReasonExpired, errors.New("no such resume token for this tab")}

// newToken makes a resume token: 32 random bytes for the tab, their SHA-256 for
// us.
func newToken() (token string, hash [32]byte) {
	raw := make([]byte, 32)
	_, _ = rand.Read(raw) // never fails (crypto/rand)
	return base64.RawURLEncoding.EncodeToString(raw), sha256.Sum256(raw)
}

// hashToken is the hash under which a token is kept.
func hashToken(token string) ([32]byte, error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) != 32 {
		return [32]byte{}, errResume
	}
	return sha256.Sum256(raw), nil
}

// issue makes the first resume token of a chain, after a ticket. Without a store
// that works the agent gets in all the same, only without a token.
func (h *Hub) issue(ctx context.Context, id bridge.AgentID, tab bridge.TabID, now time.Time) (token string, signed time.Time) {
	token, hash := newToken()
	err := h.sessions.SaveSession(ctx, bridge.Session{
		TokenHash: hash, Agent: id, Tab: tab, Signed: now, Expires: now.Add(maxResume),
	}, [32]byte{})
	if err != nil {
		h.log.Error("resume token not kept; the tab needs a ticket next time", "agent", id, "err", err)
		return "", now
	}
	return token, now
}

// resume exchanges a token for the next one of the chain, errResume if it is
// void: unknown, used, of another tab, too old, or its agent gone or disabled.
// Where the store fails it counts as void, since a token that cannot be taken
// would serve twice.
func (h *Hub) resume(ctx context.Context, a *Authenticate, now time.Time) (bridge.Agent, string, time.Time, error) {
	none := bridge.Agent{}
	hash, err := hashToken(a.Resume)
	if err != nil {
		return none, "", now, err
	}
	old, err := h.sessions.SessionByToken(ctx, hash)
	if err != nil {
		return none, "", now, h.void(err)
	}
	agent, known := h.bridge.Agent(old.Agent)
	if old.Tab != a.Tab.ID || !now.Before(old.Expires) || !known || !agent.Enabled {
		return none, "", now, errResume
	}
	next := old
	token, hashed := newToken()
	next.TokenHash = hashed
	if err := h.sessions.TakeSession(ctx, hash, next); err != nil {
		return none, "", now, h.void(err)
	}
	return agent, token, old.Signed, nil
}

// void logs a store's failure, which an unknown token is not.
func (h *Hub) void(err error) error {
	if !errors.Is(err, bridge.ErrNotFound) {
		h.log.Error("resume token not read; the tab needs a ticket", "err", err)
	}
	return errResume
}
