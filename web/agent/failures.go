package agent

import (
	"net"
	"net/netip"
	"sync"
	"time"
)

// Bounds of failed sign-ins from one address. A whole company sits behind one:
// its 5,000 agents may all fail at once, as after a night when every resume
// token is too old, and still get in with tickets.
const (
	failureBurst  = 10_000
	failureRefill = 20 // a second
	maxAddresses  = 4096
)

// failures counts failed sign-ins by address. Successful ones are never limited.
type failures struct {
	mu    sync.Mutex
	spent map[netip.Addr]spending
}

// spending is how much of its burst an address has used, as of a time.
type spending struct {
	amount float64
	at     time.Time
}

func (s spending) now(t time.Time) float64 {
	return max(0, s.amount-t.Sub(s.at).Seconds()*failureRefill)
}

// blocked reports whether an address has failed too often.
func (f *failures) blocked(a netip.Addr, now time.Time) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	s, ok := f.spent[a]
	return ok && s.now(now) >= failureBurst
}

// add counts a failure. When the table is full of addresses that failed lately,
// a new one is not counted.
func (f *failures) add(a netip.Addr, now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.spent == nil {
		f.spent = make(map[netip.Addr]spending)
	}
	s, known := f.spent[a]
	if !known && len(f.spent) >= maxAddresses {
		f.forget(now)
		if len(f.spent) >= maxAddresses {
			return
		}
	}
	f.spent[a] = spending{s.now(now) + 1, now}
}

// forget drops the addresses that have recovered.
func (f *failures) forget(now time.Time) {
	for a, s := range f.spent {
		if s.now(now) == 0 {
			delete(f.spent, a)
		}
	}
}

// clientAddress is the address a request came from, an IPv6 one by its /64,
// which is what one customer gets.
func clientAddress(remote string) netip.Addr {
	host, _, err := net.SplitHostPort(remote)
	if err != nil {
		host = remote
	}
	a, err := netip.ParseAddr(host)
	if err != nil {
		return netip.Addr{}
	}
	if a = a.Unmap().WithZone(""); a.Is6() {
		p, _ := a.Prefix(64)
		return p.Addr()
	}
	return a
}
