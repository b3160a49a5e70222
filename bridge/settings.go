package bridge

// rules are an agent's settings with nothing left open.
type rules struct {
	popOnAnswer bool
	openRecord  bool
	internal    bool
	details     bool
	create      string
	objects     []string
	dial        dialRights
}

// resolve merges the settings of an agent's groups, first one first, over the
// defaults: pop on ringing, open one exact match, no internal calls, names
// shown, offer a Lead for unknown callers, search all objects; dial everywhere
// that does not cost extra, 3 calls in 10 s and 20 a minute.
func resolve(settings []Settings) rules {
	r := rules{openRecord: true, details: true, create: "Lead", dial: dialRights{
		class: DialInternational, sharedCost: true, perMinute: 20, perTenSeconds: 3,
	}}
	for i := len(settings) - 1; i >= 0; i-- {
		s := settings[i]
		if s.PopOn != nil {
			r.popOnAnswer = *s.PopOn == PopOnAnswer
		}
		set(&r.openRecord, s.OpenRecord)
		set(&r.internal, s.InternalCalls)
		set(&r.details, s.ShowDetails)
		set(&r.create, s.CreateObject)
		if len(s.Objects) > 0 {
			r.objects = s.Objects
		}
		s.resolveDial(&r.dial)
	}
	if r.create == "none" {
		r.create = ""
	}
	return r
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
