package mirror

import "time"

// Calls that come to the switch from outside are none of a watched device yet:
// the leg to the agent follows, with a Call-ID of its own and without the number
// that was dialled. Of each such call the dialled number is kept for a moment,
// beside a keyed hash of who calls; nothing else is, and no caller.
const (
	maxArrivals  = 256
	arrivalsLive = 4 * time.Second
)

// arrivals are the latest calls from outside.
type arrivals struct {
	list [maxArrivals]arrival
	next int
	any  bool
}

type arrival struct {
	caller, session uint64 // hashes; 0: unused
	called          string
	at              time.Time
}

func (a *arrivals) add(caller, session uint64, called string, at time.Time) {
	for i := range a.list {
		if a.list[i].session == session && a.list[i].called == called {
			return // a copy, or the same call with a password
		}
	}
	a.list[a.next] = arrival{caller: caller, session: session, called: called, at: at}
	a.next = (a.next + 1) % maxArrivals
	a.any = true
}

// called is what the caller dialled, if all calls with that hash agree on it.
func (a *arrivals) called(caller uint64, now time.Time) string {
	found := ""
	for i := range a.list {
		e := &a.list[i]
		if e.caller != caller || e.session == 0 || now.Sub(e.at) > arrivalsLive {
			continue
		}
		if found != "" && found != e.called {
			return ""
		}
		found = e.called
	}
	return found
}

// sweep forgets what is too old to belong to a call that rings now.
func (a *arrivals) sweep(now time.Time) {
	if !a.any {
		return
	}
	a.any = false
	for i := range a.list {
		if e := &a.list[i]; e.session != 0 && now.Sub(e.at) > arrivalsLive {
			*e = arrival{}
		} else if e.session != 0 {
			a.any = true
		}
	}
}

// maxGone is how many hashes are remembered.
const maxGone = 512

// gone holds the latest hashes of something that is gone: of calls whose end came
// before their beginning, as packets over UDP overtake each other, and of
// INVITEs that a proxy will pass on.
type gone struct {
	list [maxGone]uint64
	next int
	set  map[uint64]bool
}

func (g *gone) add(h uint64) {
	if g.set == nil {
		g.set = make(map[uint64]bool, maxGone)
	}
	if g.set[h] {
		return
	}
	delete(g.set, g.list[g.next])
	g.list[g.next], g.set[h] = h, true
	g.next = (g.next + 1) % maxGone
}

func (g *gone) has(h uint64) bool { return g.set[h] }
