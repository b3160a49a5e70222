package ecma323

import (
	"testing"

	"github.com/ctibridge/ctibridge/pbx"
)

func TestParseDeviceID(t *testing.T) {
	for text, want := range map[string]DeviceText{
		"200":                           {Number: "200"},
		" 200 ":                         {Number: "200"},
		"+493023125001":                 {Number: "+493023125001"},
		"*21#":                          {Number: "*21#"},
		"N<123!98>":                     {Number: "123"},
		"N<123&22/4%77>Zentrale":        {Number: "123", Name: "Zentrale", Agent: "77"},
		"<123>":                         {Number: "123"},
		"N<7135550142>Line71001":        {Number: "7135550142", Name: "Line71001"},
		"N<+493023125001>+ 49(30)23125": {Number: "+493023125001"},
		"N<+493023125001>Jürgen Müßig;displayNumber=001;uid=FF00AA11;noa=nk": {Number: "+493023125001", Name: "Jürgen Müßig", UID: "FF00AA11"},
		"N<200;ext=1>Berta":                              {Number: "200", Name: "Berta"},
		"NM<200>":                                        {Number: "200"},
		"N<sip:200@pbx.example.com>":                     {Number: "200"},
		"200;uid=FF00;displayNumber=1":                   {Number: "200", UID: "FF00"},
		"1003:CM1:10.0.0.1:0":                            {Number: "1003"},
		"493023125001:CM1::0":                            {Number: "493023125001"},
		"tel:+493023125001":                              {Number: "+493023125001"},
		"tel:73124;phone-context=dialstring;partition=X": {Number: "73124"},
		"sip:200@pbx.example.com":                        {Number: "200"},
		"SIPS:200@pbx.example.com;transport=tls":         {Number: "200"},
		"sip:berta@pbx.example.com:5061":                 {Number: "berta"},
		"T1:2":                                           {Number: "T1:2"},
		"N<200":                                          {Number: "N<200"},
		"":                                               {},
		"<":                                              {Number: "<"},
		"N<>":                                            {},
	} {
		if got := ParseDeviceID(text); got != want {
			t.Errorf("%q: %+v, want %+v", text, got, want)
		}
	}
}

func TestParty(t *testing.T) {
	device := func(d DeviceID) ExtendedDeviceID { return ExtendedDeviceID{Identified, d} }
	for name, c := range map[string]struct {
		id   ExtendedDeviceID
		want pbx.Party
	}{
		"number":         {Extended("+493023125001"), pbx.Party{Number: "+493023125001"}},
		"name":           {Extended("N<200>Berta Beispiel"), pbx.Party{Number: "200", Name: "Berta Beispiel"}},
		"absent":         {ExtendedDeviceID{}, pbx.Party{}},
		"not known":      {ExtendedDeviceID{Presence: NotKnown}, pbx.Party{}},
		"not required":   {ExtendedDeviceID{Presence: NotRequired}, pbx.Party{}},
		"restricted":     {ExtendedDeviceID{Presence: Restricted}, pbx.Party{Withheld: true}},
		"private number": {device(DeviceID{Text: "N<+493023125001>Berta Beispiel", PrivateNumber: true}), pbx.Party{Withheld: true}},
		"private name":   {device(DeviceID{Text: "N<+493023125001>Berta Beispiel", PrivateName: true}), pbx.Party{Number: "+493023125001"}},
		"anonymous":      {Extended("sip:anonymous@anonymous.invalid"), pbx.Party{Withheld: true}},
		"Restricted":     {Extended("Restricted"), pbx.Party{Withheld: true}},
	} {
		if got := c.id.Party(); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

func TestParseDeviceIDAllocates(t *testing.T) {
	if n := testing.AllocsPerRun(100, func() {
		ParseDeviceID("N<+493023125001!2&3/4%5>Berta Beispiel;uid=FF00")
		ParseDeviceID("1003:CM1:10.0.0.1:0")
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
