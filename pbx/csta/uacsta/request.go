package uacsta

import (
	"bytes"
	"crypto/rand"
	"net/netip"
	"strconv"
	"strings"

	gosip "github.com/emiago/sipgo/sip"
	"github.com/icholy/digest"

	"github.com/ctibridge/ctibridge/pbx/csta/ecma323"
	"github.com/ctibridge/ctibridge/pbx/sip/transport"
)

// Header fields of a CSTA body (ECMA TR/87 §7).
const (
	contentType = "application/csta+xml"
	disposition = "signal;handling=required"
	allow       = "Allow: INVITE, ACK, BYE, CANCEL, INFO, UPDATE, OPTIONS"
	userAgent   = "ctibridge"
)

// dialog is the association's SIP dialog (RFC 3261 §12). The session's lock
// guards it.
type dialog struct {
	callID, localTag, remoteTag string
	cseq                        uint32
	target                      gosip.Uri
	routes                      []gosip.Uri
}

// learn takes tag, Contact and route set from the answer that makes the dialog
// (RFC 3261 §12.1.2).
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

// retarget takes the Contact of an answer within the dialog (§12.2.1.2).
func (d *dialog) retarget(res *gosip.Response) {
	if contact := res.Contact(); contact != nil && contact.Address.Host != "" {
		d.target = contact.Address
	}
}

// moved takes the Contact of a request within the dialog (§12.2.2), where it can
// be read.
func (d *dialog) moved(contact []byte) {
	_, rest, named := bytes.Cut(contact, []byte{'<'})
	if !named {
		return
	}
	address, _, _ := bytes.Cut(rest, []byte{'>'})
	var target gosip.Uri
	if gosip.ParseUri(string(address), &target) == nil && target.Host != "" {
		d.target = target
	}
}

// request builds the dialog's next request, with m as its body unless nil.
func (s *session) request(method gosip.RequestMethod, m ecma323.Message) *gosip.Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dlg.cseq++
	req := s.build(&s.dlg, method, s.dlg.cseq)
	if m != nil {
		req.AppendHeader(gosip.NewHeader("Content-Type", contentType))
		req.AppendHeader(gosip.NewHeader("Content-Disposition", disposition))
		req.SetBody(ecma323.AppendMessage(nil, m, ecma323.Edition3))
	}
	return req
}

// build is request with a given sequence number, as ACK and CANCEL need, and
// without a body. The caller holds mu.
func (s *session) build(d *dialog, method gosip.RequestMethod, cseq uint32) *gosip.Request {
	req := gosip.NewRequest(method, d.target)
	req.SetTransport(strings.ToUpper(s.wire().Network()))
	req.AppendHeader(s.via())
	for _, route := range d.routes {
		req.AppendHeader(&gosip.RouteHeader{Address: route})
	}
	maxForwards := gosip.MaxForwardsHeader(70)
	req.AppendHeader(&maxForwards)
	from := &gosip.FromHeader{Address: gosip.Uri{Scheme: s.phone.address.Scheme, User: s.user(), Host: s.phone.address.Host}}
	from.Params.Add("tag", d.localTag)
	req.AppendHeader(from)
	to := &gosip.ToHeader{Address: s.phone.address}
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

// hop is where a request of the dialog goes: to the telephone itself where it is
// asked directly, until the dialog has a route of its own.
func (s *session) hop(d *dialog) netip.AddrPort {
	s.mu.Lock()
	defer s.mu.Unlock()
	server := s.wire().Server()
	switch {
	case d.remoteTag == "" && s.phone.cfg.Direct:
		return transport.NextHop(s.phone.address, netip.AddrPort{})
	case d.remoteTag == "":
		return server
	case s.phone.cfg.Direct:
		server = transport.NextHop(s.phone.address, netip.AddrPort{})
	}
	next := d.target
	if len(d.routes) > 0 {
		next = d.routes[0]
	}
	return transport.NextHop(next, server)
}

func (s *session) user() string {
	if s.phone.cfg.Username != "" {
		return s.phone.cfg.Username
	}
	return userAgent
}

func (s *session) via() *gosip.ViaHeader {
	at, _ := netip.ParseAddrPort(s.wire().Local())
	via := &gosip.ViaHeader{
		ProtocolName: "SIP", ProtocolVersion: "2.0", Transport: strings.ToUpper(s.wire().Network()),
		Host: at.Addr().String(), Port: int(at.Port()),
	}
	via.Params.Add("branch", "z9hG4bK"+rand.Text())
	via.Params.Add("rport", "")
	return via
}

// contactURI is where the telephone sends its INFOs.
func (s *session) contactURI() gosip.Uri {
	host, port := transport.SplitServer(s.wire().Network(), s.wire().Contact())
	uri := gosip.Uri{Scheme: s.phone.address.Scheme, User: s.user(), Host: host, Port: int(port)}
	if s.wire().Network() != "udp" && uri.Scheme != "sips" {
		uri.UriParams.Add("transport", s.wire().Network())
	}
	return uri
}

// authorise answers a digest challenge (RFC 3261 §22) on req, which gets a new
// branch and the next sequence number.
func (s *session) authorise(req *gosip.Request, res *gosip.Response) error {
	challenge, answer := "WWW-Authenticate", "Authorization"
	if res.StatusCode == gosip.StatusProxyAuthRequired {
		challenge, answer = "Proxy-Authenticate", "Proxy-Authorization"
	}
	if req.GetHeader(answer) != nil {
		return refusal(res.StatusCode, true)
	}
	if s.phone.cfg.Username == "" || s.phone.cfg.Password == "" {
		return refusal(res.StatusCode, false)
	}
	for _, h := range res.GetHeaders(challenge) {
		chal, err := digest.ParseChallenge(h.Value())
		if err != nil {
			continue
		}
		chal.Algorithm = strings.ToUpper(chal.Algorithm)
		cred, err := digest.Digest(chal, digest.Options{
			Method: string(req.Method), URI: req.Recipient.String(), Username: s.phone.cfg.Username, Password: s.phone.cfg.Password,
		})
		if err != nil {
			continue
		}
		req.AppendHeader(gosip.NewHeader(answer, cred.String()))
		s.again(req)
		return nil
	}
	return errChallenge
}

// again makes req a new transaction.
func (s *session) again(req *gosip.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dlg.cseq++
	req.CSeq().SeqNo = s.dlg.cseq
	req.ReplaceHeader(s.via())
}

// text is a response's header field by its long or compact name.
func text(res *gosip.Response, long, compact string) string {
	h := res.GetHeader(long)
	if h == nil && compact != "" {
		h = res.GetHeader(compact)
	}
	if h == nil {
		return ""
	}
	return h.Value()
}

// seconds is the number that a field such as Session-Expires begins with, 0 if
// there is none.
func seconds(value string) int {
	value, _, _ = strings.Cut(value, ";")
	n, err := strconv.ParseUint(strings.TrimSpace(value), 10, 32)
	if err != nil {
		return 0
	}
	return int(min(n, 7*24*3600))
}
