package sip

import (
	"context"
	"fmt"

	"github.com/ctibridge/ctibridge/pbx"
)

// probe asks the switch who it is, by OPTIONS (RFC 3261 §11), where its first
// answer to a SUBSCRIBE did not say so. No answer is no matter: the documents
// show it too, but on some switches not before the first call.
func (s *session) probe(ctx context.Context) {
	select {
	case <-s.first:
	case <-ctx.Done():
		return
	}
	if profile(s.link.hint.Load()) != profileUnknown || !s.link.accepted() {
		return
	}
	req := s.request(newDialog(s.link.uri("")), "OPTIONS")
	if res, err := s.exchange(ctx, req, s.wire.Server(), min(canaryPatience, s.link.opts.Timeout)); err == nil {
		s.link.noteAgent(agentOf(res))
	}
}

// seen is whose habits the switch shows, whatever is configured: those of most
// devices' documents, else those its name suggests. The caller holds mu.
func (l *Link) seen() (p profile, byShape bool) {
	var votes [len(profileNames)]int
	for _, d := range l.devices {
		if d.tracker == nil || d.tracker.shape == profileUnknown {
			continue
		}
		if votes[d.tracker.shape]++; votes[d.tracker.shape] > votes[p] {
			p = d.tracker.shape
		}
	}
	if p != profileUnknown {
		return p, true
	}
	return profile(l.hint.Load()), false
}

// recognised is the profile configured, else the one seen. The caller holds mu.
func (l *Link) recognised() profile {
	if l.profile != profileUnknown {
		return l.profile
	}
	p, _ := l.seen()
	return p
}

// contradict warns of a configured profile that the switch does not follow. A
// name alone is no proof against generic, which says that nothing fits. The
// caller holds mu.
func (l *Link) contradict(st *pbx.Status) {
	seen, byShape := l.seen()
	if st.Problem != "" || st.State != pbx.LinkConnected || l.profile == profileUnknown || seen == profileUnknown ||
		seen == l.profile || l.profile == profileGeneric && !byShape {
		return
	}
	st.Problem = fmt.Sprintf("The link is set to the profile %s, but what the PBX sends looks like %s.", l.profile, seen)
	st.Cure = fmt.Sprintf("Set the link's profile to %s, or leave it empty to let the bridge find out.", seen)
}
