package mirror

import (
	"bufio"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/sip/hep"
)

const (
	// receiveBuffer is asked of the kernel: a switch sends bursts of packets.
	receiveBuffer = 4 << 20
	// maxStreams is how many TCP connections are read at once.
	maxStreams = 16
	// retry is the pause after a socket could not be opened.
	retry = 5 * time.Second
)

// admit decides whether a packet is taken at all.
func (l *Link) admit(p *hep.Packet, from netip.Addr, data []byte) (reason, error) {
	if !l.allowed(from) {
		return dropSource, nil
	}
	if err := p.Decode(data); err != nil {
		if _, old := errors.AsType[hep.VersionError](err); old {
			return dropVersion, err
		}
		return dropMalformed, err
	}
	if l.keyed {
		sum := sha256.Sum256(p.Key)
		if subtle.ConstantTimeCompare(sum[:], l.key[:]) != 1 {
			return dropKey, nil
		}
	}
	if p.Protocol != hep.ProtocolSIP {
		return dropProtocol, nil
	}
	return effective, nil
}

func (l *Link) allowed(from netip.Addr) bool {
	from = from.Unmap().WithZone("")
	for _, p := range l.sources {
		if p.Contains(from) {
			return true
		}
	}
	return false
}

// Run implements pbx.Link: it listens until ctx ends. An address that cannot be
// listened on is tried again.
func (l *Link) Run(ctx context.Context, events chan<- pbx.Event) error {
	if l.started.Swap(true) {
		return errors.New("mirror: Run was called twice")
	}
	for ctx.Err() == nil {
		socket, err := l.listen(ctx)
		if err == nil {
			l.setState(pbx.LinkConnected, "", "")
			err = l.serve(ctx, events, socket)
		}
		if ctx.Err() != nil {
			break
		}
		l.log.Warn("mirror cannot listen", slog.Any("err", err))
		l.setState(pbx.LinkDown, fmt.Sprintf("The mirror cannot listen on %s: %s.", l.cfg.Listen, shortError(err)),
			"Check that the address is one of this machine and that no other program uses the port. The link tries again by itself.")
		timer := time.NewTimer(retry)
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
		timer.Stop()
	}
	l.setState(pbx.LinkDown, "The link has been stopped.", "")
	return nil //nolint:nilerr // the socket was closed because ctx has ended
}

// socket is what is listened on: one of the two.
type socket struct {
	udp *net.UDPConn
	tcp net.Listener
}

func (s socket) Close() {
	if s.udp != nil {
		_ = s.udp.Close()
		return
	}
	_ = s.tcp.Close()
}

func (l *Link) listen(ctx context.Context) (socket, error) {
	var config net.ListenConfig
	if strings.EqualFold(l.cfg.Transport, "tcp") {
		listener, err := config.Listen(ctx, "tcp", l.cfg.Listen)
		return socket{tcp: listener}, err
	}
	conn, err := config.ListenPacket(ctx, "udp", l.cfg.Listen)
	if err != nil {
		return socket{}, err
	}
	udp := conn.(*net.UDPConn)
	_ = udp.SetReadBuffer(receiveBuffer) // as much as the kernel allows
	return socket{udp: udp}, nil
}

// serve reads a socket until ctx ends or it fails. The reader is joined.
func (l *Link) serve(ctx context.Context, events chan<- pbx.Event, s socket) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		if s.udp != nil {
			ended <- l.datagrams(ctx, events, s.udp)
			return
		}
		ended <- l.streams(ctx, events, s.tcp)
	}()
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	l.tick(ctx, events, false)
	for {
		select {
		case <-ctx.Done():
			s.Close()
			<-ended //nolint:errcheck // that we closed it
			return nil
		case err := <-ended:
			s.Close()
			return err
		case <-l.wake:
			l.tick(ctx, events, false)
		case <-ticker.C:
			l.tick(ctx, events, true)
		}
	}
}

func (l *Link) datagrams(ctx context.Context, events chan<- pbx.Event, conn *net.UDPConn) error {
	buf := make([]byte, hep.MaxPacket+1)
	var work workspace
	for {
		n, from, err := conn.ReadFromUDPAddrPort(buf)
		if ctx.Err() != nil {
			return nil //nolint:nilerr // … and so was this one
		}
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				return err
			}
			continue // an ICMP message about something we never sent
		}
		l.packet(ctx, events, &work, from.Addr(), buf[:n])
	}
}

// streams takes TCP connections of the allowed sources, each read by one
// goroutine that is joined.
func (l *Link) streams(ctx context.Context, events chan<- pbx.Event, listener net.Listener) error {
	var readers sync.WaitGroup
	defer readers.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	slots := make(chan struct{}, maxStreams)
	for {
		conn, err := listener.Accept()
		if ctx.Err() != nil {
			if err == nil {
				_ = conn.Close()
			}
			return nil
		}
		if err != nil {
			return err
		}
		from := conn.RemoteAddr().(*net.TCPAddr).AddrPort().Addr()
		if !l.allowed(from) {
			l.counts[dropSource].Add(1)
			l.refused.Store(&refusal{why: dropSource, from: from})
			_ = conn.Close()
			continue
		}
		select {
		case slots <- struct{}{}:
		default:
			_ = conn.Close()
			continue
		}
		readers.Go(func() {
			defer func() { <-slots }()
			l.stream(ctx, events, conn, from)
		})
	}
}

// stream reads one connection until it ends, or a packet in it whose end cannot
// be found.
func (l *Link) stream(ctx context.Context, events chan<- pbx.Event, conn net.Conn, from netip.Addr) {
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	defer func() { _ = conn.Close() }()
	in := bufio.NewReaderSize(conn, 64<<10)
	buf := make([]byte, hep.MaxPacket)
	var work workspace
	for {
		head, err := in.Peek(6)
		if err != nil {
			return
		}
		length, err := hep.Length(head)
		if err != nil {
			l.counts[dropMalformed].Add(1)
			l.refused.Store(&refusal{why: dropMalformed, from: from, err: err})
			return
		}
		if _, err := io.ReadFull(in, buf[:length]); err != nil {
			return
		}
		l.packet(ctx, events, &work, from, buf[:length])
	}
}

// shortError is the innermost cause, which is what says something.
func shortError(err error) string {
	if err == nil {
		return "the socket was closed"
	}
	for {
		next := errors.Unwrap(err)
		if next == nil {
			return err.Error()
		}
		err = next
	}
}
