package admin

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/ctibridge/ctibridge/bridge"
)

// A browser that has signed in is remembered for a while by a cookie that only
// the sign-in sees. It opens nothing: it is only throttled on its own, so that
// strangers who guess cannot keep the administrator out.
const (
	knownCookie   = "ctibridge_known"
	knownPath     = "/admin/sign-in"
	knownLifetime = 180 * 24 * time.Hour
)

// remember makes the browser a known one of the account.
func (p *panel) remember(w http.ResponseWriter, a bridge.Administrator) {
	expires := strconv.FormatInt(time.Now().Add(knownLifetime).Unix(), 10)
	http.SetCookie(w, &http.Cookie{
		Name: knownCookie, Value: expires + "." + knownMAC(a, expires), Path: knownPath,
		MaxAge: int(knownLifetime / time.Second), HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: p.secure,
	})
}

// knownMAC signs with the password's hash, which nobody sees and which changes
// with the password: nothing has to be kept.
func knownMAC(a bridge.Administrator, expires string) string {
	mac := hmac.New(sha256.New, []byte(a.PasswordHash))
	mac.Write([]byte("known browser\x00" + a.Name + "\x00" + expires))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// known reports whether the browser has signed in to the account before; id
// tells such browsers apart.
func (p *panel) known(r *http.Request, account string) (id string, ok bool, err error) {
	c, err := r.Cookie(knownCookie)
	if err != nil {
		return "", false, nil //nolint:nilerr // no cookie, no known browser
	}
	a, err := p.accounts.Administrator(r.Context(), account)
	if errors.Is(err, bridge.ErrNotFound) {
		return "", false, nil
	}
	if err != nil {
		return "", false, err
	}
	expires, mac, _ := strings.Cut(c.Value, ".")
	until, err := strconv.ParseInt(expires, 10, 64)
	if err != nil || time.Now().Unix() >= until || !hmac.Equal([]byte(mac), []byte(knownMAC(a, expires))) {
		return "", false, nil //nolint:nilerr // not a cookie of ours, or no longer
	}
	return mac, true, nil
}

// attempt lets a sign-in through, or tells how long to wait.
func (p *panel) attempt(r *http.Request, account string) (attempt, time.Duration, error) {
	browser, known, err := p.known(r, account)
	if err != nil {
		return attempt{}, 0, err
	}
	if known {
		try, wait := p.throttle.tryKnown(browser)
		return try, wait, nil
	}
	try, wait := p.throttle.try(account, r.RemoteAddr)
	return try, wait, nil
}
