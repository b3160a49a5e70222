package bridge

import (
	"slices"
	"time"
)

// rules are an agent's settings with nothing left open.
type rules struct {
	popOn          string
	openRecord     bool
	internal       bool
	details        bool
	create         string
	createOutbound string
	objects        []string
	sound          bool
	quietInCall    bool
	logCalls       bool
	dispositions   []string
	allowed        []Device
	shift          time.Duration
	dial           dialRights
}

// none is what stands for "offer to create nothing".
const none = "none"

// resolve merges settings, the strongest first, over the defaults: pop on
// ringing, open one exact match, no internal calls, names shown, offer a Lead for
// unknown numbers, search all objects; ring, but stay quiet during a call; log
// calls; a chosen telephone for 12 h; dial everywhere that does not cost extra, 3
// calls in 10 s and 20 a minute. What protects is united: of several groups, and of
// a group and the agent, all DialBlocked hold; of several groups the strictest
// DialClass, DialSharedCost and rates hold, and no details or activities where one
// of them wants none. There the order in which groups are named decides nothing.
func resolve(settings []Settings) rules {
	settings = united(settings)
	r := rules{
		popOn: PopOnRinging, openRecord: true, details: true, create: "Lead", sound: true, quietInCall: true, logCalls: true,
		shift: 12 * time.Hour,
		dial:  dialRights{class: DialInternational, sharedCost: true, perMinute: 20, perTenSeconds: 3},
	}
	for i := len(settings) - 1; i >= 0; i-- {
		settings[i].resolve(&r)
	}
	if r.createOutbound == "" {
		r.createOutbound = r.create
	}
	for _, c := range []*string{&r.create, &r.createOutbound} {
		if *c == none {
			*c = ""
		}
	}
	return r
}

// united puts before the groups' settings what protects most among them, after
// the agent's own, which come first.
func united(settings []Settings) []Settings {
	if len(settings) <= 2 {
		return settings
	}
	var strict Settings
	for i := range settings[1:] {
		g := &settings[1+i]
		for _, s := range []struct{ to, from **bool }{
			{&strict.ShowDetails, &g.ShowDetails}, {&strict.LogCalls, &g.LogCalls}, {&strict.DialSharedCost, &g.DialSharedCost},
		} {
			*s.to = stricter(*s.to, *s.from, func(a, b bool) bool { return !a && b })
		}
		less := func(a, b int) bool { return a < b }
		strict.DialsPerMinute = stricter(strict.DialsPerMinute, g.DialsPerMinute, less)
		strict.DialsPerTenSeconds = stricter(strict.DialsPerTenSeconds, g.DialsPerTenSeconds, less)
		strict.DialClass = stricter(strict.DialClass, g.DialClass, func(a, b string) bool { return reach(a) < reach(b) })
	}
	return slices.Insert(slices.Clone(settings), 1, strict)
}

// stricter is the one of two settings that protects more; nil says nothing.
func stricter[T any](a, b *T, protects func(a, b T) bool) *T {
	switch {
	case a == nil:
		return b
	case b == nil || !protects(*b, *a):
		return a
	}
	return b
}

// reach orders how far one may dial.
func reach(class string) int {
	return slices.Index([]string{DialInternal, DialNational, DialInternational}, class)
}

func (s *Settings) resolve(r *rules) {
	set(&r.popOn, s.PopOn)
	set(&r.openRecord, s.OpenRecord)
	set(&r.internal, s.InternalCalls)
	set(&r.details, s.ShowDetails)
	set(&r.create, s.CreateObject)
	set(&r.createOutbound, s.CreateOutbound)
	set(&r.sound, s.Sound)
	set(&r.quietInCall, s.QuietInCall)
	set(&r.logCalls, s.LogCalls)
	if len(s.Objects) > 0 {
		r.objects = s.Objects
	}
	if len(s.Dispositions) > 0 {
		r.dispositions = s.Dispositions
	}
	if len(s.AllowedDevices) > 0 {
		r.allowed = s.AllowedDevices
	}
	if s.ShiftHours != nil {
		r.shift = time.Duration(*s.ShiftHours) * time.Hour
	}
	s.resolveDial(&r.dial)
}

func (s *Settings) resolveDial(r *dialRights) {
	set(&r.class, s.DialClass)
	set(&r.sharedCost, s.DialSharedCost)
	set(&r.perMinute, s.DialsPerMinute)
	set(&r.perTenSeconds, s.DialsPerTenSeconds)
	for _, prefix := range s.DialBlocked { // nobody's list lifts another's
		if !slices.Contains(r.blocked, prefix) {
			r.blocked = append(r.blocked, prefix)
		}
	}
}

func set[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}
