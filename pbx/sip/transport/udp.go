package transport

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"syscall"
)

// receiveBuffer is asked of the kernel for UDP: its usual 208 KiB lost NOTIFYs
// in bursts (2 in 30,000 measured).
const receiveBuffer = 4 << 20

func (l *Layer) openUDP(ctx context.Context, listen string) error {
	local, err := localAddr(ctx, l.target.Addr)
	if err != nil {
		return err
	}
	if listen == "" {
		listen = netip.AddrPortFrom(local, 0).String()
	}
	conn, err := (&net.ListenConfig{}).ListenPacket(ctx, "udp", listen)
	if err != nil {
		return notListening(listen, err)
	}
	l.udp = conn.(*net.UDPConn)
	_ = l.udp.SetReadBuffer(receiveBuffer) // the kernel gives what it allows
	l.contact = contactOf(l.udp.LocalAddr(), local)
	l.local = l.contact
	return nil
}

// notListening says that an address cannot be listened at, which is no fault of
// the switch.
func notListening(listen string, err error) *PlainError {
	cause := err
	if system, ok := errors.AsType[*os.SyscallError](err); ok {
		cause = system.Err
	}
	f := &PlainError{
		Problem: fmt.Sprintf("this machine cannot listen at %s: %v", listen, cause),
		Cure:    "Correct the listen address in the link's settings: it must be an address of this machine with a port that is free.", Err: err,
	}
	if errors.Is(err, syscall.EADDRINUSE) {
		f.Cure = "Choose another port as the listen address, or end the program that uses this one."
	}
	return f
}

// localAddr is the address from which this machine reaches the switch.
func localAddr(ctx context.Context, server netip.AddrPort) (netip.Addr, error) {
	probe, err := (&net.Dialer{}).DialContext(ctx, "udp", server.String()) // sends nothing
	if err != nil {
		return netip.Addr{}, err
	}
	defer func() { _ = probe.Close() }()
	return probe.LocalAddr().(*net.UDPAddr).AddrPort().Addr().Unmap(), nil
}

// contactOf is a listening address with an unspecified host filled in.
func contactOf(a net.Addr, local netip.Addr) string {
	at := netip.MustParseAddrPort(a.String())
	if at.Addr().IsUnspecified() {
		at = netip.AddrPortFrom(local, at.Port())
	}
	return netip.AddrPortFrom(at.Addr().Unmap(), at.Port()).String()
}

func (l *Layer) readUDP() error {
	buf := make([]byte, 65536)
	for {
		n, addr, err := l.udp.ReadFromUDPAddrPort(buf)
		switch {
		case errors.Is(err, net.ErrClosed):
			return err
		case err != nil: // an ICMP error of an earlier packet; the socket goes on
			continue
		}
		if data := bytes.Trim(buf[:n], "\r\n\x00"); len(data) > 0 { // else a keep-alive (RFC 5626 §3.5.1)
			l.dispatch(buf[:n], Source{Addr: netip.AddrPortFrom(addr.Addr().Unmap(), addr.Port())}, true)
		}
	}
}
