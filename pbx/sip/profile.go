package sip

import (
	"strings"

	"github.com/ctibridge/ctibridge/pbx/sip/dialoginfo"
)

// profile is whose habits the documents follow.
type profile uint8

// The profiles. profileUnknown: not configured and not guessed yet.
const (
	profileUnknown profile = iota
	profileGeneric
	profileAsterisk
	profileFreeSWITCH
	profileKamailio
)

var profileNames = [...]string{"", "generic", "asterisk", "freeswitch", "kamailio"}

// String is the profile's name in a configuration.
func (p profile) String() string { return profileNames[p] }

func profileByName(name string) (profile, bool) {
	switch strings.ToLower(name) {
	case "":
		return profileUnknown, true
	case "generic":
		return profileGeneric, true
	case "asterisk":
		return profileAsterisk, true
	case "freeswitch":
		return profileFreeSWITCH, true
	case "kamailio", "opensips":
		return profileKamailio, true
	}
	return profileUnknown, false
}

// profileByAgent guesses from a User-Agent or Server header field. Both can be
// changed in the switch's configuration, so the documents' shape goes first.
func profileByAgent(agent string) profile {
	agent = strings.ToLower(agent)
	switch {
	case strings.Contains(agent, "freeswitch"):
		return profileFreeSWITCH
	case strings.Contains(agent, "asterisk"), strings.HasPrefix(agent, "fpbx"):
		return profileAsterisk
	case strings.Contains(agent, "kamailio"), strings.Contains(agent, "opensips"):
		return profileKamailio
	}
	return profileUnknown
}

// profileByShape guesses from a dialog: Asterisk names it after the extension,
// Kamailio "padi-…", FreeSWITCH by the channel's UUID.
func profileByShape(doc *dialoginfo.Document, extension string) profile {
	for i := range doc.Dialogs {
		d := &doc.Dialogs[i]
		switch {
		case d.ID == extension && (d.CallID == "" || strings.HasPrefix(d.CallID, "pickup-")):
			return profileAsterisk
		case strings.HasPrefix(d.ID, "padi-"):
			return profileKamailio
		case isUUID(d.ID) && (d.Local.URI == "" || d.Rendering != dialoginfo.RenderingUnknown):
			return profileFreeSWITCH
		}
	}
	return profileUnknown
}

func isUUID(s string) bool {
	return len(s) == 36 && s[8] == '-' && s[13] == '-' && s[18] == '-' && s[23] == '-'
}
