package store

import (
	"context"
	"crypto/cipher"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"

	"golang.org/x/crypto/chacha20poly1305"
)

// ErrWrongKey says that the secrets cannot be opened with the key given.
var ErrWrongKey = errors.New("the secrets in this database were sealed with another key; " +
	"start with that key (CTIBRIDGE_SECRET_KEY, or the key file that was beside the data folder)")

// errDamaged: the key is right, so the bytes are not.
var errDamaged = errors.New("a sealed secret is damaged or was moved here from elsewhere; enter it again")

// boxVersion begins each sealed value, so that another cipher can follow.
const boxVersion = 1

// box seals secrets with XChaCha20-Poly1305. Its nonce is long enough to be
// drawn at random, whatever the number of secrets.
type box struct{ aead cipher.AEAD }

func newBox(key []byte) (box, error) {
	aead, err := chacha20poly1305.NewX(key)
	if err != nil {
		return box{}, errors.New("the key must have 32 bytes; make one with: openssl rand -base64 32")
	}
	return box{aead}, nil
}

// place binds a sealed value to where it stands: copied to another row it does
// not open. The separator occurs in no name.
func place(table, row, column string) []byte {
	return []byte(table + "\x00" + row + "\x00" + column)
}

// seal returns nil for an empty secret.
func (b box) seal(table, row, column, secret string) []byte {
	if secret == "" {
		return nil
	}
	out := make([]byte, 1+b.aead.NonceSize(), 1+b.aead.NonceSize()+len(secret)+b.aead.Overhead())
	out[0] = boxVersion
	nonce := out[1:]
	_, _ = rand.Read(nonce) // never fails
	return b.aead.Seal(out, nonce, []byte(secret), place(table, row, column))
}

func (b box) unseal(table, row, column string, sealed []byte) (string, error) {
	if len(sealed) == 0 {
		return "", nil
	}
	if len(sealed) < 1+b.aead.NonceSize() || sealed[0] != boxVersion {
		return "", fmt.Errorf("%s of %s %s: %w", column, table, row, errDamaged)
	}
	nonce, text := sealed[1:1+b.aead.NonceSize()], sealed[1+b.aead.NonceSize():]
	plain, err := b.aead.Open(nil, nonce, text, place(table, row, column))
	if err != nil {
		return "", fmt.Errorf("%s of %s %s: %w", column, table, row, errDamaged)
	}
	return string(plain), nil
}

// checkKey tells a wrong key at the start and not at the first sign-in: a known
// word is sealed when the database is created.
func (s *Store) checkKey(ctx context.Context) error {
	const word = "ctibridge"
	return s.update(ctx, func(tx *sql.Tx) error {
		var sealed []byte
		err := tx.QueryRowContext(ctx, `SELECT value FROM meta WHERE name = 'key check'`).Scan(&sealed)
		if errors.Is(err, sql.ErrNoRows) {
			_, err = tx.ExecContext(ctx, `INSERT INTO meta (name, value) VALUES ('key check', $1)`,
				s.box.seal("meta", "key check", "value", word))
			return err
		}
		if err != nil {
			return err
		}
		if got, err := s.box.unseal("meta", "key check", "value", sealed); err != nil || got != word {
			return ErrWrongKey
		}
		return nil
	})
}
