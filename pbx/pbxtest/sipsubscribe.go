package pbxtest

import (
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"
	"github.com/icholy/digest"
)

// subscription is one watcher of one phone (RFC 6665).
type subscription struct {
	key      string
	dialog   sipDialog
	ext      *extension
	expires  time.Time
	version  int // of the next document
	heldBack []func()
}

// onSubscribe serves SUBSCRIBE: a new one, a refresh or the end (Expires: 0).
func (s *SIPSwitch) onSubscribe(req *sip.Request, tx sip.ServerTransaction) {
	s.subscribes.Add(1)
	if event := headerValue(req, "Event", "o"); event != "dialog" {
		s.respond(req, tx, 489, "Bad Event", sip.NewHeader("Allow-Events", allowEvents))
		return
	}
	if !s.authorised(req, tx) {
		return
	}
	asked := expiresOf(req)
	if minimum := s.tooBrief(asked); minimum > 0 {
		s.respond(req, tx, 423, "Interval Too Brief", sip.NewHeader("Min-Expires", seconds(minimum)))
		return
	}
	if req.To().Params.Has("tag") {
		s.refresh(req, tx, min(asked, s.opts.Expires))
		return
	}
	s.subscribe(req, tx, min(asked, s.opts.Expires))
}

// tooBrief is the shortest interval that would do, or 0 if asked is long enough.
func (s *SIPSwitch) tooBrief(asked time.Duration) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case asked == 0:
		return 0
	case s.strikes(FaultTooBrief):
		return 10 * asked
	case asked < s.opts.MinExpires:
		return s.opts.MinExpires
	default:
		return 0
	}
}

func (s *SIPSwitch) subscribe(req *sip.Request, tx sip.ServerTransaction, granted time.Duration) {
	s.mu.Lock()
	ext := s.exts[req.To().Address.User]
	early := s.strikes(FaultNotifyFirst)
	s.mu.Unlock()
	if ext == nil || req.Contact() == nil {
		s.respond(req, tx, 404, "Not Found")
		return
	}
	sub := &subscription{ext: ext, expires: time.Now().Add(granted), dialog: s.dialogOf(req, randomHex(6))}
	sub.key = sub.dialog.callID + "|" + sub.dialog.localTag
	begin := func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.subs[sub.key] = sub
		ext.subs = append(ext.subs, sub)
		s.notifyFull(sub)
	}
	if early {
		begin()
	}
	s.accept(req, tx, sub, granted)
	switch {
	case granted == 0: // a fetch (RFC 6665 §4.4.3), told below to be over
		s.mu.Lock()
		defer s.mu.Unlock()
		s.notifyEnd(sub, "timeout")
	case !early:
		begin()
	}
}

func (s *SIPSwitch) refresh(req *sip.Request, tx sip.ServerTransaction, granted time.Duration) {
	key := callIDOf(req) + "|" + req.To().Params.GetOr("tag", "")
	s.mu.Lock()
	sub := s.subs[key]
	if sub != nil && s.strikes(FaultGone) {
		s.dropSubscription(sub)
		sub = nil
	}
	s.mu.Unlock()
	if sub == nil {
		s.respond(req, tx, 481, "Subscription Does Not Exist")
		return
	}
	s.accept(req, tx, sub, granted)
	s.mu.Lock()
	defer s.mu.Unlock()
	if granted == 0 {
		s.notifyEnd(sub, "noresource") // FreeSWITCH's word for it
		s.dropSubscription(sub)
		return
	}
	sub.expires = time.Now().Add(granted)
	sub.dialog.peer = peerOf(req)
	s.notifyFull(sub)
}

// accept answers 202, as FreeSWITCH does, with the granted interval.
func (s *SIPSwitch) accept(req *sip.Request, tx sip.ServerTransaction, sub *subscription, granted time.Duration) {
	clone := req.Clone()
	clone.To().Params.Add("tag", sub.dialog.localTag)
	s.respond(clone, tx, 202, "Accepted", sip.NewHeader("Expires", seconds(granted)),
		sip.NewHeader("Contact", sub.dialog.contact), sip.NewHeader("User-Agent", s.agent()))
}

// dropSubscription forgets a subscription. The caller holds mu.
func (s *SIPSwitch) dropSubscription(sub *subscription) {
	delete(s.subs, sub.key)
	sub.ext.subs = slices.DeleteFunc(sub.ext.subs, func(x *subscription) bool { return x == sub })
}

// expire ends subscriptions that were not refreshed in time.
func (s *SIPSwitch) expire(now time.Time) {
	if now.Before(s.nextExpiry) {
		return
	}
	s.nextExpiry = now.Add(100 * time.Millisecond)
	for _, sub := range s.subs {
		if now.After(sub.expires) {
			s.notifyEnd(sub, "timeout")
			s.dropSubscription(sub)
		}
	}
}

// authorised checks the digest (RFC 2617); a request without one, or with one
// of another life of the switch, is challenged, a wrong one gets 403.
func (s *SIPSwitch) authorised(req *sip.Request, tx sip.ServerTransaction) bool {
	if s.opts.Username == "" {
		return true
	}
	s.mu.Lock()
	nonce := s.nonce
	s.mu.Unlock()
	challenge := &digest.Challenge{Realm: s.opts.Domain, Nonce: nonce, Algorithm: "MD5", QOP: []string{"auth"}}
	cred, err := digest.ParseCredentials(headerValue(req, "Authorization"))
	if err != nil || cred.Nonce != nonce {
		challenge.Stale = err == nil
		s.respond(req, tx, 401, "Unauthorized", sip.NewHeader("WWW-Authenticate", challenge.String()))
		return false
	}
	want, err := digest.Digest(challenge, digest.Options{
		Method: string(req.Method), URI: cred.URI, Username: s.opts.Username, Password: s.opts.Password,
		Cnonce: cred.Cnonce, Count: cred.Nc,
	})
	if err != nil || cred.Username != s.opts.Username || cred.Response != want.Response {
		s.respond(req, tx, 403, "Forbidden")
		return false
	}
	return true
}

// respond answers a request; an error means that the connection is gone.
func (s *SIPSwitch) respond(req *sip.Request, tx sip.ServerTransaction, status int, reason string, headers ...sip.Header) {
	res := sip.NewResponseFromRequest(req, status, reason, nil)
	for _, h := range headers {
		res.AppendHeader(h)
	}
	if err := tx.Respond(res); err != nil {
		s.log.Debug("answer lost", "err", err)
	}
}

// dialogOf is the dialog that a request of the bridge begins, seen from here.
func (s *SIPSwitch) dialogOf(req *sip.Request, localTag string) sipDialog {
	from, to := req.From(), req.To()
	d := sipDialog{
		callID: callIDOf(req), localTag: localTag, farTag: from.Params.GetOr("tag", ""),
		localURI:  fmt.Sprintf("sip:%s@%s", to.Address.User, s.opts.Domain),
		remoteURI: from.Address.String(), target: req.Contact().Address.String(),
		peer: peerOf(req), transport: strings.ToUpper(req.Transport()), sentBy: s.Addr(),
	}
	d.contact = fmt.Sprintf("<sip:%s@%s>", to.Address.User, s.Addr())
	switch d.transport {
	case "TCP":
		d.contact = fmt.Sprintf("<sip:%s@%s;transport=tcp>", to.Address.User, s.Addr())
	case "TLS":
		d.sentBy = s.TLSAddr()
		d.contact = fmt.Sprintf("<sips:%s@%s>", to.Address.User, d.sentBy)
	}
	return d
}

// peerOf is where requests to the sender of req go: over TCP and TLS back on its
// connection, over UDP to its Contact, or, where that is a name, to its source.
func peerOf(req *sip.Request) remote {
	if name := strings.ToUpper(req.Transport()); name != "UDP" {
		return remote{name, req.Source()}
	}
	contact := req.Contact()
	if contact == nil || net.ParseIP(contact.Address.Host) == nil {
		return remote{"UDP", req.Source()}
	}
	port := contact.Address.Port
	if port == 0 {
		port = 5060
	}
	return remote{"UDP", net.JoinHostPort(contact.Address.Host, strconv.Itoa(port))}
}

// expiresOf is what was asked for; an hour if nothing was (RFC 4235 §3.3).
func expiresOf(req *sip.Request) time.Duration {
	n, err := strconv.Atoi(strings.TrimSpace(headerValue(req, "Expires")))
	if err != nil || n < 0 {
		return time.Hour
	}
	return time.Duration(n) * time.Second
}

func callIDOf(req *sip.Request) string {
	if h := req.CallID(); h != nil {
		return h.Value()
	}
	return ""
}

// headerValue is the first of the named headers, without parameters of Event.
func headerValue(req *sip.Request, names ...string) string {
	for _, name := range names {
		if h := req.GetHeader(name); h != nil {
			return strings.TrimSpace(h.Value())
		}
	}
	return ""
}

func seconds(d time.Duration) string {
	return strconv.Itoa(int((d + time.Second - 1) / time.Second))
}
