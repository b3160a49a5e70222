package calls

import (
	"testing"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/csta/ecma323"
)

// told is one event of a monitor.
type told struct {
	at pbx.DeviceID
	m  ecma323.Message
}

type with func(*ecma323.EventData)

func local(l ecma323.LocalConnectionInfo) with {
	return func(d *ecma323.EventData) { d.LocalConnectionInfo = l }
}

func cause(c ecma323.Cause) with { return func(d *ecma323.EventData) { d.Cause = c } }
func calling(device string) with { return func(d *ecma323.EventData) { d.CallingDevice = who(device) } }

func called(device string) with { return func(d *ecma323.EventData) { d.CalledDevice = who(device) } }

func lastRedir(device string) with {
	return func(d *ecma323.EventData) { d.LastRedirectionDevice = who(device) }
}

func network(device string) with {
	return func(d *ecma323.EventData) { d.NetworkCallingDevice = who(device) }
}

func ddi(device string) with {
	return func(d *ecma323.EventData) { d.NetworkCalledDevice = who(device) }
}

func trunk(device string) with {
	return func(d *ecma323.EventData) { d.AssociatedCallingDevice = who(device) }
}

func correlator(value string) with { return func(d *ecma323.EventData) { d.CorrelatorData = value } }

func ucid(value string) with {
	return func(d *ecma323.EventData) { d.CallLinkageData.GlobalCallLinkageID = value }
}

func acd(d *ecma323.EventData) { d.CallCharacteristics.ACDCall = true }
func private(p ecma323.PrivateData) with {
	return func(d *ecma323.EventData) { d.Private = &p }
}

// who writes the parties that are none as words.
func who(device string) ecma323.ExtendedDeviceID {
	switch device {
	case "restricted":
		return ecma323.ExtendedDeviceID{Presence: ecma323.Restricted}
	case "notKnown":
		return ecma323.ExtendedDeviceID{Presence: ecma323.NotKnown}
	}
	return ecma323.Extended(device)
}

func hidden(device string) ecma323.ExtendedDeviceID {
	return ecma323.ExtendedDeviceID{Presence: ecma323.Identified, Device: ecma323.DeviceID{Text: device, PrivateNumber: true}}
}

func data(opts []with) (d ecma323.EventData) {
	for _, o := range opts {
		o(&d)
	}
	return d
}

func delivered(at pbx.DeviceID, call, alerting string, opts ...with) told {
	return told{at, &ecma323.DeliveredEvent{EventData: data(opts), Connection: ecma323.Connection(call, alerting), AlertingDevice: who(alerting)}}
}

func established(at pbx.DeviceID, call, answering string, opts ...with) told {
	return told{at, &ecma323.EstablishedEvent{EventData: data(opts), EstablishedConnection: ecma323.Connection(call, answering), AnsweringDevice: who(answering)}}
}

func cleared(at pbx.DeviceID, call, dropped string, opts ...with) told {
	return told{at, &ecma323.ConnectionClearedEvent{EventData: data(opts), DroppedConnection: ecma323.Connection(call, dropped), ReleasingDevice: who(dropped)}}
}

func diverted(at pbx.DeviceID, call, from, to string, opts ...with) told {
	return told{at, &ecma323.DivertedEvent{EventData: data(opts), Connection: ecma323.Connection(call, from), DivertingDevice: who(from), NewDestination: who(to)}}
}

func held(at pbx.DeviceID, call, by string, opts ...with) told {
	return told{at, &ecma323.HeldEvent{EventData: data(opts), HeldConnection: ecma323.Connection(call, by), HoldingDevice: who(by)}}
}

func retrieved(at pbx.DeviceID, call, by string, opts ...with) told {
	return told{at, &ecma323.RetrievedEvent{EventData: data(opts), RetrievedConnection: ecma323.Connection(call, by), RetrievingDevice: who(by)}}
}

func initiated(at pbx.DeviceID, call string, opts ...with) told {
	return told{at, &ecma323.ServiceInitiatedEvent{EventData: data(opts), InitiatedConnection: ecma323.Connection(call, string(at)), InitiatingDevice: who(string(at))}}
}

func originated(at pbx.DeviceID, call, to string, opts ...with) told {
	d := data(opts)
	d.CallingDevice, d.CalledDevice = who(string(at)), who(to)
	return told{at, &ecma323.OriginatedEvent{EventData: d, OriginatedConnection: ecma323.Connection(call, string(at))}}
}

func failed(at pbx.DeviceID, call, failing string, opts ...with) told {
	return told{at, &ecma323.FailedEvent{EventData: data(opts), FailedConnection: ecma323.Connection(call, failing), FailingDevice: who(failing)}}
}

func transferred(at pbx.DeviceID, primary, secondary, by, to string, items []ecma323.ConnectionListItem, opts ...with) told {
	m := &ecma323.TransferedEvent{
		EventData: data(opts), PrimaryOldCall: ecma323.Connection(primary, by),
		TransferringDevice: who(by), TransferredToDevice: who(to), TransferredConnections: items,
	}
	if secondary != "" {
		m.SecondaryOldCall = ecma323.Connection(secondary, by)
	}
	return told{at, m}
}

// item is a party after a transfer: the new connection and the endpoint, which
// may be "".
func item(call, device, endpoint string) ecma323.ConnectionListItem {
	return ecma323.ConnectionListItem{NewConnection: ecma323.Connection(call, device), Endpoint: who(endpoint)}
}

const (
	ext   = "+493023125001" // an outside caller
	hans  = "+496990009002" // another one
	mine  = "493023125103"  // a direct dial
	alert = ecma323.LocalAlerting
	conn  = ecma323.LocalConnected
	null  = ecma323.LocalNull
	hold  = ecma323.LocalHold
)

// play applies the events as a link would get them.
func play(t testing.TB, table *Table, events ...told) (out []string) {
	t.Helper()
	for _, e := range events {
		out = append(out, shown(applied(table, e.at, decoded(t, e.m), start))...)
	}
	return out
}

func newTable(o Options, devices ...pbx.DeviceID) *Table {
	o.Link = "csta"
	table := New(o)
	table.Watch(append([]pbx.DeviceID{"103", "104", "105"}, devices...))
	return table
}

// heldAndConsulting is where most transfers begin: 103 has the outside call on
// hold and talks to 104.
func heldAndConsulting() []told {
	return []told{
		delivered("103", "C1", "103", calling(ext), called("103"), local(alert)),
		established("103", "C1", "103", calling(ext), called("103"), local(conn)),
		held("103", "C1", "103", local(hold), cause(ecma323.CauseConsultation)),
		originated("103", "C2", "104", local(conn)),
		delivered("104", "C2", "104", calling("103"), called("104"), local(alert)),
		established("103", "C2", "104", calling("103"), called("104"), local(conn)),
		established("104", "C2", "104", calling("103"), called("104"), local(conn)),
	}
}

var heldAndConsultingTold = []string{
	"Delivered C1/103 alerting in " + ext + ">103",
	"Established C1/103 connected in " + ext + ">103",
	"Held C1/103 held in " + ext + ">103",
	"Originated C2/103 initiated out 103>104",
	"Delivered C2/104 alerting in 103>104",
	"Established C2/103 connected out 103>104",
	"Established C2/104 connected in 103>104",
}

type flow struct {
	name   string
	o      Options
	events []told
	want   []string
}

// internal3 takes three digits for an extension.
func internal3(number string) bool { return len(number) == 3 }

var flows = []flow{
	// 1. Inbound.
	{name: "inbound: direct dial, trunk, network", events: []told{
		delivered("103", "C1", "103", calling(ext), called("103"), network(ext), ddi(mine), trunk("T1"), local(alert), cause(ecma323.CauseNewCall)),
		established("103", "C1", "103", calling(ext), called("103"), local(conn)),
		cleared("103", "C1", ext, local(conn)),
		cleared("103", "C1", "103", local(null), cause(ecma323.CauseNormalClearing)),
	}, want: []string{
		"Delivered C1/103 alerting in " + ext + ">" + mine,
		"Established C1/103 connected in " + ext + ">" + mine,
		"Cleared C1/103 null in " + ext + ">" + mine,
	}},
	{name: "inbound: OpenScape Voice ids", events: []told{
		delivered("103", "FF01", "N<103>Agent", calling("N<"+ext+">Maria Beispiel;displayNumber=0302312500;uid=FF01;noa=nk"), called("N<"+mine+">"), local(alert)),
		established("103", "FF01", "N<103>Agent", calling("N<"+ext+">+49 30 23125 001"), local(conn)),
		cleared("103", "FF01", "N<103>Agent", local(null)),
	}, want: []string{
		"Delivered FF01/103 alerting in " + ext + "(Maria Beispiel)>" + mine,
		"Established FF01/103 connected in " + ext + "(Maria Beispiel)>" + mine,
		"Cleared FF01/103 null in " + ext + "(Maria Beispiel)>" + mine,
	}},
	{name: "inbound: Avaya ids", o: Options{Avaya: true}, events: []told{
		delivered("103", "17", "103:CM1:10.0.0.1:0", calling("493023125001:CM1::0"), called("7000:CM1::0"), lastRedir("7000:CM1::0"),
			private(ecma323.PrivateData{ACDGroup: who("7001:CM1::0")}), ucid("00001000171700000001")),
		established("103", "17", "103:CM1:10.0.0.1:0", calling("493023125001:CM1::0")),
		cleared("103", "17", "103:CM1:10.0.0.1:0"),
	}, want: []string{
		"Delivered 17/103 alerting in 493023125001>7000 via=7000 group=7001",
		"Established 17/103 connected in 493023125001>7000 via=7000 group=7001",
		"Cleared 17/103 null in 493023125001>7000 via=7000 group=7001",
	}},
	{name: "inbound: calling device is the trunk, the network knows", events: []told{
		delivered("103", "C1", "103", calling("N<7001>"), trunk("N<7001>"), network(ext), local(alert)),
	}, want: []string{"Delivered C1/103 alerting in " + ext + ">-"}},
	{name: "inbound: calling device is a trunk by name, nobody knows", events: []told{
		delivered("103", "C1", "103", calling("T1"), called("103"), local(alert)),
		established("103", "C1", "103", calling(ext), local(conn)),
	}, want: []string{
		"Delivered C1/103 alerting in ->103",
		"Established C1/103 connected in " + ext + ">103",
	}},
	{name: "inbound: no local state, no alerting device", events: []told{
		{"103", &ecma323.DeliveredEvent{EventData: data([]with{calling(ext)}), Connection: ecma323.Connection("C1", "103")}},
		{"103", &ecma323.EstablishedEvent{EventData: data([]with{calling(ext)}), EstablishedConnection: ecma323.Connection("C1", "103")}},
		{"103", &ecma323.ConnectionClearedEvent{DroppedConnection: ecma323.Connection("C1", "103")}},
	}, want: []string{
		"Delivered C1/103 alerting in " + ext + ">-",
		"Established C1/103 connected in " + ext + ">-",
		"Cleared C1/103 null in " + ext + ">-",
	}},
	{name: "inbound: own number in another form, told by local state", events: []told{
		delivered("103", "C1", "N<+493023125103>", calling(ext), called("N<+493023125103>"), local(alert)),
		established("103", "C1", "N<+493023125103>", calling(ext), local(conn)),
		cleared("103", "C1", "N<+493023125103>", local(null)),
	}, want: []string{
		"Delivered C1/103 alerting in " + ext + ">+493023125103",
		"Established C1/103 connected in " + ext + ">+493023125103",
		"Cleared C1/103 null in " + ext + ">+493023125103",
	}},
	{name: "inbound: the caller is named late", events: []told{
		delivered("103", "C1", "103", calling("notKnown"), called("103"), local(alert)),
		{"103", &ecma323.CallInformationEvent{EventData: data([]with{calling(ext), local(alert)}), Connection: ecma323.Connection("C1", "103"), Device: who("103")}},
	}, want: []string{
		"Delivered C1/103 alerting in ->103",
		"Delivered C1/103 alerting in " + ext + ">103",
	}},
	{name: "inbound: the call ends as a whole", events: []told{
		delivered("103", "C1", "103", calling(ext), local(alert)),
		{"103", &ecma323.CallClearedEvent{EventData: data([]with{cause(ecma323.CauseCallCancelled)}), ClearedCall: ecma323.Connection("C1", "")}},
	}, want: []string{
		"Delivered C1/103 alerting in " + ext + ">-",
		"Cleared C1/103 null in " + ext + ">- cause=cancelled",
	}},
	{name: "events of unknown calls", events: []told{
		held("103", "X", "103", local(hold)), retrieved("103", "X", "103", local(conn)), cleared("103", "X", "103", local(null)),
		diverted("103", "X", "103", "104", local(null)), failed("103", "X", "103", local(ecma323.LocalFail)),
		delivered("999", "Y", "999", calling(ext), local(alert)),
		delivered("103", "", "103", calling(ext), local(alert)),
		originated("103", "", "104", local(conn)), established("103", "", "103", local(conn)),
	}},
	{name: "the same callID again, for another caller", events: []told{
		delivered("103", "7", "103", calling(ext), local(alert)),
		cleared("103", "7", "103", local(null)),
		delivered("104", "7", "104", calling("105"), local(alert)),
	}, want: []string{
		"Delivered 7/103 alerting in " + ext + ">-",
		"Cleared 7/103 null in " + ext + ">-",
		"Delivered 7/104 alerting in 105>-",
	}},

	// Who ended a call that rang, where the switch gives no cause.
	{name: "ringing ends: the telephone first, of a switch that never told of a caller", events: []told{
		delivered("103", "C1", "103", calling(ext), local(alert)),
		cleared("103", "C1", "103", local(null), cause(ecma323.CauseNormalClearing)),
	}, want: []string{"Delivered C1/103 alerting in " + ext + ">-", "Cleared C1/103 null in " + ext + ">-"}},
	{name: "ringing ends: the caller leaves first, and the next time the telephone", events: []told{
		delivered("103", "C1", "103", calling(ext), local(alert)),
		cleared("103", "C1", ext, local(alert)),
		cleared("103", "C1", "103", local(null), cause(ecma323.CauseNormalClearing)),
		delivered("103", "C2", "103", calling(ext), local(alert)),
		cleared("103", "C2", "103", local(null), cause(ecma323.CauseNormalClearing)),
	}, want: []string{
		"Delivered C1/103 alerting in " + ext + ">-", "Cleared C1/103 null in " + ext + ">- cause=cancelled",
		"Delivered C2/103 alerting in " + ext + ">-", "Cleared C2/103 null in " + ext + ">- cause=rejected",
	}},
	{name: "ringing ends: the caller releases the telephone's connection", events: []told{
		delivered("103", "C1", "103", calling(ext), local(alert)),
		{"103", &ecma323.ConnectionClearedEvent{
			EventData: data([]with{local(null), cause(ecma323.CauseNormalClearing)}), DroppedConnection: ecma323.Connection("C1", "103"), ReleasingDevice: who(ext),
		}},
	}, want: []string{"Delivered C1/103 alerting in " + ext + ">-", "Cleared C1/103 null in " + ext + ">- cause=cancelled"}},
	{name: "ringing ends: another telephone of the group leaves, that says nothing of the caller", events: []told{
		delivered("103", "C1", "103", calling(ext), local(alert)),
		cleared("103", "C1", "109", local(alert)),
		cleared("103", "C1", "103", local(null)),
	}, want: []string{"Delivered C1/103 alerting in " + ext + ">-", "Cleared C1/103 null in " + ext + ">-"}},
	{name: "ringing ends: a colleague answered", events: []told{
		delivered("103", "C1", "103", calling(ext), local(alert)),
		cleared("103", "C1", ext, local(alert)), // moved to the colleague, as some tell it
		delivered("104", "C1", "104", calling(ext), local(alert)),
		established("104", "C1", "104", calling(ext), local(conn)),
		cleared("103", "C1", "103", local(null)),
	}, want: []string{
		"Delivered C1/103 alerting in " + ext + ">-", "Delivered C1/104 alerting in " + ext + ">-",
		"Established C1/104 connected in " + ext + ">-", "Cleared C1/103 null in " + ext + ">- cause=elsewhere",
	}},

	// Withheld callers.
	{name: "withheld: restricted, the network names it", events: []told{
		delivered("103", "C1", "103", calling("restricted"), network(ext), called("103"), local(alert)),
		established("103", "C1", "103", calling(ext), network(ext), local(conn)),
	}, want: []string{
		"Delivered C1/103 alerting in WITHHELD>103",
		"Established C1/103 connected in WITHHELD>103",
	}},
	{name: "withheld: the network restricts what the switch names", events: []told{
		delivered("103", "C1", "103", calling(ext), network("restricted"), called("103"), local(alert)),
	}, want: []string{"Delivered C1/103 alerting in WITHHELD>103"}},
	{name: "withheld: marked private", events: []told{
		delivered("103", "C1", "103", func(d *ecma323.EventData) { d.CallingDevice = hidden("N<" + ext + ">Maria Beispiel") }, network(ext), local(alert)),
	}, want: []string{"Delivered C1/103 alerting in WITHHELD>-"}},
	{name: "withheld: anonymous address", events: []told{
		delivered("103", "C1", "103", calling("sip:anonymous@anonymous.invalid"), local(alert)),
	}, want: []string{"Delivered C1/103 alerting in WITHHELD>-"}},
	{name: "withheld: restricted only when answered", events: []told{
		delivered("103", "C1", "103", calling(ext), local(alert)),
		established("103", "C1", "103", calling("restricted"), local(conn)),
		cleared("103", "C1", "103", local(null)),
	}, want: []string{
		"Delivered C1/103 alerting in " + ext + ">-",
		"Transferred C1/103 alerting in WITHHELD>-",
		"Established C1/103 connected in WITHHELD>-",
		"Cleared C1/103 null in WITHHELD>-",
	}},
	{name: "withheld: transferred, the connection carries the number", events: []told{
		delivered("103", "C1", "103", calling("restricted"), local(alert)),
		established("103", "C1", "103", calling("restricted"), local(conn)),
		held("103", "C1", "103", local(hold)),
		delivered("104", "C2", "104", calling("103"), local(alert)),
		transferred("104", "C1", "C2", "103", "104", []ecma323.ConnectionListItem{item("C3", "104", "104"), item("C3", "N<"+ext+">", "")}, local(alert)),
		established("104", "C3", "104", calling(ext), network(ext), local(conn)),
	}, want: []string{
		"Delivered C1/103 alerting in WITHHELD>-",
		"Established C1/103 connected in WITHHELD>-",
		"Held C1/103 held in WITHHELD>-",
		"Delivered C2/104 alerting in 103>-",
		"Transferred C2/104 alerting in WITHHELD>- via=103 cause=transfer",
		"Established C2/104 connected in WITHHELD>- via=103",
	}},
	{name: "withheld: transferred by somebody who is not watched", events: []told{
		delivered("104", "C2", "104", calling("199"), local(alert)),
		established("104", "C2", "104", calling("199"), local(conn)),
		transferred("104", "C1", "C2", "199", "104", []ecma323.ConnectionListItem{item("C3", "104", "104"), item("C3", "N<"+ext+">", "restricted")}, local(conn)),
	}, o: Options{Internal: internal3}, want: []string{
		"Delivered C2/104 alerting in 199>-",
		"Established C2/104 connected in 199>-",
		"Transferred C2/104 connected in WITHHELD>- via=199 cause=transfer",
	}},
	{name: "withheld: behind a consultation, Avaya", o: Options{Avaya: true}, events: []told{
		delivered("104", "C2", "104", calling("103"), network(ext), private(ecma323.PrivateData{OriginalCallInfo: &ecma323.OriginalCallInfo{NetworkCallingDevice: who("restricted")}})),
	}, want: []string{"Delivered C2/104 alerting in WITHHELD>- via=103"}},

	// 3. Answered elsewhere.
	{name: "picked up: Diverted, then Established without Delivered", events: []told{
		delivered("103", "C1", "103", calling(ext), called("103"), local(alert)),
		diverted("103", "C1", "103", "104", local(null), cause(ecma323.CauseCallPickup)),
		established("104", "C1", "104", calling(ext), called("103"), lastRedir("103"), local(conn), cause(ecma323.CauseCallPickup)),
	}, want: []string{
		"Delivered C1/103 alerting in " + ext + ">103",
		"Cleared C1/103 null in " + ext + ">103 cause=elsewhere",
		"Established C1/104 connected in " + ext + ">103 via=103 cause=pickup",
	}},
	{name: "picked up: under a new callID, without the caller, same UCID", events: []told{
		delivered("103", "C1", "103", calling(ext), called("103"), local(alert), ucid("U1")),
		established("104", "C9", "104", calling("notKnown"), called("103"), lastRedir("103"), local(conn), cause(ecma323.CauseCallPickup), ucid("U1")),
	}, want: []string{
		"Delivered C1/103 alerting in " + ext + ">103",
		"Established C9/104 connected in " + ext + ">103 via=103 cause=pickup",
	}},
	{name: "answered by another of the group: redirected to who answered", events: []told{
		delivered("103", "C1", "103", calling(ext), local(alert)), delivered("104", "C1", "104", calling(ext), local(alert)),
		established("104", "C1", "104", calling(ext), local(conn)),
		established("103", "C1", "104", calling(ext), local(alert)),
		diverted("103", "C1", "103", "104", local(null), cause(ecma323.CauseRedirected)),
	}, want: []string{
		"Delivered C1/103 alerting in " + ext + ">-",
		"Delivered C1/104 alerting in " + ext + ">-",
		"Established C1/104 connected in " + ext + ">-",
		"Cleared C1/103 null in " + ext + ">- cause=elsewhere",
	}},
	{name: "diverted without a connection", events: []told{
		delivered("103", "C1", "103", calling(ext), local(alert)),
		{"103", &ecma323.DivertedEvent{EventData: data([]with{cause(ecma323.CauseCallForwardNoAnswer)}), DivertingDevice: who("103"), NewDestination: who("104")}},
	}, want: []string{
		"Delivered C1/103 alerting in " + ext + ">-",
		"Diverted C1/103 null in " + ext + ">- cause=redirected",
	}},
	{name: "the number that was called is diverted: not the caller's end", events: []told{
		originated("103", "C1", "104", local(conn)),
		diverted("103", "C1", "104", "105", local(conn), cause(ecma323.CauseCallForwardNoAnswer)),
		delivered("103", "C1", "105", calling("103"), called("104"), local(conn)),
		established("103", "C1", "105", calling("103"), called("104"), local(conn)),
	}, want: []string{
		"Originated C1/103 initiated out 103>104",
		"Established C1/103 connected out 103>104",
	}},

	// 5. Outbound.
	{name: "outbound: on hook to answered, far end hangs up", events: []told{
		initiated("103", "C9", local(ecma323.LocalInitiated), cause(ecma323.CauseMakeCall)),
		originated("103", "C9", "0022147100", local(conn)),
		{"103", &ecma323.NetworkReachedEvent{EventData: data([]with{calling("103"), called("0022147100"), local(conn)}), OutboundConnection: ecma323.Connection("C9", "T1"), NetworkInterfaceUsed: who("T1")}},
		delivered("103", "C9", "0022147100", calling("103"), called("0022147100"), local(conn)),
		established("103", "C9", "0022147100", calling("103"), called("0022147100"), local(conn)),
		cleared("103", "C9", "0022147100", local(conn)),
		cleared("103", "C9", "103", local(null), cause(ecma323.CauseNormalClearing)),
	}, want: []string{
		"Originated C9/103 initiated out 103>0022147100",
		"Established C9/103 connected out 103>0022147100",
		"Cleared C9/103 null out 103>0022147100",
	}},
	{name: "outbound: the number comes after Originated", events: []told{
		originated("103", "C9", "notKnown", local(conn)),
		delivered("103", "C9", "T1", calling("103"), called("0022147100"), local(conn)),
	}, want: []string{
		"Originated C9/103 initiated out 103>-",
		"Originated C9/103 initiated out 103>0022147100",
	}},
	{name: "outbound: off hook and on again", events: []told{
		initiated("103", "C9", local(ecma323.LocalInitiated)), cleared("103", "C9", "103", local(null)),
	}},
	{name: "outbound: without local state", events: []told{
		initiated("103", "C9"), originated("103", "C9", "0022147100"),
		delivered("103", "C9", "0022147100", calling("103"), called("0022147100")),
		established("103", "C9", "0022147100", calling("103"), called("0022147100")),
		cleared("103", "C9", "103"),
	}, want: []string{
		"Originated C9/103 initiated out 103>0022147100",
		"Established C9/103 connected out 103>0022147100",
		"Cleared C9/103 null out 103>0022147100",
	}},
	{name: "outbound: only ringback is told", events: []told{
		delivered("103", "C9", "0022147100", calling("103"), called("0022147100"), local(conn)),
	}, want: []string{"Originated C9/103 initiated out 103>0022147100"}},
	{name: "outbound: congestion", events: []told{
		originated("103", "C9", "0022147100", local(conn)),
		failed("103", "C9", "T1", local(conn), cause("networkCongestion"), called("0022147100")),
		cleared("103", "C9", "103", local(null)),
	}, want: []string{
		"Originated C9/103 initiated out 103>0022147100",
		"Failed C9/103 failed out 103>0022147100 cause=unreachable detail=the number cannot be reached (networkCongestion)",
	}},
	{name: "the far end of a conversation fails: it has ended", events: []told{
		delivered("103", "C1", "103", calling(ext), local(alert)), established("103", "C1", "103", calling(ext), local(conn)),
		failed("103", "C1", ext, local(ecma323.LocalFail), cause(ecma323.CauseNormalClearing)),
	}, want: []string{
		"Delivered C1/103 alerting in " + ext + ">-",
		"Established C1/103 connected in " + ext + ">-",
		"Cleared C1/103 null in " + ext + ">-",
	}},

	// 6. Hold, retrieve, and Avaya's habits.
	{name: "hold: by the other side is not told, twice is once", events: []told{
		delivered("103", "C1", "103", calling(ext), local(alert)), established("103", "C1", "103", calling(ext), local(conn)),
		held("103", "C1", ext, local(conn)),
		held("103", "C1", "103", local(hold)), held("103", "C1", "103", local(hold)),
		retrieved("103", "C1", "103", local(conn), cause(ecma323.CauseAlternate)), retrieved("103", "C1", "103", local(conn)),
	}, want: []string{
		"Delivered C1/103 alerting in " + ext + ">-",
		"Established C1/103 connected in " + ext + ">-",
		"Held C1/103 held in " + ext + ">-",
		"Retrieved C1/103 connected in " + ext + ">-",
	}},
	{name: "Avaya: ConnectionCleared on hold, and a recorder's conference", o: Options{Avaya: true}, events: []told{
		delivered("103", "17", "103", calling(ext)), established("103", "17", "103", calling(ext)),
		{"103", &ecma323.ConferencedEvent{
			PrimaryOldCall: ecma323.Connection("17", "103"), ConferencingDevice: who("890"), AddedParty: who("890"),
			ConferenceConnections: []ecma323.ConnectionListItem{item("17", "103", "103"), item("17", "890", "890"), item("17", ext, ext)},
		}},
		{"103", &ecma323.ConnectionClearedEvent{DroppedConnection: ecma323.Connection("17", "103"), ReleasingDevice: who("890")}},
		held("103", "17", "103"), retrieved("103", "17", "103"),
		cleared("103", "17", "103"),
	}, want: []string{
		"Delivered 17/103 alerting in " + ext + ">-",
		"Established 17/103 connected in " + ext + ">-",
		"Held 17/103 held in " + ext + ">-",
		"Retrieved 17/103 connected in " + ext + ">-",
		"Cleared 17/103 null in " + ext + ">-",
	}},

	// 7. Transfer with consultation.
	{name: "transfer: new callID, endpoints", events: append(heldAndConsulting(),
		transferred("103", "C1", "C2", "103", "104", []ecma323.ConnectionListItem{item("C3", "104", "104"), item("C3", ext, ext)}, local(null), cause(ecma323.CauseTransfer)),
		transferred("104", "C1", "C2", "103", "104", []ecma323.ConnectionListItem{item("C3", "104", "104"), item("C3", ext, ext)}, local(conn), cause(ecma323.CauseTransfer)),
		cleared("104", "C3", "104", local(null)),
	), want: append(heldAndConsultingTold[:7:7],
		"Cleared C1/103 null in "+ext+">103 cause=transfer",
		"Cleared C2/103 null out 103>104 cause=transfer",
		"Transferred C2/104 connected in "+ext+">104 via=103 cause=transfer",
		"Cleared C2/104 null in "+ext+">104 via=103",
	)},
	{name: "transfer: the receiver is told first, and that it was the secondary call", events: append(heldAndConsulting(),
		transferred("104", "C1", "C2", "103", "104", []ecma323.ConnectionListItem{item("C2", "104", "104"), item("C2", ext, ext)}, local(conn)),
		transferred("104", "C1", "C2", "103", "104", []ecma323.ConnectionListItem{item("C2", "104", "104"), item("C2", ext, ext)}, local(conn)),
		transferred("103", "C1", "C2", "103", "104", []ecma323.ConnectionListItem{item("C2", "104", "104"), item("C2", ext, ext)}, local(null)),
	), want: append(heldAndConsultingTold[:7:7],
		"Transferred C2/104 connected in "+ext+">104 via=103 cause=transfer",
		"Cleared C1/103 null in "+ext+">103 cause=transfer",
		"Cleared C2/103 null out 103>104 cause=transfer",
	)},
	{name: "transfer: the first agent is not watched", o: Options{Internal: internal3}, events: []told{
		delivered("104", "C2", "104", calling("199"), called("104"), local(alert)),
		established("104", "C2", "104", calling("199"), called("104"), local(conn)),
		transferred("104", "C1", "C2", "199", "104", []ecma323.ConnectionListItem{item("C3", "104", "104"), item("C3", "N<"+ext+">Maria Beispiel;uid=C1", "N<"+ext+">Maria Beispiel")}, local(conn)),
		held("104", "C3", "104", local(hold)),
	}, want: []string{
		"Delivered C2/104 alerting in 199>104",
		"Established C2/104 connected in 199>104",
		"Transferred C2/104 connected in " + ext + "(Maria Beispiel)>104 via=199 cause=transfer",
		"Held C2/104 held in " + ext + "(Maria Beispiel)>104 via=199",
	}},
	{name: "transfer: OpenScape Voice's uid is the original call", o: Options{Internal: internal3}, events: []told{
		delivered("103", "FF01", "103", calling(ext), local(alert)),
		established("103", "FF01", "103", calling(ext), local(conn)),
		delivered("104", "0301", "104", calling("N<103>;uid=FF01"), local(alert), cause(ecma323.CauseSingleStepTransfer)),
	}, want: []string{
		"Delivered FF01/103 alerting in " + ext + ">-",
		"Established FF01/103 connected in " + ext + ">-",
		"Delivered 0301/104 alerting in " + ext + ">- via=103",
	}},
	{name: "transfer: same correlator", o: Options{Internal: internal3}, events: []told{
		delivered("103", "C1", "103", calling(ext), local(alert), correlator("urn:nena:uid:callid:1")),
		delivered("104", "C5", "104", calling("103"), local(alert), correlator("urn:nena:uid:callid:1")),
	}, want: []string{
		"Delivered C1/103 alerting in " + ext + ">-",
		"Delivered C5/104 alerting in " + ext + ">- via=103",
	}},
	{name: "an application's correlator at every call", o: Options{Internal: internal3}, events: []told{
		delivered("103", "C1", "103", calling(ext), local(alert), correlator("campaign")),
		delivered("104", "C5", "104", calling("199"), local(alert), correlator("campaign")),
	}, want: []string{
		"Delivered C1/103 alerting in " + ext + ">-",
		"Delivered C5/104 alerting in 199>-",
	}},
	{name: "transfer without any callID: another call is left alone", o: Options{Internal: internal3}, events: []told{
		delivered("104", "C5", "104", calling("199"), local(alert)),
		{"104", &ecma323.TransferedEvent{EventData: data([]with{local(conn)}), TransferringDevice: who("198"), TransferredToDevice: who("197")}},
		transferred("104", "X1", "X2", "198", "197", nil, local(conn)),
	}, want: []string{"Delivered C5/104 alerting in 199>-"}},
	{name: "transfer: nobody is named and nothing known: the far end is open", o: Options{Internal: internal3}, events: []told{
		delivered("104", "C2", "104", calling("199"), local(alert)),
		established("104", "C2", "104", calling("199"), local(conn)),
		transferred("104", "C1", "C2", "199", "104", nil, local(conn)),
	}, want: []string{
		"Delivered C2/104 alerting in 199>-",
		"Established C2/104 connected in 199>-",
		"Transferred C2/104 connected in ->- via=199 cause=transfer",
	}},
	{name: "transfer: the old call is not named, one outside call on hold", events: append(heldAndConsulting(),
		told{"104", &ecma323.TransferedEvent{
			EventData: data([]with{local(conn)}), SecondaryOldCall: ecma323.Connection("C2", "103"), TransferringDevice: who("103"), TransferredToDevice: who("104"),
		}},
	), want: append(heldAndConsultingTold[:7:7], "Transferred C2/104 connected in "+ext+"?>104 via=103 cause=transfer")},
	{name: "transfer: no event at the receiver but Established by the caller", o: Options{Internal: internal3}, events: []told{
		delivered("104", "C2", "104", calling("199"), local(alert)),
		established("104", "C2", "104", calling(ext), local(conn)),
	}, want: []string{
		"Delivered C2/104 alerting in 199>-",
		"Established C2/104 connected in " + ext + ">- via=199",
		"Transferred C2/104 connected in " + ext + ">- via=199 cause=transfer",
	}},
	{name: "transfer: a colleague is handed over", events: []told{
		originated("105", "C1", "103", local(conn)),
		delivered("103", "C1", "103", calling("105"), local(alert)),
		established("105", "C1", "103", calling("105"), called("103"), local(conn)), established("103", "C1", "103", calling("105"), local(conn)),
		held("103", "C1", "103", local(hold)),
		originated("103", "C2", "104", local(conn)),
		delivered("104", "C2", "104", calling("103"), local(alert)), established("104", "C2", "104", calling("103"), local(conn)),
		transferred("103", "C1", "C2", "103", "104", []ecma323.ConnectionListItem{item("C3", "104", "104"), item("C3", "105", "105")}, local(null)),
		transferred("105", "C1", "C2", "103", "104", []ecma323.ConnectionListItem{item("C3", "104", "104"), item("C3", "105", "105")}, local(conn)),
	}, want: []string{
		"Originated C1/105 initiated out 105>103",
		"Delivered C1/103 alerting in 105>-",
		"Established C1/105 connected out 105>103",
		"Established C1/103 connected in 105>-",
		"Held C1/103 held in 105>-",
		"Originated C2/103 initiated out 103>104",
		"Delivered C2/104 alerting in 103>-",
		"Established C2/104 connected in 103>-",
		"Cleared C1/103 null in 105>- cause=transfer",
		"Cleared C2/103 null out 103>104 cause=transfer",
		"Transferred C2/104 connected in 105>- via=103 cause=transfer",
		"Transferred C1/105 connected out 105>104 via=103 cause=transfer",
	}},
	{name: "a callID that a transfer gave up names a new call", events: append(heldAndConsulting(),
		transferred("104", "C1", "C2", "103", "104", []ecma323.ConnectionListItem{item("C3", "104", "104"), item("C3", ext, ext)}, local(conn)),
		delivered("104", "C2", "104", calling(hans), local(alert)),
	), want: append(heldAndConsultingTold[:7:7],
		"Transferred C2/104 connected in "+ext+">104 via=103 cause=transfer",
		"Delivered C2~2/104 alerting in "+hans+">-",
	)},

	// 8. Single step.
	{name: "single step: the colleague calls, then it is told who it is", events: []told{
		delivered("103", "C1", "103", calling(ext), local(alert)), established("103", "C1", "103", calling(ext), local(conn)),
		delivered("104", "C5", "104", calling("103"), lastRedir("103"), local(alert), cause(ecma323.CauseSingleStepTransfer)),
		transferred("103", "C1", "", "103", "104", []ecma323.ConnectionListItem{item("C5", "104", "104"), item("C5", "T1", "")}, local(null), cause(ecma323.CauseSingleStepTransfer)),
		established("104", "C5", "104", calling("103"), local(conn)),
	}, want: []string{
		"Delivered C1/103 alerting in " + ext + ">-",
		"Established C1/103 connected in " + ext + ">-",
		"Delivered C5/104 alerting in 103>- via=103",
		"Cleared C1/103 null in " + ext + ">- cause=transfer",
		"Transferred C5/104 alerting in " + ext + ">- via=103 cause=transfer",
		"Established C5/104 connected in " + ext + ">- via=103",
	}},
	{name: "single step: the transfer is told the receiver before Delivered", o: Options{Internal: internal3}, events: []told{
		transferred("104", "C1", "", "199", "104", []ecma323.ConnectionListItem{item("C5", "104", "104"), item("C5", ext, ext)}, local(alert), cause(ecma323.CauseSingleStepTransfer)),
		delivered("104", "C5", "104", calling("199"), local(alert), cause(ecma323.CauseSingleStepTransfer)),
		established("104", "C5", "104", calling("199"), local(conn)),
	}, want: []string{
		"Delivered C5/104 alerting in " + ext + ">- via=199 cause=transfer",
		"Established C5/104 connected in " + ext + ">- via=199",
	}},

	// 9. Conference.
	{name: "conference: one more device joins, nobody else is told", events: []told{
		delivered("103", "C1", "103", calling(ext), local(alert)), established("103", "C1", "103", calling(ext), local(conn)),
		{"103", &ecma323.ConferencedEvent{
			EventData: data([]with{local(conn)}), PrimaryOldCall: ecma323.Connection("C1", "199"), ConferencingDevice: who("199"), AddedParty: who("104"),
			ConferenceConnections: []ecma323.ConnectionListItem{item("C1", "103", "103"), item("C1", "104", "104"), item("C1", ext, ext)},
		}},
		{"104", &ecma323.ConferencedEvent{
			EventData: data([]with{local(conn)}), PrimaryOldCall: ecma323.Connection("C1", "199"), ConferencingDevice: who("199"), AddedParty: who("104"),
			ConferenceConnections: []ecma323.ConnectionListItem{item("C1", "103", "103"), item("C1", "104", "104"), item("C1", ext, ext)},
		}},
	}, want: []string{
		"Delivered C1/103 alerting in " + ext + ">-",
		"Established C1/103 connected in " + ext + ">-",
		"Established C1/104 connected in " + ext + ">- via=199",
	}},

	// 10. ACD.
	{name: "queue: OpenScape Voice's cause at the agent", events: []told{
		delivered("103", "C1", "103", calling(ext), called("7000"), lastRedir("7002"), local(alert), cause(ecma323.CauseEnteringDistribution), acd),
		diverted("103", "C1", "103", "104", local(null), cause("recallNoAnswer")),
	}, want: []string{
		"Delivered C1/103 alerting in " + ext + ">7000 via=7002 group=7002",
		"Diverted C1/103 null in " + ext + ">7000 via=7002 group=7002 cause=noAnswer",
	}},
	{name: "queue: it is watched itself", events: []told{
		{"105", &ecma323.QueuedEvent{EventData: data([]with{calling(ext), called("105"), local(ecma323.LocalQueued)}), QueuedConnection: ecma323.Connection("C1", "105"), Queue: who("105")}},
		diverted("105", "C1", "105", "103", local(null), cause(ecma323.CauseDistributed)),
		delivered("103", "C1", "103", calling(ext), called("105"), lastRedir("105"), local(alert), cause(ecma323.CauseDistributed)),
	}, want: []string{
		"Queued C1/105 queued in " + ext + ">105 group=105",
		"Diverted C1/105 null in " + ext + ">105 group=105 cause=redirected",
		"Delivered C1/103 alerting in " + ext + ">105 via=105 group=105",
	}},
}

func TestFlows(t *testing.T) {
	for _, f := range flows {
		t.Run(f.name, func(t *testing.T) {
			compare(t, play(t, newTable(f.o), f.events...), f.want)
		})
		t.Run(f.name+", every event twice", func(t *testing.T) {
			var twice []told
			for _, e := range f.events {
				twice = append(twice, e, e)
			}
			compare(t, play(t, newTable(f.o), twice...), f.want)
		})
	}
}
