package sip

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"time"

	gosip "github.com/emiago/sipgo/sip"
)

// exchange sends a request other than INVITE and waits for the final answer, at
// most timeout. Where there is another server the first answer has to come soon.
func (s *session) exchange(ctx context.Context, req *gosip.Request, to netip.AddrPort, timeout time.Duration) (*gosip.Response, error) {
	if s.spare && !s.alive.Load() {
		timeout = min(timeout, sparePatience)
	}
	return s.tx.Exchange(ctx, req, to, timeout)
}

// status is a response's code and reason as a person may read it; the reason is
// the switch's text, cut and without control characters.
func status(res *gosip.Response) string {
	reason := strings.Map(func(r rune) rune {
		if r < 0x20 || r == 0x7f {
			return -1
		}
		return r
	}, res.Reason)
	if len(reason) > 64 {
		reason = reason[:64]
	}
	return strings.TrimSpace(fmt.Sprintf("%d %s", res.StatusCode, strings.ToValidUTF8(reason, "")))
}
