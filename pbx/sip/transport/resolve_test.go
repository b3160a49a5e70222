package transport

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
)

// zone is DNS as a test wants it: SRV records by _service._proto.name, addresses
// by name.
type zone struct {
	srv   map[string][]*net.SRV
	hosts map[string][]string
	asked []string
}

func (z *zone) LookupSRV(_ context.Context, service, proto, name string) (string, []*net.SRV, error) {
	name = "_" + service + "._" + proto + "." + name
	z.asked = append(z.asked, name)
	if records, ok := z.srv[name]; ok {
		return name, records, nil
	}
	return "", nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
}

func (z *zone) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	z.asked = append(z.asked, host)
	var addrs []netip.Addr
	for _, a := range z.hosts[host] {
		addrs = append(addrs, netip.MustParseAddr(a))
	}
	if len(addrs) == 0 {
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	return addrs, nil
}

func TestResolve(t *testing.T) {
	z := &zone{
		srv: map[string][]*net.SRV{
			"_sip._udp.example.com": {
				{Target: "b.example.com.", Port: 5070, Priority: 20}, {Target: "a.example.com.", Port: 5080, Priority: 10},
			},
			"_sips._tcp.example.com":     {{Target: "a.example.com.", Port: 5061}},
			"_sip._tcp.example.com":      {{Target: "lost.example.com.", Port: 5060}},
			"_sip._udp.none.example.com": {{Target: "."}},
		},
		hosts: map[string][]string{
			"a.example.com": {"2001:db8::1", "192.0.2.1", "::ffff:192.0.2.2"}, "b.example.com": {"192.0.2.3"}, "example.com": {"192.0.2.9"},
		},
	}
	for _, tt := range []struct {
		name, network, servers, want, fault string
	}{
		{"address", "udp", "192.0.2.7", "192.0.2.7:5060", ""},
		{"address and port", "tcp", "192.0.2.7:5070", "192.0.2.7:5070", ""},
		{"IPv6", "tls", "[2001:db8::5]", "[2001:db8::5]:5061", ""},
		{"IPv6 and port", "tls", "[2001:db8::5]:5071", "[2001:db8::5]:5071", ""},
		{"by priority, IPv4 first", "udp", "example.com", "192.0.2.1:5080 192.0.2.2:5080 [2001:db8::1]:5080 192.0.2.3:5070", ""},
		{"TLS has records of its own", "tls", "example.com", "192.0.2.1:5061 192.0.2.2:5061 [2001:db8::1]:5061", ""},
		{"a port needs no records", "udp", "example.com:5060", "192.0.2.9:5060", ""},
		{"no records", "udp", "b.example.com", "192.0.2.3:5060", ""},
		{"several", "tcp", "b.example.com, 192.0.2.7, a.example.com:5060", "192.0.2.3:5060 192.0.2.7:5060 192.0.2.1:5060 192.0.2.2:5060 [2001:db8::1]:5060", ""},
		{"twice the same", "tcp", "b.example.com,192.0.2.3", "192.0.2.3:5060", ""},
		{"one is unknown", "udp", "gone.example.com,192.0.2.7", "192.0.2.7:5060", "DNS does not know the name gone.example.com"},
		{"record of an unknown host", "tcp", "example.com", "", "DNS does not know the name example.com"},
		{"no such service", "udp", "none.example.com", "", "DNS says that none.example.com offers no SIP over this transport"},
	} {
		targets, faults := Resolve(t.Context(), z, tt.network, Servers(tt.servers))
		var got []string
		for _, target := range targets {
			got = append(got, target.Addr.String())
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%s: %v, want %s", tt.name, got, tt.want)
		}
		if err := errors.Join(faults...); tt.fault == "" && err != nil || tt.fault != "" && (err == nil || err.Error() != tt.fault) {
			t.Errorf("%s: fault %v, want %q", tt.name, err, tt.fault)
		}
	}
}

// TestResolveKeepsTheName: a certificate is checked against what was configured.
func TestResolveKeepsTheName(t *testing.T) {
	z := &zone{
		srv:   map[string][]*net.SRV{"_sips._tcp.example.com": {{Target: "a.example.com.", Port: 5061}}},
		hosts: map[string][]string{"a.example.com": {"192.0.2.1"}},
	}
	targets, _ := Resolve(t.Context(), z, "tls", []string{"example.com"})
	if len(targets) != 1 || targets[0].Server != "example.com" || targets[0].String() != "example.com (192.0.2.1:5061)" {
		t.Errorf("targets %v", targets)
	}
	if got := (Target{"192.0.2.1", netip.MustParseAddrPort("192.0.2.1:5060")}).String(); got != "192.0.2.1:5060" {
		t.Errorf("an address is %q", got)
	}
}

// TestResolveIsBounded: a zone of a thousand addresses makes no list of them.
func TestResolveIsBounded(t *testing.T) {
	hosts := make([]string, 1000)
	for i := range hosts {
		hosts[i] = netip.AddrFrom4([4]byte{192, 0, byte(i >> 8), byte(i)}).String()
	}
	targets, _ := Resolve(t.Context(), &zone{hosts: map[string][]string{"a": hosts}}, "udp", []string{"a"})
	if len(targets) != maxTargets {
		t.Errorf("%d targets", len(targets))
	}
}

// TestOrderSRV: among equals the weight is the odds of being first.
func TestOrderSRV(t *testing.T) {
	records := []*net.SRV{
		{Target: "backup", Priority: 2}, {Target: "small", Priority: 1, Weight: 10}, {Target: "large", Priority: 1, Weight: 30}, {Target: "none", Priority: 1},
	}
	rng := rand.New(rand.NewPCG(1, 2))
	first := map[string]int{}
	for range 10_000 {
		got := orderSRV(records, rng.IntN)
		first[got[0].Target]++
		if got[3].Target != "backup" || len(got) != 4 {
			t.Fatalf("order %v", got)
		}
		if slices.Equal(got[:2], got[1:3]) {
			t.Fatal("a record is there twice")
		}
	}
	if n := first["large"]; n < 7000 || n > 7700 {
		t.Errorf("three quarters of the weight came first %d times of 10,000", n)
	}
	if n := first["small"]; n < 2150 || n > 2750 {
		t.Errorf("a quarter of the weight came first %d times of 10,000", n)
	}
	if n := first["none"]; n == 0 || n > 500 {
		t.Errorf("no weight came first %d times of 10,000", n)
	}
}
