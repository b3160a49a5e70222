package agent

import (
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// Bounds of failed sign-ins from one address. A whole company sits behind one:
// its 5,000 agents may all fail at once, as after a night when every resume
// token is too old, and one of them may fail without end.
const (
	failureBurst  = 10_000
	failureRefill = 20 // a second
	maxAddresses  = 4096
	// maxSilent is how many connections of an address that failed too often
	// may be open without having said who they are. A panel says it at once.
	maxSilent = 256
)

// failures counts failed sign-ins by address. An address that failed too often
// still gets everybody in who has a good ticket or token: only what it can hold
// open is limited, and its refusals are no longer logged one by one.
type failures struct {
	mu     sync.Mutex
	spent  map[netip.Addr]spending
	silent map[netip.Addr][]*silent // longest first
}

// spending is how much of its burst an address has used, as of a time.
type spending struct {
	amount float64
	at     time.Time
}

func (s spending) now(t time.Time) float64 {
	return max(0, s.amount-t.Sub(s.at).Seconds()*failureRefill)
}

// silent is a connection that has yet to say who it is.
type silent struct{ cut func() }

// tooMany reports whether an address has failed too often; mu is held.
func (f *failures) tooMany(a netip.Addr, now time.Time) bool {
	s, ok := f.spent[a]
	return ok && s.now(now) >= failureBurst
}

// listen notes a connection that has yet to say who it is, until heard is
// called. Where its address failed too often and holds too many such, the one
// that has been silent for longest is cut.
func (f *failures) listen(a netip.Addr, now time.Time, cut func()) (heard func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.tooMany(a, now) {
		return func() {}
	}
	if f.silent == nil {
		f.silent = make(map[netip.Addr][]*silent)
	}
	if all := f.silent[a]; len(all) >= maxSilent {
		all[0].cut()
		f.silent[a] = all[1:]
	}
	s := &silent{cut}
	f.silent[a] = append(f.silent[a], s)
	return func() { f.heard(a, s) }
}

func (f *failures) heard(a netip.Addr, s *silent) {
	f.mu.Lock()
	defer f.mu.Unlock()
	i := slices.Index(f.silent[a], s)
	if i < 0 {
		return
	}
	if f.silent[a] = slices.Delete(f.silent[a], i, i+1); len(f.silent[a]) == 0 {
		delete(f.silent, a)
	}
}

// add counts a failure and reports whether it was one too many. When the table
// is full of addresses that failed lately, a new one is not counted.
func (f *failures) add(a netip.Addr, now time.Time) (tooMany bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.spent == nil {
		f.spent = make(map[netip.Addr]spending)
	}
	s, known := f.spent[a]
	if !known && len(f.spent) >= maxAddresses {
		f.forget(now)
		if len(f.spent) >= maxAddresses {
			return false
		}
	}
	f.spent[a] = spending{min(s.now(now)+1, 2*failureBurst), now}
	return f.tooMany(a, now)
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
