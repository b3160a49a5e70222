package sip

import (
	"bytes"
	"container/heap"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/sip/message"
	"github.com/ctibridge/ctibridge/pbx/sip/rlmi"
)

// curesSilentList is what helps where a list is accepted and never reported: an
// Asterisk whose first NOTIFY would be over 64 kB sends none.
const curesSilentList = "Make lists of at most 100 extensions on the PBX: a longer one does not fit into one message. Its extensions are watched one by one meanwhile."

// list is a resource list on the switch (RFC 4662): one subscription that
// reports on many devices. The link's lock guards it.
//
// Until every list has told what it holds, or has failed, no device is
// subscribed to by itself; then those are that no list holds. What the lists
// hold and nobody watches is passed over.
type list struct {
	subscription
	name    string
	settled bool // it has told what it holds, or has failed
	// members are the user parts of what it holds, each with the address of the
	// list, or of the list in the list, that names it.
	members  map[string]string
	versions map[string]uint32 // of the last document, by the same addresses
	missing  time.Time         // since when a version is missing
}

// setLists takes the configured lists.
func (l *Link) setLists() error {
	for _, name := range l.cfg.Lists {
		if checkText(name) != nil || strings.ContainsAny(name, " <>\"") || name == "" || len(name) > 128 {
			return errors.New("sip: lists must be names of resource lists on the PBX, without blanks, quotes, angle brackets or control characters")
		}
		if l.network == "udp" || l.cfg.Unsolicited {
			continue // Status says why
		}
		li := &list{name: name, members: map[string]string{}, versions: map[string]uint32{}}
		li.subscription = subscription{list: li, index: -1}
		l.lists = append(l.lists, li)
	}
	return nil
}

// renew prepares for the first full state of a new subscription.
func (li *list) renew(l *Link) {
	clear(li.versions)
	li.missing = time.Time{}
	for _, d := range l.devices {
		if d.holder == li {
			d.tracker.renew()
		}
	}
}

// resume is renew for a subscription that goes on over a new connection. What
// its members knew, the Snapshots that follow put right.
func (li *list) resume(*Link) { li.missing = time.Time{} }

// listsSettled tells whether it is known what the lists hold. The caller holds
// mu.
func (l *Link) listsSettled() bool {
	return !slices.ContainsFunc(l.lists, func(li *list) bool { return !li.settled })
}

// listSettled notes that a list has told what it holds, or cannot. The caller holds
// mu.
func (l *Link) listSettled(li *list) {
	if !li.settled {
		li.settled = true
		l.release()
	}
}

// fallBack lets the members of a list that does not work be watched one by one.
// The caller holds mu.
func (l *Link) fallBack(li *list) {
	for _, d := range l.devices {
		if d.holder == li {
			l.orphan(d, 0)
		}
	}
	clear(li.members)
	l.listSettled(li)
}

// release makes the devices due that no list holds, once that is known, and
// those that are to be left in any case. The caller holds mu.
func (l *Link) release() {
	if l.session == nil {
		return
	}
	settled := l.listsSettled() && !l.cfg.Unsolicited
	for _, d := range l.devices {
		if d.index < 0 && (settled && d.holder == nil || d.removed) {
			l.schedule(&d.subscription)
		}
	}
	l.poke()
}

// seek finds who reports on a device that is watched from now on. The caller
// holds mu.
func (l *Link) seek(d *device) {
	for _, li := range l.lists {
		if _, holds := li.members[string(d.id)]; holds && d.tracker != nil {
			l.adopt(li, d)
			li.next = time.Now() // the full state tells what it is doing
			l.schedule(&li.subscription)
			return
		}
	}
	if l.listsSettled() && !l.cfg.Unsolicited {
		l.schedule(&d.subscription)
	}
}

// adopt lets a list report on a device. A subscription of its own is ended. The
// caller holds mu.
func (l *Link) adopt(li *list, d *device) {
	if d.holder == li {
		return
	}
	d.holder, d.told, d.problem, d.cure = li, false, "", ""
	d.tracker.renew()
	switch {
	case l.session == nil:
	case d.dialog != nil:
		d.next = time.Now()
		l.schedule(&d.subscription)
	case d.index >= 0:
		heap.Remove(&l.session.due, d.index)
	}
}

// orphan lets a device be subscribed to by itself after a pause. The caller
// holds mu.
func (l *Link) orphan(d *device, pause time.Duration) {
	d.holder, d.told, d.next = nil, false, time.Now().Add(pause)
	if l.listsSettled() {
		l.schedule(&d.subscription)
	}
}

// applyList turns the NOTIFY of a list into events. The caller holds order.
func (s *session) applyList(li *list, sc *scratch) {
	l, m := s.link, &sc.msg
	if len(bytes.TrimSpace(m.Body)) == 0 {
		return // the full state is still to come
	}
	if message.EqualFold(message.Token(m.ContentType), typeDialogInfo) {
		s.noList(li)
		return
	}
	n, err := rlmi.Parse(string(m.ContentType), m.Body)
	if err != nil {
		l.bad.note(l.log, err.Error(), len(m.Body))
		sc.fate = fateMalformed
		return
	}
	s.recognise(m)
	for i := range n.Lists {
		s.applyResources(li, &n.Lists[i], sc)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range n.Lists {
		l.reckon(li, &n.Lists[i], n.Truncated)
	}
	if n.Lists[0].Full {
		li.notified, li.problem, li.cure = true, "", ""
		l.listSettled(li)
	}
	l.hurry(&li.subscription)
}

// noList notes that what is configured as a list is none.
func (s *session) noList(li *list) {
	l := s.link
	l.mu.Lock()
	defer l.mu.Unlock()
	li.notified = true
	li.problem = fmt.Sprintf("%s is no list on the PBX.", li.name)
	li.cure = "Correct the name of the list, or make it: type=resource_list on Asterisk, with event=dialog."
	l.fallBack(li)
}

// applyResources gives the documents of a list's members to their devices.
func (s *session) applyResources(li *list, of *rlmi.List, sc *scratch) {
	l := s.link
	for i := range of.Resources {
		r := &of.Resources[i]
		d := l.member(li, of.URI, r)
		if d == nil {
			continue
		}
		for j := range r.Instances {
			in := &r.Instances[j]
			if in.State == rlmi.StateTerminated || in.ContentType != typeDialogInfo {
				continue
			}
			if err := sc.doc.Parse(in.Body); err != nil {
				l.bad.note(l.log, err.Error(), len(in.Body))
				if sc.fate != fateEffective {
					sc.fate = fateMalformed
				}
				continue
			}
			s.report(d, sc)
			break // one instance is one telephone; a second one's calls cannot be told apart
		}
	}
}

// member finds the watched device that a resource is, and notes whether the
// list reports on it.
func (l *Link) member(li *list, of string, r *rlmi.Resource) *device {
	user := userOf(r.URI)
	l.mu.Lock()
	defer l.mu.Unlock()
	d := l.devices[pbx.DeviceID(user)]
	if reason, ended := terminatedInstances(r); ended {
		delete(li.members, user)
		if d != nil && d.holder == li {
			l.orphan(d, terminationPause(reason, 0, 0))
		}
		return nil
	}
	if len(r.Instances) == 0 {
		return nil // the switch knows nothing of it
	}
	li.members[user] = of
	if d == nil || d.removed || d.tracker == nil || d.holder != nil && d.holder != li {
		return nil
	}
	l.adopt(li, d)
	return d
}

// terminatedInstances tells whether all reports on a resource have ended.
func terminatedInstances(r *rlmi.Resource) (reason string, ended bool) {
	for i := range r.Instances {
		if r.Instances[i].State != rlmi.StateTerminated {
			return "", false
		}
		reason = r.Instances[i].Reason
	}
	return reason, len(r.Instances) > 0
}

// reckon draws the conclusions from a list as a whole: what a full one does not
// name it does not hold, and a version that is missing was lost. The caller
// holds mu.
func (l *Link) reckon(li *list, of *rlmi.List, truncated bool) {
	last, counted := li.versions[of.URI]
	switch {
	case of.Full && !truncated:
		li.missing = time.Time{}
		l.expel(li, of)
	case of.HasVersion && counted && of.Version > last+1, truncated:
		if li.missing.IsZero() {
			li.missing = time.Now()
		}
	}
	if of.HasVersion && (of.Full || !counted || of.Version > last) && len(li.versions) < rlmi.MaxResources {
		li.versions[of.URI] = of.Version
	}
	for user, by := range li.members {
		d := l.devices[pbx.DeviceID(user)]
		if by == of.URI && d != nil && d.holder == li && !d.tracker.gaps.since.IsZero() && li.missing.IsZero() {
			li.missing = d.tracker.gaps.since
		}
	}
}

// expel lets go of the members that a full list no longer names. The caller
// holds mu.
func (l *Link) expel(li *list, of *rlmi.List) {
	named := make(map[string]bool, len(of.Resources))
	for i := range of.Resources {
		named[userOf(of.Resources[i].URI)] = true
	}
	for user, by := range li.members {
		if by != of.URI || named[user] {
			continue
		}
		delete(li.members, user)
		if d := l.devices[pbx.DeviceID(user)]; d != nil && d.holder == li {
			l.orphan(d, 0)
		}
	}
}

// userOf is the user part of an address, as a device is called.
func userOf(uri string) string {
	uri = strings.TrimSpace(uri)
	if _, rest, ok := strings.Cut(uri, "<"); ok {
		uri, _, _ = strings.Cut(rest, ">")
	}
	for _, scheme := range []string{"sip:", "sips:", "pres:"} {
		if len(uri) >= len(scheme) && strings.EqualFold(uri[:len(scheme)], scheme) {
			uri = uri[len(scheme):]
			break
		}
	}
	user, _, ok := strings.Cut(uri, "@")
	if !ok {
		return ""
	}
	user, _, _ = strings.Cut(user, ";")
	return unescapeUser(user)
}

// unescapeUser is the opposite of escapeUser.
func unescapeUser(user string) string {
	if strings.IndexByte(user, '%') < 0 {
		return user
	}
	var b strings.Builder
	for i := 0; i < len(user); i++ {
		if user[i] == '%' && i+2 < len(user) {
			hi, lo := hexDigit(user[i+1]), hexDigit(user[i+2])
			if hi >= 0 && lo >= 0 {
				b.WriteByte(byte(hi<<4 | lo))
				i += 2
				continue
			}
		}
		b.WriteByte(user[i])
	}
	return b.String()
}

func hexDigit(c byte) int {
	if c >= 'A' && c <= 'F' {
		c |= 0x20
	}
	return strings.IndexByte("0123456789abcdef", c)
}

// refusedList puts the refusal of a list into words; ok is false where it is the
// same as for a device.
func refusedList(name string, code int) (r refusal, ok bool) {
	switch code {
	case 404, 410, 604, 489, 405, 406, 415, 420, 421, 501:
		return refusal{
			problem: fmt.Sprintf("The PBX does not know the list %s, or offers no lists (RFC 4662).", name),
			cure:    "Correct the name of the list, or make it: type=resource_list on Asterisk, with event=dialog. Its extensions are watched one by one meanwhile.",
			retry:   retryHint,
		}, true
	case 403, 603:
		return refusal{
			problem: fmt.Sprintf("The PBX does not allow this bridge to watch the list %s.", name),
			cure:    "Allow subscriptions to this list for this bridge's user. Its extensions are watched one by one meanwhile.",
			retry:   retryHint,
		}, true
	}
	return refusal{}, false
}

// listStatus adds to the Status what is to be said about lists. The caller holds
// mu.
func (l *Link) listStatus(st *pbx.Status) {
	if st.State == pbx.LinkConnected && len(l.cfg.Lists) > 0 && len(l.lists) == 0 && !l.cfg.Unsolicited {
		st.State = pbx.LinkDegraded
		st.Problem = "Resource lists need TCP or TLS, since their reports do not fit into UDP packets; the extensions are watched one by one."
		st.Cure = "Set the link's transport to tcp or tls, or take the lists out of its settings."
	}
	for _, li := range l.lists {
		if li.problem != "" && st.State == pbx.LinkConnected {
			st.State, st.Problem, st.Cure = pbx.LinkDegraded, li.problem, li.cure
		}
	}
	if len(l.lists) == 0 || !l.listsSettled() || l.session == nil {
		return
	}
	var alone []string
	for _, d := range l.devices {
		if d.holder == nil && !d.removed && d.tracker != nil {
			alone = append(alone, string(d.id))
		}
	}
	if len(alone) > 0 {
		st.Limits = append(st.Limits, pbx.Limit{
			Text: fmt.Sprintf("%d of %d extensions are in none of the lists and are watched one by one; the first is %s.", len(alone), st.Watched, slices.Min(alone)),
			Cure: "Add them to a list on the PBX.",
		})
	}
}
