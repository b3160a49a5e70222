package sip

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
)

// TestAnswersToARefresh: what each answer to a refresh makes of the subscription.
// Those after which the switch knows nothing of it (RFC 6665 §4.1.2.2) begin a
// new dialog at once; others leave it valid until it runs out.
func TestAnswersToARefresh(t *testing.T) {
	t.Parallel()
	const anew, goesOn, stops = "anew", "goes on", "stops"
	for answer, want := range map[string]string{
		"481 Subscription Does Not Exist": anew, "404 Not Found": anew, "408 Request Timeout": anew, "410 Gone": stops,
		"480 Temporarily Unavailable": anew, "482 Loop Detected": anew, "604 Does Not Exist Anywhere": stops,
		"403 Forbidden": stops, "489 Bad Event": stops, "405 Method Not Allowed": stops, "501 Not Implemented": stops,
		"500 Server Internal Error": goesOn, "503 Service Unavailable": goesOn, "486 Busy Here": goesOn, "491 Request Pending": goesOn,
	} {
		t.Run(answer, func(t *testing.T) {
			t.Parallel()
			n := newNotifier(t, "udp")
			r := run(t, n, "udp", pbx.LinkConfig{}, Options{Canary: 50 * time.Millisecond}, "103")
			sub := n.next("SUBSCRIBE")
			n.grant(sub, 600)
			n.notify(sub, 1, "active", idle())
			r.next("103 Snapshot")
			var code int
			_, _ = fmt.Sscan(answer, &code)
			n.answer(n.next("SUBSCRIBE"), code, answer[4:])
			if want == stops {
				r.status("refused", func(s pbx.Status) bool { return s.Active == 0 && len(s.Refused) == 1 && s.Refused[0].Cure != "" })
				return
			}
			if want == goesOn {
				n.notify(sub, 2, "active", info(1, ringing("a", berta)))
				r.next("103 Delivered a in " + berta)
			}
			again := n.next("SUBSCRIBE")
			if same := again.CallID().Value() == sub.CallID().Value(); same != (want == goesOn) {
				t.Errorf("the same dialog: %t, want that it %s", same, want)
			}
		})
	}
}

// TestTerminationPause: when to ask again after the switch has ended a
// subscription (RFC 6665 §4.1.3).
func TestTerminationPause(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		reason      string
		failures    int
		after       time.Duration
		least, most time.Duration
	}{
		{"deactivated", 0, 0, 0, 0},
		{"timeout", 0, 0, 0, 0},
		{"", 0, 0, 0, 0},
		{"timeout", 3, 0, 3 * time.Second, 3 * time.Second}, // not in a circle
		{"timeout", 99, 0, 6 * time.Second, 6 * time.Second},
		{"deactivated", 0, 40 * time.Second, 40 * time.Second, 51 * time.Second},
		{"probation", 0, 0, 7 * time.Second, 13 * time.Second},
		{"giveup", 0, 60 * time.Second, 60 * time.Second, 76 * time.Second},
		{"giveup", 0, 0, 7 * time.Second, 13 * time.Second},
		{"rejected", 0, 0, 3 * time.Minute, 7 * time.Minute},
		{"noresource", 0, 0, 3 * time.Minute, 7 * time.Minute},
		{"noresource", 0, time.Hour, time.Hour, 76 * time.Minute},
		{"invariant", 0, 0, 3 * time.Minute, 7 * time.Minute},
		{"something new", 0, 0, 7 * time.Second, 13 * time.Second},
	} {
		for range 50 {
			if got := terminationPause(tt.reason, tt.failures, tt.after); got < tt.least || got > tt.most {
				t.Errorf("%s after %d failures, retry-after %v: %v, want %v to %v", tt.reason, tt.failures, tt.after, got, tt.least, tt.most)
				break
			}
		}
	}
}

// TestRefreshTimes: after half to 85 percent of what was granted, spread.
func TestRefreshTimes(t *testing.T) {
	t.Parallel()
	seen := map[time.Duration]bool{}
	for range 1000 {
		at := refreshAfter(600 * time.Second)
		if at < 300*time.Second || at > 510*time.Second {
			t.Fatalf("refresh after %v of 600 s", at)
		}
		seen[at.Truncate(10*time.Second)] = true
	}
	if len(seen) < 15 {
		t.Errorf("all refreshes at %d moments", len(seen))
	}
}

// TestChallengeWithoutEnd: a switch that never takes the credentials, and always
// says that only the nonce is old, is not asked for ever.
func TestChallengeWithoutEnd(t *testing.T) {
	t.Parallel()
	n := newNotifier(t, "udp")
	r := run(t, n, "udp", pbx.LinkConfig{Username: "cti", Password: "secret"}, Options{}, "103")
	for i := range attempts {
		n.answer(n.next("SUBSCRIBE"), 401, "Unauthorized", fmt.Sprintf(`WWW-Authenticate: Digest realm="pbx",nonce="n%d",stale=true,algorithm=MD5`, i))
	}
	r.status("401", func(s pbx.Status) bool { return len(s.Refused) == 1 && strings.Contains(s.Refused[0].Problem, "401") })
	n.silent("asked again at once")
}

// TestSwitchEndsSooner: what a NOTIFY says about the time that is left counts (RFC
// 6665 §4.1.3), if it is less than was granted and no nonsense.
func TestSwitchEndsSooner(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		state string
		until time.Duration // from now on
	}{
		{"active", 600 * time.Second},
		{"active;expires=600", 600 * time.Second},
		{"active;expires=9999", 600 * time.Second},
		{"active;expires=599", 600 * time.Second},
		{"active;expires=60", 60 * time.Second},
		{"Active; Expires = 60", 60 * time.Second},
		{"active;expires=0", leastExpires},
		{"active;expires=-1", leastExpires},
		{"active;expires=99999999999999999999", 600 * time.Second},
	} {
		n := newNotifier(t, "udp")
		r := run(t, n, "udp", pbx.LinkConfig{}, Options{Canary: time.Hour}, "103")
		sub := n.next("SUBSCRIBE")
		n.grant(sub, 600)
		r.status("granted", func(s pbx.Status) bool { return s.State == pbx.LinkConnected })
		n.notify(sub, 1, tt.state, info(0, ""))
		r.next("103 Snapshot")
		r.link.mu.Lock()
		u := &r.link.devices["103"].subscription
		left, next, first := time.Until(u.until), time.Until(u.next), r.link.session.due[0]
		r.link.mu.Unlock()
		if left > tt.until || left < tt.until-5*time.Second || next > tt.until*85/100 || first != u {
			t.Errorf("%s: runs out in %v, want %v; refreshed in %v", tt.state, left, tt.until, next)
		}
	}
}

// TestSwitchAsksForALongPause: a slip of the switch's configuration, or a number
// that does not fit, is not followed for months, and Status says why nothing
// comes.
func TestSwitchAsksForALongPause(t *testing.T) {
	t.Parallel()
	for _, after := range []string{"3601", "16777215", "99999999999999999999"} {
		for _, answer := range []string{"terminated;reason=probation;retry-after=", "503 "} {
			n := newNotifier(t, "udp")
			r := run(t, n, "udp", pbx.LinkConfig{}, Options{}, "103")
			sub := n.next("SUBSCRIBE")
			if answer == "503 " {
				n.answer(sub, 503, "Service Unavailable", "Retry-After: "+after)
			} else {
				n.grant(sub, 600)
				n.notify(sub, 1, answer+after, "")
			}
			r.status("why", func(s pbx.Status) bool {
				return len(s.Refused) == 1 && s.Refused[0].Cure != "" && s.State == pbx.LinkDegraded
			})
			r.link.mu.Lock()
			pause := time.Until(r.link.devices["103"].next)
			r.link.mu.Unlock()
			if pause > maxRetryAfter*3/2 || pause < maxRetryAfter/2 && after != "99999999999999999999" {
				t.Errorf("%s%s: asked again in %v", answer, after, pause)
			}
		}
	}
}

// TestEndedBeforeTheAnswer: a switch that ends a subscription before it has
// answered the SUBSCRIBE is connected all the same.
func TestEndedBeforeTheAnswer(t *testing.T) {
	t.Parallel()
	n := newNotifier(t, "tcp")
	r := run(t, n, "tcp", pbx.LinkConfig{}, Options{}, "103")
	sub := n.next("SUBSCRIBE")
	n.notify(sub, 1, "terminated;reason=noresource", "")
	n.grant(sub, 600)
	r.status("degraded", func(s pbx.Status) bool { return s.State == pbx.LinkDegraded && len(s.Refused) == 1 })
}

// TestPasswordChangedOnTheSwitch: a switch that takes the password no more is not
// asked again by each subscription that is due, which would lock us out; those
// that are alive stay.
func TestPasswordChangedOnTheSwitch(t *testing.T) {
	t.Parallel()
	n := newNotifier(t, "udp")
	devices := []pbx.DeviceID{"101", "102", "103", "104", "105", "106", "107", "108"}
	r := run(t, n, "udp", pbx.LinkConfig{Username: "cti", Password: "old"}, Options{Canary: 20 * time.Millisecond}, devices...)
	seen := map[string]bool{}
	for len(seen) < len(devices) {
		sub := n.next("SUBSCRIBE")
		n.grant(sub, 600)
		if device := deviceOf(sub); !seen[device] {
			seen[device] = true
			n.notify(sub, 1, "active", info(0, ""))
		}
	}
	deadline := time.After(500 * time.Millisecond)
	tries := 0
	for refusing := true; refusing; {
		select {
		case req := <-n.got:
			n.answer(req, 401, "Unauthorized", `WWW-Authenticate: Digest realm="pbx",nonce="n1",algorithm=MD5,qop="auth"`)
			if req.GetHeader("Authorization") != nil {
				tries++
			}
		case <-deadline:
			refusing = false
		}
	}
	if tries < 1 || tries > 3 { // some may have been on their way
		t.Errorf("the password was tried %d times", tries)
	}
	st := r.status("degraded", func(s pbx.Status) bool { return s.State == pbx.LinkDegraded })
	if !strings.Contains(st.Problem, "password") || st.Active < len(devices)-tries {
		t.Errorf("status %+v", st)
	}
}
