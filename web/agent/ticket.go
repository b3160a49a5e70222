package agent

import (
	"crypto/sha256"
	"errors"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/ctibridge/ctibridge/bridge"
)

// Limits of a ticket.
const (
	ticketType    = "cti-ticket+jwt"
	maxTicketLife = 120 * time.Second
	ticketSkew    = 60 * time.Second
	// replayWindow is longer than any ticket stays valid: its life and the
	// skew at both ends.
	replayWindow = maxTicketLife + 2*ticketSkew
	// maxReplays bounds each half of the replay memory; more sign-ins than that
	// in four minutes are refused.
	maxReplays = 100_000
)

// ticketError is why a ticket is refused: one of the Reason constants, and the
// particulars for the log.
type ticketError struct {
	reason string
	err    error
}

func (e *ticketError) Error() string {
	return "agent: ticket refused: " + e.reason + ": " + e.err.Error()
}
func (e *ticketError) Unwrap() error { return e.err }

// ticketClaims are the claims of a ticket (DESIGN of the project, "Ticket").
type ticketClaims struct {
	jwt.RegisteredClaims
	Org   string `json:"org_id"`
	Email string `json:"email"`
	Name  string `json:"preferred_username"`
}

// What jwt does not check by itself.
var (
	errTicketForm    = errors.New("not a ticket of this kind")
	errTicketOrg     = errors.New("org unknown, or not the issuer")
	errTicketKey     = errors.New("no such key of this org")
	errTicketReplay  = errors.New("used before")
	errTicketTooMany = errors.New("too many tickets in four minutes")
)

// verifier checks tickets for one audience. Whose key counts is looked up by the
// org the ticket names: a key of one org never speaks for another.
type verifier struct {
	audience string
	replays  replays
}

// ticket is a verified ticket: what it says, the key that signed it, and what to
// remember it by.
type ticket struct {
	bridge.Claims
	key  ticketKey
	used bridge.UsedTicket
}

// verify checks a ticket (RFC 7519 §7.2) and marks it used. The error is a
// *ticketError.
func (v *verifier) verify(token string, ring *keyring, now time.Time) (ticket, error) {
	var c ticketClaims
	var key ticketKey
	_, err := jwt.ParseWithClaims(token, &c,
		func(t *jwt.Token) (_ any, err error) {
			key, err = ring.key(t, &c)
			return key.public, err
		},
		jwt.WithValidMethods([]string{jwt.SigningMethodRS256.Alg()}),
		jwt.WithStrictDecoding(),
		jwt.WithAudience(v.audience),
		jwt.WithExpirationRequired(),
		jwt.WithIssuedAt(),
		jwt.WithLeeway(ticketSkew),
		jwt.WithTimeFunc(func() time.Time { return now }))
	if err == nil {
		err = c.check()
	}
	used := sha256.Sum256([]byte(c.Org + "\x00" + c.ID))
	if err == nil {
		err = v.replays.use(used, now)
	}
	if err != nil {
		return ticket{}, &ticketError{ticketReason(err), err}
	}
	return ticket{
		Claims: bridge.Claims{Org: c.Org, User: c.Subject, Email: c.Email, Name: c.Name},
		key:    key,
		used:   bridge.UsedTicket{Hash: used, Until: c.ExpiresAt.Add(ticketSkew)},
	}, nil
}

// key finds the key that must have signed t, before the signature is checked.
func (k *keyring) key(t *jwt.Token, c *ticketClaims) (ticketKey, error) {
	if typ, _ := t.Header["typ"].(string); typ != ticketType {
		return ticketKey{}, errTicketForm
	}
	org := k.orgs[c.Org]
	if org == nil || org.issuer == "" || canonicalURL(c.Issuer) != org.issuer {
		return ticketKey{}, errTicketOrg
	}
	kid, _ := t.Header["kid"].(string)
	key, known := org.keys[kid]
	if !known {
		return ticketKey{}, errTicketKey
	}
	return key, nil
}

// check checks what is particular to tickets, after the signature.
func (c *ticketClaims) check() error {
	switch {
	case c.IssuedAt == nil, c.ExpiresAt.Sub(c.IssuedAt.Time) > maxTicketLife:
		return errTicketForm
	case len(c.Subject) != 18, !isWord(c.Subject), c.ID == "", len(c.ID) > 256:
		return errTicketForm
	}
	return nil
}

// ticketReason is the word for the panel. Who signed comes before what was said.
func ticketReason(err error) string {
	for _, r := range []struct {
		err    error
		reason string
	}{
		{errTicketOrg, ReasonOrg},
		{errTicketForm, ReasonMalformed},
		{errTicketKey, ReasonSignature},
		{errTicketReplay, ReasonReplayed},
		{jwt.ErrTokenMalformed, ReasonMalformed},
		{jwt.ErrTokenSignatureInvalid, ReasonSignature},
		{jwt.ErrTokenInvalidAudience, ReasonAudience},
		{jwt.ErrTokenExpired, ReasonExpired},
		{jwt.ErrTokenNotValidYet, ReasonExpired},
		{jwt.ErrTokenUsedBeforeIssued, ReasonExpired},
		{errTicketTooMany, ReasonExpired},
	} {
		if errors.Is(err, r.err) {
			return r.reason
		}
	}
	return ReasonMalformed
}

// replays remembers which tickets were used, for at least replayWindow, in two
// halves that take turns. It refuses a replay before it costs anything, and
// while the store does not work; over a restart the store remembers.
type replays struct {
	mu     sync.Mutex
	recent map[[16]byte]struct{}
	older  map[[16]byte]struct{}
	turned time.Time
}

// use marks a ticket as used, errTicketReplay if it was.
func (r *replays) use(hash [32]byte, now time.Time) error {
	key := [16]byte(hash[:16])
	r.mu.Lock()
	defer r.mu.Unlock()
	if now.Sub(r.turned) >= replayWindow {
		r.older, r.recent = r.recent, make(map[[16]byte]struct{})
		if now.Sub(r.turned) >= 2*replayWindow {
			r.older = nil
		}
		r.turned = now
	}
	if _, seen := r.recent[key]; seen {
		return errTicketReplay
	}
	if _, seen := r.older[key]; seen {
		return errTicketReplay
	}
	if len(r.recent) >= maxReplays {
		return errTicketTooMany
	}
	r.recent[key] = struct{}{}
	return nil
}
