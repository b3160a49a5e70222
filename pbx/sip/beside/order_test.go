package beside

import (
	"context"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
)

// number is another caller.
const hans = "+493023125007"

func equal(t *testing.T, got []pbx.Event, want ...string) {
	t.Helper()
	if lines := text(got); !slices.Equal(lines, want) {
		t.Errorf("events:\n\t%s\nwant:\n\t%s", strings.Join(lines, "\n\t"), strings.Join(want, "\n\t"))
	}
}

// TestMirrorBehind: on a machine that is short of time the mirror may be behind
// by more than dialog events wait for it, and from any of its events on. What is
// told is each call once, and none before the one ahead of it has ended.
func TestMirrorBehind(t *testing.T) {
	ahead := []told{
		at(0, dialogs, pbx.EventDelivered, "d1", in, maria), at(1, dialogs, pbx.EventConnectionCleared, "d1", in, maria),
		at(2, dialogs, pbx.EventDelivered, "d2", in, hans), at(3, dialogs, pbx.EventConnectionCleared, "d2", in, hans),
		at(4, dialogs, pbx.EventDelivered, "d3", in, maria), at(5, dialogs, pbx.EventConnectionCleared, "d3", in, maria),
	}
	kinds := []pbx.EventKind{pbx.EventDelivered, pbx.EventConnectionCleared}
	for _, lag := range []int{0, 50, 99, 101, 103, 150, 500, 900, 1050, 1500} {
		for from := range 6 {
			var behind []told
			for i := range 6 {
				ms := i
				if i >= from {
					ms += lag
				}
				number := []string{maria, hans, maria}[i/2]
				behind = append(behind, at(ms, mirror, kinds[i%2], pbx.CallID([]string{"m1", "m2", "m3"}[i/2]), in, number))
			}
			t.Run(time.Duration(lag*int(time.Millisecond)).String()+" from "+text([]pbx.Event{behind[from].Event})[0], func(t *testing.T) {
				equal(t, merge(t, newMerger(), true, ahead, behind),
					"103 Delivered #1 in +493023125006", "103 Cleared #1 in +493023125006",
					"103 Delivered #2 in +493023125007", "103 Cleared #2 in +493023125007",
					"103 Delivered #3 in +493023125006", "103 Cleared #3 in +493023125006")
			})
		}
	}
}

// TestMirrorNeverSaysMore: the mirror has seen the INVITE and nothing else; the
// call that rings next ends it all the same.
func TestMirrorNeverSaysMore(t *testing.T) {
	g := newMerger()
	coming := at(0, mirror, pbx.EventDelivered, "m1", in, maria).Event
	g.coming = func(pbx.DeviceID) []pbx.Event { return []pbx.Event{coming} }
	var list []pbx.Event
	for _, e := range []told{
		at(0, dialogs, pbx.EventDelivered, "d1", in, maria), at(1, dialogs, pbx.EventConnectionCleared, "d1", in, maria),
		at(2, dialogs, pbx.EventDelivered, "d2", in, hans),
	} {
		list = append(list, g.fromDialogs(&e.Event, e.At, true)...)
	}
	list = append(list, g.settle(start.Add(headStart+2*time.Millisecond))...)
	equal(t, list, "103 Delivered #1 in +493023125006", "103 Cleared #1 in +493023125006", "103 Delivered #2 in +493023125007")
	again := at(15000, mirror, pbx.EventDelivered, "m1", in, maria).Event
	if got := g.fromMirror(&again); len(got) != 1 {
		t.Errorf("the same key long after its end is told %+v", got)
	}
}

// dialledCall is a call by MakeCall from its first event to its end, as the SIP
// link tells of it.
func dialledCall(g *merger) []pbx.Event {
	id := pbx.ConnectionID{Call: "dialled", Device: "103"}
	g.dial(id, hans, start)
	var list []pbx.Event
	for i, kind := range []pbx.EventKind{pbx.EventOriginated, pbx.EventEstablished, pbx.EventConnectionCleared} {
		e := at(i, dialogs, kind, "dialled", out, hans)
		list = append(list, g.fromDialogs(&e.Event, e.At, true)...)
	}
	return list
}

var dialledLines = []string{
	"103 Originated #1 out +493023125007", "103 Established #1 out +493023125007", "103 Cleared #1 out +493023125007",
}

// TestDialOverBeforeItIsHeard: the SIP link has told of a dialled call from its
// beginning to its end before the mirror has read the telephone's first packet.
func TestDialOverBeforeItIsHeard(t *testing.T) {
	for name, d := range map[string]pbx.Direction{"the telephone dials": out, "it rings, nobody says for whom": in} {
		t.Run(name, func(t *testing.T) {
			g := newMerger()
			list := dialledCall(g)
			number := map[pbx.Direction]string{out: hans}[d]
			for i, kind := range []pbx.EventKind{pbx.EventOriginated, pbx.EventEstablished, pbx.EventConnectionCleared} {
				e := at(10+i, mirror, kind, "leg", d, number)
				list = append(list, g.fromMirror(&e.Event)...)
			}
			equal(t, append(list, g.settle(start.Add(time.Minute))...), dialledLines...)
		})
	}
}

// TestDialledOnceMoreByHand: what looks like the late leg of a dialled call is
// one of its own if dialog events tell of it, too.
func TestDialledOnceMoreByHand(t *testing.T) {
	for name, tt := range map[string]struct {
		list []told
		want []string
	}{
		"each state by both": {[]told{
			at(1000, mirror, pbx.EventOriginated, "m", out, hans), at(1001, dialogs, pbx.EventOriginated, "d", out, hans),
			at(2000, mirror, pbx.EventEstablished, "m", out, hans), at(2001, dialogs, pbx.EventEstablished, "d", out, hans),
			at(3000, mirror, pbx.EventConnectionCleared, "m", out, hans), at(3001, dialogs, pbx.EventConnectionCleared, "d", out, hans),
		}, []string{"103 Originated #2 out +493023125007", "103 Established #2 out +493023125007", "103 Cleared #2 out +493023125007"}},
		"answered before dialog events tell of it": {[]told{
			at(1000, mirror, pbx.EventOriginated, "m", out, hans), at(1001, mirror, pbx.EventEstablished, "m", out, hans),
			at(1010, dialogs, pbx.EventOriginated, "d", out, hans), at(1011, dialogs, pbx.EventEstablished, "d", out, hans),
			at(3000, mirror, pbx.EventConnectionCleared, "m", out, hans),
		}, []string{"103 Originated #2 out +493023125007", "103 Established #2 out +493023125007", "103 Cleared #2 out +493023125007"}},
		"Asterisk names nobody": {[]told{
			at(1000, mirror, pbx.EventOriginated, "m", out, hans), at(1001, dialogs, pbx.EventEstablished, "103#2", pbx.DirectionUnknown, ""),
			at(3000, mirror, pbx.EventConnectionCleared, "m", out, hans),
		}, []string{"103 Established #2 out +493023125007", "103 Cleared #2 out +493023125007"}},
		"the number calls back": {[]told{
			at(1000, mirror, pbx.EventDelivered, "m", in, hans), at(1001, dialogs, pbx.EventDelivered, "d", in, hans),
			at(3000, mirror, pbx.EventConnectionCleared, "m", in, hans),
		}, []string{"103 Delivered #2 in +493023125007", "103 Cleared #2 in +493023125007"}},
		"somebody else calls": {[]told{
			at(1000, mirror, pbx.EventDelivered, "m", in, maria), at(3000, mirror, pbx.EventConnectionCleared, "m", in, maria),
		}, []string{"103 Delivered #2 in +493023125006", "103 Cleared #2 in +493023125006"}},
		"later it is a call on the mirror's word alone": {[]told{
			at(15000, mirror, pbx.EventOriginated, "m", out, hans), at(16000, mirror, pbx.EventConnectionCleared, "m", out, hans),
		}, []string{"103 Originated #2 out +493023125007", "103 Cleared #2 out +493023125007"}},
	} {
		t.Run(name, func(t *testing.T) {
			g := newMerger()
			list := dialledCall(g)
			equal(t, append(list, merge(t, g, true, tt.list)...), slices.Concat(dialledLines, tt.want)...)
		})
	}
}

// TestSnapshotOfALeftOver: a Snapshot holds what may be left of a dialled call
// only if dialog events know it.
func TestSnapshotOfALeftOver(t *testing.T) {
	for _, known := range []bool{false, true} {
		g := newMerger()
		dialledCall(g)
		leg := at(10, mirror, pbx.EventOriginated, "leg", out, hans).Event
		snapshot := at(20, dialogs, pbx.EventSnapshot, "", 0, "").Event
		if known {
			snapshot.Connections = []pbx.Connection{{ID: pbx.ConnectionID{Call: "d", Device: "103"}, State: pbx.StateInitiated, Direction: out}}
		}
		list := g.fromMirror(&leg)
		if len(list) != 0 {
			t.Errorf("told %+v", list)
		}
		g.fromDialogs(&snapshot, start, true)
		list = g.settle(start.Add(time.Second))
		if len(list) != 1 || (len(list[0].Connections) == 1) != known {
			t.Fatalf("known %t: told %+v", known, list)
		}
		if up := at(3000, mirror, pbx.EventEstablished, "leg", out, hans).Event; (len(g.fromMirror(&up)) == 1) != known {
			t.Errorf("known %t: its answer is told %+v", known, g.out)
		}
	}
}

// TestTelephoneThatRingsLate: a cordless telephone may take seconds to be found.
// Its ringing for a dialled call is none even then.
func TestTelephoneThatRingsLate(t *testing.T) {
	g := newMerger()
	g.dial(pbx.ConnectionID{Call: "dialled", Device: "103"}, hans, start)
	leg := at(6000, mirror, pbx.EventDelivered, "leg", in, "").Event
	leg.Calling = pbx.Party{Number: "200", Name: "Dial " + hans}
	if got := g.fromMirror(&leg); len(got) != 0 {
		t.Errorf("our own ringing is told %+v", got)
	}
}

// TestDialAnsweredOnce: both sources know when the far end of a dialled call
// answers, in either order.
func TestDialAnsweredOnce(t *testing.T) {
	for _, ms := range []int{99, 101} {
		g := newMerger()
		g.dial(pbx.ConnectionID{Call: "dialled", Device: "103"}, hans, start)
		equal(t, merge(t, g, true, []told{
			at(1, dialogs, pbx.EventOriginated, "dialled", out, hans), at(2, mirror, pbx.EventOriginated, "leg", out, hans),
			at(ms, mirror, pbx.EventEstablished, "leg", out, hans), at(100, dialogs, pbx.EventEstablished, "dialled", out, hans),
			at(200, dialogs, pbx.EventConnectionCleared, "dialled", out, hans),
		}), dialledLines...)
	}
}

// hasty is a link whose telephones ring before MakeCall returns.
type hasty struct {
	*fake
	ring func()
}

func (h *hasty) MakeCall(ctx context.Context, d pbx.DeviceID, called string) (pbx.ConnectionID, error) {
	h.ring()
	return h.fake.MakeCall(ctx, d, called)
}

// TestRingsBeforeMakeCallReturns: the mirror tells of the ringing before the call
// has its key.
func TestRingsBeforeMakeCallReturns(t *testing.T) {
	a, b, _ := pairOfFakes()
	heard := make(chan []pbx.Event, 1)
	h := &hasty{fake: a}
	link := New(h, b)
	h.ring = func() {
		leg := at(0, mirror, pbx.EventOriginated, "leg", out, hans).Event
		leg.Time = time.Now()
		go func() { heard <- link.take(mirror, &leg) }()
		select {
		case list := <-heard:
			heard <- list
		case <-time.After(20 * time.Millisecond): // that it is shorter makes the test only weaker
		}
	}
	if _, err := link.MakeCall(t.Context(), "103", hans); err != nil {
		t.Fatal(err)
	}
	if list := <-heard; len(list) != 0 {
		t.Errorf("the telephone's call is told as one of its own: %+v", list)
	}
}

// TestMirrorLeadsAfterAStall: nobody took events while dialog events waited long
// enough and the mirror spoke; the mirror's word on a withheld number comes first.
func TestMirrorLeadsAfterAStall(t *testing.T) {
	for range 50 {
		synctest.Test(t, func(t *testing.T) {
			a, b, link := pairOfFakes()
			events := make(chan pbx.Event)
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan error, 1)
			go func() { done <- link.Run(ctx, events) }()
			say := func(f *fake, key pbx.CallID, d pbx.DeviceID, number string) {
				e := at(0, dialogs, pbx.EventDelivered, key, in, number).Event
				e.Time, e.Connection.Device = time.Now(), d
				f.events <- e
				synctest.Wait()
			}
			say(a, "d", "103", maria)
			say(b, "other", "104", hans) // and the pump waits for a reader
			say(b, "m", "103", "withheld")
			time.Sleep(2 * headStart)
			<-events
			if e := <-events; !e.Calling.Withheld {
				t.Errorf("told %+v", e)
			}
			cancel()
			if err := <-done; err != nil {
				t.Error(err)
			}
		})
	}
}

// TestCallThatDialogEventsPassOver: a queue rings an agent who talks, of which
// Asterisk's dialog events do not tell, and once more when the agent has hung up.
// Hold and the keys for services are of the second call.
func TestCallThatDialogEventsPassOver(t *testing.T) {
	g := newMerger()
	equal(t, merge(t, g, true, []told{
		at(0, mirror, pbx.EventDelivered, "m1", in, hans), at(1, dialogs, pbx.EventDelivered, "d1", in, hans),
		at(100, mirror, pbx.EventEstablished, "m1", in, hans), at(101, dialogs, pbx.EventEstablished, "d1", in, hans),
		at(1000, mirror, pbx.EventDelivered, "m2", in, maria), at(2000, mirror, pbx.EventConnectionCleared, "m2", in, maria),
		at(3000, mirror, pbx.EventConnectionCleared, "m1", in, hans), at(3001, dialogs, pbx.EventConnectionCleared, "d1", in, hans),
		at(6000, mirror, pbx.EventDelivered, "m3", in, maria), at(6001, dialogs, pbx.EventDelivered, "d3", in, maria),
		at(7000, mirror, pbx.EventEstablished, "m3", in, maria), at(7001, dialogs, pbx.EventEstablished, "d3", in, maria),
		at(8000, dialogs, pbx.EventHeld, "d3", in, maria),
	}),
		"103 Delivered #1 in +493023125007", "103 Established #1 in +493023125007", "103 Delivered #2 in +493023125006",
		"103 Cleared #2 in +493023125006", "103 Cleared #1 in +493023125007",
		"103 Delivered #3 in +493023125006", "103 Established #3 in +493023125006", "103 Held #3 in +493023125006")
	if c := g.byID[pbx.ConnectionID{Call: "m3", Device: "103"}]; c == nil || c.known[dialogs] != "d3" {
		t.Errorf("services are asked for as %+v", c)
	}
	g.sweep(start.Add(time.Hour))
	if len(g.passed[dialogs])+len(g.passed[mirror]) != 0 {
		t.Errorf("after an hour %v is kept", g.passed)
	}
}

// TestCallWhileTheLinkWasDown: what only the mirror told of before the connection
// was lost is not what dialog events tell after the Snapshot.
func TestCallWhileTheLinkWasDown(t *testing.T) {
	g := newMerger()
	down := at(3000, dialogs, pbx.EventLinkDown, "", 0, "")
	down.Event.Connection = pbx.ConnectionID{}
	merge(t, g, true, []told{
		at(0, mirror, pbx.EventDelivered, "m1", in, maria), at(2000, mirror, pbx.EventConnectionCleared, "m1", in, maria),
		down, at(5000, dialogs, pbx.EventSnapshot, "", 0, ""),
		at(6000, mirror, pbx.EventDelivered, "m2", in, maria), at(6001, dialogs, pbx.EventDelivered, "d2", in, maria),
	})
	if c := g.byID[pbx.ConnectionID{Call: "m2", Device: "103"}]; c == nil || c.known[dialogs] != "d2" {
		t.Errorf("services are asked for as %+v", c)
	}
}

// TestRepeatedNotify: the NOTIFYs of a call were lost on the way and come again
// after those of the next one. They tell of nothing new.
func TestRepeatedNotify(t *testing.T) {
	equal(t, merge(t, newMerger(), true, []told{
		at(0, mirror, pbx.EventDelivered, "m1", in, maria), at(10, mirror, pbx.EventConnectionCleared, "m1", in, maria),
		at(20, mirror, pbx.EventDelivered, "m2", in, hans), at(21, dialogs, pbx.EventDelivered, "d2", in, hans),
		at(30, mirror, pbx.EventConnectionCleared, "m2", in, hans), at(31, dialogs, pbx.EventConnectionCleared, "d2", in, hans),
		at(3500, dialogs, pbx.EventDelivered, "d1", in, maria), at(3501, dialogs, pbx.EventConnectionCleared, "d1", in, maria),
	}), "103 Delivered #1 in +493023125006", "103 Cleared #1 in +493023125006",
		"103 Delivered #2 in +493023125007", "103 Cleared #2 in +493023125007")
}

// TestIdleDevice: dialog events tell that all calls of a device are over. One that
// the mirror alone follows has ended, unless they come to it yet.
func TestIdleDevice(t *testing.T) {
	early := []told{
		at(0, mirror, pbx.EventDelivered, "m1", in, maria), at(1, dialogs, pbx.EventDelivered, "d1", in, maria),
		at(500, mirror, pbx.EventConnectionCleared, "m1", in, maria), at(600, mirror, pbx.EventDelivered, "m2", in, hans),
		at(3000, dialogs, pbx.EventConnectionCleared, "d1", in, maria),
	}
	lines := []string{"103 Delivered #1 in +493023125006", "103 Cleared #1 in +493023125006", "103 Delivered #2 in +493023125007"}
	t.Run("over", func(t *testing.T) {
		equal(t, merge(t, newMerger(), true, early), append(lines, "103 Cleared #2 in +493023125007")...)
	})
	t.Run("not come to yet", func(t *testing.T) {
		equal(t, merge(t, newMerger(), true, early, []told{
			at(5000, dialogs, pbx.EventDelivered, "d2", in, hans), at(15000, mirror, pbx.EventEstablished, "m2", in, hans),
		}), append(lines, "103 Established #2 in +493023125007")...)
	})
}

// TestCallsInARow: calls at one device, one after the other, which both sources
// tell of in order and as late as it comes, each in its own time. Whatever the
// two make of it: every call rings once and ends once, before the next one rings.
func TestCallsInARow(t *testing.T) {
	for seed := range uint64(4000) {
		random := rand.New(rand.NewPCG(seed, 1))
		gap, lag := 1+random.IntN(700), 1+random.IntN(4000)
		callers := []string{maria, hans, "+493023125008"}[:1+random.IntN(3)]
		var lists [2][]told
		var want []string
		late := [2]int{} // when each source told its last
		for i, ms := 0, 0; i < 2+random.IntN(5); i++ {
			kinds := []pbx.EventKind{pbx.EventDelivered, pbx.EventEstablished, pbx.EventConnectionCleared}
			if random.IntN(2) == 0 {
				kinds = slices.Delete(kinds, 1, 2)
			}
			number := callers[random.IntN(len(callers))]
			for _, kind := range kinds {
				ms += random.IntN(gap)
				for s := range lists {
					late[s] = max(late[s]+1, ms)
					if random.IntN(4) == 0 {
						late[s] = max(late[s], min(late[s]+random.IntN(lag), ms+5000))
					}
					key := pbx.CallID([]string{"d", "m"}[s] + strconv.Itoa(i))
					lists[s] = append(lists[s], at(late[s], source(s), kind, key, in, number))
				}
				want = append(want, strings.Replace(text([]pbx.Event{lists[0][len(lists[0])-1].Event})[0], "#1", "#"+strconv.Itoa(i+1), 1))
			}
		}
		got := text(merge(t, newMerger(), true, lists[dialogs], lists[mirror]))
		if !slices.Equal(got, want) {
			t.Fatalf("seed %d: dialog events\n\t%s\nthe mirror\n\t%s\nmake\n\t%s\nwant\n\t%s", seed, timed(lists[dialogs]), timed(lists[mirror]),
				strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
		}
	}
}

func timed(list []told) string {
	var out []string
	for i := range list {
		out = append(out, list[i].At.Sub(start).String()+" "+text([]pbx.Event{list[i].Event})[0]+" "+string(list[i].Event.Connection.Call))
	}
	return strings.Join(out, "\n\t")
}
