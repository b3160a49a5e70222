package mirror

import (
	"fmt"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
)

// Status implements pbx.Link.
func (l *Link) Status() pbx.Status {
	l.mu.Lock()
	defer l.mu.Unlock()
	st := pbx.Status{
		State: l.state, Since: l.since, Problem: l.problem, Cure: l.cure, Profile: l.profile,
		Watched: len(l.follow.devices), Events: l.events.Load(), Limits: l.limits(),
		Effective: l.counts[effective].Load(),
	}
	st.Messages = st.Effective
	for why := dropSource; why < reasons; why++ {
		if n := l.counts[why].Load(); n > 0 {
			st.Drops = append(st.Drops, pbx.Drop{Reason: reasonNames[why], Count: n})
			st.Messages += n
		}
	}
	if ns := l.last.Load(); ns != 0 {
		st.LastEvent = time.Unix(0, ns)
	}
	if st.State != pbx.LinkConnected {
		return st
	}
	if l.silent(time.Now()) {
		st.State = pbx.LinkDegraded
		st.Problem, st.Cure = l.complaint()
		return st
	}
	st.Active = st.Watched
	return st
}

// silent tells whether no packet came for too long. The caller holds mu.
func (l *Link) silent(now time.Time) bool {
	if len(l.follow.devices) == 0 {
		return false
	}
	since := l.began
	if l.since.After(since) {
		since = l.since
	}
	if ns := l.heard.Load(); ns != 0 && time.Unix(0, ns).After(since) {
		since = time.Unix(0, ns)
	}
	return now.Sub(since) >= silence
}

// complaint says why nothing is heard, by what was turned away last.
func (l *Link) complaint() (problem, cure string) {
	r := l.refused.Load()
	switch {
	case r == nil:
		return "No mirrored messages have come for a minute.", l.captureCure()
	case r.why == dropSource:
		return fmt.Sprintf("Packets come from %s, which is not among the allowed sources; they are dropped.", r.from),
			"If that is the PBX, add the address to the link's sources."
	case r.why == dropKey:
		return fmt.Sprintf("Packets from %s come with another key than this link's password, or without one; they are dropped.", r.from),
			"Give the PBX the same key: capture_password in hep.conf of Asterisk, auth_key of siptrace on Kamailio; FreeSWITCH cannot send one, so leave the password empty there."
	case r.why == dropVersion:
		return fmt.Sprintf("The PBX at %s mirrors in an old version of HEP that has no key; the packets are dropped.", r.from),
			"Set HEP version 3: hep_version 3 on Kamailio, hep=3 in capture-server of FreeSWITCH."
	}
	return fmt.Sprintf("What comes from %s cannot be read as HEP: %s.", r.from, shortError(r.err)), l.captureCure()
}

// captureCure names the setting of the switch that sends the mirror.
func (l *Link) captureCure() (cure string) {
	const asterisk = "hep.conf with enabled=yes and capture_address, modules res_hep and res_hep_pjsip"
	const freeswitch = "capture-server \"udp:ADDRESS:PORT;hep=3\" in sofia.conf and sip-capture=yes on the profile"
	const kamailio = "the module siptrace with duplicate_uri, trace_on=1, trace_mode=1, hep_mode_on=1 and hep_version=3"
	cure = fmt.Sprintf("Let the PBX mirror to %s over %s", l.advertised(), l.network())
	switch l.profile {
	case "asterisk":
		return cure + ": " + asterisk + ". A firewall may stand between."
	case "freeswitch":
		return cure + ": " + freeswitch + ". A firewall may stand between."
	case "kamailio":
		return cure + ": " + kamailio + ". A firewall may stand between."
	}
	return cure + ". Asterisk: " + asterisk + ". FreeSWITCH: " + freeswitch + ". Kamailio: " + kamailio + ". A firewall may stand between."
}

func (l *Link) advertised() string {
	if l.cfg.Advertise != "" {
		return l.cfg.Advertise
	}
	return l.cfg.Listen
}

func (l *Link) network() string {
	if l.cfg.Transport == "tcp" || l.cfg.Transport == "TCP" {
		return "TCP"
	}
	return "UDP"
}

// limits is what a mirror cannot tell. Beside a SIP link it need not.
func (l *Link) limits() []pbx.Limit {
	if l.cfg.Beside != "" {
		return nil
	}
	const cure = "Watch the extensions over a SIP link as well, and name it in the mirror's beside."
	return []pbx.Limit{{
		Text: "Hold is not told: it stands in the bodies of the messages, which this bridge does not read.",
		Cure: cure,
	}, {
		Text: "Calls that ran before the bridge was started are not known, and a lost packet may leave a call open.",
		Cure: cure,
	}, {
		Text: "A mirror only listens: calls cannot be placed, answered or ended over it.",
		Cure: "Add a SIP link to the same PBX and name it in the mirror's beside.",
	}}
}

func (l *Link) setState(state pbx.LinkState, problem, cure string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.state != state {
		l.state, l.since = state, time.Now()
	}
	l.problem, l.cure = problem, cure
}
