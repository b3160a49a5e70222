package sip

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	gosip "github.com/emiago/sipgo/sip"
	"github.com/icholy/digest"

	"github.com/ctibridge/ctibridge/pbx/sip/transport"
)

var (
	errControl     = errors.New("control characters are not allowed")
	errCredentials = errors.New("the PBX refuses the user name or password")
	errNoPassword  = errors.New("the PBX asks for a password and none is configured")
	errChallenge   = errors.New("the PBX asks for a kind of authentication that is not supported")
)

// dialog is one SIP dialog with the switch (RFC 3261 §12.2): of a subscription,
// or of the call with which we ring an agent.
type dialog struct {
	callID    string
	localTag  string
	remoteTag string
	cseq      uint32
	target    gosip.Uri   // request URI: the address first, then the far end's Contact
	address   gosip.Uri   // To
	routes    []gosip.Uri // from Record-Route
}

func newDialog(address gosip.Uri) *dialog {
	return &dialog{callID: random(), localTag: random(), target: address, address: address}
}

// random is a Call-ID, tag or branch that nobody guesses: 130 bits.
func random() string { return rand.Text() }

// learn takes the far end's tag, Contact and route set from the answer that
// makes the dialog (RFC 3261 §12.1.2).
func (d *dialog) learn(res *gosip.Response) {
	if to := res.To(); to != nil {
		d.remoteTag, _ = to.Params.Get("tag")
	}
	d.retarget(res)
	d.routes = nil
	for _, h := range res.GetHeaders("Record-Route") {
		if rr, ok := h.(*gosip.RecordRouteHeader); ok {
			d.routes = append([]gosip.Uri{rr.Address}, d.routes...) // reversed
		}
	}
}

// retarget takes the far end's Contact from an answer within the dialog, which
// changes no route set (RFC 3261 §12.2.1.2).
func (d *dialog) retarget(res *gosip.Response) {
	if contact := res.Contact(); contact != nil && contact.Address.Host != "" {
		d.target = contact.Address
	}
}

// request builds the dialog's next request.
func (s *session) request(d *dialog, method gosip.RequestMethod) *gosip.Request {
	d.cseq++
	return s.build(d, method, d.cseq)
}

// build is request with a given sequence number, as ACK and CANCEL need.
func (s *session) build(d *dialog, method gosip.RequestMethod, cseq uint32) *gosip.Request {
	req := gosip.NewRequest(method, d.target)
	req.SetTransport(strings.ToUpper(s.wire.Network()))
	req.AppendHeader(s.via())
	for _, route := range d.routes {
		req.AppendHeader(&gosip.RouteHeader{Address: route})
	}
	maxForwards := gosip.MaxForwardsHeader(70)
	req.AppendHeader(&maxForwards)
	from := &gosip.FromHeader{Address: gosip.Uri{Scheme: s.link.scheme(), User: s.link.user(), Host: s.link.domain}}
	from.Params.Add("tag", d.localTag)
	req.AppendHeader(from)
	to := &gosip.ToHeader{Address: d.address}
	if d.remoteTag != "" {
		to.Params.Add("tag", d.remoteTag)
	}
	req.AppendHeader(to)
	callID := gosip.CallIDHeader(d.callID)
	req.AppendHeader(&callID)
	req.AppendHeader(&gosip.CSeqHeader{SeqNo: cseq, MethodName: method})
	req.AppendHeader(&gosip.ContactHeader{Address: s.contactURI()})
	req.AppendHeader(gosip.NewHeader("User-Agent", userAgent))
	req.SetBody(nil)
	return req
}

const userAgent = "ctibridge"

func (s *session) via() *gosip.ViaHeader {
	at := netip.MustParseAddrPort(s.wire.Local())
	via := &gosip.ViaHeader{
		ProtocolName: "SIP", ProtocolVersion: "2.0", Transport: strings.ToUpper(s.wire.Network()),
		Host: at.Addr().String(), Port: int(at.Port()),
	}
	via.Params.Add("branch", "z9hG4bK"+random())
	via.Params.Add("rport", "")
	return via
}

// contactURI is where the switch sends NOTIFYs.
func (s *session) contactURI() gosip.Uri {
	host, port := transport.SplitServer(s.wire.Network(), s.wire.Contact())
	uri := gosip.Uri{Scheme: s.link.scheme(), User: s.link.user(), Host: host, Port: int(port)}
	if s.wire.Network() != "udp" && uri.Scheme != "sips" { // which says it already (RFC 5630 §3.1.4)
		uri.UriParams.Add("transport", s.wire.Network())
	}
	return uri
}

// user is the user part of our own address.
func (l *Link) user() string {
	if l.cfg.Username != "" {
		return l.cfg.Username
	}
	return "ctibridge"
}

// uri is an address in the extensions' domain. User parts with characters that
// a URI cannot hold are escaped; control characters are refused before this.
func (l *Link) uri(user string) gosip.Uri {
	return gosip.Uri{Scheme: l.scheme(), User: escapeUser(user), Host: l.domain, Port: l.domainPort}
}

// escapeUser escapes what RFC 3261 §25.1 does not allow in a user part.
func escapeUser(user string) string {
	const allowed = "-_.!~*'()&=+$,;?/"
	var b strings.Builder
	for i := range len(user) {
		c := user[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte(allowed, c) >= 0 {
			b.WriteByte(c)
			continue
		}
		fmt.Fprintf(&b, "%%%02X", c)
	}
	return b.String()
}

// checkText refuses what could add lines to a SIP message.
func checkText(s string) error {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] == 0x7f {
			return errControl
		}
	}
	return nil
}

// authorise answers a digest challenge (RFC 3261 §22) on req, which gets a new
// branch and the next sequence number.
func (s *session) authorise(req *gosip.Request, d *dialog, res *gosip.Response) error {
	challenge, answer := "WWW-Authenticate", "Authorization"
	if res.StatusCode == gosip.StatusProxyAuthRequired {
		challenge, answer = "Proxy-Authenticate", "Proxy-Authorization"
	}
	if req.GetHeader(answer) != nil && !stale(res, challenge) {
		return errCredentials
	}
	if s.link.cfg.Username == "" || s.link.cfg.Password == "" {
		return errNoPassword
	}
	credentials, err := answerTo(res, challenge, req, s.link.cfg.Username, s.link.cfg.Password)
	if err != nil {
		return err
	}
	req.RemoveHeader(answer)
	req.AppendHeader(gosip.NewHeader(answer, credentials))
	d.cseq++
	req.CSeq().SeqNo = d.cseq
	req.ReplaceHeader(s.via())
	return nil
}

// answerTo is the credentials that a challenge in the named header field asks
// for.
func answerTo(res *gosip.Response, name string, req *gosip.Request, username, password string) (string, error) {
	chal, err := pickChallenge(res, name)
	if err != nil {
		return "", err
	}
	cred, err := digest.Digest(chal, digest.Options{
		Method: string(req.Method), URI: req.Recipient.String(), Username: username, Password: password,
	})
	if err != nil {
		return "", errChallenge
	}
	return cred.String(), nil
}

// pickChallenge takes the first challenge we can answer: a switch may offer
// SHA-256 and MD5.
func pickChallenge(res *gosip.Response, name string) (*digest.Challenge, error) {
	for _, h := range res.GetHeaders(name) {
		chal, err := digest.ParseChallenge(h.Value())
		if err != nil {
			continue
		}
		chal.Algorithm = strings.ToUpper(chal.Algorithm)
		if digest.CanDigest(chal) {
			return chal, nil
		}
	}
	return nil, errChallenge
}

func stale(res *gosip.Response, name string) bool {
	for _, h := range res.GetHeaders(name) {
		if chal, err := digest.ParseChallenge(h.Value()); err == nil && chal.Stale {
			return true
		}
	}
	return false
}

// nextHop is where a request of a call's dialog goes over UDP: the first route,
// else the target, where these are plain addresses; the switch itself in all
// other cases (RFC 3261 §12.2.1.1, which would have us look names up).
func (s *session) nextHop(d *dialog) netip.AddrPort {
	hop := d.target
	if len(d.routes) > 0 {
		hop = d.routes[0]
	}
	return transport.NextHop(hop, s.wire.Server())
}

// expires is the number of seconds in a header field such as Expires, 0 if
// there is none.
func expires(res *gosip.Response, name string) int {
	h := res.GetHeader(name)
	if h == nil {
		return 0
	}
	n, err := strconv.Atoi(strings.TrimSpace(token0(h.Value())))
	if err != nil || n < 0 {
		return 0
	}
	return min(n, 7*24*3600)
}

// token0 is the text before blanks, comments and parameters: Retry-After has
// such (RFC 3261 §20.33).
func token0(value string) string {
	if i := strings.IndexAny(value, " \t;("); i >= 0 {
		return value[:i]
	}
	return value
}
