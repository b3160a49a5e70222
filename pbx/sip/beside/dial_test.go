package beside

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
)

var start = time.Unix(1795294000, 0).UTC()

// at makes an event of device 103.
func at(ms int, from source, kind pbx.EventKind, key pbx.CallID, d pbx.Direction, number string) told {
	when := start.Add(time.Duration(ms) * time.Millisecond)
	state := map[pbx.EventKind]pbx.ConnectionState{
		pbx.EventOriginated: pbx.StateInitiated, pbx.EventDelivered: pbx.StateAlerting, pbx.EventEstablished: pbx.StateConnected,
		pbx.EventHeld: pbx.StateHeld, pbx.EventRetrieved: pbx.StateConnected, pbx.EventTransferred: pbx.StateConnected,
	}[kind]
	e := pbx.Event{Kind: kind, Connection: pbx.ConnectionID{Call: key, Device: "103"}, State: state, Direction: d, Time: when}
	party := pbx.Party{Number: number}
	if number == "withheld" {
		party = pbx.Party{Withheld: true}
	}
	if d == pbx.DirectionOutbound {
		e.Called = party
	} else {
		e.Calling = party
	}
	return told{At: when, Event: e, from: from}
}

const (
	in, out, maria = pbx.DirectionInbound, pbx.DirectionOutbound, "+493023125006"
)

// TestMerge: hand-made pairs of streams.
func TestMerge(t *testing.T) {
	for name, tt := range map[string]struct {
		deaf   bool // the mirror is not alive
		events []told
		want   []string
	}{
		"the mirror is silent": {true, []told{
			at(0, dialogs, pbx.EventDelivered, "d", in, maria), at(50, dialogs, pbx.EventConnectionCleared, "d", in, maria),
		}, []string{"103 Delivered #1 in +493023125006", "103 Cleared #1 in +493023125006"}},
		"the mirror missed the call": {false, []told{
			at(0, dialogs, pbx.EventDelivered, "d", in, maria), at(500, dialogs, pbx.EventEstablished, "d", in, maria), at(900, dialogs, pbx.EventConnectionCleared, "d", in, maria),
		}, []string{"103 Delivered #1 in +493023125006", "103 Established #1 in +493023125006", "103 Cleared #1 in +493023125006"}},
		"the mirror is late": {false, []told{
			at(0, dialogs, pbx.EventDelivered, "d", in, maria), at(900, mirror, pbx.EventDelivered, "m", in, maria), at(1000, mirror, pbx.EventEstablished, "m", in, maria),
			at(1001, dialogs, pbx.EventEstablished, "d", in, maria), at(3000, mirror, pbx.EventConnectionCleared, "m", in, maria), at(3001, dialogs, pbx.EventConnectionCleared, "d", in, maria),
		}, []string{"103 Delivered #1 in +493023125006", "103 Established #1 in +493023125006", "103 Cleared #1 in +493023125006"}},
		"the mirror lost the end": {false, []told{
			at(0, mirror, pbx.EventDelivered, "m", in, maria), at(1, dialogs, pbx.EventDelivered, "d", in, maria),
			at(500, mirror, pbx.EventEstablished, "m", in, maria), at(501, dialogs, pbx.EventEstablished, "d", in, maria), at(900, dialogs, pbx.EventConnectionCleared, "d", in, maria),
		}, []string{"103 Delivered #1 in +493023125006", "103 Established #1 in +493023125006", "103 Cleared #1 in +493023125006"}},
		"the mirror lost the answer": {false, []told{
			at(0, mirror, pbx.EventDelivered, "m", in, maria), at(1, dialogs, pbx.EventDelivered, "d", in, maria), at(500, dialogs, pbx.EventEstablished, "d", in, maria),
		}, []string{"103 Delivered #1 in +493023125006", "103 Established #1 in +493023125006"}},
		"a withheld number is not told": {false, []told{
			at(0, dialogs, pbx.EventDelivered, "d", in, maria), at(40, mirror, pbx.EventDelivered, "m", in, "withheld"), at(41, dialogs, pbx.EventEstablished, "d", in, maria),
		}, []string{"103 Delivered #1 in withheld", "103 Established #1 in withheld"}},
		"a withheld number is not told, the telephone is slow": {false, []told{
			at(0, dialogs, pbx.EventDelivered, "d", in, maria), at(600, mirror, pbx.EventDelivered, "m", in, "withheld"),
		}, []string{"103 Delivered #1 in withheld"}},
		"Asterisk's bare confirmed is the outgoing call": {false, []told{
			at(0, mirror, pbx.EventOriginated, "m", out, "03023125007"), at(3, dialogs, pbx.EventEstablished, "103#1", pbx.DirectionUnknown, ""),
			at(900, mirror, pbx.EventEstablished, "m", out, "03023125007"), at(2000, mirror, pbx.EventConnectionCleared, "m", out, "03023125007"), at(2001, dialogs, pbx.EventConnectionCleared, "103#1", pbx.DirectionUnknown, ""),
		}, []string{"103 Originated #1 out 03023125007", "103 Established #1 out 03023125007", "103 Cleared #1 out 03023125007"}},
		"two callers are two calls": {false, []told{
			at(0, mirror, pbx.EventDelivered, "m1", in, maria), at(1, dialogs, pbx.EventDelivered, "d1", in, maria),
			at(200, mirror, pbx.EventDelivered, "m2", in, "+493023125007"), at(201, dialogs, pbx.EventDelivered, "d2", in, "+493023125007"),
			at(400, mirror, pbx.EventConnectionCleared, "m2", in, "+493023125007"), at(401, dialogs, pbx.EventConnectionCleared, "d2", in, "+493023125007"),
		}, []string{"103 Delivered #1 in +493023125006", "103 Delivered #2 in +493023125007", "103 Cleared #2 in +493023125007"}},
	} {
		t.Run(name, func(t *testing.T) {
			got := text(merge(t, newMerger(), !tt.deaf, tt.events))
			if tt.want[0] != "" && !slices.Equal(got, tt.want) {
				t.Errorf("events:\n\t%s\nwant:\n\t%s", strings.Join(got, "\n\t"), strings.Join(tt.want, "\n\t"))
			}
		})
	}
}

// TestLossyMirror drops each of the mirror's events in turn: no call is
// delivered twice, nothing follows an end, and every call ends.
func TestLossyMirror(t *testing.T) {
	for _, name := range names(t) {
		heard := recorded(t, name, mirror)
		for i := range heard {
			kept := slices.Delete(slices.Clone(heard), i, i+1)
			delivered, over := map[pbx.ConnectionID]int{}, map[pbx.ConnectionID]bool{}
			events := merge(t, newMerger(), true, recorded(t, name, dialogs), kept)
			for j := range events {
				e := &events[j]
				if e.Kind == pbx.EventSnapshot {
					continue
				}
				if over[e.Connection] {
					t.Errorf("%s without %d: %s after the end", name, i, kindNames[e.Kind])
				}
				switch e.Kind {
				case pbx.EventDelivered:
					if delivered[e.Connection]++; delivered[e.Connection] > 1 {
						t.Errorf("%s without %d: delivered twice", name, i)
					}
				case pbx.EventConnectionCleared:
					over[e.Connection] = true
				default:
				}
			}
			for id := range delivered {
				if !over[id] {
					t.Errorf("%s without %d: %v never ends", name, i, id)
				}
			}
		}
	}
}

// TestSnapshotKeepsTheMirrorsCalls: what only the mirror knows is live in a
// Snapshot, what dialog events knew and miss is not.
func TestSnapshotKeepsTheMirrorsCalls(t *testing.T) {
	g := newMerger()
	list := []told{
		at(0, mirror, pbx.EventOriginated, "only", out, "03023125007"),
		at(10, mirror, pbx.EventDelivered, "m", in, maria), at(11, dialogs, pbx.EventDelivered, "d", in, maria),
		at(3000, dialogs, pbx.EventSnapshot, "", 0, ""),
	}
	list[3].Event.Connections = nil
	var snapshot pbx.Event
	for _, e := range merge(t, g, true, list) {
		if e.Kind == pbx.EventSnapshot {
			snapshot = e
		}
	}
	if len(snapshot.Connections) != 1 || snapshot.Connections[0].ID.Call != "only" {
		t.Errorf("the Snapshot holds %+v", snapshot.Connections)
	}
}

// TestSnapshotAfterALoss: what the mirror began to follow before the connection
// was lost, and dialog events do not know, has ended with it.
func TestSnapshotAfterALoss(t *testing.T) {
	down, snapshot := at(2000, dialogs, pbx.EventLinkDown, "", 0, ""), at(9000, dialogs, pbx.EventSnapshot, "", 0, "")
	down.Event.Connection = pbx.ConnectionID{}
	got := text(merge(t, newMerger(), true, []told{
		at(0, mirror, pbx.EventDelivered, "before", in, maria), down,
		at(8000, mirror, pbx.EventDelivered, "after", in, maria), snapshot,
	}))
	want := "103 Snapshot {{after 103} 2 1 {+493023125006  false false} {  false false}}"
	if len(got) == 0 || got[len(got)-1] != want || strings.Contains(strings.Join(got, "\n"), "{before") {
		t.Errorf("events %q, the last one to be %q", got, want)
	}
}

// fake is a link that says what it is told to.
type fake struct {
	name   string
	events chan pbx.Event
	state  pbx.LinkState
	err    error
	limits []pbx.Limit
	asked  []pbx.ConnectionID
}

func (f *fake) Name() string         { return f.name }
func (f *fake) Watch([]pbx.DeviceID) {}
func (f *fake) Status() pbx.Status   { return pbx.Status{State: f.state, Limits: f.limits} }
func (f *fake) Run(ctx context.Context, events chan<- pbx.Event) error {
	for f.err == nil {
		select {
		case e := <-f.events:
			events <- e
		case <-ctx.Done():
			return nil
		}
	}
	return f.err
}

func (f *fake) MakeCall(context.Context, pbx.DeviceID, string) (pbx.ConnectionID, error) {
	return pbx.ConnectionID{Call: "dialled", Device: "103"}, nil
}

func (f *fake) ClearConnection(_ context.Context, id pbx.ConnectionID) error {
	f.asked = append(f.asked, id)
	return nil
}

func pairOfFakes() (*fake, *fake, *Link) {
	a := &fake{name: "pbx", events: make(chan pbx.Event), state: pbx.LinkConnected}
	b := &fake{name: "ear", events: make(chan pbx.Event), state: pbx.LinkConnected}
	return a, b, New(a, b)
}

// TestDial: our own ringing of the agent and the call that comes of it are the
// SIP link's one call, and services are asked under its own key.
func TestDial(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b, link := pairOfFakes()
		events := make(chan pbx.Event, 64)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- link.Run(ctx, events) }()
		id, err := link.MakeCall(ctx, "103", "03023125007")
		if err != nil {
			t.Fatal(err)
		}
		say := func(f *fake, e told) {
			e.Event.Time = time.Now()
			f.events <- e.Event
			synctest.Wait()
		}
		say(a, at(0, dialogs, pbx.EventOriginated, "dialled", out, "03023125007"))
		say(b, at(0, mirror, pbx.EventDelivered, "leg", in, "03023125007"))
		say(b, at(0, mirror, pbx.EventEstablished, "leg", in, "03023125007"))
		say(a, at(0, dialogs, pbx.EventEstablished, "dialled", out, "03023125007"))
		say(b, at(0, mirror, pbx.EventDelivered, "m", in, maria))
		time.Sleep(time.Second)
		say(a, at(0, dialogs, pbx.EventDelivered, "d", in, maria))
		time.Sleep(time.Second)
		for call, want := range map[pbx.CallID]pbx.CallID{"dialled": "dialled", "m": "d"} {
			if err := link.ClearConnection(ctx, pbx.ConnectionID{Call: call, Device: "103"}); err != nil || a.asked[len(a.asked)-1].Call != want {
				t.Errorf("ClearConnection of %s: %v, asked for %v", call, err, a.asked)
			}
		}
		if err := link.HoldCall(ctx, id); !errors.Is(err, pbx.ErrNotSupported) {
			t.Errorf("HoldCall: %v", err)
		}
		if got := link.Services(id); got != pbx.ServiceClear {
			t.Errorf("services %b", got)
		}
		say(a, at(0, dialogs, pbx.EventConnectionCleared, "dialled", out, "03023125007"))
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		close(events)
		var list []pbx.Event
		for e := range events {
			if e.Link != "pbx" {
				t.Errorf("event of link %q", e.Link)
			}
			list = append(list, e)
		}
		want := []string{
			"103 Originated #1 out 03023125007", "103 Established #1 out 03023125007",
			"103 Delivered #2 in +493023125006", "103 Cleared #1 out 03023125007",
		}
		if got := text(list); !slices.Equal(got, want) {
			t.Errorf("events:\n\t%s\nwant:\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
		}
	})
}

// TestLimitsThatAMirrorLifts: while the mirror hears the switch, what it tells is
// no limit of the link; when it falls silent it is one again.
func TestLimitsThatAMirrorLifts(t *testing.T) {
	a, b, link := pairOfFakes()
	a.limits = []pbx.Limit{{Text: "outgoing numbers", Mirrored: true}, {Text: "hold"}, {Text: "transfers", Mirrored: true}}
	for state, want := range map[pbx.LinkState]int{
		pbx.LinkConnected: 1, pbx.LinkDegraded: 3, pbx.LinkDown: 3, pbx.LinkConnecting: 3,
	} {
		b.state = state
		if got := link.Status().Limits; len(got) != want || len(a.limits) != 3 {
			t.Errorf("mirror %s: limits %+v, want %d", state, got, want)
		}
	}
}

// TestRunEndsWithEither: if one link gives up for good, both end.
func TestRunEndsWithEither(t *testing.T) {
	_, b, link := pairOfFakes()
	b.err = errors.New("no use")
	if err := link.Run(t.Context(), make(chan pbx.Event)); !errors.Is(err, b.err) {
		t.Errorf("Run: %v", err)
	}
}

// TestDialledByName: an extension may have a name. A caller who rings while it
// is dialled is nobody of that call.
func TestDialledByName(t *testing.T) {
	for dialled, name := range map[string]string{"anna.beispiel": "Maria Beispiel", "10": "Maria Beispiel 2010"} {
		g := newMerger()
		g.dial(pbx.ConnectionID{Call: "dialled", Device: "103"}, dialled, start)
		e := at(500, mirror, pbx.EventDelivered, "m", in, maria).Event
		e.Calling.Name = name
		if got := g.fromMirror(&e); len(got) != 1 || got[0].Connection.Call != "m" {
			t.Errorf("while %s is dialled, %s rings: told %+v", dialled, name, got)
		}
		leg := at(600, mirror, pbx.EventDelivered, "leg", in, "").Event
		leg.Calling = pbx.Party{Number: "200", Name: "Dial " + dialled}
		if got := g.fromMirror(&leg); len(got) != 0 {
			t.Errorf("our own ringing for %s is told: %+v", dialled, got)
		}
	}
}

// TestDialOverBeforeItRings: a busy far end may end a dialled call before the mirror
// tells of our own ringing, which is no call even then. Whoever calls back is one.
func TestDialOverBeforeItRings(t *testing.T) {
	g := newMerger()
	id := pbx.ConnectionID{Call: "dialled", Device: "103"}
	g.dial(id, maria, start)
	busy := at(100, dialogs, pbx.EventFailed, "dialled", in, maria).Event
	g.finish(g.keys[dialogs][id], &busy, busy.Time)
	g.out = g.out[:0]
	leg := at(150, mirror, pbx.EventDelivered, "leg", in, "").Event
	leg.Calling = pbx.Party{Number: "200", Name: "Dial " + maria}
	over := at(200, mirror, pbx.EventConnectionCleared, "leg", in, "").Event
	for _, e := range []*pbx.Event{&leg, &over} {
		if got := g.fromMirror(e); len(got) != 0 {
			t.Errorf("our own ringing is told: %+v", got)
		}
	}
	back := at(300, mirror, pbx.EventDelivered, "back", in, maria).Event
	if got := g.fromMirror(&back); len(got) != 1 || got[0].Connection.Call != "back" {
		t.Errorf("the call back is told %+v", got)
	}
}

// TestTwoRingOneWithheld: a caller rings beside one who withholds the number. Each
// is a call of his own, and FreeSWITCH's word on the second one's number is told
// of neither.
func TestTwoRingOneWithheld(t *testing.T) {
	g := newMerger()
	hidden := at(0, mirror, pbx.EventDelivered, "m1", in, "withheld").Event
	coming := at(200, mirror, pbx.EventDelivered, "m2", in, maria).Event
	g.coming = func(pbx.DeviceID) []pbx.Event { return []pbx.Event{coming} }
	var list []pbx.Event
	list = append(list, g.fromMirror(&hidden)...)
	for _, e := range []told{
		at(250, dialogs, pbx.EventDelivered, "d2", in, maria), at(300, dialogs, pbx.EventDelivered, "d1", in, "+493023125009"),
	} {
		list = append(list, g.fromDialogs(&e.Event, e.At, true)...)
	}
	list = append(list, g.settle(start.Add(time.Second))...)
	list = append(list, g.fromMirror(&coming)...)
	want := []string{"103 Delivered #1 in withheld", "103 Delivered #2 in +493023125006"}
	if got := text(list); !slices.Equal(got, want) {
		t.Errorf("events:\n\t%s\nwant:\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}
