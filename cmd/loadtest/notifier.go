package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Timer E of RFC 3261 §17.1.2.2: a request over UDP is repeated after T1,
// doubled up to T2, until it is answered or 64·T1 have passed.
const (
	timerT1   = 500 * time.Millisecond
	timerT2   = 4 * time.Second
	timerF    = 64 * timerT1
	scanEvery = 50 * time.Millisecond
)

// notifier plays a PBX that does nothing but take SUBSCRIBEs and send NOTIFYs,
// in documents as FreeSWITCH writes them. It is as lean as it can be, since it
// shares the machine with what it measures.
type notifier struct {
	network string
	addr    string
	numbers int // of callers, in turn
	udp     *net.UDPConn
	tcp     net.Listener
	wg      sync.WaitGroup
	stop    context.CancelFunc

	mu        sync.Mutex
	subs      map[string]*subscription // by extension
	forgotten chan struct{}            // closed by the first refresh that is refused; nil before forget

	sent    sync.Mutex // guards pending
	pending map[uint64]*repeat
	branch  uint64
	repeats atomic.Int64
	fault   atomic.Pointer[error]
}

// subscription is what the notifier has to know to write a NOTIFY.
type subscription struct {
	ext, head string // head: the message from Call-ID to Content-Type
	target    string
	to        *net.UDPAddr // over UDP
	conn      *lockedConn  // over TCP
	cseq      int
	version   int
	callID    string
}

type lockedConn struct {
	net.Conn
	mu sync.Mutex
}

type repeat struct {
	data       []byte
	to         *net.UDPAddr
	began, due time.Time
	wait       time.Duration
}

func newNotifier(ctx context.Context, network, addr string, numbers int) (*notifier, error) {
	p := &notifier{network: network, numbers: numbers, subs: make(map[string]*subscription), pending: make(map[uint64]*repeat)}
	ctx, p.stop = context.WithCancel(ctx)
	var lc net.ListenConfig
	if network == "tcp" {
		l, err := lc.Listen(ctx, "tcp", addr)
		if err != nil {
			return nil, err
		}
		p.tcp, p.addr = l, l.Addr().String()
		p.wg.Go(p.accept)
		return p, nil
	}
	c, err := lc.ListenPacket(ctx, "udp", addr)
	if err != nil {
		return nil, err
	}
	p.udp, p.addr = c.(*net.UDPConn), c.LocalAddr().String()
	_ = p.udp.SetReadBuffer(8 << 20)
	p.wg.Go(p.readUDP)
	p.wg.Go(func() { p.repeat(ctx) })
	return p, nil
}

func (p *notifier) readUDP() {
	buf := make([]byte, 64<<10)
	for {
		n, from, err := p.udp.ReadFromUDP(buf)
		if err != nil {
			return
		}
		p.take(buf[:n], from, nil)
	}
}

func (p *notifier) accept() {
	for {
		c, err := p.tcp.Accept()
		if err != nil {
			return
		}
		p.wg.Go(func() { p.readTCP(&lockedConn{Conn: c}) })
	}
}

func (p *notifier) readTCP(c *lockedConn) {
	defer c.Close()
	r := bufio.NewReaderSize(c, 64<<10)
	for {
		var msg []byte
		length := 0
		for {
			line, err := r.ReadSlice('\n')
			if err != nil {
				return
			}
			msg = append(msg, line...)
			if v, ok := cutHeader(string(line), "Content-Length"); ok {
				length, _ = strconv.Atoi(v)
			}
			if len(line) <= 2 {
				if len(msg) <= 2 { // a keep-alive (RFC 5626 §3.5.1)
					msg = msg[:0]
					continue
				}
				break
			}
		}
		body := make([]byte, length)
		if _, err := io.ReadFull(r, body); err != nil {
			return
		}
		p.take(append(msg, body...), nil, c)
	}
}

// take handles one message: an answer to a NOTIFY, or a request.
func (p *notifier) take(msg []byte, from *net.UDPAddr, c *lockedConn) {
	if bytes.HasPrefix(msg, []byte("SIP/2.0 ")) {
		if p.udp != nil {
			p.answered(msg)
		}
		return
	}
	text := string(msg)
	method, _, _ := strings.Cut(text, " ")
	switch method {
	case "SUBSCRIBE":
		p.subscribe(text, from, c)
	case "OPTIONS":
		p.reply(text, "", from, c)
	}
}

var branchMark = []byte("branch=z9hG4bK-load-")

func (p *notifier) answered(msg []byte) {
	at := bytes.Index(msg, branchMark)
	if at < 0 {
		return
	}
	var n uint64
	for _, c := range msg[at+len(branchMark):] {
		if c < '0' || c > '9' {
			break
		}
		n = 10*n + uint64(c-'0')
	}
	p.sent.Lock()
	delete(p.pending, n)
	p.sent.Unlock()
}

// repeat sends again what is not answered.
func (p *notifier) repeat(ctx context.Context) {
	t := time.NewTicker(scanEvery)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-t.C:
			p.sent.Lock()
			for n, r := range p.pending {
				switch {
				case now.Sub(r.began) > timerF:
					delete(p.pending, n)
				case now.After(r.due):
					r.wait = min(2*r.wait, timerT2)
					r.due = now.Add(r.wait)
					p.repeats.Add(1)
					_, _ = p.udp.WriteToUDP(r.data, r.to)
				}
			}
			p.sent.Unlock()
		}
	}
}

func header(msg, name string) string {
	for line := range strings.Lines(msg) {
		if v, ok := cutHeader(line, name); ok {
			return v
		}
		if len(line) <= 2 {
			break
		}
	}
	return ""
}

func cutHeader(line, name string) (string, bool) {
	if len(line) <= len(name) || line[len(name)] != ':' || !strings.EqualFold(line[:len(name)], name) {
		return "", false
	}
	return strings.TrimSpace(line[len(name)+1:]), true
}

// between cuts what stands between two marks.
func between(s, from, to string) string {
	_, s, _ = strings.Cut(s, from)
	s, _, _ = strings.Cut(s, to)
	return s
}

func (p *notifier) subscribe(msg string, from *net.UDPAddr, c *lockedConn) {
	to := header(msg, "To")
	ext := between(to, "sip:", "@")
	p.mu.Lock()
	s := p.subs[ext]
	refresh := strings.Contains(to, "tag=")
	if s == nil && refresh && p.forgotten != nil {
		p.noticed()
		p.mu.Unlock()
		p.refuse(msg, from, c)
		return
	}
	if s == nil || !refresh {
		s = &subscription{ext: ext, cseq: 100}
		p.subs[ext] = s
	}
	s.target = between(header(msg, "Contact"), "<", ">")
	s.to, s.conn, s.callID = from, c, header(msg, "Call-ID")
	tag := ";tag=load-" + ext
	s.head = "From: " + stripTag(to) + tag + "\r\nTo: " + header(msg, "From") + "\r\nCall-ID: " + s.callID + "\r\n"
	p.mu.Unlock()
	extra := "Contact: <sip:" + ext + "@" + p.addr + ">\r\nExpires: 3600\r\n"
	p.reply(msg, extra, from, c)
	p.notify(s, "")
}

func stripTag(s string) string {
	s, _, _ = strings.Cut(s, ";tag=")
	return s
}

// forget drops all subscriptions without a word. The channel is closed when the
// bridge notices.
func (p *notifier) forget() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	clear(p.subs)
	p.forgotten = make(chan struct{})
	return p.forgotten
}

// noticed: the bridge has asked for what was forgotten. The caller holds mu.
func (p *notifier) noticed() {
	select {
	case <-p.forgotten:
	default:
		close(p.forgotten)
	}
}

// refuse answers a refresh of what is not known.
func (p *notifier) refuse(msg string, from *net.UDPAddr, c *lockedConn) {
	p.answer(msg, "481 Subscription Does Not Exist", "", from, c)
}

func (p *notifier) reply(msg, extra string, from *net.UDPAddr, c *lockedConn) {
	p.answer(msg, "200 OK", extra, from, c)
}

func (p *notifier) answer(msg, status, extra string, from *net.UDPAddr, c *lockedConn) {
	to := header(msg, "To")
	if !strings.Contains(to, "tag=") {
		to += ";tag=load-" + between(to, "sip:", "@")
	}
	out := "SIP/2.0 " + status + "\r\nVia: " + header(msg, "Via") + "\r\nFrom: " + header(msg, "From") + "\r\nTo: " + to +
		"\r\nCall-ID: " + header(msg, "Call-ID") + "\r\nCSeq: " + header(msg, "CSeq") + "\r\n" + extra + "Content-Length: 0\r\n\r\n"
	p.write([]byte(out), from, c)
}

func (p *notifier) write(data []byte, to *net.UDPAddr, c *lockedConn) {
	var err error
	if c != nil {
		c.mu.Lock()
		_, err = c.Write(data)
		c.mu.Unlock()
	} else {
		_, err = p.udp.WriteToUDP(data, to)
	}
	if err != nil && !errors.Is(err, net.ErrClosed) {
		p.fault.Store(&err)
	}
}

// tell implements teller.
func (p *notifier) tell(agent, n int, s stage) {
	p.mu.Lock()
	sub := p.subs[extensionOf(agent)]
	p.mu.Unlock()
	if sub != nil {
		p.notify(sub, dialog(sub.ext, n, p.numbers, s))
	}
}

// notify sends one document; over UDP it is repeated until answered.
func (p *notifier) notify(s *subscription, dialog string) {
	p.mu.Lock()
	s.cseq += 50 // FreeSWITCH counts in leaps
	cseq, version, head, target := s.cseq, s.version, s.head, s.target
	s.version++
	to, conn := s.to, s.conn
	p.mu.Unlock()
	p.sent.Lock()
	p.branch++
	branch := p.branch
	p.sent.Unlock()
	body := fmt.Sprintf("<?xml version=\"1.0\"?>\n<dialog-info xmlns=\"urn:ietf:params:xml:ns:dialog-info\" version=\"%d\" state=\"full\" entity=\"sip:%s@%s\">\n%s</dialog-info>\n",
		version, s.ext, p.addr, dialog)
	data := fmt.Appendf(nil, "NOTIFY %s SIP/2.0\r\nVia: SIP/2.0/%s %s;rport;branch=z9hG4bK-load-%d\r\nMax-Forwards: 70\r\n%sCSeq: %d NOTIFY\r\nContact: <sip:%s@%s>\r\n"+
		"User-Agent: FreeSWITCH-mod_sofia/1.10.12-release~64bit\r\nEvent: dialog\r\nSubscription-State: active;expires=3600\r\nContent-Type: application/dialog-info+xml\r\nContent-Length: %d\r\n\r\n%s",
		target, strings.ToUpper(p.network), p.addr, branch, head, cseq, s.ext, p.addr, len(body), body)
	if conn == nil {
		now := time.Now()
		p.sent.Lock()
		p.pending[branch] = &repeat{data: data, to: to, began: now, due: now.Add(timerT1), wait: timerT1}
		p.sent.Unlock()
	}
	p.write(data, to, conn)
}

// dialog is the one dialog of a document.
func dialog(ext string, n, numbers int, s stage) string {
	id := fmt.Sprintf("7a2b7361-a50c-4af3-b136-%012d", n)
	if s == terminated {
		return "<dialog id=\"" + id + "\" direction=\"recipient\">\n<state>terminated</state>\n</dialog>\n"
	}
	state := "early"
	if s == confirmed {
		state = "confirmed"
	}
	return "<dialog id=\"" + id + "\" direction=\"recipient\">\n<state>" + state + "</state>\n<local>\n<identity display=\"" + ext + "\">sip:" + ext +
		"@pbx.example.com</identity>\n<target uri=\"sip:" + ext + "@pbx.example.com\">\n<param pname=\"+sip.rendering\" pvalue=\"yes\"/>\n</target>\n</local>\n<remote>\n" +
		"<identity display=\"Caller " + strconv.Itoa(n) + "\">sip:" + numberOf(n%numbers) + "@pbx.example.com</identity>\n<target uri=\"sip:**" + ext + "@pbx.example.com\"/>\n</remote>\n</dialog>\n"
}

// subscribed counts the extensions that are watched.
func (p *notifier) subscribed() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.subs)
}

// err is the first write that failed, if any.
func (p *notifier) err() error {
	if e := p.fault.Load(); e != nil {
		return *e
	}
	return nil
}

func (p *notifier) close() {
	p.stop()
	if p.udp != nil {
		_ = p.udp.Close()
	}
	if p.tcp != nil {
		_ = p.tcp.Close()
	}
	p.mu.Lock()
	for _, s := range p.subs {
		if s.conn != nil {
			_ = s.conn.Close()
		}
	}
	p.mu.Unlock()
	p.wg.Wait()
}
