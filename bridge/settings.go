package bridge

import "time"

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
// calls in 10 s and 20 a minute.
func resolve(settings []Settings) rules {
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
	if len(s.DialBlocked) > 0 {
		r.blocked = s.DialBlocked
	}
}

func set[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}
