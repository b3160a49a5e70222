package ecma323

import (
	"reflect"
	"strings"
	"testing"
)

// TestDeviceAndFilter writes what the link does not use, and reads it again.
func TestDeviceAndFilter(t *testing.T) {
	station := deviceInformation{DeviceCategory: "station", ShortFormDeviceID: "200"}
	for _, c := range []struct {
		m       Message
		edition Edition
		holds   string // among the text written
		back    Message
	}{
		{&ChangeMonitorFilter{MonitorCrossRefID: "7", Events: []string{"delivered"}}, Edition4, "<monitorCrossRefID>7</monitorCrossRefID></", &ChangeMonitorFilter{MonitorCrossRefID: "7"}},
		{
			&ChangeMonitorFilter{MonitorCrossRefID: "7", Events: []string{"delivered"}, AgentEvents: []string{"agentReady"}}, EditionAvaya(""),
			"<requestedFilterList><callcontrol><delivered>true</delivered></callcontrol><logicalDeviceFeature><agentReady>true", nil,
		},
		{&ChangeMonitorFilterResponse{Events: []string{"delivered", "diverted"}}, Edition4, "<actualFilterList><callcontrol>", nil},
		{&ChangeMonitorFilterResponse{}, Edition4, "<ChangeMonitorFilterResponse", nil},
		{&GetPhysicalDeviceInformation{Device: DeviceID{Text: "200"}}, Edition4, ">200</device>", nil},
		{&GetPhysicalDeviceInformationResponse{deviceInformation: station, HasDisplay: true, HasLogicalElement: true}, Edition4, "<deviceCategory>station</deviceCategory><shortFormDeviceID>200", nil},
		{&GetLogicalDeviceInformation{Device: DeviceID{Text: "200"}}, Edition6, ">200</device>", nil},
		{&GetLogicalDeviceInformationResponse{deviceInformation: deviceInformation{DeviceCategory: "group", NamedDeviceTypes: "pickGroup"}, HasPhysicalElement: false}, Edition6, "<namedDeviceTypes>pickGroup", nil},
	} {
		text := AppendMessage(nil, c.m, c.edition)
		if !strings.Contains(string(text), c.holds) {
			t.Errorf("%s is written %s, without %s", c.m.Name(), text, c.holds)
		}
		want := c.back
		if want == nil {
			want = c.m
		}
		if got, err := Decode(text); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s\n read %+v, %v\n want %+v", text, got, err, want)
		}
	}
}
