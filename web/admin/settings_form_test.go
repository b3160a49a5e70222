package admin

import (
	"net/url"
	"reflect"
	"strings"
	"testing"

	"github.com/ctibridge/ctibridge/bridge"
)

// Saving a form that nobody touched changes no setting, of a group or an agent.
func TestSettingsSurviveTheForm(t *testing.T) {
	s := bridge.Settings{
		PopOn: new(bridge.PopByHand), OpenRecord: new(false), InternalCalls: new(true), ShowDetails: new(false),
		CreateObject: new("Contact"), CreateOutbound: new("none"), Sound: new(false), QuietInCall: new(true), LogCalls: new(false),
		AllowedDevices: []bridge.Device{{Link: "main/2", Extension: "150"}, {Link: "main", Extension: "151"}}, ShiftHours: new(9),
		Dispositions: []string{"Sold", "Call back"},
	}
	f := showSettings(&s)
	posted := url.Values{}
	for name, value := range map[string]string{
		"popOn": f.PopOn, "openRecord": f.OpenRecord, "internalCalls": f.InternalCalls, "showDetails": f.ShowDetails,
		"createObject": f.CreateObject, "createOutbound": f.CreateOutbound, "sound": f.Sound, "quietInCall": f.QuietInCall,
		"logCalls": f.LogCalls, "allowedDevices": f.AllowedDevices, "shiftHours": f.ShiftHours,
		"dispositions": f.Dispositions,
	} {
		posted.Set(name, value)
	}
	f = readSettings(posted)
	problems := map[string]string{}
	f.validate(problems, func(code string, _ ...any) string { return code })
	var group bridge.Settings
	agent := bridge.Settings{DialClass: new(bridge.DialNational)}
	f.apply(&group)
	f.apply(&agent)
	if len(problems) > 0 || !reflect.DeepEqual(group, s) {
		t.Errorf("got %+v, %v", group, problems)
	}
	if agent.DialClass == nil || *agent.PopOn != bridge.PopByHand {
		t.Errorf("the agent's other settings: %+v", agent)
	}
}

func TestBadSettings(t *testing.T) {
	for field, value := range map[string]string{
		"popOn": "never", "createOutbound": "Task", "sound": "loud", "shiftHours": "25", "allowedDevices": "150",
		"dispositions": strings.Repeat("x", bridge.MaxDisposition+1),
	} {
		f := readSettings(url.Values{field: {value}})
		problems := map[string]string{}
		f.validate(problems, func(code string, _ ...any) string { return code })
		if len(problems) != 1 || problems[field] == "" {
			t.Errorf("%s=%s: %v", field, value, problems)
		}
	}
}
