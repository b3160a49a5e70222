package transport

import (
	"context"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// resolve looks the switch up: host or host:port.
func resolve(ctx context.Context, network, server string) (netip.AddrPort, error) {
	host, port := SplitServer(network, server)
	if addr, err := netip.ParseAddr(host); err == nil {
		return netip.AddrPortFrom(addr.Unmap(), port), nil
	}
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return netip.AddrPort{}, err
	}
	best := addrs[0]
	for _, a := range addrs { // most switches listen on IPv4 only
		if a.Unmap().Is4() {
			best = a
			break
		}
	}
	return netip.AddrPortFrom(best.Unmap(), port), nil
}

// SplitServer takes host or host:port apart, with SIP's own ports (RFC 3261
// §19.1.2) where none is given.
func SplitServer(network, server string) (host string, port uint16) {
	port = 5060
	if network == "tls" {
		port = 5061
	}
	h, p, err := net.SplitHostPort(server)
	if err != nil {
		return strings.Trim(server, "[]"), port
	}
	if n, err := strconv.ParseUint(p, 10, 16); err == nil && n > 0 {
		port = uint16(n)
	}
	return h, port
}
