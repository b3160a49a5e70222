package pbxtest

import (
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/ctibridge/ctibridge/pbx/sip/hep"
)

// mirrorPatience is how long the switch waits for whoever it mirrors to.
const mirrorPatience = 5 * time.Second

// sipMirror copies the SIP that a back-to-back user agent would exchange with its
// telephones to a listener, as HEP3 packets. Each leg has a Call-ID of its own,
// a telephone that dials is asked for a password first, a withheld number stands
// in P-Asserted-Identity beside Privacy. What it says of a call is derived from
// the legs; the caller holds the switch's mu throughout.
type sipMirror struct {
	domain, network, addr string

	conn  net.Conn
	buf   []byte
	twice bool // each packet goes out twice
	mute  bool // none does
	// kept is the telephone's leg that goes on when the bridge hands its call over.
	kept *mirroredLeg
}

// mirroredLeg is what was mirrored of a leg.
type mirroredLeg struct {
	callID     string
	phone, sw  string // tags of the telephone's and of the switch's side
	invited    bool   // by the switch; else the telephone dialled
	branch     string // of the INVITE
	cseq       int
	state      legState
	answered   bool
	hungUp     bool // the telephone was put down
	remote     Caller
	ext, place string
}

func newSIPMirror(domain, network, addr string) *sipMirror {
	if addr == "" {
		return nil
	}
	return &sipMirror{domain: domain, network: network, addr: addr}
}

func (m *sipMirror) close() {
	if m != nil && m.conn != nil {
		_ = m.conn.Close()
	}
}

// follow writes what has changed about a leg.
func (m *sipMirror) follow(l *leg) {
	if m == nil {
		return
	}
	if l.mirrored == nil {
		m.begin(l)
	}
	w := l.mirrored
	switch {
	case w.state == legEnded:
		return
	case l.state == legEnded:
		m.end(l)
	case w.remote != l.remote:
		w.remote = l.remote
		m.request(w, "UPDATE", false, m.identity(l.remote)...)
	case !w.answered && l.answered():
		w.answered = true
		m.response(w, 200)
		m.request(w, "ACK", !w.invited)
	case w.state != l.state && w.answered:
		m.request(w, "INVITE", true) // hold and retrieve: which it is stands in SDP
	}
	w.state = l.state
}

// answered tells whether both ends of a leg talk.
func (l *leg) answered() bool {
	if !l.initiator {
		return l.state == legTalking || l.state == legHeld
	}
	for _, other := range l.call.legs {
		if other != l && other.answered() {
			return true
		}
	}
	return l.call.connected
}

// begin rings a telephone, or lets it dial.
func (m *sipMirror) begin(l *leg) {
	if m.kept != nil && l.initiator {
		l.mirrored, m.kept = m.kept, nil
		l.mirrored.state = l.state
		return
	}
	w := &mirroredLeg{
		callID: l.callID, phone: l.localTag, sw: l.remoteTag, invited: !l.initiator, ext: l.ext.number,
		state: l.state, remote: l.remote, branch: randomHex(8), place: "phone-" + l.ext.number + ".example.com",
	}
	l.mirrored = w
	if w.invited {
		more := m.identity(l.remote)
		if by := l.call.referredBy; by != "" {
			more = append(more, "Referred-By: <sip:"+by+"@"+m.domain+">")
		}
		m.invite(w, more)
		m.response(w, 180)
		return
	}
	m.invite(w, nil)
	m.response(w, 407)
	m.ackRefusal(w)
	w.branch = randomHex(8)
	m.invite(w, []string{`Proxy-Authorization: Digest username="` + w.ext + `", response="` + randomHex(16) + `"`})
	m.response(w, 180)
}

// end ends a leg in the way its state asks for.
func (m *sipMirror) end(l *leg) {
	w := l.mirrored
	w.state = legEnded
	switch {
	case w.answered:
		m.request(w, "BYE", w.hungUp)
	case !w.invited && !w.hungUp:
		m.response(w, 486)
		m.ackRefusal(w)
	case w.invited && w.hungUp:
		m.response(w, 486)
		m.ackRefusal(w)
	default:
		reason := `Reason: Q.850;cause=16`
		for _, other := range l.call.legs {
			if other != l && other.answered() {
				reason = `Reason: SIP;cause=200;text="Call completed elsewhere"`
			}
		}
		m.send(m.head("CANCEL", w.target(m), w, !w.invited, w.branch, false, reason))
		m.response(w, 487)
		m.ackRefusal(w)
	}
}

// ends ends a leg of which the documents say something else.
func (m *sipMirror) ends(l *leg) {
	if m != nil && l.mirrored != nil && l.mirrored.state != legEnded {
		m.end(l)
	}
}

// hangsUp notes that it is the telephone that ends a leg.
func (m *sipMirror) hangsUp(l *leg) {
	if m != nil && l.mirrored != nil {
		l.mirrored.hungUp = true
	}
}

// refer lets a telephone hand a call on: to a number, or with Replaces to
// whoever it talks to on the other leg.
func (m *sipMirror) refer(l *leg, to string, replaces *leg) {
	if m == nil || l.mirrored == nil {
		return
	}
	target := "<sip:" + to + "@" + m.domain
	if replaces != nil {
		o := replaces.mirrored
		target += "?Replaces=" + o.callID + "%3Bto-tag%3D" + o.sw + "%3Bfrom-tag%3D" + o.phone
	}
	m.request(l.mirrored, "REFER", true, "Refer-To: "+target+">", "Referred-By: <sip:"+l.ext.number+"@"+m.domain+">")
}

// handOver keeps a telephone's leg for the call that it is handed over to.
func (m *sipMirror) handOver(l *leg) {
	if m != nil && l.mirrored != nil {
		m.kept, l.mirrored = l.mirrored, &mirroredLeg{state: legEnded}
	}
}

// arrives is a call from outside on its way to the switch, to its main number.
func (m *sipMirror) arrives(from Caller) {
	if m == nil {
		return
	}
	w := &mirroredLeg{
		callID: newUUID(), phone: randomHex(6), sw: randomHex(6), branch: randomHex(8), ext: from.Number,
		place: "trunk.example.net", remote: Caller{Number: "+493023125000"},
	}
	m.invite(w, m.identity(from))
}

// identity is how the switch asserts who somebody is (RFC 3325).
func (m *sipMirror) identity(c Caller) []string {
	out := []string{fmt.Sprintf("P-Asserted-Identity: \"%s\" <sip:%s@%s>", plain(c.Name), c.Number, m.domain)}
	if c.Withheld {
		out = append(out, "Privacy: id")
	}
	return out
}

// plain keeps a name in its line. Otherwise it goes out as it is.
func plain(name string) string { return strings.NewReplacer("\r", " ", "\n", " ").Replace(name) }

// target is the request line's address.
func (w *mirroredLeg) target(m *sipMirror) string {
	if w.invited {
		return "sip:" + w.ext + "@" + w.place
	}
	return "sip:" + w.remote.Number + "@" + m.domain
}

func (m *sipMirror) invite(w *mirroredLeg, more []string) {
	w.cseq++
	m.send(m.head("INVITE", w.target(m), w, !w.invited, w.branch, false, more...))
}

// ackRefusal has the INVITE's branch (RFC 3261 §17.1.1.3).
func (m *sipMirror) ackRefusal(w *mirroredLeg) {
	m.send(m.head("ACK", w.target(m), w, !w.invited, w.branch, true))
}

// request writes a request within the dialog, of the telephone or of the switch.
func (m *sipMirror) request(w *mirroredLeg, method string, ofPhone bool, more ...string) {
	target := "sip:" + w.ext + "@" + w.place
	if ofPhone {
		target = "sip:" + m.domain
	}
	if method != "ACK" {
		w.cseq++
	}
	m.send(m.head(method, target, w, ofPhone, randomHex(8), true, more...))
}

// head is a request up to its body, which nobody reads.
func (m *sipMirror) head(method, target string, w *mirroredLeg, ofPhone bool, branch string, tagged bool, more ...string) string {
	sender, from, to := m.domain, w.switchSide(m), w.phoneSide(m)
	if ofPhone {
		sender, from, to = w.place, to, from
	}
	if !tagged {
		to, _, _ = strings.Cut(to, ";tag=")
	}
	return method + " " + target + " SIP/2.0\r\n" + w.fields(sender, branch, from, to, method) +
		strings.Join(append(more, ""), "\r\n") + "Content-Type: application/sdp\r\nContent-Length: 0\r\n\r\n"
}

// response answers the leg's INVITE.
func (m *sipMirror) response(w *mirroredLeg, status int) {
	sender, from, to := w.place, w.phoneSide(m), w.switchSide(m)
	if w.invited {
		sender, from, to = m.domain, to, from
	}
	m.send(fmt.Sprintf("SIP/2.0 %d %s\r\n%sContent-Length: 0\r\n\r\n", status, reasonOf(status),
		w.fields(sender, w.branch, from, to, "INVITE")))
}

func (w *mirroredLeg) fields(sender, branch, from, to, method string) string {
	return fmt.Sprintf("Via: SIP/2.0/UDP %s;branch=z9hG4bK%s\r\nMax-Forwards: 70\r\nFrom: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %d %s\r\n",
		sender, branch, from, to, w.callID, w.cseq, method)
}

// phoneSide is the telephone's address in From and To.
func (w *mirroredLeg) phoneSide(m *sipMirror) string {
	return "<sip:" + w.ext + "@" + m.domain + ">;tag=" + w.phone
}

// switchSide is the far end's.
func (w *mirroredLeg) switchSide(m *sipMirror) string {
	if w.remote.Withheld {
		return `"Anonymous" <sip:anonymous@anonymous.invalid>;tag=` + w.sw
	}
	return fmt.Sprintf("\"%s\" <sip:%s@%s>;tag=%s", plain(w.remote.Name), w.remote.Number, m.domain, w.sw)
}

// send writes one packet. Who does not listen gets nothing.
func (m *sipMirror) send(message string) {
	if m.mute {
		return
	}
	p := hep.Packet{Protocol: hep.ProtocolSIP, Captured: time.Now(), Payload: []byte(message)}
	data, err := p.Append(m.buf[:0])
	if err != nil {
		return
	}
	m.buf = data
	m.write(data)
	if m.twice {
		m.write(data)
	}
}

func (m *sipMirror) write(data []byte) {
	if m.conn == nil {
		conn, err := net.DialTimeout(m.network, m.addr, mirrorPatience)
		if err != nil {
			return
		}
		m.conn = conn
	}
	_ = m.conn.SetWriteDeadline(time.Now().Add(mirrorPatience))
	if _, err := m.conn.Write(data); err != nil && m.network == "tcp" {
		_ = m.conn.Close()
		m.conn = nil
	}
}

// muteMirror loses what would be mirrored from now on, or no longer.
func (s *SIPSwitch) muteMirror(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.mirror != nil {
		s.mirror.mute = on
	}
}

// doubleMirror sends each packet twice.
func (s *SIPSwitch) doubleMirror(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.mirror != nil {
		s.mirror.twice = on
	}
}
