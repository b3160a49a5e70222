package salesforcetest

import (
	"crypto/rsa"
	"encoding/base64"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// door is what the client app's policies and the users' settings let in.
type door struct {
	keys      []*rsa.PublicKey     // of the certificates in the app
	approved  map[string]bool      // user ids
	seen      map[string]time.Time // jti of assertions, with their end
	codes     map[string]authCode
	refresh   map[string]string // refresh token → user id
	rotate    bool
	callbacks []string
	visitor   string // who signs in at the login page; the run-as user if empty
	refusing  bool
	passwords map[string]password // by user name in lower case
	noSOAP    bool
	from      []netip.Prefix // nil: anywhere
}

// authCode is a code of the login page, good once and for ten minutes.
type authCode struct {
	user, redirect, challenge string
	ends                      time.Time
}

type password struct {
	word, token string
	failed      int
}

// lockAfter is how many wrong passwords lock a user.
const lockAfter = 10

func newDoor() door {
	return door{
		approved: map[string]bool{}, seen: map[string]time.Time{}, codes: map[string]authCode{},
		refresh: map[string]string{}, passwords: map[string]password{},
	}
}

// RegisterKey puts a certificate's key into the client app: it checks JWT
// assertions. Any of those registered does.
func (o *Org) RegisterKey(key *rsa.PublicKey) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.door.keys = append(o.door.keys, key)
}

// Approve pre-authorises users for the client app; JWT bearer needs it.
func (o *Org) Approve(userIDs ...string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, id := range userIDs {
		o.door.approved[id] = true
	}
}

// SetCallbacks sets the client app's callback URLs; any is good if there are none.
func (o *Org) SetCallbacks(urls ...string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.door.callbacks = urls
}

// SignInAs says who signs in at the login page from now on, and whether they
// allow the app in.
func (o *Org) SignInAs(userID string, allow bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.door.visitor, o.door.refusing = userID, !allow
}

// RotateRefreshTokens has each use of a refresh token replace it.
func (o *Org) RotateRefreshTokens(on bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.door.rotate = on
}

// NewRefreshToken is a refresh token as the login page would bring it.
func (o *Org) NewRefreshToken(userID string) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.newRefreshToken(userID)
}

func (o *Org) newRefreshToken(userID string) string {
	token := "5Aep861" + randomText()
	o.door.refresh[token] = userID
	return token
}

// RevokeRefreshTokens ends all refresh tokens.
func (o *Org) RevokeRefreshTokens() {
	o.mu.Lock()
	defer o.mu.Unlock()
	clear(o.door.refresh)
}

// SetPassword gives a user a password and a security token for SOAP login(); an
// empty token is that of a user from a trusted address.
func (o *Org) SetPassword(username, word, securityToken string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.door.passwords[strings.ToLower(username)] = password{word: word, token: securityToken}
}

// AllowSOAPLogin switches SOAP login() on or off for the whole org.
func (o *Org) AllowSOAPLogin(on bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.door.noSOAP = !on
}

// AllowAddresses sets from where users may sign in; from anywhere without any.
func (o *Org) AllowAddresses(prefixes ...netip.Prefix) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.door.from = prefixes
}

// admitted says whether the caller's address is in the allowed range.
func (o *Org) admitted(r *http.Request) bool {
	o.mu.RLock()
	defer o.mu.RUnlock()
	if len(o.door.from) == 0 {
		return true
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return false
	}
	address, err := netip.ParseAddr(host)
	return err == nil && slices.ContainsFunc(o.door.from, func(p netip.Prefix) bool { return p.Contains(address.Unmap()) })
}

// byName is the user with that user name, in any letter case.
func (o *Org) byName(username string) (User, bool) {
	t := o.tables["user"]
	for _, r := range t.rows {
		if u := t.user(r); strings.EqualFold(u.Username, username) {
			return u, true
		}
	}
	return User{}, false
}

func base64URL(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
