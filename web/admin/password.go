package admin

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
)

// The second recommended set of RFC 9106 section 4: Argon2id, 3 passes,
// 64 MiB, 4 lanes, 128-bit salt, 256-bit tag. It takes 50 to 90 ms on two cores.
const (
	argonPasses  = 3
	argonMemory  = 64 * 1024 // KiB
	argonLanes   = 4
	argonSalt    = 16
	argonTag     = 32
	argonMaxTime = 16         // of a stored hash, so that a bad one cannot stall us
	argonMaxMem  = 256 * 1024 // KiB, likewise
)

// The lengths a password may have.
const (
	MinPasswordLength = 12   // characters
	MaxPasswordLength = 1024 // bytes
)

// Errors of a new password, with the cure.
var (
	ErrPasswordShort  = fmt.Errorf("the password is too short: take at least %d characters, for example four words", MinPasswordLength)
	ErrPasswordLong   = fmt.Errorf("the password is too long: take at most %d bytes", MaxPasswordLength)
	ErrPasswordIsName = errors.New("the password contains the account's name: take another one")
	errPHC            = errors.New("not an argon2id hash in PHC format")
)

// CheckNewPassword says what is wrong with a password somebody chose for the
// account name: ErrPasswordShort, ErrPasswordLong, ErrPasswordIsName or nil.
func CheckNewPassword(name, password string) error {
	switch {
	case len(password) > MaxPasswordLength:
		return ErrPasswordLong
	case utf8.RuneCountInString(password) < MinPasswordLength:
		return ErrPasswordShort
	case len(name) > 3 && strings.Contains(strings.ToLower(password), strings.ToLower(name)):
		return ErrPasswordIsName
	}
	return nil
}

// HashPassword returns the argon2id hash of the password in PHC string format,
// "$argon2id$v=19$m=65536,t=3,p=4$salt$tag".
func HashPassword(password string) (string, error) {
	salt := make([]byte, argonSalt)
	if _, err := rand.Read(salt); err != nil {
		return "", fmt.Errorf("admin: salt a password: %w", err)
	}
	tag := argon2.IDKey([]byte(password), salt, argonPasses, argonMemory, argonLanes, argonTag)
	return encodePHC(salt, tag), nil
}

// VerifyPassword tells whether the password is the one that was hashed. It
// returns an error only if the hash cannot be read.
func VerifyPassword(hash, password string) (bool, error) {
	h, err := parsePHC(hash)
	if err != nil {
		return false, fmt.Errorf("admin: verify a password: %w", err)
	}
	tag := argon2.IDKey([]byte(password), h.salt, h.passes, h.memory, h.lanes, uint32(len(h.tag)))
	return subtle.ConstantTimeCompare(tag, h.tag) == 1, nil
}

type phc struct {
	passes, memory uint32
	lanes          uint8
	salt, tag      []byte
}

func encodePHC(salt, tag []byte) string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version,
		argonMemory, argonPasses, argonLanes, b64.EncodeToString(salt), b64.EncodeToString(tag))
}

func parsePHC(s string) (phc, error) {
	var h phc
	part := strings.Split(s, "$")
	if len(part) != 6 || part[0] != "" || part[1] != "argon2id" || part[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return h, errPHC
	}
	if _, err := fmt.Sscanf(part[3], "m=%d,t=%d,p=%d", &h.memory, &h.passes, &h.lanes); err != nil {
		return h, errPHC
	}
	if h.passes < 1 || h.passes > argonMaxTime || h.lanes < 1 || h.memory > argonMaxMem {
		return h, errPHC
	}
	var err1, err2 error
	h.salt, err1 = base64.RawStdEncoding.DecodeString(part[4])
	h.tag, err2 = base64.RawStdEncoding.DecodeString(part[5])
	if err1 != nil || err2 != nil || len(h.salt) < 8 || len(h.tag) < 16 || len(h.tag) > 64 {
		return h, errPHC
	}
	return h, nil
}

// passwordChecker checks one password at a time, since each takes 64 MiB, and
// lets a few wait.
type passwordChecker struct {
	queue chan struct{} // those who check or wait
	turn  chan struct{} // the one who checks
	// nobody is the hash that a name without account is checked against, so
	// that it takes as long as any other.
	nobody string
}

const maxPasswordQueue = 16

var errBusy = errors.New("too many sign-ins at the same time")

func newPasswordChecker() *passwordChecker {
	random := make([]byte, argonSalt+argonTag)
	_, _ = rand.Read(random) // never fails (crypto/rand)
	return &passwordChecker{
		queue:  make(chan struct{}, maxPasswordQueue),
		turn:   make(chan struct{}, 1),
		nobody: encodePHC(random[:argonSalt], random[argonSalt:]),
	}
}

// do runs f when it is its turn: errBusy if too many wait already.
func (c *passwordChecker) do(ctx context.Context, f func() error) error {
	select {
	case c.queue <- struct{}{}:
		defer func() { <-c.queue }()
	default:
		return errBusy
	}
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	return f()
}

// verify is VerifyPassword in turn. An empty hash stands for nobody: never
// right, but just as much work.
func (c *passwordChecker) verify(ctx context.Context, hash, password string) (ok bool, err error) {
	known := hash != ""
	if !known {
		hash = c.nobody
	}
	err = c.do(ctx, func() error {
		ok, err = VerifyPassword(hash, password)
		return err
	})
	return ok && known, err
}

// hash is HashPassword in turn.
func (c *passwordChecker) hash(ctx context.Context, password string) (hash string, err error) {
	err = c.do(ctx, func() error {
		hash, err = HashPassword(password)
		return err
	})
	return hash, err
}
