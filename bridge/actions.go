package bridge

import (
	"slices"

	"github.com/ctibridge/ctibridge/pbx"
)

// actionSet is what the panel may offer for a call: bit i is allActions()[i].
type actionSet uint16

// allActions are in the order in which a call's frame lists them.
func allActions() [9]Action {
	return [...]Action{
		ActionAnswer, ActionReject, ActionRetrieve, ActionHold, ActionTransfer, ActionConsult, ActionComplete, ActionSwap, ActionHangup,
	}
}

func (s actionSet) has(a Action) bool {
	all := allActions()
	i := slices.Index(all[:], a)
	return i >= 0 && s&(1<<i) != 0
}

// add adds a where the link has the service.
func (s *actionSet) add(a Action, can, service pbx.Services) {
	all := allActions()
	if i := slices.Index(all[:], a); i >= 0 && can&service != 0 {
		*s |= 1 << i
	}
}

// list is never nil: the frame has actions even where there are none.
func (s actionSet) list() []Action {
	out := []Action{}
	for i, a := range allActions() {
		if s&(1<<i) != 0 {
			out = append(out, a)
		}
	}
	return out
}

// listed is the set as a list, which nobody changes: it is the same for all calls.
func (t *table) listed(s actionSet) []Action {
	list, ok := t.actions[s]
	if !ok {
		list = s.list()
		t.actions[s] = list
	}
	return list
}

// able is what can be done with a leg now: what its state allows and its link
// can do. A leg without the switch's key is one that was asked for just now.
func (t *table) able(x *roster, l *leg) actionSet {
	var s actionSet
	link := x.switches[l.link].Link
	if l.state == Ended || link == nil || l.conn.Call == "" {
		return s
	}
	can := pbx.ServicesOf(link, l.conn)
	switch l.state {
	case Ringing:
		s.add(ActionAnswer, can, pbx.ServiceAnswer)
		s.add(ActionReject, can, pbx.ServiceClear)
	case Dialing:
		if t.sibling(l) != nil { // handed over while the colleague's telephone still rings
			s.add(ActionComplete, can, pbx.ServiceTransfer)
		}
		s.add(ActionHangup, can, pbx.ServiceClear)
	case Connected:
		s.add(ActionHold, can, pbx.ServiceHold)
		s.add(ActionTransfer, can, pbx.ServiceSingleStepTransfer)
		if t.sibling(l) == nil {
			s.add(ActionConsult, can, pbx.ServiceConsult)
		} else {
			s.add(ActionComplete, can, pbx.ServiceTransfer)
			s.add(ActionSwap, can, pbx.ServiceAlternate)
		}
		s.add(ActionHangup, can, pbx.ServiceClear)
	case Held:
		if t.sibling(l) == nil {
			s.add(ActionRetrieve, can, pbx.ServiceRetrieve)
		} else {
			s.add(ActionSwap, can, pbx.ServiceAlternate)
		}
		s.add(ActionHangup, can, pbx.ServiceClear)
	default:
	}
	return s
}

// sibling is the held call of a connected or dialled one's device, or the
// connected one of a held call's.
func (t *table) sibling(l *leg) *leg {
	want := Held
	if l.state == Held {
		want = Connected
	}
	if !l.up() && l.state != Dialing {
		return nil
	}
	for _, o := range t.byDevice[l.device()] {
		if o != l && o.state == want {
			return o
		}
	}
	return nil
}

// reconsider adds to the changed legs those on the same devices, and the one at
// id, that offer other actions now.
func (t *table) reconsider(x *roster, changed []*leg, link string, id pbx.ConnectionID) []*leg {
	look := func(o *leg) {
		if o.seen() && o.state != Ended && !slices.Contains(changed, o) && t.able(x, o) != o.actions {
			changed = append(changed, o)
		}
	}
	for _, l := range changed[:len(changed):len(changed)] {
		for _, o := range t.byDevice[l.device()] {
			look(o)
		}
	}
	if l := t.legNow(link, id); l != nil {
		look(l)
	}
	return changed
}
