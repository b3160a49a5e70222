package ecma323

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

// TestTolerance: switches write the same in many ways.
func TestTolerance(t *testing.T) {
	want := &DeliveredEvent{
		EventData: EventData{
			MonitorCrossRefID: "77", LocalConnectionInfo: LocalAlerting, Cause: CauseNewCall,
			CallingDevice: Extended("+493023125001"), LastRedirectionDevice: ExtendedDeviceID{Presence: NotRequired},
		},
		Connection: Connection("C1", "200"), AlertingDevice: Extended("200"),
	}
	for name, text := range map[string]string{
		"as in the schema": `<DeliveredEvent xmlns="http://www.ecma-international.org/standards/ecma-323/csta/ed4"><monitorCrossRefID>77</monitorCrossRefID>
			<connection><callID>C1</callID><deviceID>200</deviceID></connection><alertingDevice><deviceIdentifier>200</deviceIdentifier></alertingDevice>
			<callingDevice><deviceIdentifier>+493023125001</deviceIdentifier></callingDevice><lastRedirectionDevice><notRequired/></lastRedirectionDevice>
			<localConnectionInfo>alerting</localConnectionInfo><cause>newCall</cause></DeliveredEvent>`,
		"another order": `<DeliveredEvent><cause>newCall</cause><localConnectionInfo>alerting</localConnectionInfo>
			<lastRedirectionDevice><notRequired></notRequired></lastRedirectionDevice><callingDevice><deviceIdentifier>+493023125001</deviceIdentifier></callingDevice>
			<alertingDevice><deviceIdentifier>200</deviceIdentifier></alertingDevice><connection><deviceID>200</deviceID><callID>C1</callID></connection>
			<monitorCrossRefID>77</monitorCrossRefID></DeliveredEvent>`,
		"prefixes and case": `<?xml version="1.0"?><csta:DeliveredEvent xmlns:csta="http://www.ecmainternational.org/standards/ecma-323/csta/ed5">
			<csta:MonitorCrossRefId>77</csta:MonitorCrossRefId><ns3:connection xmlns:ns3="x"><callId>C1</callId><DeviceId>200</DeviceId></ns3:connection>
			<csta:alertingDevice><csta:DeviceIdentifier>200</csta:DeviceIdentifier></csta:alertingDevice><csta:callingDevice><csta:deviceIdentifier>+493023125001</csta:deviceIdentifier></csta:callingDevice>
			<csta:lastRedirectionDevice><csta:notRequired/></csta:lastRedirectionDevice><csta:localConnectionInfo>alerting</csta:localConnectionInfo><csta:cause>newCall</csta:cause></csta:DeliveredEvent>`,
		"nested and flat": `<DeliveredEvent><monitorCrossRefID>77</monitorCrossRefID><connection><callID>
			C 1</callID><deviceID><deviceIdentifier>200</deviceIdentifier></deviceID></connection>
			<alertingDevice>200</alertingDevice><callingDevice><deviceID><deviceIdentifier>+493023125001</deviceIdentifier></deviceID></callingDevice>
			<lastRedirectionDevice><deviceIdentifier><notRequired/></deviceIdentifier></lastRedirectionDevice>
			<localConnectionInfo> alerting </localConnectionInfo><cause>newCall</cause></DeliveredEvent>`,
		"strangers, comments, CDATA": `<!DOCTYPE x [<!ENTITY a "b">]><DeliveredEvent a='1' b="&lt;"><!-- <cause>busy</cause> --><foo><bar/><callID>X</callID></foo>
			<monitorCrossRefID><![CDATA[77]]></monitorCrossRefID><connection><x>1</x><callID>C<!-- -->1</callID><deviceID>2&#48;0</deviceID></connection>
			<alertingDevice><deviceIdentifier typeOf="1">200</deviceIdentifier></alertingDevice><callingDevice><deviceIdentifier>+49<![CDATA[]]>3023125001</deviceIdentifier></callingDevice>
			<lastRedirectionDevice><notRequired/></lastRedirectionDevice><localConnectionInfo>alerting</localConnectionInfo><cause>newCall</cause></DeliveredEvent>`,
		"ends left out":         `<DeliveredEvent><monitorCrossRefID>77</monitorCrossRefID></bogus><connection><callID>C1</callID><deviceID>200</connection><alertingDevice><deviceIdentifier>200</alertingDevice><callingDevice>+493023125001</callingDevice><lastRedirectionDevice><notRequired/></lastRedirectionDevice><localConnectionInfo>alerting</localConnectionInfo><cause>newCall</cause>`,
		"text before and after": "\xef\xbb\xbf \n<DeliveredEvent><monitorCrossRefID>77</monitorCrossRefID><connection><callID>C1</callID><deviceID>200</deviceID></connection><alertingDevice>200</alertingDevice><callingDevice>+493023125001</callingDevice><lastRedirectionDevice><notRequired/></lastRedirectionDevice><localConnectionInfo>alerting</localConnectionInfo><cause>newCall</cause></DeliveredEvent>\x00\r\n<x>",
	} {
		got, err := Decode([]byte(text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if d, ok := got.(*DeliveredEvent); ok {
			d.AlertingDevice.Device.TypeOfNumber = ""
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s:\n got %+v\nwant %+v", name, got, want)
		}
	}
}

func TestHostileText(t *testing.T) {
	for text, want := range map[string]string{
		`N<101>Meier & Co`:            "Meier & Co", // nothing escaped
		`N&lt;101&gt;Meier &amp; Co`:  "Meier & Co",
		"N&lt;101&gt;J\xfcrgen":       "Jürgen", // ISO-8859-1
		"N&lt;101&gt;a\u202eb\u0007c": "ab c",
		`N&lt;101&gt;&lol9;`:          "&lol9", // a semicolon ends the name
	} {
		m, err := Decode([]byte("<HeldEvent><holdingDevice><deviceIdentifier>" + text + "</deviceIdentifier></holdingDevice></HeldEvent>"))
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if p := m.(*HeldEvent).HoldingDevice.Party(); p.Name != want || p.Number != "101" {
			t.Errorf("%q: %+v, want 101 and %q", text, p, want)
		}
	}
}

func TestBadMessages(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want error
	}{
		"nothing":    {"", ErrNotXML},
		"no element": {"hello <?xml?> 1 < 2", ErrNotXML},
		"broken off": {"<HeldEvent><heldConnection><callID>C", ErrTruncated},
		"too deep":   {strings.Repeat("<a>", 100), ErrTooComplex},
		"too many":   {"<a>" + strings.Repeat("<b>", 1) + strings.Repeat("<b/>", 16<<10-100) + strings.Repeat("</b>", 1), nil},
		"too large":  {strings.Repeat(" ", 1<<16), ErrTooLarge},
		"unknown":    {"<FooEvent><monitorCrossRefID>7</monitorCrossRefID></FooEvent>", nil},
	} {
		m, err := Decode([]byte(c.text))
		if c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		if other, ok := m.(*OtherMessage); name == "unknown" && (!ok || other.MonitorCrossRefID != "7" || KindOf(m) != KindEvent) {
			t.Errorf("%s: %+v", name, m)
		}
	}
}

// TestAvaya: what a consult call carries there.
func TestAvaya(t *testing.T) {
	m, err := Decode([]byte(`<DeliveredEvent xmlns="http://www.ecma-international.org/standards/ecma-323/csta/ed3/priv5">
		<monitorCrossRefID>1</monitorCrossRefID><connection><deviceID typeOfNumber="other" mediaClass="notKnown">1003:CM1:10.0.0.1:0</deviceID><callID>17</callID></connection>
		<callingDevice><deviceIdentifier typeOfNumber="explicitPrivate:localNumber" mediaClass="notKnown">1001:CM1::0</deviceIdentifier></callingDevice>
		<extensions><privateData><private><DeliveredEventPrivateData xmlns="http://www.avaya.com/csta">
		<distributingVDN><deviceIdentifier>2500:CM1::0</deviceIdentifier></distributingVDN><ucid>0000101</ucid><acdGroup><deviceIdentifier>77</deviceIdentifier></acdGroup>
		<originalCallInfo><reason>consultation</reason><networkCallingDevice><deviceIdentifier>493023125001:CM1::0</deviceIdentifier></networkCallingDevice>
		<callLinkageData><globalCallData><globalCallLinkageID><globallyUniqueCallLinkageID>0000100</globallyUniqueCallLinkageID></globalCallLinkageID></globalCallData></callLinkageData>
		</originalCallInfo></DeliveredEventPrivateData></private></privateData></extensions></DeliveredEvent>`))
	if err != nil {
		t.Fatal(err)
	}
	d := m.(*DeliveredEvent)
	if d.Private == nil || d.Private.OriginalCallInfo == nil {
		t.Fatalf("private data %+v", d.Private)
	}
	if got := d.Private.OriginalCallInfo.Caller().Party().Number; got != "493023125001" {
		t.Errorf("the original caller came as %q", got)
	}
	if d.CallLinkageData.GlobalCallLinkageID != "0000101" || d.Private.OriginalCallInfo.CallLinkageData.GlobalCallLinkageID != "0000100" {
		t.Errorf("UCIDs %+v, %+v", d.CallLinkageData, d.Private.OriginalCallInfo.CallLinkageData)
	}
	if d.Private.DistributingVDN.Number() != "2500" || d.Private.ACDGroup.Number() != "77" || d.Connection.PBX().Device != "1003" {
		t.Errorf("%+v, connection %+v", d.Private, d.Connection)
	}
	again, err := Decode(AppendMessage(nil, d, EditionAvaya("priv5")))
	if err != nil || !reflect.DeepEqual(again.(*DeliveredEvent).Private.OriginalCallInfo, d.Private.OriginalCallInfo) ||
		again.(*DeliveredEvent).CallLinkageData != d.CallLinkageData {
		t.Errorf("written and read: %+v, %v", again, err)
	}
}

func TestAvayaWrites(t *testing.T) {
	e := EditionAvaya("priv5")
	for want, m := range map[string]Message{
		`<callToBeHeld><deviceID typeOfNumber="other" mediaClass="notKnown">1003:CM1:10.0.0.1:0</deviceID><callID>17</callID></callToBeHeld>`:                                                                                                                        &HoldCall{ConnectionID{"17", DeviceID{Text: "1003:CM1:10.0.0.1:0", TypeOfNumber: "other", MediaClass: "notKnown"}}},
		`<requestedMonitorFilter><callcontrol><delivered>true</delivered></callcontrol></requestedMonitorFilter><monitorType>device</monitorType><extensions><privateData><private><AvayaEvents xmlns="http://www.avaya.com/csta"><invertFilter>true</invertFilter>`: &MonitorStart{DeviceObject: ID("1"), MonitorType: "device", Events: []string{"delivered"}},
		`<GetThirdPartyDeviceId xmlns="http://www.avaya.com/csta"><switchName>CM1</switchName><extension>1003</extension>`:                                                                                                                                           &GetThirdPartyDeviceID{SwitchName: "CM1", Extension: "1003"},
		`<acx:SessionLoginInfo xmlns:acx="http://www.avaya.com/csta" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="acx:SessionLoginInfo"><acx:userName>cti</acx:userName><acx:password>a&lt;b</acx:password><acx:sessionCleanupDelay>60</acx:sessionCleanupDelay></acx:SessionLoginInfo>`: &StartApplicationSession{
			ApplicationSpecificInfo: ApplicationSpecificInfo{Login: LoginAvaya, User: "cti", Password: "a<b", SessionCleanupDelay: 60},
		},
	} {
		text := AppendMessage(nil, m, e)
		if !strings.Contains(string(text), want) {
			t.Errorf("%s\nwant %s", text, want)
		}
		if again, err := Decode(text); err != nil || m.Name() != "MonitorStart" && !reflect.DeepEqual(again, m) {
			t.Errorf("read again: %+v, %v", again, err)
		}
	}
	if text := string(AppendMessage(nil, &MonitorStart{DeviceObject: ID("1"), Events: []string{"delivered"}}, Edition4)); strings.Contains(text, "Filter") {
		t.Errorf("a filter outside Avaya: %s", text)
	}
}

func TestZultysLogin(t *testing.T) {
	m := &LoginRequest{Type: "Server", Platform: "ctibridge", Version: "1", UserName: "cti", Pwd: HashPassword("secret")}
	if m.Pwd != "5en6G6MezRroT3XKqkdPOmY/BfQ=\n" {
		t.Errorf("password came as %q", m.Pwd)
	}
	text := AppendMessage(nil, m, Edition4)
	if !strings.Contains(string(text), `<loginRequest type="Server" platform="ctibridge" version="1"><userName>cti</userName>`) {
		t.Errorf("%s", text)
	}
}

func TestHexText(t *testing.T) {
	m, err := Decode([]byte("<CallInformationEvent><correlatorData><string>75726E3A\n 6E656E61</string></correlatorData><userData>plain</userData></CallInformationEvent>"))
	if err != nil {
		t.Fatal(err)
	}
	if d := m.(*CallInformationEvent); d.CorrelatorData != "urn:nena" || d.UserData != "plain" {
		t.Errorf("%+v", d.EventData)
	}
}

func TestParseEdition(t *testing.T) {
	for name, want := range map[string]string{
		"":    Edition4.Namespace,
		"ed2": "http://www.ecma.ch/standards/ecma-323/csta/ed2",
		"ed6": "http://www.ecma-international.org/standards/ecma-323/csta/ed6",
		"http://www.ecmainternational.org/standards/ecma-323/csta/ed5": Edition5.Namespace,
		"ed3/privA": "http://www.ecma-international.org/standards/ecma-323/csta/ed3/privA",
		"http://www.ecma-international.org/standards/ecma-323/csta/ed3/priv9": EditionAvaya("priv9").Namespace,
	} {
		if e, err := ParseEdition(name); err != nil || e.Namespace != want {
			t.Errorf("%q: %+v, %v", name, e, err)
		}
	}
	for _, name := range []string{"ed7", "3.0", "ed3/priv", "ed4/priv1"} {
		if e, err := ParseEdition(name); err == nil {
			t.Errorf("%q was taken as %+v", name, e)
		}
	}
}
