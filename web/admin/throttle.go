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
	accountBurst   = 5 // of one account, from one address
	accountRefill  = 30 * time.Second
	addressBurst   = 20 // of one address, whatever the account
	addressRefill  = 10 * time.Second
	allBurst       = 200 // of one account, from everywhere
	allRefill      = 10 * time.Second
	ipv6SubnetBits = 64 // what one customer usually has
)

// throttle slows the guessing of passwords, without giving strangers a way to
// keep an administrator out: the tight allowance of an account is one for each
// address. The wide one, of an account from everywhere, is against guessing from
// many addresses; a browser that has signed in before has an allowance of its
// own, which nobody else can use up, and so has who is signed in.
//
// Keys are hashed into a fixed number of slots: memory is bounded, nothing can
// be flushed out by trying many names, and a name without account behaves as any
// other. Two that share a slot, 1 in 4096, share its allowance.
type throttle struct {
	mu                                   sync.Mutex
	seed                                 maphash.Seed
	accounts, addresses, all, own, known buckets
}

// bucket counts what is owed: each attempt adds one, time takes it off.
type bucket struct {
	owed float64
	at   time.Time
}

func newThrottle() *throttle { return &throttle{seed: maphash.MakeSeed()} }

// limit is a bucket with its allowance.
type limit struct {
	*bucket
	burst  float64
	refill time.Duration
}

// attempt is one try to sign in that has been let through; the first of its
// limits is the tight one.
type attempt struct {
	t      *throttle
	limits []limit
}

// try lets an attempt of a stranger through, or tells how long to wait.
func (t *throttle) try(account, remoteAddr string) (attempt, time.Duration) {
	account, from := strings.ToLower(account), subnet(remoteAddr)
	return t.take(
		limit{t.accounts.of(t, from+"\x00"+account), accountBurst, accountRefill},
		limit{t.addresses.of(t, from), addressBurst, addressRefill},
		limit{t.all.of(t, account), allBurst, allRefill})
}

// tryKnown is try for a browser that has signed in to the account before.
func (t *throttle) tryKnown(browser string) (attempt, time.Duration) {
	return t.take(limit{t.known.of(t, browser), accountBurst, accountRefill})
}

// tryOwn is try for the account that is signed in.
func (t *throttle) tryOwn(account string) (attempt, time.Duration) {
	return t.take(limit{t.own.of(t, strings.ToLower(account)), accountBurst, accountRefill})
}

// take lets an attempt through if all limits do.
func (t *throttle) take(limits ...limit) (attempt, time.Duration) {
	now := time.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	var wait time.Duration
	for _, l := range limits {
		wait = max(wait, l.wait(now, l.burst, l.refill))
	}
	if wait > 0 {
		return attempt{}, wait
	}
	for _, l := range limits {
		l.owed++
	}
	return attempt{t, limits}, 0
}

// succeeded forgives the failures of the tight limit and takes back this
// attempt from the others.
func (a attempt) succeeded() {
	a.t.mu.Lock()
	defer a.t.mu.Unlock()
	for i, l := range a.limits {
		l.owed = max(0, l.owed-1)
		if i == 0 {
			l.owed = 0
		}
	}
}

// wait brings the bucket up to now and tells how long until one more fits.
func (b *bucket) wait(now time.Time, burst float64, refill time.Duration) time.Duration {
	if !b.at.IsZero() {
		b.owed = max(0, b.owed-float64(now.Sub(b.at))/float64(refill))
	}
	b.at = now
	return time.Duration((b.owed + 1 - burst) * float64(refill))
}

type buckets [throttleSlots]bucket

func (b *buckets) of(t *throttle, key string) *bucket {
	return &b[maphash.String(t.seed, key)%throttleSlots]
}

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
