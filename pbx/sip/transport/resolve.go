package transport

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Resolver is the part of DNS that finds a switch; *net.Resolver is one.
type Resolver interface {
	LookupSRV(ctx context.Context, service, proto, name string) (cname string, records []*net.SRV, err error)
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// Bounds of a look-up.
const (
	lookupTimeout = 5 * time.Second // for one server
	maxTargets    = 32
)

// Target is one address of a switch.
type Target struct {
	// Server is what was configured: host or host:port.
	Server string
	// Addr is where it was found.
	Addr netip.AddrPort
}

// String names the target for people: as configured, with the address where
// that says more.
func (t Target) String() string {
	host, _ := SplitServer("", t.Server)
	if _, err := netip.ParseAddr(host); err == nil || t.Server == "" {
		return t.Addr.String()
	}
	return fmt.Sprintf("%s (%s)", t.Server, t.Addr)
}

// Servers takes a list apart that holds host or host:port, separated by commas,
// in order of preference.
func Servers(list string) []string {
	var servers []string
	for server := range strings.SplitSeq(list, ",") {
		if server = strings.Trim(server, " "); server != "" {
			servers = append(servers, server)
		}
	}
	return servers
}

// SplitServer takes host or host:port apart, with SIP's own ports (RFC 3261
// §19.1.2) where none is given.
func SplitServer(network, server string) (host string, port uint16) {
	host, port, _ = splitServer(network, server)
	return host, port
}

func splitServer(network, server string) (host string, port uint16, explicit bool) {
	port = 5060
	if network == "tls" {
		port = 5061
	}
	h, p, err := net.SplitHostPort(server)
	if err != nil {
		return strings.Trim(server, "[]"), port, false
	}
	if n, err := strconv.ParseUint(p, 10, 16); err == nil && n > 0 {
		return h, uint16(n), true
	}
	return h, port, false
}

// Resolve finds the addresses of all servers in the order in which they are to
// be tried (RFC 3263 §4.2): a name without a port by its SRV records, else by A
// and AAAA, IPv4 first, because most switches listen there only. A server that
// is not found leaves a *PlainError in faults and the others in targets.
func Resolve(ctx context.Context, r Resolver, network string, servers []string) (targets []Target, faults []error) {
	for _, server := range servers {
		found, err := resolve(ctx, r, network, server)
		if err != nil {
			faults = append(faults, err)
		}
		for _, t := range found {
			known := slices.ContainsFunc(targets, func(x Target) bool { return x.Addr == t.Addr })
			if !known && len(targets) < maxTargets {
				targets = append(targets, t)
			}
		}
	}
	return targets, faults
}

// resolve finds the addresses of one server.
func resolve(ctx context.Context, r Resolver, network, server string) ([]Target, error) {
	host, port, explicit := splitServer(network, server)
	if addr, err := netip.ParseAddr(host); err == nil {
		return []Target{{server, netip.AddrPortFrom(addr.Unmap(), port)}}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, lookupTimeout)
	defer cancel()
	hosts := []*net.SRV{{Target: host, Port: port}}
	if !explicit {
		service, proto := srvName(network)
		// Without records, or where they cannot be asked for, the name stands
		// for itself (RFC 3263 §4.2).
		if _, records, err := r.LookupSRV(ctx, service, proto, host); err == nil && len(records) > 0 {
			hosts = orderSRV(records, rand.IntN)
		}
	}
	var targets []Target
	var last error
	for _, h := range hosts {
		addrs, err := lookupHost(ctx, r, strings.TrimSuffix(h.Target, "."))
		if err != nil {
			last = err
		}
		for _, addr := range addrs {
			targets = append(targets, Target{server, netip.AddrPortFrom(addr, h.Port)})
		}
	}
	if len(targets) == 0 {
		return nil, notFound(server, last)
	}
	return targets, nil
}

// srvName is what a transport's records are called (RFC 3263 §4.1).
func srvName(network string) (service, proto string) {
	switch network {
	case "tls":
		return "sips", "tcp"
	case "tcp":
		return "sip", "tcp"
	default:
		return "sip", "udp"
	}
}

// lookupHost finds a host's addresses, IPv4 first. The root is no host: it says
// that there is no such service (RFC 2782).
func lookupHost(ctx context.Context, r Resolver, host string) ([]netip.Addr, error) {
	if host == "" {
		return nil, errNoService
	}
	if addr, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{addr.Unmap()}, nil
	}
	addrs, err := r.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil, err
	}
	for i := range addrs {
		addrs[i] = addrs[i].Unmap()
	}
	slices.SortStableFunc(addrs, func(a, b netip.Addr) int { return cmp.Compare(a.BitLen(), b.BitLen()) })
	return addrs, nil
}

var errNoService = errors.New("its domain says that it has no such service")

// orderSRV puts records into the order of RFC 2782: by priority, and among equals
// at random by weight.
func orderSRV(records []*net.SRV, random func(n int) int) []*net.SRV {
	records = slices.Clone(records)
	slices.SortStableFunc(records, func(a, b *net.SRV) int {
		return cmp.Or(cmp.Compare(a.Priority, b.Priority), cmp.Compare(a.Weight, b.Weight))
	})
	for begin := 0; begin < len(records); {
		end := begin + 1
		for end < len(records) && records[end].Priority == records[begin].Priority {
			end++
		}
		shuffleByWeight(records[begin:end], random)
		begin = end
	}
	return records
}

// shuffleByWeight draws one record after the other, each with the odds of its
// weight; those without weight have very little (RFC 2782).
func shuffleByWeight(records []*net.SRV, random func(n int) int) {
	sum := 0
	for _, r := range records {
		sum += int(r.Weight)
	}
	for len(records) > 1 && sum > 0 {
		n := random(sum + 1)
		drawn, running := 0, 0
		for i, r := range records {
			if running += int(r.Weight); running >= n {
				drawn = i
				break
			}
		}
		r := records[drawn]
		copy(records[1:drawn+1], records[:drawn])
		records[0] = r
		sum -= int(r.Weight)
		records = records[1:]
	}
}

// notFound says that DNS does not know a server.
func notFound(server string, err error) *PlainError {
	f := &PlainError{Err: err, Problem: fmt.Sprintf("the name %s cannot be looked up in DNS", server), Cure: "Check that this machine reaches its DNS server, and that the name is right."}
	var dns *net.DNSError
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		f.Problem = fmt.Sprintf("DNS does not know the name %s", server)
		f.Cure = "Check the name of the server, or enter its IP address."
	case errors.Is(err, errNoService):
		f.Problem = fmt.Sprintf("DNS says that %s offers no SIP over this transport", server)
		f.Cure = "Choose another transport, or enter the server with its port."
	}
	return f
}
