package transport

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	gosip "github.com/emiago/sipgo/sip"
)

// open opens and serves a layer until the test ends; what comes in is told.
func open(t *testing.T, network string, to netip.AddrPort, handle Handler) *Layer {
	t.Helper()
	if handle == nil {
		handle = func([]byte, Source) {}
	}
	l, err := Open(t.Context(), Config{Network: network, Target: Target{"pbx", to}}, handle)
	if err != nil {
		t.Fatal(err)
	}
	l.Serve()
	t.Cleanup(l.Close)
	return l
}

// ended waits until a layer is of no more use and returns why.
func ended(t *testing.T, l *Layer) error {
	t.Helper()
	select {
	case <-l.Done():
		return l.Err()
	case <-time.After(10 * time.Second):
		t.Fatal("the layer did not end")
		return nil
	}
}

func message1(method string, size int) []byte {
	head := fmt.Sprintf("%s sip:a@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bK1;rport\r\nContent-Length: %d\r\n\r\n", method, size)
	return append([]byte(head), bytes.Repeat([]byte{'x'}, size)...)
}

// TestPeerClosesAtOnce: the layer ends and says so.
func TestPeerClosesAtOnce(t *testing.T) {
	t.Parallel()
	l := open(t, "tcp", serve(t, func(net.Conn) {}), nil)
	if err := ended(t, l); !errors.Is(err, errClosedByPeer) && !strings.Contains(err.Error(), "reset") {
		t.Errorf("ended with %v", err)
	}
}

// TestPeerDoesNotRead: a switch whose buffers are full is given up after
// writeTimeout, and nobody who sends later waits for it.
func TestPeerDoesNotRead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := net.Pipe()
		defer func() { _ = theirs.Close() }()
		l := pipeLayer(ours)
		l.Serve()
		defer l.Close()
		began := time.Now()
		if err := l.Send([]byte("x"), netip.AddrPort{}); !errors.Is(err, errNotReading) {
			t.Errorf("sent: %v", err)
		}
		if took := time.Since(began); took != writeTimeout {
			t.Errorf("gave up after %v", took)
		}
		<-l.Done()
		if err := l.Err(); !errors.Is(err, errNotReading) {
			t.Errorf("ended with %v", err)
		}
		began = time.Now()
		if l.Send([]byte("x"), netip.AddrPort{}) == nil || time.Since(began) != 0 {
			t.Error("the next one waited, or was sent")
		}
	})
}

// pipeLayer is a layer on one end of a pipe.
func pipeLayer(c net.Conn) *Layer {
	s := newStream(addressed{c})
	return &Layer{network: "tcp", stream: s, conns: map[*stream]struct{}{s: {}}, handle: func([]byte, Source) {}, done: make(chan struct{})}
}

// addressed is a pipe that has an address.
type addressed struct{ net.Conn }

func (addressed) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 5060} }

// TestPingsOfOurs: a switch that answers pings and stops is given up, one that never
// did is not.
func TestPingsOfOurs(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		pongs int
		ends  bool
	}{
		{"never answers", 0, false}, {"answered once", 1, false}, {"stops answering", 3, true}, {"answers", 1000, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ours, theirs := net.Pipe()
				l := pipeLayer(ours)
				l.Serve()
				pings := make(chan int)
				go func() {
					defer close(pings)
					buf := make([]byte, 64)
					for n := 0; ; n++ {
						got, err := theirs.Read(buf)
						if err != nil {
							return
						}
						if string(buf[:got]) != "\r\n\r\n" {
							t.Errorf("the ping is %q", buf[:got])
						}
						if n < tt.pongs {
							_, _ = theirs.Write([]byte("\r\n"))
						}
						pings <- n
					}
				}()
				last := time.Now()
				for n := range pings {
					if gap := time.Since(last); gap < pingLeast || gap > pingMost+pongTimeout {
						t.Errorf("ping %d after %v", n, gap)
					}
					if last = time.Now(); n == 20 {
						break
					}
				}
				synctest.Wait()
				select {
				case <-l.Done():
					if !tt.ends || !errors.Is(l.Err(), errNoPong) {
						t.Errorf("ended with %v", l.Err())
					}
				default:
					if tt.ends {
						t.Error("it goes on")
					}
				}
				l.Close()
				_ = theirs.Close()
				for range pings {
				}
			})
		})
	}
}

// TestBlockedHandler: while nobody takes the events, pings and requests leave, the
// switch's silence does not count, and the answer is found afterwards.
func TestBlockedHandler(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := net.Pipe()
		l := pipeLayer(ours)
		tx := NewTransactions(l)
		release := make(chan struct{})
		l.handle = func(data []byte, _ Source) {
			if bytes.HasPrefix(data, []byte("NOTIFY")) {
				<-release
				return
			}
			if _, err := tx.Deliver(data); err != nil {
				t.Error(err)
			}
		}
		l.Serve()
		if _, err := theirs.Write(message1("NOTIFY", 0)); err != nil {
			t.Fatal(err)
		}
		var pings atomic.Int32
		go func() {
			var f framer
			for {
				n, err := theirs.Read(f.space())
				if err != nil {
					return
				}
				f.add(n)
				for data := f.next(); data != nil; data = f.next() {
					answer := answerTo(data)
					go func() { _, _ = theirs.Write(answer) }() // stays in the pipe
				}
				if f.pinged {
					f.pinged = false
					pings.Add(1)
				}
			}
		}()
		go func() {
			time.Sleep(5 * time.Minute)
			close(release)
		}()
		began := time.Now()
		res, err := tx.Exchange(t.Context(), options(), netip.AddrPort{}, 16*time.Second)
		if err != nil || res.StatusCode != gosip.StatusOK {
			t.Fatalf("after %v: %v %v", time.Since(began), res, err)
		}
		if took := time.Since(began); took < 5*time.Minute || took > 5*time.Minute+2*stallGrace {
			t.Errorf("answered after %v", took)
		}
		if n := pings.Load(); n < 7 {
			t.Errorf("%d pings in five minutes", n)
		}
		_ = theirs.Close()
		l.Close()
	})
}

// TestSilenceCounts: a switch that is read and says nothing times out.
func TestSilenceCounts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := net.Pipe()
		l := pipeLayer(ours)
		l.Serve()
		go func() { _, _ = io.Copy(io.Discard, theirs) }()
		began := time.Now()
		if _, err := NewTransactions(l).Exchange(t.Context(), options(), netip.AddrPort{}, 16*time.Second); !errors.Is(err, ErrTimeout) {
			t.Errorf("error %v", err)
		}
		if took := time.Since(began); took != 16*time.Second {
			t.Errorf("after %v", took)
		}
		_ = theirs.Close()
		l.Close()
	})
}

// TestPong: the switch's ping is answered between two messages.
func TestPong(t *testing.T) {
	t.Parallel()
	got := make(chan string, 1)
	addr := serve(t, func(c net.Conn) {
		_, _ = c.Write(append(message1("OPTIONS", 3), "\r\n\r\n"...))
		buf := make([]byte, 16)
		n, _ := io.ReadAtLeast(c, buf, 2)
		got <- string(buf[:n])
	})
	heard := make(chan string, 1)
	open(t, "tcp", addr, func(data []byte, _ Source) { heard <- string(data) })
	if m := <-heard; m != string(message1("OPTIONS", 3)) {
		t.Errorf("heard %q", m)
	}
	if pong := <-got; pong != "\r\n" {
		t.Errorf("the pong is %q", pong)
	}
}

// TestUDPKeepAlive: a line end leaves when nothing else did for 25 s.
func TestUDPKeepAlive(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sink := listenUDP(t)
		l, err := Open(t.Context(), Config{Network: "udp", Target: Target{"", addrOf(sink)}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		l.wg.Go(l.keepUDP) // without the read loop, for which the clock would wait
		expect := func(want string) {
			t.Helper()
			buf := make([]byte, 64)
			_ = sink.SetReadDeadline(time.Now())
			n, _, err := sink.ReadFrom(buf)
			if want == "" && err == nil || want != "" && string(buf[:n]) != want {
				t.Errorf("at %v got %q, %v", time.Now(), buf[:n], err)
			}
		}
		pass := func(d time.Duration) { time.Sleep(d); synctest.Wait() }
		if err := l.Send([]byte("first"), addrOf(sink)); err != nil {
			t.Fatal(err)
		}
		expectSoon(t, sink, "first")
		pass(24 * time.Second)
		expect("")
		_ = l.Send([]byte("second"), addrOf(sink))
		expectSoon(t, sink, "second")
		pass(24 * time.Second)
		expect("")
		pass(time.Second)
		expectSoon(t, sink, "\r\n")
		pass(25 * time.Second)
		expectSoon(t, sink, "\r\n")
	})
}

// expectSoon reads a datagram that has been sent.
func expectSoon(t *testing.T, c *net.UDPConn, want string) {
	t.Helper()
	buf := make([]byte, 65536)
	_ = c.SetReadDeadline(time.Time{})
	n, _, err := c.ReadFrom(buf)
	if err != nil || string(buf[:n]) != want {
		t.Errorf("got %.60q, %v; want %.60q", buf[:n], err, want)
	}
}

func listenUDP(t *testing.T) *net.UDPConn {
	t.Helper()
	c, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func addrOf(c *net.UDPConn) netip.AddrPort { return netip.MustParseAddrPort(c.LocalAddr().String()) }

// TestLargeRequests: over 1,300 bytes a request goes by TCP and says so, its
// answer comes back there, and it is not repeated; a smaller one goes by UDP.
func TestLargeRequests(t *testing.T) {
	t.Parallel()
	got := make(chan string, 4)
	addr := serve(t, func(c net.Conn) {
		var f framer
		for {
			n, err := c.Read(f.space())
			if err != nil {
				return
			}
			f.add(n)
			for data := f.next(); data != nil; data = f.next() {
				got <- string(data)
				_, _ = c.Write([]byte("SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n"))
			}
		}
	})
	udp, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(addr))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = udp.Close() }()
	answers := make(chan string, 4)
	l := open(t, "udp", addr, func(data []byte, _ Source) { answers <- string(data[:15]) })
	large, small := message1("INVITE", 1300), message1("INVITE", 10)
	for range 2 {
		if err := l.Send(large, addr); err != nil {
			t.Fatal(err)
		}
		if m := <-got; !strings.Contains(m, "Via: SIP/2.0/TCP 192.0.2.2") || len(m) != len(large) {
			t.Errorf("by TCP came %.120q", m)
		}
		if a := <-answers; a != "SIP/2.0 200 OK\r" {
			t.Errorf("the answer is %q", a)
		}
	}
	l.Resend(large, addr)
	l.Resend(small, addr)
	expectSoon(t, udp, string(small)) // the first datagram at all
	if !bytes.Contains(large, []byte("SIP/2.0/UDP")) {
		t.Error("the caller's request was changed")
	}
}

// TestLargeRequestsWithoutTCP: where the switch takes no TCP, a datagram has to do.
func TestLargeRequestsWithoutTCP(t *testing.T) {
	t.Parallel()
	udp := listenUDP(t)
	l := open(t, "udp", addrOf(udp), nil)
	large := message1("INVITE", 5000)
	for range 2 {
		if err := l.Send(large, addrOf(udp)); err != nil {
			t.Fatal(err)
		}
		expectSoon(t, udp, string(large))
	}
	l.Resend(large, addrOf(udp))
	expectSoon(t, udp, string(large))
}

// TestBadMessages: none of them ends the connection.
func TestBadMessages(t *testing.T) {
	t.Parallel()
	good := message1("NOTIFY", 4)
	bad := []string{
		"NOTIFY sip:a SIP/2.0\r\nFrom: \"x <;tag\r\n\r\n",                  // no length
		"NOTIFY sip:a SIP/2.0\r\nContent-Length: -1\r\n\r\n<dialog-info/>", // no number
		"NOTIFY sip:a SIP/2.0\r\nl: 1000000\r\n\r\n" + strings.Repeat("x", 1_000_000),
		"\x00\xff\xfe\r\n\r\n",
		"GET / HTTP/1.1\r\n\r\n",
	}
	addr := serve(t, func(c net.Conn) {
		for _, m := range bad {
			_, _ = io.WriteString(c, m)
			_, _ = c.Write(good)
		}
		_, _ = io.Copy(io.Discard, c)
	})
	heard := make(chan string, 64)
	l := open(t, "tcp", addr, func(data []byte, _ Source) { heard <- string(data) })
	for n := 0; n < len(bad); {
		select {
		case m := <-heard:
			if m == string(good) {
				n++
			}
		case <-l.Done():
			t.Fatalf("the connection ended after %d: %v", n, l.Err())
		case <-time.After(5 * time.Second):
			t.Fatalf("only %d good messages of %d", n, len(bad))
		}
	}
}

// TestManyConnections: others may open 63 beside ours; for the next the one that
// was silent longest is closed, and never our own.
func TestManyConnections(t *testing.T) {
	t.Parallel()
	addr := serve(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })
	heard := make(chan struct{}, maxConns)
	l, err := Open(t.Context(), Config{Network: "tcp", Target: Target{"", addr}, Listen: "127.0.0.1:0"}, func([]byte, Source) { heard <- struct{}{} })
	if err != nil {
		t.Fatal(err)
	}
	l.Serve()
	defer l.Close()
	var conns []net.Conn
	for range maxConns + 8 {
		c, err := net.Dial("tcp", l.Contact())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = c.Close() }()
		_, _ = c.Write(message1("OPTIONS", 0))
		<-heard // also of those that are one too many
		conns = append(conns, c)
	}
	for i, c := range conns {
		wait := 5 * time.Second
		if i >= 9 {
			wait = time.Millisecond
		}
		_ = c.SetReadDeadline(time.Now().Add(wait))
		_, err := c.Read(make([]byte, 1))
		timeout, open := errors.AsType[net.Error](err)
		if open = open && timeout.Timeout(); open != (i >= 9) {
			t.Errorf("connection %d: open %t", i, open)
		}
	}
	select {
	case <-l.Done():
		t.Error("our own was closed")
	default:
	}
}

// TestUnfinishedMessage: a message that is not whole after 10 s is handed on to
// be refused and ends its connection, however slowly it goes on. Line ends do not
// count, nor does the time for which a Handler does not return.
func TestUnfinishedMessage(t *testing.T) {
	t.Parallel()
	const half = "OPTIONS sip:a SIP/2.0\r\nContent-Length: 9999\r\n\r\n"
	for _, tt := range []struct {
		name  string
		play  func(c net.Conn)
		after time.Duration // 0: the connection stays
		seen  int
	}{
		{"half a head", func(c net.Conn) { _, _ = c.Write([]byte("OPTIONS sip:a")) }, wholeTimeout, 1},
		{"half a body", func(c net.Conn) { _, _ = c.Write([]byte(half)) }, wholeTimeout, 1},
		{"drop by drop", func(c net.Conn) {
			_, _ = c.Write([]byte(half))
			for range 100 {
				time.Sleep(time.Second)
				_, _ = c.Write([]byte("x"))
			}
		}, wholeTimeout, 1},
		{"swallows what follows", func(c net.Conn) {
			_, _ = c.Write([]byte(half))
			for range 3 {
				time.Sleep(4 * time.Second)
				_, _ = c.Write(message1("NOTIFY", 100))
			}
		}, wholeTimeout, 1},
		{"behind a whole one", func(c net.Conn) {
			time.Sleep(time.Hour)
			_, _ = c.Write(append(message1("NOTIFY", 10), half...))
		}, time.Hour + wholeTimeout, 2},
		{"slow, but whole", func(c net.Conn) {
			for _, b := range message1("NOTIFY", 10) {
				_, _ = c.Write([]byte{b})
				time.Sleep(50 * time.Millisecond)
			}
		}, 0, 1},
		{"half a ping", func(c net.Conn) { _, _ = c.Write([]byte("\r\n")) }, 0, 0},
		{"nonsense", func(c net.Conn) { _, _ = c.Write([]byte("GET / HTTP/1.1\r\n\r\nxxx")) }, 0, 1},
		{"silence", func(net.Conn) {}, 0, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ours, theirs := net.Pipe()
				defer func() { _ = theirs.Close() }()
				l := pipeLayer(ours)
				seen := 0
				l.handle = func([]byte, Source) { seen++ }
				l.wg.Go(func() { l.fail(l.readStream(l.stream)) })
				began := time.Now()
				var playing sync.WaitGroup
				defer playing.Wait()
				playing.Go(func() { tt.play(theirs) })
				if tt.after == 0 {
					time.Sleep(24 * time.Hour)
					if l.Err() != nil {
						t.Errorf("ended with %v", l.Err())
					}
				} else {
					<-l.Done()
					if took := time.Since(began); took != tt.after || !errors.Is(l.Err(), errUnfinished) {
						t.Errorf("ended after %v with %v", took, l.Err())
					}
				}
				l.Close()
				if seen != tt.seen {
					t.Errorf("%d messages were handed on, want %d", seen, tt.seen)
				}
			})
		})
	}
}

// TestIdleConnection: a connection that somebody opens and says nothing on does not
// stay.
func TestIdleConnection(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := net.Pipe()
		defer func() { _ = theirs.Close() }()
		l := pipeLayer(ours)
		idle, stranger := net.Pipe()
		s := newStream(addressed{idle})
		s.limit()
		if !l.adopt(s) {
			t.Fatal("not adopted")
		}
		began := time.Now()
		if _, err := stranger.Read(make([]byte, 1)); !errors.Is(err, io.EOF) || time.Since(began) != wholeTimeout {
			t.Errorf("after %v: %v", time.Since(began), err)
		}
		l.Close()
	})
}
