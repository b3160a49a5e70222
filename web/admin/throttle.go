package admin

import (
	"hash/maphash"
	"net/netip"
	"strings"
	"sync"
	"time"
)

// How many wrong passwords are allowed: a burst, then one every so often.
const (
	throttleSlots  = 4096
	accountBurst   = 5
	accountRefill  = 30 * time.Second
	addressBurst   = 20
	addressRefill  = 10 * time.Second
	ipv6SubnetBits = 64 // what one customer usually has
)

// throttle slows the guessing of passwords, per account and per address. Names
// and addresses are hashed into a fixed number of slots: memory is bounded,
// nothing can be flushed out by trying many names, and a name without account
// behaves as any other. Two that share a slot, 1 in 4096, share its allowance.
type throttle struct {
	mu        sync.Mutex
	seed      maphash.Seed
	accounts  [throttleSlots]bucket
	addresses [throttleSlots]bucket
}

// bucket counts what is owed: each attempt adds one, time takes it off.
type bucket struct {
	owed float64
	at   time.Time
}

func newThrottle() *throttle { return &throttle{seed: maphash.MakeSeed()} }

// attempt is one try to sign in that has been let through.
type attempt struct {
	t                *throttle
	account, address *bucket
}

// try lets an attempt through, or tells how long to wait.
func (t *throttle) try(account, remoteAddr string) (attempt, time.Duration) {
	a := attempt{
		t:       t,
		account: &t.accounts[t.slot(strings.ToLower(account))],
		address: &t.addresses[t.slot(subnet(remoteAddr))],
	}
	now := time.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	wait := max(a.account.wait(now, accountBurst, accountRefill), a.address.wait(now, addressBurst, addressRefill))
	if wait > 0 {
		return attempt{}, wait
	}
	a.account.owed++
	a.address.owed++
	return a, 0
}

// succeeded forgives the account's failures and takes back this attempt.
func (a attempt) succeeded() {
	a.t.mu.Lock()
	defer a.t.mu.Unlock()
	a.account.owed = 0
	a.address.owed = max(0, a.address.owed-1)
}

// wait brings the bucket up to now and tells how long until one more fits.
func (b *bucket) wait(now time.Time, burst float64, refill time.Duration) time.Duration {
	if !b.at.IsZero() {
		b.owed = max(0, b.owed-float64(now.Sub(b.at))/float64(refill))
	}
	b.at = now
	return time.Duration((b.owed + 1 - burst) * float64(refill))
}

func (t *throttle) slot(key string) uint64 { return maphash.String(t.seed, key) % throttleSlots }

// subnet is the address without port; of an IPv6 address its /64.
func subnet(remoteAddr string) string {
	ap, err := netip.ParseAddrPort(remoteAddr)
	if err != nil {
		return remoteAddr
	}
	addr := ap.Addr().Unmap()
	if addr.Is4() {
		return addr.String()
	}
	prefix, err := addr.WithZone("").Prefix(ipv6SubnetBits)
	if err != nil {
		return addr.String()
	}
	return prefix.String()
}
