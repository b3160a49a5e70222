package store

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ctibridge/ctibridge/bridge"
)

// outboundSecrets is how many addresses of an org are good at a time: the new
// one, and the one that its flows still post to.
const outboundSecrets = 2

// newSecret is 256 random bits for a path or a header, and its hash.
func newSecret() (secret string, hash []byte) {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails
	secret = base64.RawURLEncoding.EncodeToString(b)
	return secret, hashSecret(secret)
}

func hashSecret(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}

// NewOutboundSecret makes the secret part of the address that an org posts its
// outbound messages to, and tells it this once. The one before stays good until
// the next is made. bridge.ErrNotFound if there is no such org.
func (s *Store) NewOutboundSecret(ctx context.Context, actor, org string) (string, error) {
	secret, hash := newSecret()
	err := s.update(ctx, func(tx *sql.Tx) error {
		var known string
		if err := tx.QueryRowContext(ctx, `SELECT id FROM orgs WHERE id = $1`, org).Scan(&known); err != nil {
			if errors.Is(err, sql.ErrNoRows) {
				err = fmt.Errorf("org %s: %w", org, bridge.ErrNotFound)
			}
			return err
		}
		_, err := tx.ExecContext(ctx, `DELETE FROM outbound_secrets WHERE org = $1 AND hash NOT IN (
			SELECT hash FROM outbound_secrets WHERE org = $1 ORDER BY created DESC LIMIT $2)`, org, outboundSecrets-1)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO outbound_secrets (org, hash, created) VALUES ($1, $2, $3)`,
			org, hash, time.Now().UnixMicro()); err != nil {
			return err
		}
		return appendAudit(ctx, tx, bridge.AuditEntry{Actor: actor, Action: "org.outbound_address", Object: org})
	})
	return secret, inContext("new outbound address", err)
}

// OutboundSecret reports whether secret is one of an org's. It takes as long for
// a wrong one as for the right one, and for an org that does not exist.
func (s *Store) OutboundSecret(ctx context.Context, org, secret string) (bool, error) {
	sum, good := hashSecret(secret), 0
	err := each(ctx, s.read, func(r *sql.Rows) error {
		var hash []byte
		if err := r.Scan(&hash); err != nil {
			return err
		}
		good |= subtle.ConstantTimeCompare(sum, hash)
		return nil
	}, `SELECT hash FROM outbound_secrets WHERE org = $1`, org)
	return good == 1, inContext("outbound address", err)
}

// NewToken makes a token of the API and tells it this once. bridge.FieldErrors
// for a name that cannot be, bridge.ErrConflict for one that is taken.
func (s *Store) NewToken(ctx context.Context, actor, name string) (string, error) {
	if name = strings.TrimSpace(name); name == "" || len(name) > 100 {
		return "", fmt.Errorf("store: a token's name has 1 to 100 characters")
	}
	secret, hash := newSecret()
	err := s.update(ctx, func(tx *sql.Tx) error {
		rows, err := affected(ctx, tx, `INSERT INTO tokens (name, hash, created) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
			name, hash, time.Now().UnixMilli())
		if err != nil {
			return err
		}
		if rows == 0 {
			return conflictf("there is a token %q already; delete it first, or choose another name.", name)
		}
		return appendAudit(ctx, tx, bridge.AuditEntry{Actor: actor, Action: "token.create", Object: name})
	})
	return secret, inContext("new token", err)
}

// Tokens are those that are good, by name.
func (s *Store) Tokens(ctx context.Context) ([]bridge.Token, error) {
	out := []bridge.Token{}
	err := each(ctx, s.read, func(r *sql.Rows) error {
		var t bridge.Token
		var ms int64
		if err := r.Scan(&t.Name, &ms); err != nil {
			return err
		}
		t.Created = time.UnixMilli(ms)
		out = append(out, t)
		return nil
	}, `SELECT name, created FROM tokens ORDER BY name`)
	return out, inContext("tokens", err)
}

// DeleteToken makes a token worthless at once; bridge.ErrNotFound if there is none.
func (s *Store) DeleteToken(ctx context.Context, actor, name string) error {
	return inContext("delete token", s.update(ctx, func(tx *sql.Tx) error {
		return deleteNamed(ctx, tx, actor, "token", `DELETE FROM tokens WHERE name = $1`, name)
	}))
}

// TokenName is the name of a token that is good; bridge.ErrNotFound for others.
// It is found by its hash, so that how long that takes says nothing of it.
func (s *Store) TokenName(ctx context.Context, token string) (string, error) {
	var name string
	err := s.read.QueryRowContext(ctx, `SELECT name FROM tokens WHERE hash = $1`, hashSecret(token)).Scan(&name)
	if errors.Is(err, sql.ErrNoRows) {
		err = bridge.ErrNotFound
	}
	return name, inContext("token", err)
}
