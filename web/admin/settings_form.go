package admin

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/ctibridge/ctibridge/bridge"
)

// settingsFields are those of the settings that a group and an agent have alike,
// as typed. A choice left empty takes what the groups say, or the default.
type settingsFields struct {
	PopOn, OpenRecord, InternalCalls, ShowDetails, CreateObject, CreateOutbound string

	Sound, QuietInCall, LogCalls string

	// AllowedDevices are "link/extension", separated by commas.
	AllowedDevices, ShiftHours string

	// Dispositions are separated by commas.
	Dispositions string
}

// maxAllowedText is how long the list of telephones may be, in bytes.
const maxAllowedText = 20_000

func showSettings(s *bridge.Settings) settingsFields {
	devices := make([]string, len(s.AllowedDevices))
	for i, d := range s.AllowedDevices {
		devices[i] = d.Link + "/" + d.Extension
	}
	return settingsFields{
		PopOn: deref(s.PopOn), OpenRecord: yesNo(s.OpenRecord), InternalCalls: yesNo(s.InternalCalls), ShowDetails: yesNo(s.ShowDetails),
		CreateObject: deref(s.CreateObject), CreateOutbound: deref(s.CreateOutbound),
		Sound: yesNo(s.Sound), QuietInCall: yesNo(s.QuietInCall), LogCalls: yesNo(s.LogCalls),
		AllowedDevices: strings.Join(devices, ", "), ShiftHours: digitsOf(s.ShiftHours),
		Dispositions: strings.Join(s.Dispositions, ", "),
	}
}

func readSettings(v url.Values) settingsFields {
	return settingsFields{
		PopOn: v.Get("popOn"), OpenRecord: v.Get("openRecord"), InternalCalls: v.Get("internalCalls"), ShowDetails: v.Get("showDetails"),
		CreateObject: v.Get("createObject"), CreateOutbound: v.Get("createOutbound"),
		Sound: v.Get("sound"), QuietInCall: v.Get("quietInCall"), LogCalls: v.Get("logCalls"),
		AllowedDevices: strings.TrimSpace(v.Get("allowedDevices")), ShiftHours: strings.TrimSpace(v.Get("shiftHours")),
		Dispositions: strings.TrimSpace(v.Get("dispositions")),
	}
}

// settingsNames are the fields from top to bottom.
func settingsNames() []string {
	return []string{
		"popOn", "createObject", "createOutbound", "openRecord", "internalCalls", "showDetails",
		"sound", "quietInCall", "logCalls", "dispositions", "allowedDevices", "shiftHours",
	}
}

func (f *settingsFields) validate(problems map[string]string, say func(string, ...any) string) {
	choice := func(field, value string, allowed ...string) {
		if value != "" && !slices.Contains(allowed, value) {
			problems[field] = say("group.choice.bad")
		}
	}
	choice("popOn", f.PopOn, bridge.PopOnRinging, bridge.PopOnAnswer, bridge.PopByHand)
	for field, value := range map[string]string{"createObject": f.CreateObject, "createOutbound": f.CreateOutbound} {
		choice(field, value, "Lead", "Contact", "Account", "none")
	}
	for field, value := range map[string]string{
		"openRecord": f.OpenRecord, "internalCalls": f.InternalCalls, "showDetails": f.ShowDetails,
		"sound": f.Sound, "quietInCall": f.QuietInCall, "logCalls": f.LogCalls,
	} {
		choice(field, value, "yes", "no")
	}
	if _, ok := f.dispositions(); !ok {
		problems["dispositions"] = say("group.dispositions.bad", bridge.MaxDispositions)
	}
	if _, ok := f.allowed(); !ok {
		problems["allowedDevices"] = say("group.allowedDevices.bad")
	}
	if n, err := strconv.Atoi(f.ShiftHours); f.ShiftHours != "" && (err != nil || n < 1 || n > bridge.MaxShift) {
		problems["shiftHours"] = say("group.dials.bad", bridge.MaxShift)
	}
}

// dispositions are the outcomes as typed, each once, and whether the panel can
// show them all.
func (f *settingsFields) dispositions() (list []string, ok bool) {
	for text := range strings.SplitSeq(f.Dispositions, ",") {
		if text = strings.TrimSpace(text); text != "" && !slices.Contains(list, text) {
			list = append(list, text)
		}
		if len(text) > bridge.MaxDisposition {
			return nil, false
		}
	}
	return list, len(list) <= bridge.MaxDispositions
}

// allowed are the telephones as typed, and whether all could be read. A link's
// name may hold a slash, an extension none that counts.
func (f *settingsFields) allowed() (devices []bridge.Device, ok bool) {
	for _, text := range strings.FieldsFunc(f.AllowedDevices, func(r rune) bool { return r == ',' || r == ';' || r == '\n' }) {
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		i := strings.LastIndexByte(text, '/')
		if i <= 0 || !extensionPattern.MatchString(text[i+1:]) {
			return nil, false
		}
		if d := (bridge.Device{Link: text[:i], Extension: text[i+1:]}); !slices.Contains(devices, d) {
			devices = append(devices, d)
		}
	}
	return devices, len(f.AllowedDevices) <= maxAllowedText
}

// apply writes the fields into s and leaves the others.
func (f *settingsFields) apply(s *bridge.Settings) {
	s.PopOn, s.CreateObject, s.CreateOutbound = ref(f.PopOn), ref(f.CreateObject), ref(f.CreateOutbound)
	s.OpenRecord, s.InternalCalls, s.ShowDetails = flag(f.OpenRecord), flag(f.InternalCalls), flag(f.ShowDetails)
	s.Sound, s.QuietInCall, s.LogCalls = flag(f.Sound), flag(f.QuietInCall), flag(f.LogCalls)
	s.Dispositions, _ = f.dispositions()
	s.AllowedDevices, _ = f.allowed()
	s.ShiftHours = number(f.ShiftHours)
}

// IsAgent tells the template that empty fields take what the groups say.
func (f *agentForm) IsAgent() bool { return true }

// IsAgent tells the template that empty fields take the default.
func (f *groupForm) IsAgent() bool { return false }

// settingDefault is the default that a field shows: an agent's has none of its
// own.
func settingDefault(agent bool, value string) string {
	if agent {
		return ""
	}
	return value
}
