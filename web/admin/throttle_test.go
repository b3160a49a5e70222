package admin

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

func TestThrottleByAddress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		throttle := newThrottle()
		names := 0
		try := func(addr string) time.Duration {
			names++
			_, wait := throttle.try(fmt.Sprint("name", names), addr)
			return wait
		}
		for i := range addressBurst {
			if wait := try(fmt.Sprintf("[2001:db8::%x]:1000", i)); wait > 0 { // one customer's /64
				t.Fatalf("attempt %d has to wait %v", i, wait)
			}
		}
		if wait := try("[2001:db8::ffff]:1000"); wait != addressRefill {
			t.Errorf("one too many waits %v, want %v", wait, addressRefill)
		}
		time.Sleep(addressRefill)
		if wait := try("[2001:db8::ffff]:1000"); wait > 0 {
			t.Errorf("after a while still %v", wait)
		}
	})
}

func TestSubnet(t *testing.T) {
	for addr, want := range map[string]string{
		"192.0.2.7:1234": "192.0.2.7", "[::ffff:192.0.2.7]:1234": "192.0.2.7",
		"[2001:db8:1:2:3:4:5:6]:1": "2001:db8:1:2::/64", "[fe80::1%eth0]:1": "fe80::/64", "@": "@", "": "",
	} {
		if got := subnet(addr); got != want {
			t.Errorf("subnet(%q) = %q, want %q", addr, got, want)
		}
	}
}
