package sip

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/pbxtest"
)

// dnsFunc is DNS without SRV records.
type dnsFunc func() ([]netip.Addr, error)

func (dnsFunc) LookupSRV(context.Context, string, string, string) (string, []*net.SRV, error) {
	return "", nil, errors.New("no records")
}

func (f dnsFunc) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) { return f() }

// TestPausesBeforeConnecting: they grow, but a switch that is back after an hour
// is not left waiting for long.
func TestPausesBeforeConnecting(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var tries []time.Time
		dns := dnsFunc(func() ([]netip.Addr, error) {
			tries = append(tries, time.Now())
			return nil, errors.New("no DNS")
		})
		l, err := New(pbx.LinkConfig{Name: "pbx", Server: "pbx.example.com"}, Options{Resolver: dns})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		if err := l.Run(ctx, make(chan pbx.Event, 8)); err != nil {
			t.Error(err)
		}
		if first := tries[1].Sub(tries[0]); first > time.Second {
			t.Errorf("the second try came after %v", first)
		}
		if len(tries) > 1300 {
			t.Errorf("%d tries in an hour", len(tries))
		}
		for i := range tries[1:] {
			if pause := tries[i+1].Sub(tries[i]); pause > 5*time.Second {
				t.Fatalf("the link waited %v before try %d", pause, i+2)
			}
		}
	})
}

// TestDNSDown: a switch that was found once is found again where DNS does not
// answer any more, and the status tells of the DNS.
func TestDNSDown(t *testing.T) {
	t.Parallel()
	sw := switchAt(t, pbxtest.SIPOptions{})
	var down atomic.Bool
	dns := dnsFunc(func() ([]netip.Addr, error) {
		if down.Load() {
			return nil, errors.New("no DNS")
		}
		return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
	})
	_, port, _ := net.SplitHostPort(sw.Addr())
	r := runAt(t, pbx.LinkConfig{Transport: "tcp", Server: "pbx.example.com:" + port}, Options{Resolver: dns})
	r.kind(pbx.EventSnapshot)
	down.Store(true)
	sw.Close()
	r.kind(pbx.EventLinkDown)
	switchAt(t, pbxtest.SIPOptions{Addr: sw.Addr()})
	r.kind(pbx.EventSnapshot)
	r.status("degraded", func(s pbx.Status) bool { return s.State == pbx.LinkDegraded && s.Active == 1 })
}

// TestCanaryOverUDP: nothing else shows over UDP that the switch was restarted,
// and a thousand extensions take five of the ten seconds.
func TestCanaryOverUDP(t *testing.T) {
	t.Parallel()
	for network, most := range map[string]time.Duration{"udp": 5 * time.Second, "tcp": time.Minute} {
		l, err := New(pbx.LinkConfig{Name: "pbx", Server: "192.0.2.1", Transport: network}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if longest := l.opts.Canary * 5 / 4; longest > most {
			t.Errorf("over %s a restart may go unnoticed for %v", network, longest)
		}
	}
}

// TestListenAddressTaken: the status says that it is this machine's port and no
// fault of the switch.
func TestListenAddressTaken(t *testing.T) {
	t.Parallel()
	for _, transport := range []string{"udp", "tcp"} {
		sw := switchAt(t, pbxtest.SIPOptions{}) // its own port is taken for sure
		r := runAt(t, pbx.LinkConfig{Transport: transport, Server: sw.Addr(), Listen: sw.Addr()}, Options{})
		st := r.status("down", func(s pbx.Status) bool { return s.State == pbx.LinkDown && s.Problem != "" })
		if !strings.Contains(st.Problem, ": this machine cannot listen at "+sw.Addr()+": address already in use") || !strings.HasPrefix(st.Cure, "Choose another port") {
			t.Errorf("over %s: %s %s", transport, st.Problem, st.Cure)
		}
	}
}
