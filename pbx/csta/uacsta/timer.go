package uacsta

import (
	"strconv"
	"strings"
	"time"

	gosip "github.com/emiago/sipgo/sip"
)

// sessionTimer is what was agreed on (RFC 4028): how long the session lasts, and
// who renews it.
type sessionTimer struct {
	expires time.Duration
	theirs  bool
}

// offer are the header fields that ask for a session timer.
func offer(expires time.Duration) []gosip.Header {
	s := func(d time.Duration) string { return strconv.Itoa(int(d / time.Second)) }
	return []gosip.Header{
		gosip.NewHeader("Supported", "timer"),
		gosip.NewHeader("Session-Expires", s(expires)),
		gosip.NewHeader("Min-SE", s(minExpires)),
	}
}

// timerOf reads Session-Expires of the answer to our INVITE. Without one the
// session does not expire (RFC 4028 §7.2); we renew it all the same as often as
// we asked for, because that is how a telephone is missed that lost its power.
func timerOf(value string, asked time.Duration) sessionTimer {
	n := seconds(value)
	if n == 0 {
		return sessionTimer{expires: asked}
	}
	return sessionTimer{time.Duration(n) * time.Second, refresher(value) == "uas"}
}

// refresher is the parameter of Session-Expires, empty if there is none.
func refresher(value string) string {
	for part := range strings.SplitSeq(value, ";") {
		name, who, _ := strings.Cut(strings.TrimSpace(part), "=")
		if strings.EqualFold(strings.TrimSpace(name), "refresher") {
			return strings.ToLower(strings.TrimSpace(who))
		}
	}
	return ""
}

// pause is when something is due: our renewal, half-way (RFC 4028 §7.2), or the
// end if the telephone has not renewed (§10). It is never shorter than floor,
// whatever the telephone granted.
func (t sessionTimer) pause(floor time.Duration) (pause time.Duration, ours bool) {
	if t.theirs {
		return max(t.expires-min(32*time.Second, t.expires/3), floor), false
	}
	return max(t.expires/2, floor), true
}
