package calls

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/csta/ecma323"
	"github.com/ctibridge/ctibridge/pbx/pbxtest"
)

// dialled is Dialled in the words of the tests.
func dialled(table *Table, d pbx.DeviceID, call, number string) (pbx.ConnectionID, []string) {
	id, events := table.Dialled(d, ecma323.Connection(call, string(d)), number, start)
	return id, shown(events)
}

func TestDialled(t *testing.T) {
	const number = "0022147100"
	answered := []told{
		initiated("103", "C9", local(ecma323.LocalInitiated), cause(ecma323.CauseMakeCall)),
		originated("103", "C9", "N<0022147100>", local(conn)),
		established("103", "C9", number, calling("103"), called(number), local(conn)),
		cleared("103", "C9", "103", local(null)),
	}
	for _, test := range []struct {
		name     string
		response string // the callID in the answer to MakeCall
		before   []told // the answer
		after    []told
		want     []string
	}{
		{"answer first", "C9", nil, answered, []string{
			"Originated C9/103 initiated out 103>0022147100",
			"Established C9/103 connected out 103>0022147100",
			"Cleared C9/103 null out 103>0022147100",
		}},
		{"events first", "C9", answered[:2], answered[2:], []string{
			"Originated C9/103 initiated out 103>0022147100",
			"Established C9/103 connected out 103>0022147100",
			"Cleared C9/103 null out 103>0022147100",
		}},
		{"prompt event first", "C9", answered[:1], answered[1:], []string{
			"Originated C9/103 initiated out 103>0022147100",
			"Established C9/103 connected out 103>0022147100",
			"Cleared C9/103 null out 103>0022147100",
		}},
		{"the answer does not name the call", "", nil, answered, []string{
			"Originated dial-1/103 initiated out 103>0022147100",
			"Established dial-1/103 connected out 103>0022147100",
			"Cleared dial-1/103 null out 103>0022147100",
		}},
		{"the telephone rings first, and is picked up", "C9", nil, []told{
			delivered("103", "C9", "103", calling("103"), called(number), local(alert), cause(ecma323.CauseMakeCall)),
			established("103", "C9", "103", calling("103"), called(number), local(conn)),
			originated("103", "C9", number, local(conn)),
			established("103", "C9", number, calling("103"), called(number), local(conn)),
		}, []string{
			"Originated C9/103 initiated out 103>0022147100",
			"Established C9/103 connected out 103>0022147100",
		}},
		{"the ringing telephone is told before the answer", "C9", []told{
			delivered("103", "C9", "103", calling("103"), called(number), local(alert), cause(ecma323.CauseMakeCall)),
		}, nil, []string{"Originated C9/103 initiated out 103>0022147100"}},
		{"declined", "C9", nil, []told{
			initiated("103", "C9", local(ecma323.LocalInitiated)), cleared("103", "C9", "103", local(null), cause(ecma323.CauseNormalClearing)),
		}, []string{
			"Originated C9/103 initiated out 103>0022147100",
			"Failed C9/103 failed out 103>0022147100 cause=rejected detail=the telephone did not take the call",
		}},
		{"not picked up", "C9", nil, []told{
			initiated("103", "C9", local(ecma323.LocalInitiated)), cleared("103", "C9", "103", local(null), cause(ecma323.CauseCallNotAnswered)),
		}, []string{
			"Originated C9/103 initiated out 103>0022147100",
			"Failed C9/103 failed out 103>0022147100 cause=noAnswer detail=the telephone did not take the call",
		}},
		{"busy", "C9", nil, []told{
			originated("103", "C9", number, local(conn)),
			failed("103", "C9", number, local(ecma323.LocalFail), cause(ecma323.CauseBusy)),
			cleared("103", "C9", "103", local(null)),
		}, []string{
			"Originated C9/103 initiated out 103>0022147100",
			"Failed C9/103 failed out 103>0022147100 cause=busy detail=the number is busy (busy)",
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			table := newTable(Options{})
			got := play(t, table, test.before...)
			id, more := dialled(table, "103", test.response, number)
			got = append(append(got, more...), play(t, table, test.after...)...)
			compare(t, got, test.want)
			if !strings.Contains(test.want[0], fmt.Sprintf(" %s/%s ", id.Call, id.Device)) {
				t.Errorf("the key is %v, the events say %s", id, test.want[0])
			}
		})
	}
}

func TestDialledElsewhere(t *testing.T) {
	table := newTable(Options{})
	if id, events := dialled(table, "999", "C9", "0022147100"); id != (pbx.ConnectionID{}) || events != nil {
		t.Errorf("a device that is not watched dials as %v: %v", id, events)
	}
	id, _ := dialled(table, "103", "C9", "0022147100")
	got := shown(table.DialFailed(id, pbx.CauseUnreachable, "the PBX did not answer", start))
	compare(t, got, []string{"Failed C9/103 failed out 103>0022147100 cause=unreachable detail=the PBX did not answer"})
	if again := table.DialFailed(id, pbx.CauseUnreachable, "", start); len(again) != 0 || table.Live() != 0 {
		t.Errorf("failing twice says %v, %d are left", shown(again), table.Live())
	}
}

// TestConnection: services name the call as the switch does now, by the id that
// it gives the device.
func TestConnection(t *testing.T) {
	table := newTable(Options{})
	play(t, table, heldAndConsulting()...)
	play(t, table, transferred("104", "C1", "C2", "103", "104", []ecma323.ConnectionListItem{item("C3", "104", "104"), item("C3", ext, ext)}, local(conn)))
	id, ok := table.Connection(pbx.ConnectionID{Call: "C2", Device: "104"})
	if want := ecma323.Connection("C3", "104"); !ok || id != want {
		t.Errorf("the connection is %+v, want %+v", id, want)
	}
	if s, ok := table.State(pbx.ConnectionID{Call: "C2", Device: "104"}); !ok || s != pbx.StateConnected {
		t.Errorf("its state is %d", s)
	}
	play(t, table, delivered("105", "C7", "105:CM1:10.0.0.1:0", calling(ext)))
	if id, _ = table.Connection(pbx.ConnectionID{Call: "C7", Device: "105"}); id.DeviceID.Text != "105:CM1:10.0.0.1:0" {
		t.Errorf("the device is %q", id.DeviceID.Text)
	}
	play(t, table, cleared("104", "C3", "104", local(null)))
	if _, ok = table.Connection(pbx.ConnectionID{Call: "C2", Device: "104"}); ok {
		t.Error("a connection that has ended is still there")
	}
	if _, ok = table.State(pbx.ConnectionID{Call: "C2", Device: "777"}); ok {
		t.Error("a device that is not watched has a connection")
	}
}

// members are 103 and 104 behind the group 300, of which alone there are events.
var members = Options{Groups: []pbx.CSTAGroup{{Number: "300", Devices: []pbx.DeviceID{"103", "104", "199"}}}}

func agentOn(at pbx.DeviceID, device string, m func(ecma323.AgentEventData) ecma323.Message) told {
	return told{at, m(ecma323.AgentEventData{AgentDevice: who(device), AgentID: "4711"})}
}

func logOn(d ecma323.AgentEventData) ecma323.Message {
	return &ecma323.AgentLoggedOnEvent{AgentEventData: d}
}

func logOff(d ecma323.AgentEventData) ecma323.Message {
	return &ecma323.AgentLoggedOffEvent{AgentEventData: d}
}

func TestGroups(t *testing.T) {
	for _, f := range []flow{
		{name: "the group rings, a member answers", events: []told{
			delivered("300", "C1", "300", calling(ext), called("300"), local(alert)),
			established("300", "C1", "104", calling(ext), called("300"), local(conn)),
			cleared("300", "C1", "300", local(null)), // the group's own connection: all that is left
		}, want: []string{
			"Delivered C1/103 alerting in " + ext + ">300 group=300",
			"Delivered C1/104 alerting in " + ext + ">300 group=300",
			"Established C1/104 connected in " + ext + ">300 group=300",
			"Cleared C1/103 null in " + ext + ">300 group=300 cause=elsewhere",
			"Cleared C1/104 null in " + ext + ">300 group=300",
		}},
		{name: "who is logged on", events: []told{
			agentOn("300", "104", logOn),
			delivered("300", "C1", "300", calling(ext), local(alert)),
			established("300", "C1", "300", calling(ext), local(conn)),
			cleared("300", "C1", "300", local(null)),
			agentOn("300", "104", logOff),
			delivered("300", "C2", "300", calling(ext), local(alert)),
		}, want: []string{
			"LoggedOn 104 agent=4711 group=",
			"Delivered C1/104 alerting in " + ext + ">- group=300",
			"Established C1/104 connected in " + ext + ">- group=300",
			"Cleared C1/104 null in " + ext + ">- group=300",
			"LoggedOff 104 agent=4711 group=",
			"Delivered C2/103 alerting in " + ext + ">- group=300",
			"Delivered C2/104 alerting in " + ext + ">- group=300",
		}},
		{name: "members ring one by one; the local state is another one's", events: []told{
			delivered("300", "C1", "103", calling(ext), local(alert)),
			delivered("300", "C1", "104", calling(ext), local(alert)),
			established("300", "C1", "104", calling(ext), local(alert)),
			cleared("300", "C1", "103", local(null), cause(ecma323.CauseMultipleAlerting)),
			held("300", "C1", "104", local(hold)), retrieved("300", "C1", "104", local(conn)),
			cleared("300", "C1", "104", local(null)),
		}, want: []string{
			"Delivered C1/103 alerting in " + ext + ">- group=300",
			"Delivered C1/104 alerting in " + ext + ">- group=300",
			"Established C1/104 connected in " + ext + ">- group=300",
			"Cleared C1/103 null in " + ext + ">- group=300 cause=elsewhere",
			"Held C1/104 held in " + ext + ">- group=300",
			"Retrieved C1/104 connected in " + ext + ">- group=300",
			"Cleared C1/104 null in " + ext + ">- group=300",
		}},
		{name: "it is not said who answered", events: []told{
			delivered("300", "C1", "300", calling(ext)),
			established("300", "C1", "300", calling(ext)),
			{"300", &ecma323.CallClearedEvent{ClearedCall: ecma323.Connection("C1", "")}},
		}, want: []string{
			"Delivered C1/103 alerting in " + ext + ">- group=300",
			"Delivered C1/104 alerting in " + ext + ">- group=300",
			"Cleared C1/103 null in " + ext + ">- group=300",
			"Cleared C1/104 null in " + ext + ">- group=300",
		}},
		{name: "one member hands a call to the other", events: []told{
			delivered("300", "C1", "103", calling(ext), local(alert)), established("300", "C1", "103", calling(ext)),
			held("300", "C1", "103"),
			{"300", &ecma323.OriginatedEvent{EventData: data([]with{calling("103"), called("104")}), OriginatedConnection: ecma323.Connection("C2", "103")}},
			delivered("300", "C2", "104", calling("103"), called("104")), established("300", "C2", "104", calling("103")),
			transferred("300", "C1", "C2", "103", "104", []ecma323.ConnectionListItem{item("C3", "104", "104"), item("C3", ext, ext)}),
			cleared("300", "C3", "104"),
		}, want: []string{
			"Delivered C1/103 alerting in " + ext + ">- group=300",
			"Established C1/103 connected in " + ext + ">- group=300",
			"Held C1/103 held in " + ext + ">- group=300",
			"Originated C2/103 initiated out 103>104",
			"Delivered C2/104 alerting in 103>104",
			"Established C2/103 connected out 103>104",
			"Established C2/104 connected in 103>104",
			"Cleared C1/103 null in " + ext + ">- group=300 cause=transfer",
			"Cleared C2/103 null out 103>104 cause=transfer",
			"Transferred C2/104 connected in " + ext + ">104 via=103 cause=transfer",
			"Cleared C2/104 null in " + ext + ">104 via=103",
		}},
	} {
		t.Run(f.name, func(t *testing.T) { compare(t, play(t, newTable(members), f.events...), f.want) })
	}
}

// TestGroupOnSwitch: the simulated switch has a group that alone can be
// monitored.
func TestGroupOnSwitch(t *testing.T) {
	r := newRig(t, pbxtest.CSTAOptions{}, func(sw *pbxtest.CSTASwitch) { sw.AddGroup("300", "1001", "1002") }, "300")
	r.table = New(Options{Link: "csta", Groups: []pbx.CSTAGroup{{Number: "300", Devices: []pbx.DeviceID{"1001", "1002"}}}})
	r.table.Watch([]pbx.DeviceID{"1001", "1002"})
	h := r.sw.RingGroup([]string{"1001", "1002"}, maria)
	r.must(r.sw.Answer("1002", h))
	c := r.sw.Consult("1002", "1001")
	r.must(r.sw.Answer("1001", c))
	r.must(r.sw.CompleteTransfer(c))
	r.must(r.sw.HangUp("1001", c))
	compare(t, lettered(r.heard()), []string{
		"Delivered A/1001 alerting in +493023125001(Maria Beispiel)>1001 group=300",
		"Delivered A/1002 alerting in +493023125001(Maria Beispiel)>1001 group=300",
		"Established A/1002 connected in +493023125001(Maria Beispiel)>1001 group=300",
		"Cleared A/1001 null in +493023125001(Maria Beispiel)>1001 group=300 cause=elsewhere",
		"Held A/1002 held in +493023125001(Maria Beispiel)>1001 group=300",
		"Originated B/1002 initiated out 1002>1001",
		"Delivered B/1001 alerting in 1002>1001",
		"Established B/1001 connected in 1002>1001",
		"Established B/1002 connected out 1002>1001",
		"Transferred B/1001 connected in +493023125001(Maria Beispiel)>1001 via=1002 cause=transfer",
		"Cleared A/1002 null in +493023125001(Maria Beispiel)>1001 group=300 cause=transfer",
		"Cleared B/1002 null out 1002>1001 cause=transfer",
		"Cleared B/1001 null in +493023125001(Maria Beispiel)>1001 via=1002",
	})
}

func TestAgents(t *testing.T) {
	event := func(at pbx.DeviceID, m ecma323.Message) told { return told{at, m} }
	on := ecma323.AgentEventData{AgentDevice: who("N<103%4711>"), ACDGroup: ecma323.ID("7000")}
	table := newTable(Options{})
	got := play(t, table,
		event("103", &ecma323.AgentLoggedOnEvent{AgentEventData: on}), event("103", &ecma323.AgentLoggedOnEvent{AgentEventData: on}),
		event("103", &ecma323.AgentNotReadyEvent{}), event("103", &ecma323.AgentReadyEvent{}),
		event("103", &ecma323.AgentBusyEvent{}), event("103", &ecma323.AgentWorkingAfterCallEvent{}),
		event("7000", &ecma323.AgentReadyEvent{AgentEventData: ecma323.AgentEventData{AgentDevice: who("103")}}),
		event("103", &ecma323.AgentLoggedOffEvent{}), event("103", &ecma323.AgentLoggedOffEvent{}),
		event("999", &ecma323.AgentReadyEvent{}),
	)
	compare(t, got, []string{
		"LoggedOn 103 agent=4711 group=7000", "NotReady 103 agent=4711 group=7000", "Ready 103 agent=4711 group=7000",
		"NotReady 103 agent=4711 group=7000", "Ready 103 agent=4711 group=7000", "LoggedOff 103 agent=4711 group=7000",
	})
}

func info(call, device string, state ecma323.LocalConnectionInfo, endpoint string) ecma323.SnapshotDeviceInfo {
	return ecma323.SnapshotDeviceInfo{ConnectionIdentifier: ecma323.Connection(call, device), LocalConnectionState: state, EndpointDevice: who(endpoint)}
}

func TestSnapshot(t *testing.T) {
	table := newTable(Options{})
	snapshot := func(at pbx.DeviceID, calls map[string]*ecma323.SnapshotCallResponse, list ...ecma323.SnapshotDeviceInfo) []string {
		return shown(table.Snapshot(at, Snapshot{Connections: list, Calls: calls}, start))
	}
	t.Run("calls that ran before", func(t *testing.T) {
		calls := map[string]*ecma323.SnapshotCallResponse{
			"C1": {CallingDevice: who(ext), CalledDevice: who(mine)},
			"C3": {CallingDevice: who("103"), CalledDevice: who("0022147100")},
			"C4": {CallingDevice: who("restricted"), CalledDevice: who("103")},
		}
		compare(t, snapshot("103", calls,
			info("C1", "103", alert, ""), info("C2", "103", hold, hans), info("C3", "103", conn, ""), info("C4", "103", hold, ext), info("C5", "103", null, ext),
		), []string{"Snapshot 103 C1/103 alerting in " + ext + ">" + mine + " C2/103 held ? " + hans + ">-" +
			" C3/103 connected out 103>0022147100 C4/103 held in WITHHELD>103"})
		compare(t, snapshot("104", nil), []string{"Snapshot 104"})
		compare(t, play(t, table, established("103", "C1", "103", calling(ext), local(conn))),
			[]string{"Established C1/103 connected in " + ext + ">" + mine})
	})
	t.Run("the link was down", func(t *testing.T) {
		compare(t, shown(table.Down(start)), []string{"LinkDown"})
		compare(t, snapshot("103", nil, info("C1", "103", hold, ""), info("C2", "103", conn, "")), []string{
			"Snapshot 103 C1/103 held in " + ext + ">" + mine + " C2/103 connected ? " + hans + ">-",
			"Held C1/103 held in " + ext + ">" + mine, "Retrieved C2/103 connected ? " + hans + ">-",
		})
		compare(t, snapshot("103", nil), []string{"Snapshot 103"})
		if table.Live() != 0 {
			t.Errorf("%d connections are left", table.Live())
		}
	})
	t.Run("answered while the link was down, under a new callID with the same UCID", func(t *testing.T) {
		play(t, table, delivered("103", "C6", "103", calling(ext), local(alert), ucid("U6")))
		now := info("C7", "103", conn, "")
		now.CallLinkageData.GlobalCallLinkageID = "U6"
		compare(t, snapshot("103", nil, now), []string{
			"Snapshot 103 C6/103 connected in " + ext + ">-", "Established C6/103 connected in " + ext + ">-",
		})
		compare(t, play(t, table, cleared("103", "C7", "103", local(null))), []string{"Cleared C6/103 null in " + ext + ">-"})
	})
	t.Run("a dialled call whose number rings", func(t *testing.T) {
		dialled(table, "103", "C8", "0022147100")
		compare(t, snapshot("103", nil, info("C8", "103", conn, "")), []string{"Snapshot 103 C8/103 initiated out 103>0022147100"})
	})
	t.Run("nobody asked for that", func(t *testing.T) { compare(t, snapshot("999", nil, info("C1", "999", conn, ext)), nil) })
}

func TestGroupSnapshot(t *testing.T) {
	table := newTable(members)
	got := shown(table.Snapshot("300", Snapshot{Connections: []ecma323.SnapshotDeviceInfo{info("C1", "104", conn, ext)}}, start))
	compare(t, got, []string{"Snapshot 103", "Snapshot 104 C1/104 connected ? " + ext + ">-"})
}

func TestWatch(t *testing.T) {
	table := newTable(Options{})
	play(t, table, delivered("103", "C1", "103", calling(ext), local(alert)))
	table.Watch([]pbx.DeviceID{"104"})
	compare(t, play(t, table, cleared("103", "C1", "103", local(null)), delivered("103", "C2", "103", calling(ext))), nil)
	if table.Live() != 0 {
		t.Errorf("%d connections are left", table.Live())
	}
	table.Watch([]pbx.DeviceID{"104", "103"})
	compare(t, play(t, table, delivered("103", "C3", "103", calling(ext))), []string{"Delivered C3/103 alerting in " + ext + ">-"})
}

func TestTooMany(t *testing.T) {
	table := newTable(Options{})
	for i := range maxPerDevice {
		play(t, table, delivered("103", fmt.Sprint("C", i), "103", calling(ext), local(alert)))
	}
	compare(t, play(t, table, delivered("103", "D1", "103", calling(hans), local(alert))), []string{
		"Cleared C0/103 null in " + ext + ">-", "Delivered D1/103 alerting in " + hans + ">-",
	})
	if table.Live() != maxPerDevice {
		t.Errorf("%d connections", table.Live())
	}
}

// TestForgets: what ended is remembered for a while and no longer, and so many.
func TestForgets(t *testing.T) {
	table := newTable(Options{})
	now := start
	for i := range 3 * maxEnded {
		id := fmt.Sprint("C", i)
		table.Apply("103", delivered("103", id, "103", calling(ext), ucid("U"+id)).m.(ecma323.CallEvent), now)
		table.Apply("103", cleared("103", id, "103").m.(ecma323.CallEvent), now)
		table.Apply("103", held("103", "X"+id, "103").m.(ecma323.CallEvent), now)
		table.Apply("103", transferred("103", "P"+id, "S"+id, "199", "198", nil).m.(ecma323.CallEvent), now)
	}
	if n := len(table.ended); n > maxEnded+1 {
		t.Errorf("%d calls are remembered", n)
	}
	if n := len(table.calls); n > 2*maxEnded+4 {
		t.Errorf("%d callIDs are remembered", n)
	}
	now = now.Add(memory)
	table.Apply("103", held("103", "X", "103").m.(ecma323.CallEvent), now)
	if len(table.calls) != 0 || len(table.links) != 0 || len(table.ended) != 0 {
		t.Errorf("%d callIDs, %d links and %d calls are still remembered", len(table.calls), len(table.links), len(table.ended))
	}
}

// TestInvariants: whatever the events, indexes and lists agree.
func TestInvariants(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	table := newTable(members)
	now := start
	for range 20_000 {
		now = now.Add(time.Duration(random.IntN(200)) * time.Millisecond)
		e := randomEvent(random)
		checkEvents(t, applied(table, e.at, e.m, now))
	}
	check(t, table)
}

func randomEvent(random *rand.Rand) told {
	pick := func(list ...string) string { return list[random.IntN(len(list))] }
	devices := []string{"103", "104", "105", "300", "199", ext, "", "notKnown", "restricted", "N<104>;uid=C1"}
	call := func() string { return pick("C1", "C2", "C3", "C4", "C5", "") }
	dev := func() string { return pick(devices...) }
	opts := []with{
		calling(dev()), called(dev()), network(dev()), lastRedir(dev()), ucid(pick("", "", "U1", "U2")),
		local(ecma323.LocalConnectionInfo(pick("", "alerting", "connected", "hold", "null", "fail", "initiated", "queued"))),
		cause(ecma323.Cause(pick("", "callPickup", "transfer", "singleStepTransfer", "multipleAlerting", "busy", "distributed"))),
	}
	at := pbx.DeviceID(pick("103", "104", "105", "300"))
	items := []ecma323.ConnectionListItem{item(call(), dev(), dev()), item(call(), dev(), dev())}[:random.IntN(3)]
	for i := range items {
		items[i].OldConnection = ecma323.Connection(call(), dev())
	}
	switch random.IntN(16) {
	case 0, 1:
		return delivered(at, call(), dev(), opts...)
	case 2, 3:
		return established(at, call(), dev(), opts...)
	case 4:
		return cleared(at, call(), dev(), opts...)
	case 5:
		return diverted(at, call(), dev(), dev(), opts...)
	case 6:
		return held(at, call(), dev(), opts...)
	case 7:
		return retrieved(at, call(), dev(), opts...)
	case 8:
		return initiated(at, call(), opts...)
	case 9:
		return originated(at, call(), dev(), opts...)
	case 10:
		return failed(at, call(), dev(), opts...)
	case 11, 12:
		return transferred(at, call(), call(), dev(), dev(), items, opts...)
	case 13:
		return told{at, &ecma323.ConferencedEvent{EventData: data(opts), PrimaryOldCall: ecma323.Connection(call(), dev()), SecondaryOldCall: ecma323.Connection(call(), dev()), ConferencingDevice: who(dev()), AddedParty: who(dev()), ConferenceConnections: items}}
	case 14:
		return told{at, &ecma323.QueuedEvent{EventData: data(opts), QueuedConnection: ecma323.Connection(call(), dev()), Queue: who(dev())}}
	}
	return told{at, &ecma323.CallClearedEvent{EventData: data(opts), ClearedCall: ecma323.Connection(call(), "")}}
}

func checkEvents(t testing.TB, events []pbx.Event) {
	t.Helper()
	for i := range events {
		e := &events[i]
		if e.Kind == 0 || e.Link == "" || e.Time.IsZero() || e.Connection.Device == "" && e.Kind != pbx.EventLinkDown {
			t.Fatalf("an event without kind, link, device or time: %+v", *e)
		}
		for _, p := range []pbx.Party{e.Calling, e.Called, e.LastRedirection} {
			if p.Withheld && (p.Number != "" || p.Name != "") {
				t.Fatalf("a withheld party is passed on: %s", show(e))
			}
		}
	}
}

// check: every connection stands in its device and in its call once, every live
// call is found by its names, and nothing is counted wrong.
func check(t testing.TB, table *Table) {
	t.Helper()
	live := 0
	for id, d := range table.devices {
		keys := map[pbx.CallID]bool{}
		for _, c := range d.conns {
			live++
			if c.key.Device != id || keys[c.key.Call] {
				t.Fatalf("connection %v stands at %s, or twice", c.key, id)
			}
			keys[c.key.Call] = true
			if c.call == nil || !slices.Contains(c.call.conns, c) {
				t.Fatalf("connection %v is not in its call", c.key)
			}
			if c.far.Withheld && c.far.Number != "" {
				t.Fatalf("a withheld number is kept")
			}
		}
		if len(d.conns) > maxPerDevice {
			t.Fatalf("%d connections at %s", len(d.conns), id)
		}
	}
	if live != table.live {
		t.Fatalf("%d connections, counted %d", live, table.live)
	}
	for id, x := range table.calls {
		if !slices.Contains(x.ids, id) || len(x.ids) > maxCallIDs {
			t.Fatalf("call %s does not know that name", id)
		}
	}
}
