package sip

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/internal/backoff"
	"github.com/ctibridge/ctibridge/pbx/sip/message"
)

// Memory keeps what a link has to know after a restart of the program: its
// subscriptions at the switch, so that they are refreshed. Without it each
// restart leaves the old ones behind until they run out, which costs an Asterisk
// 90 kB each and fills the network with NOTIFYs for nobody. The text holds no
// secret.
type Memory interface {
	// Load returns what was saved last under the link's name; nothing if there
	// is none.
	Load(ctx context.Context, link string) ([]byte, error)
	// Save replaces it; nothing deletes it.
	Save(ctx context.Context, link string, state []byte) error
}

// When the memory is saved: soon after a subscription has begun or ended, at
// most so often; and now and then for the times at which they run out.
const (
	saveSoon    = time.Second
	saveEvery   = 5 * time.Second
	saveAnyway  = 30 * time.Second
	saveTimeout = 2 * time.Second
)

// reservedCSeq is how far ahead of the sequence numbers in use those saved are:
// what was sent after the last save never repeats one (RFC 3261 §12.2.2).
const reservedCSeq = 4096

// memoryVersion changes when older programs could not read the state.
const memoryVersion = 1

// saved is the state of a link as Memory keeps it.
type saved struct {
	Version int            `json:"version"`
	Peer    string         `json:"peer"`   // configured server, domain, user, transport
	Server  string         `json:"server"` // the address that the subscriptions are at
	Profile string         `json:"profile,omitempty"`
	Dialogs []*savedDialog `json:"dialogs"`
}

// savedDialog is one subscription.
type savedDialog struct {
	Device    string   `json:"device,omitempty"`
	List      string   `json:"list,omitempty"`
	CallID    string   `json:"callID"`
	LocalTag  string   `json:"localTag"`
	RemoteTag string   `json:"remoteTag"`
	CSeq      uint32   `json:"cseq"` // no number up to this one but those after it are free
	Target    string   `json:"target"`
	Routes    []string `json:"routes,omitempty"`
	Until     int64    `json:"until"` // Unix seconds
}

// peer is what has to be the same for the saved subscriptions to be ours.
func (l *Link) peer() string {
	return fmt.Sprintf("%s %s %s %s", l.network, l.cfg.Server, l.domain, l.user())
}

// staying tells that the link leaves its subscriptions at the switch, because
// the program ends and will be back.
func (l *Link) staying(ctx context.Context) bool {
	return l.opts.Memory != nil && errors.Is(context.Cause(ctx), pbx.ErrStopping)
}

// changed notes that a subscription has begun or ended.
func (l *Link) changed() {
	select {
	case l.unsaved <- struct{}{}:
	default:
	}
}

// remember takes down a subscription that was accepted or refreshed. The caller
// holds mu and owns the dialog.
func (l *Link) remember(u *subscription) {
	if l.opts.Memory == nil || u.dialog.remoteTag == "" {
		return
	}
	fresh := u.record == nil
	r := &savedDialog{
		CallID: u.dialog.callID, LocalTag: u.dialog.localTag, RemoteTag: u.dialog.remoteTag,
		CSeq: u.dialog.cseq + reservedCSeq, Target: u.dialog.target.String(), Until: u.until.Unix(),
	}
	for _, route := range u.dialog.routes {
		r.Routes = append(r.Routes, route.String())
	}
	if u.list != nil {
		r.List = u.list.name
	} else {
		r.Device = string(u.device.id)
	}
	u.record, l.stale = r, true
	if fresh {
		l.changed()
	}
}

// recall loads what an earlier run has saved, and reserves sequence numbers
// before any is used.
func (l *Link) recall(ctx context.Context) {
	if l.opts.Memory == nil || l.cfg.Unsolicited {
		return
	}
	text, err := l.opts.Memory.Load(ctx, l.cfg.Name)
	if err != nil {
		l.log.Warn("the subscriptions of the last run are not known; they are made anew", slog.Any("err", err))
		return
	}
	var state saved
	if len(text) == 0 || json.Unmarshal(text, &state) != nil || state.Version != memoryVersion || state.Peer != l.peer() {
		return
	}
	l.mu.Lock()
	l.lastServer = state.Server
	if p, ok := profileByName(state.Profile); ok && l.profile == profileUnknown {
		l.hint.Store(uint32(p))
	}
	now := time.Now()
	for _, r := range state.Dialogs {
		if r != nil && r.valid() && time.Unix(r.Until, 0).After(now) {
			r.CSeq += reservedCSeq
			l.waiting[r.CallID] = r
		}
	}
	l.mu.Unlock()
	if len(state.Dialogs) > 0 {
		l.save(ctx)
	}
}

// valid tells whether it can be what we have written: nothing of it may add
// lines to a message.
func (r *savedDialog) valid() bool {
	for _, s := range append([]string{r.CallID, r.LocalTag, r.RemoteTag, r.Target}, r.Routes...) {
		if s == "" || len(s) > 1024 || checkText(s) != nil {
			return false
		}
	}
	return (r.Device == "") != (r.List == "") && r.CSeq < 1<<31-2*reservedCSeq
}

// revive makes the SIP dialog that was saved. recall has saved numbers that are
// further ahead by now.
func (l *Link) revive(r *savedDialog) *dialog {
	d := &dialog{callID: r.CallID, localTag: r.LocalTag, remoteTag: r.RemoteTag, cseq: r.CSeq - reservedCSeq, address: l.uri(r.Device + r.List)}
	if gosip.ParseUri(r.Target, &d.target) != nil {
		return nil
	}
	for _, text := range r.Routes {
		var route gosip.Uri
		if gosip.ParseUri(text, &route) != nil {
			return nil
		}
		d.routes = append(d.routes, route)
	}
	return d
}

// remembers tells whether a NOTIFY belongs to a subscription of the last run
// whose device is not yet watched in this one. The caller holds mu.
func (l *Link) remembers(callID, tag []byte) bool {
	r := l.waiting[string(callID)]
	return r != nil && r.LocalTag == string(message.Token(tag))
}

// reclaim gives the devices and lists that there are their subscriptions of the
// last run. Those that nobody wants any more are taken leave of, once it is
// known what is watched. The caller holds mu.
func (l *Link) reclaim() {
	now := time.Now()
	for callID, r := range l.waiting {
		u := l.claimant(r, now)
		if u == nil {
			continue
		}
		delete(l.waiting, callID)
		dlg := l.revive(r)
		if u.dialog != nil || dlg == nil {
			continue
		}
		u.dialog, u.record, u.until, u.began = dlg, r, time.Unix(r.Until, 0), now
		if !u.lasting(now) {
			u.drop(l)
			continue
		}
		u.next = now
		u.resume(l)
		if l.session != nil && (u.removed || u.list != nil || l.listsSettled()) {
			l.schedule(u)
		}
	}
}

// claimant finds whose the saved subscription is, or makes somebody to end it.
func (l *Link) claimant(r *savedDialog, now time.Time) *subscription {
	for _, li := range l.lists {
		if li.name == r.List {
			return &li.subscription
		}
	}
	id := pbx.DeviceID(r.Device)
	if r.List != "" {
		id = pbx.DeviceID(r.List)
	}
	d := l.devices[id]
	switch {
	case r.Device != "" && d != nil && d.tracker != nil:
		return &d.subscription
	case !l.watching, d != nil:
		return nil
	}
	d = l.newDevice(id, now)
	d.removed = true
	l.devices[id] = d
	return &d.subscription
}

// keepMemory saves until ctx ends.
func (l *Link) keepMemory(ctx context.Context) {
	anyway := time.NewTicker(saveAnyway)
	defer anyway.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-l.unsaved:
			if !backoff.Sleep(ctx, saveSoon) {
				return
			}
		case <-anyway.C:
			l.mu.Lock()
			stale := l.stale
			l.mu.Unlock()
			if !stale {
				continue
			}
		}
		l.save(ctx)
		if !backoff.Sleep(ctx, saveEvery-saveSoon) {
			return
		}
	}
}

// save writes down the subscriptions that there are.
func (l *Link) save(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), saveTimeout)
	defer cancel()
	l.mu.Lock()
	state := saved{Version: memoryVersion, Peer: l.peer(), Server: l.lastServer, Profile: profile(l.hint.Load()).String()}
	for u := range l.subscriptions {
		if u.record != nil {
			state.Dialogs = append(state.Dialogs, u.record)
		}
	}
	for _, r := range l.waiting {
		state.Dialogs = append(state.Dialogs, r)
	}
	l.stale = false
	l.mu.Unlock()
	text, err := json.Marshal(state)
	if err == nil {
		err = l.opts.Memory.Save(ctx, l.cfg.Name, text)
	}
	if err != nil {
		l.log.Warn("the subscriptions could not be saved; after a restart they are made anew", slog.Any("err", err))
		l.mu.Lock()
		l.stale = true
		l.mu.Unlock()
	}
}
