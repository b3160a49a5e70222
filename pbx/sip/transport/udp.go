package transport

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/netip"
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
		return err
	}
	l.udp = conn.(*net.UDPConn)
	_ = l.udp.SetReadBuffer(receiveBuffer) // the kernel gives what it allows
	l.contact = contactOf(l.udp.LocalAddr(), local)
	l.local = l.contact
	return nil
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
