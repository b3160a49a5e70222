package transport

import (
	"net/netip"
	"strings"

	gosip "github.com/emiago/sipgo/sip"
)

// NextHop is where a request of a dialog goes over UDP: to the first route, else
// the target, where that is a plain address; to server where it is a name, which
// RFC 3261 §12.2.1.1 would have us look up, or an address of the other side of a
// NAT. A server that is not valid is compared with nothing.
func NextHop(to gosip.Uri, server netip.AddrPort) netip.AddrPort {
	addr, err := netip.ParseAddr(strings.Trim(to.Host, "[]"))
	if err != nil || server.IsValid() && addr.Unmap().IsPrivate() != server.Addr().IsPrivate() {
		return server
	}
	port := to.Port
	if port <= 0 || port > 65535 {
		port = 5060
	}
	return netip.AddrPortFrom(addr.Unmap(), uint16(port))
}
