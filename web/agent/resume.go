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

// resumeToken is a token as the tab gets it, and what we keep of it.
type resumeToken struct {
	text string
	hash [32]byte
}

// newToken makes a resume token: 32 random bytes for the tab, their SHA-256 for
// us.
func newToken() resumeToken {
	raw := make([]byte, 32)
	_, _ = rand.Read(raw) // never fails (crypto/rand)
	return resumeToken{base64.RawURLEncoding.EncodeToString(raw), sha256.Sum256(raw)}
}

// hashToken is the hash under which a token is kept.
func hashToken(token string) ([32]byte, error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) != 32 {
		return [32]byte{}, errResume
	}
	return sha256.Sum256(raw), nil
}

// nextToken gives a tab that may come in the token for its next connection.
func (h *Hub) nextToken(ctx context.Context, who bearer, tab bridge.TabID, now time.Time) (resumeToken, *refusal) {
	var token resumeToken
	var err error
	if who.resume == nil {
		token, err = h.issue(ctx, who, tab, now)
	} else {
		token, err = h.rotate(ctx, *who.resume)
	}
	if err != nil {
		return resumeToken{}, notAuthenticated(err)
	}
	return token, nil
}

// issue makes the first resume token of a chain, after a ticket; that of an
// earlier connection of the same tab is void by it. Without a store that works
// the agent gets in all the same, only without a token. A ticket that was used
// before a restart is refused here.
func (h *Hub) issue(ctx context.Context, who bearer, tab bridge.TabID, now time.Time) (resumeToken, error) {
	token := newToken()
	id := who.agent.ID
	err := h.sessions.SaveSession(ctx, bridge.Session{
		TokenHash: token.hash, Agent: id, Tab: tab, KID: who.kid, Key: who.key, Signed: now, Expires: now.Add(maxResume),
	}, h.tokenOf(id, tab), who.ticket)
	switch {
	case errors.Is(err, bridge.ErrTicketUsed):
		return resumeToken{}, &ticketError{ReasonReplayed, err}
	case err != nil:
		h.log.Error("resume token not kept; the tab needs a ticket next time", "agent", id, "err", err)
		return resumeToken{}, nil
	}
	return token, nil
}

// tokenOf is the hash of a connected tab's token, or zero.
func (h *Hub) tokenOf(id bridge.AgentID, tab bridge.TabID) [32]byte {
	d := h.desk(id)
	if d == nil {
		return [32]byte{}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if s := d.tab(tab); s != nil {
		return s.token
	}
	return [32]byte{}
}

// recall finds the session of a resume token, errResume if it is void: unknown,
// used, of another tab, too old, or its agent gone or disabled.
func (h *Hub) recall(ctx context.Context, a *Authenticate, now time.Time) (bearer, error) {
	hash, err := hashToken(a.Resume)
	if err != nil {
		return bearer{}, err
	}
	old, err := h.sessions.SessionByToken(ctx, hash)
	if err != nil {
		return bearer{}, h.void(err)
	}
	agent, known := h.bridge.Agent(old.Agent)
	if old.Tab != a.Tab.ID || !now.Before(old.Expires) || !known || !agent.Enabled {
		return bearer{}, errResume
	}
	return bearer{agent: agent, signed: old.Signed, kid: old.KID, key: old.Key, resume: &old}, nil
}

// rotate exchanges a token for the next one of the chain. Where the store fails
// it counts as void, since a token that cannot be taken would serve twice.
func (h *Hub) rotate(ctx context.Context, old bridge.Session) (resumeToken, error) {
	token := newToken()
	next := old
	next.TokenHash = token.hash
	if err := h.sessions.TakeSession(ctx, old.TokenHash, next); err != nil {
		return resumeToken{}, h.void(err)
	}
	return token, nil
}

// void logs a store's failure, which an unknown token is not.
func (h *Hub) void(err error) error {
	if !errors.Is(err, bridge.ErrNotFound) {
		h.log.Error("resume token not read; the tab needs a ticket", "err", err)
	}
	return errResume
}
