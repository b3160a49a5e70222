package bridge

// rules are an agent's settings with nothing left open.
type rules struct {
	popOnAnswer bool
	openRecord  bool
	internal    bool
	details     bool
	create      string
	objects     []string
}

// resolve merges the settings of an agent's groups, first one first, over the
// defaults: pop on ringing, open one exact match, no internal calls, names
// shown, offer a Lead for unknown callers, search all objects.
func resolve(settings []Settings) rules {
	r := rules{openRecord: true, details: true, create: "Lead"}
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
	}
	if r.create == "none" {
		r.create = ""
	}
	return r
}

func set[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}
