package transfer_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/sip/transfer"
)

// The callers of the tests, from outside.
const (
	berta = "+493023125001"
	hans  = "+493023125002"
)

// script plays lines "milliseconds device call event [number]" to a watcher that
// knows the devices 101 to 104, and returns what is told. Events of one
// moment go in together. "+" stands for the line before's time.
func script(t *testing.T, w *transfer.Watcher, lines string) []string {
	t.Helper()
	var got []string
	tell := func(list []pbx.Event) {
		for i := range list {
			got = append(got, words(&list[i]))
		}
	}
	start := time.Unix(1_000_000, 0)
	for _, d := range []pbx.DeviceID{"101", "102", "103", "104"} {
		w.Pass([]pbx.Event{{Kind: pbx.EventSnapshot, Connection: pbx.ConnectionID{Device: d}, Time: start}})
	}
	settle := func(until time.Time) {
		for due, waits := w.Due(); waits && !due.After(until); due, waits = w.Due() {
			tell(w.Settle(due))
		}
	}
	at := start
	var batch []pbx.Event
	flush := func() {
		if len(batch) > 0 {
			tell(w.Pass(batch))
			batch = nil
		}
	}
	for _, line := range strings.Split(strings.TrimSpace(lines), "\n") {
		f := strings.Fields(line)
		if f[0] != "+" {
			flush()
			ms, err := strconv.Atoi(f[0])
			if err != nil {
				t.Fatal(err)
			}
			at = start.Add(time.Duration(ms) * time.Millisecond)
			settle(at)
		}
		batch = append(batch, event(t, at, f[1:]))
	}
	flush()
	settle(at.Add(time.Hour))
	return got
}

func event(t *testing.T, at time.Time, f []string) pbx.Event {
	t.Helper()
	e := pbx.Event{Link: "pbx", Time: at, Connection: pbx.ConnectionID{Device: pbx.DeviceID(f[0])}}
	if f[1] == "down" {
		e.Kind, e.Connection = pbx.EventLinkDown, pbx.ConnectionID{}
		return e
	}
	if f[1] == "snapshot" {
		e.Kind = pbx.EventSnapshot
		for _, c := range f[2:] {
			key, number, _ := strings.Cut(c, "=")
			e.Connections = append(e.Connections, pbx.Connection{
				ID: pbx.ConnectionID{Call: pbx.CallID(key), Device: e.Connection.Device}, State: pbx.StateConnected,
				Direction: pbx.DirectionInbound, Calling: party(number),
			})
		}
		return e
	}
	e.Connection.Call, e.Direction = pbx.CallID(f[1]), pbx.DirectionInbound
	word, direction, _ := strings.Cut(f[2], "/")
	switch direction {
	case "out":
		e.Direction = pbx.DirectionOutbound
	case "?":
		e.Direction = pbx.DirectionUnknown
	}
	switch word {
	case "rings":
		e.Kind, e.State = pbx.EventDelivered, pbx.StateAlerting
	case "dials":
		e.Kind, e.State = pbx.EventOriginated, pbx.StateInitiated
	case "talks":
		e.Kind, e.State = pbx.EventEstablished, pbx.StateConnected
	case "holds":
		e.Kind, e.State = pbx.EventHeld, pbx.StateHeld
	case "retrieves":
		e.Kind, e.State = pbx.EventRetrieved, pbx.StateConnected
	case "moves":
		e.Kind, e.State, e.Cause = pbx.EventTransferred, pbx.StateConnected, pbx.CauseTransfer
	case "picks": // the number is the telephone that rang
		e.Kind, e.State, e.Cause = pbx.EventEstablished, pbx.StateConnected, pbx.CausePickup
		e.Direction, e.LastRedirection = pbx.DirectionOutbound, party(f[3])
		return e
	case "ends":
		e.Kind = pbx.EventConnectionCleared
	default:
		t.Fatalf("no such event: %q", word)
	}
	if len(f) > 3 {
		if e.Direction == pbx.DirectionOutbound {
			e.Called = party(f[3])
		} else {
			e.Calling = party(f[3])
		}
	}
	return e
}

func party(number string) pbx.Party {
	number, probable := strings.CutSuffix(number, "~")
	if number == "withheld" {
		return pbx.Party{Withheld: true, Probable: probable}
	}
	return pbx.Party{Number: number, Probable: probable}
}

func words(e *pbx.Event) string {
	kind := map[pbx.EventKind]string{
		pbx.EventDelivered: "rings", pbx.EventOriginated: "dials", pbx.EventEstablished: "talks", pbx.EventHeld: "holds",
		pbx.EventRetrieved: "retrieves", pbx.EventTransferred: "moves", pbx.EventConnectionCleared: "ends",
		pbx.EventSnapshot: "snapshot", pbx.EventLinkDown: "down",
	}[e.Kind]
	if e.Kind == pbx.EventSnapshot {
		out := string(e.Connection.Device) + " snapshot"
		for _, c := range e.Connections {
			out += fmt.Sprintf(" %s=%s", c.ID.Call, number(c.Calling))
		}
		return out
	}
	out := fmt.Sprintf("%s %s %s", e.Connection.Device, e.Connection.Call, kind)
	if e.Direction == pbx.DirectionOutbound {
		out += "/out"
	}
	if n := number(e.Remote()); n != "" {
		out += " " + n
	}
	switch e.Cause {
	case pbx.CauseTransfer:
		out += " transfer"
	case pbx.CausePickup:
		out += " pickup"
	default:
	}
	if e.LastRedirection.Number != "" {
		out += " from " + e.LastRedirection.Number
	}
	return strings.TrimSpace(out)
}

func number(p pbx.Party) string {
	out := p.Number
	if p.Withheld {
		out = "withheld"
	}
	if p.Probable {
		out += "~"
	}
	return out
}

// TestRules: what the switch tells of several telephones, and what is made of it.
func TestRules(t *testing.T) {
	// 103 talks to Berta, holds her and asks 104.
	const consult = `0 103 a rings ` + berta + `
		1000 103 a talks ` + berta + `
		2000 104 b rings 103
		3000 104 b talks 103
		`
	// … as FreeSWITCH shows it.
	const shown = `0 103 a rings ` + berta + `
		1000 103 a talks ` + berta + `
		1500 103 a holds ` + berta + `
		2000 103 c dials/out 104
		2001 104 b rings 103
		3000 104 b talks 103
		3001 103 c talks/out 104
		`
	for _, tt := range []struct {
		name   string
		ghosts bool
		events string
		want   []string // what follows the events in events that are told as they are
	}{
		{
			"transfer", false, consult + `5000 103 a ends ` + berta + `
				9000 104 b ends 103`,
			[]string{"103 a ends " + berta + " transfer", "104 b moves " + berta + "~ transfer from 103", "104 b ends " + berta + "~"},
		},
		{
			"transfer while the colleague's telephone rings", false, `0 103 a rings ` + berta + `
				1000 103 a talks ` + berta + `
				2000 104 b rings 103
				3000 103 a ends ` + berta + `
				4000 104 b talks 103`,
			[]string{"103 a ends " + berta + " transfer", "104 b moves " + berta + "~ transfer from 103", "104 b talks " + berta + "~"},
		},
		{
			"handed on to the next colleague", false, consult + `5000 103 a ends ` + berta + `
				6000 102 d rings 104
				6500 102 d talks 104
				7000 104 b ends 103
				9000 102 d ends 104`,
			[]string{
				"103 a ends " + berta + " transfer", "104 b moves " + berta + "~ transfer from 103", "102 d rings 104", "102 d talks 104",
				"104 b ends " + berta + "~ transfer", "102 d moves " + berta + "~ transfer from 104", "102 d ends " + berta + "~",
			},
		},
		{
			"a withheld caller stays withheld", false, `0 103 a rings withheld
				1000 103 a talks withheld
				2000 104 b talks 103
				5000 103 a ends withheld`,
			[]string{"103 a ends withheld transfer", "104 b moves withheld~ transfer from 103"},
		},
		{
			"both hang up, the colleague a moment later", false, consult + `5000 103 a ends ` + berta + `
				5400 104 b ends 103`,
			[]string{"104 b ends 103", "103 a ends " + berta},
		},
		{
			"the colleague first", false, consult + `5000 104 b ends 103
				5001 103 a ends ` + berta,
			[]string{"104 b ends 103", "103 a ends " + berta},
		},
		{
			"the agent calls a colleague after hanging up", false, `0 103 a talks ` + berta + `
				1000 103 a ends ` + berta + `
				1200 104 b rings 103
				1400 104 b talks 103`,
			[]string{"103 a ends " + berta, "104 b rings 103", "104 b talks 103"},
		},
		{
			"a colleague's call is no outside call", false, `0 103 a talks 101
				1000 104 b talks 103
				2000 103 a ends 101`,
			[]string{"103 a ends 101"},
		},
		{
			"the caller leaves, the consultation goes on", false, shown + `4000 103 a ends ` + berta,
			[]string{"103 a ends " + berta},
		},
		{
			"freeswitch: the consultation is shown as held for ever", true, shown + `5000 103 c holds/out 104
				5020 103 a ends ` + berta + `
				6000 103 c retrieves/out 104
				6500 104 b holds 103
				6600 103 snapshot c=104
				6700 104 snapshot b=103
				9000 104 b ends 103`,
			[]string{
				"103 c holds/out 104", "103 a ends " + berta + " transfer", "103 c ends/out 104 transfer", "104 b moves " + berta + "~ transfer from 103",
				"104 b holds " + berta + "~", "103 snapshot", "104 snapshot b=" + berta + "~", "104 b ends " + berta + "~",
			},
		},
		{
			"freeswitch: the caller leaves while the agent holds the colleague", true, shown + `4000 103 c holds/out 104
				4100 103 a retrieves ` + berta + `
				5000 103 a ends ` + berta,
			[]string{"103 c holds/out 104", "103 a retrieves " + berta, "103 a ends " + berta},
		},
		{
			"freeswitch: the caller leaves while the agent talks to the colleague", true, shown + `5000 103 a ends ` + berta,
			[]string{"103 a ends " + berta},
		},
		{
			"two outside calls at once", false, consult + `3500 103 x talks ` + hans + `
				5000 103 a ends ` + berta + `
				+ 103 x ends ` + hans + `
				9000 104 b ends 103`,
			[]string{"103 x talks " + hans, "103 a ends " + berta, "103 x ends " + hans, "104 b moves ~ transfer from 103", "104 b ends ~"},
		},
		{
			"another outside call goes on", false, consult + `3500 103 x talks ` + hans + `
				5000 103 a ends ` + berta,
			[]string{"103 x talks " + hans, "103 a ends " + berta + " transfer", "104 b moves ~ transfer from 103"},
		},
		{
			"an outside call that the agent dialled", false, `0 103 a talks/out ` + berta + `
				2000 104 b talks 103
				5000 103 a ends/out ` + berta,
			[]string{"103 a ends/out " + berta + " transfer", "104 b moves ~ transfer from 103"},
		},
		{
			"a second call at the colleague, perhaps given up", false, `0 103 a talks ` + berta + `
				2000 104 b talks 103~
				5000 103 a ends ` + berta,
			[]string{"103 a ends " + berta + " transfer", "104 b moves ~ transfer from 103"},
		},
		{
			"the switch names somebody new afterwards", false, consult + `5000 103 a ends ` + berta + `
				7000 104 b moves ` + hans + `
				8000 104 b ends ` + hans,
			[]string{"103 a ends " + berta + " transfer", "104 b moves " + berta + "~ transfer from 103", "104 b moves " + hans + " transfer", "104 b ends " + hans},
		},
		{
			"a snapshot of the agent comes between", false, consult + `5000 103 a ends ` + berta + `
				5100 103 snapshot`,
			[]string{"103 snapshot a=" + berta, "103 a ends " + berta + " transfer", "104 b moves " + berta + "~ transfer from 103"},
		},
		{
			"a snapshot comes between, and the colleague hangs up", false, consult + `5000 103 a ends ` + berta + `
				5100 103 snapshot
				5200 104 b ends 103`,
			[]string{"103 snapshot a=" + berta, "104 b ends 103", "103 a ends " + berta},
		},
		{
			"a snapshot says that the call goes on", false, consult + `5000 103 a ends ` + berta + `
				5100 103 snapshot a=` + berta,
			[]string{"103 snapshot a=" + berta},
		},
		{
			"a snapshot of the colleague comes between", false, consult + `5000 103 a ends ` + berta + `
				5100 104 snapshot b=103`,
			[]string{"104 snapshot b=103", "103 a ends " + berta + " transfer", "104 b moves " + berta + "~ transfer from 103"},
		},
		{
			"asterisk: the agent held the colleague as well", false, consult + `4000 104 b holds 103
				4500 104 b retrieves 103
				5000 103 a ends ` + berta,
			[]string{"104 b holds 103", "104 b retrieves 103", "103 a ends " + berta + " transfer", "104 b moves " + berta + "~ transfer from 103"},
		},
		{
			"asterisk: the colleague is still held", false, consult + `4000 104 b holds 103
				5000 103 a ends ` + berta + `
				5002 104 b retrieves 103`,
			[]string{"104 b holds 103", "104 b retrieves 103", "103 a ends " + berta + " transfer", "104 b moves " + berta + "~ transfer from 103"},
		},
		{
			"freeswitch: REFER on the consultation, the first leg ends 1.9 s later", true, shown + `5000 103 c holds/out 104
				6900 103 a ends ` + berta + `
				9000 104 b ends 103`,
			[]string{
				"103 c holds/out 104", "103 a ends " + berta + " transfer", "103 c ends/out 104 transfer", "104 b moves " + berta + "~ transfer from 103",
				"104 b ends " + berta + "~",
			},
		},
		{
			"the link is lost between", false, consult + `5000 103 a ends ` + berta + `
				5100 - down`,
			[]string{"103 a ends " + berta, "down"},
		},
		{
			"pick-up", false, `0 103 a rings ` + berta + `
				1000 104 b talks/?
				1014 103 a ends ` + berta + `
				3000 104 b holds/?
				4000 104 b ends/?`,
			[]string{"104 b talks", "103 a ends " + berta, "104 b talks " + berta + "~ pickup from 103", "104 b holds " + berta + "~", "104 b ends " + berta + "~"},
		},
		{
			"pick-up of a withheld call", false, `0 103 a rings withheld
				1000 104 b talks/?
				1014 103 a ends withheld`,
			[]string{"104 b talks", "103 a ends withheld", "104 b talks withheld~ pickup from 103"},
		},
		{
			"pick-up of a ring group's call", false, `0 103 a rings ` + berta + `
				+ 102 c rings ` + berta + `
				1000 104 b talks/?
				1014 103 a ends ` + berta + `
				+ 102 c ends ` + berta,
			[]string{"104 b talks", "103 a ends " + berta, "102 c ends " + berta, "104 b talks " + berta + "~ pickup from 103"},
		},
		{
			"a group's call is answered by another, while somebody dials", false, `0 103 a rings ` + berta + `
				+ 102 c rings ` + berta + `
				1000 104 b talks/?
				1014 103 a ends ` + berta + `
				1020 102 c talks ` + berta,
			[]string{"104 b talks", "103 a ends " + berta, "102 c talks " + berta},
		},
		{
			"two dial while a call is given up", false, `0 103 a rings ` + berta + `
				1000 104 b talks/?
				1010 102 c talks/?
				1014 103 a ends ` + berta,
			[]string{"104 b talks", "102 c talks", "103 a ends " + berta},
		},
		{
			"two calls are given up while somebody dials", false, `0 103 a rings ` + berta + `
				+ 102 c rings ` + hans + `
				1000 104 b talks/?
				1014 103 a ends ` + berta + `
				1100 102 c ends ` + hans,
			[]string{"104 b talks", "103 a ends " + berta, "102 c ends " + hans},
		},
		{
			"somebody dialled long before", false, `0 103 a rings ` + berta + `
				1000 104 b talks/?
				2000 103 a ends ` + berta,
			[]string{"104 b talks", "103 a ends " + berta},
		},
		{
			"the colleague's own call is declined", false, `900 104 b talks/?
				1000 103 a rings 104
				1500 103 a ends 104`,
			[]string{"104 b talks", "103 a rings 104", "103 a ends 104"},
		},
		{
			"what was picked up ends at once", false, `0 103 a rings ` + berta + `
				1000 104 b talks/?
				1014 103 a ends ` + berta + `
				1100 104 b ends/?`,
			[]string{"104 b talks", "103 a ends " + berta, "104 b ends"},
		},
		{
			"freeswitch: pick-up names the telephone", true, `0 103 a rings ` + berta + `
				1000 104 b dials/out
				1003 104 b picks 103
				1007 103 a ends ` + berta + `
				3000 104 b ends/out`,
			[]string{"104 b dials/out", "104 b talks " + berta + "~ pickup from 103", "103 a ends " + berta + " pickup", "104 b ends " + berta + "~"},
		},
		{
			"freeswitch: the ringing ends first", true, `0 103 a rings ` + berta + `
				1000 103 a ends ` + berta + `
				1003 104 b picks 103`,
			[]string{"103 a ends " + berta, "104 b talks " + berta + "~ pickup from 103"},
		},
		{
			"freeswitch: two calls ring there", true, `0 103 a rings ` + berta + `
				+ 103 c rings ` + hans + `
				1003 104 b picks 103`,
			[]string{"104 b talks/out pickup from 103"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := &transfer.Watcher{Ghosts: tt.ghosts}
			got := script(t, w, tt.events)
			if len(got) < len(tt.want) {
				t.Fatalf("got  %q\nwant %q", got, tt.want)
			}
			if tail := got[len(got)-len(tt.want):]; !slices.Equal(tail, tt.want) {
				t.Errorf("got  %q\nwant %q", tail, tt.want)
			}
		})
	}
}

// TestFlush: when the link stops, calls that wait have ended.
func TestFlush(t *testing.T) {
	var w transfer.Watcher
	w.Pass([]pbx.Event{{Kind: pbx.EventSnapshot, Connection: pbx.ConnectionID{Device: "103"}}})
	w.Pass([]pbx.Event{{Kind: pbx.EventSnapshot, Connection: pbx.ConnectionID{Device: "104"}}})
	at := time.Unix(1_000_000, 0)
	for _, line := range []string{"103 a talks " + berta, "104 b talks 103", "103 a ends " + berta} {
		w.Pass([]pbx.Event{event(t, at, strings.Fields(line))})
	}
	if got := w.Flush(); len(got) != 1 || words(&got[0]) != "103 a ends "+berta {
		t.Errorf("flushed %v", got)
	}
	if _, waits := w.Due(); waits {
		t.Error("something waits after Flush")
	}
}

// TestNothingIsKept: a thousand calls leave nothing behind but the devices.
func TestNothingIsKept(t *testing.T) {
	var w transfer.Watcher
	at := time.Unix(1_000_000, 0)
	told := 0
	for _, d := range []pbx.DeviceID{"103", "104"} {
		w.Pass([]pbx.Event{{Kind: pbx.EventSnapshot, Connection: pbx.ConnectionID{Device: d}, Time: at}})
	}
	for i := range 1000 {
		at = at.Add(time.Minute)
		call := strconv.Itoa(i)
		for _, line := range []string{"103 " + call + " rings " + berta, "103 " + call + " talks " + berta, "104 " + call + " talks/?", "103 " + call + " ends " + berta, "104 " + call + " ends/?"} {
			told += len(w.Pass([]pbx.Event{event(t, at, strings.Fields(line))}))
		}
		told += len(w.Settle(at.Add(transfer.Delay)))
	}
	if told != 5000 {
		t.Errorf("%d events told of 5000", told)
	}
	if _, waits := w.Due(); waits {
		t.Error("something waits still")
	}
}

// BenchmarkPass is the cost of a call of three events on one of 2,000 devices.
func BenchmarkPass(b *testing.B) {
	var w transfer.Watcher
	at := time.Unix(1_000_000, 0)
	for i := range 2000 {
		w.Pass([]pbx.Event{{Kind: pbx.EventSnapshot, Connection: pbx.ConnectionID{Device: pbx.DeviceID(strconv.Itoa(1000 + i))}, Time: at}})
	}
	id := pbx.ConnectionID{Call: "a", Device: "1103"}
	ring := pbx.Event{Kind: pbx.EventDelivered, Connection: id, State: pbx.StateAlerting, Direction: pbx.DirectionInbound, Calling: pbx.Party{Number: berta}, Time: at}
	talk, end := ring, ring
	talk.Kind, talk.State = pbx.EventEstablished, pbx.StateConnected
	end.Kind, end.State = pbx.EventConnectionCleared, pbx.StateNull
	list := make([]pbx.Event, 1)
	b.ReportAllocs()
	for b.Loop() {
		for _, e := range []*pbx.Event{&ring, &talk, &end} {
			list[0] = *e
			if len(w.Pass(list)) != 1 {
				b.Fatal("an event is missing")
			}
		}
	}
}
