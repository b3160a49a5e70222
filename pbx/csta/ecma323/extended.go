package ecma323

import "github.com/ctibridge/ctibridge/pbx"

// Presence is what a message says in the place of a device.
type Presence uint8

// The presences. Absent: the message does not have the element.
const (
	Absent Presence = iota
	Identified
	NotKnown
	NotRequired
	NotSpecified
	Restricted
)

// presenceNames are the elements in the place of an identifier.
var presenceNames = [...]string{NotKnown: "notKnown", NotRequired: "notRequired", NotSpecified: "notSpecified", Restricted: "restricted"}

// ExtendedDeviceID is a device or why there is none: ECMA-269's SubjectDeviceID,
// CallingDeviceID, CalledDeviceID, RedirectionDeviceID, and those of network
// and associated devices.
type ExtendedDeviceID struct {
	Presence Presence
	Device   DeviceID // if Identified
}

// Extended is the ExtendedDeviceID of a plain text; Absent if that is empty.
func Extended(text string) ExtendedDeviceID {
	if text == "" {
		return ExtendedDeviceID{}
	}
	return ExtendedDeviceID{Identified, DeviceID{Text: text}}
}

// Party is the device as a party of a call: withheld if restricted, unknown
// (the zero Party) unless identified.
func (e ExtendedDeviceID) Party() pbx.Party {
	switch e.Presence {
	case Identified:
		return e.Device.Party()
	case Restricted:
		return pbx.Party{Withheld: true}
	default:
		return pbx.Party{}
	}
}

// Number is the device's number, empty if it is not identified. It may be one
// that must not be shown: it serves to compare devices.
func (e ExtendedDeviceID) Number() pbx.DeviceID {
	if e.Presence != Identified {
		return ""
	}
	return e.Device.Device()
}

// extended is an element with a choice of deviceIdentifier and its likes.
func (c *coder) extended(name string, e *ExtendedDeviceID) { c.choice(name, "deviceIdentifier", e) }

// redirection is the same of a RedirectionDeviceID, which says numberDialed.
func (c *coder) redirection(name string, e *ExtendedDeviceID) { c.choice(name, "numberDialed", e) }

// endpoint is the same of a list of connections, which says deviceID.
func (c *coder) endpoint(name string, e *ExtendedDeviceID) { c.choice(name, "deviceID", e) }

func (c *coder) choice(name, identifier string, e *ExtendedDeviceID) {
	if c.writing {
		switch e.Presence {
		case Absent:
		case Identified:
			c.open(name)
			c.writeDevice(identifier, &e.Device)
			c.end(name)
		default:
			c.open(name)
			c.empty(presenceNames[e.Presence])
			c.end(name)
		}
		return
	}
	if id := c.reads(name); id != 0 {
		*e = c.readExtended(id)
	}
}

// readExtended takes whichever of the choice's elements it finds at whatever
// depth, or the text that stands there without any.
func (c *coder) readExtended(id int32) ExtendedDeviceID {
	if p := c.tree.presence(id); p != Absent {
		return ExtendedDeviceID{Presence: p}
	}
	d := c.readDevice(id)
	if d.Text == "" {
		return ExtendedDeviceID{Presence: NotKnown}
	}
	return ExtendedDeviceID{Identified, d}
}

// presence is what an element below id says in the place of an identifier.
func (t *tree) presence(id int32) Presence {
	for child := t.nodes[id].child; child != 0; child = t.nodes[child].next {
		for p := NotKnown; p <= Restricted; p++ {
			if sameName(t.nodes[child].name, presenceNames[p]) {
				return p
			}
		}
		if p := t.presence(child); p != Absent {
			return p
		}
	}
	return Absent
}

// ConnectionID names a connection (ECMA-269 §6.1.5); either part may be missing.
type ConnectionID struct {
	CallID   string
	DeviceID DeviceID
}

// IsZero reports whether neither part is there.
func (id ConnectionID) IsZero() bool { return id.CallID == "" && id.DeviceID.Text == "" }

// PBX is the id in the words of pbx.
func (id ConnectionID) PBX() pbx.ConnectionID {
	return pbx.ConnectionID{Call: pbx.CallID(id.CallID), Device: id.DeviceID.Device()}
}

// Connection is the ConnectionID of a call and a plain device.
func Connection(callID, device string) ConnectionID {
	return ConnectionID{CallID: callID, DeviceID: DeviceID{Text: device}}
}

// connection is an element with a ConnectionID.
func (c *coder) connection(name string, id *ConnectionID) {
	c.group(name, !id.IsZero(), func() {
		if c.writing && c.edition.Avaya {
			c.device("deviceID", &id.DeviceID)
			c.id("callID", &id.CallID)
			return
		}
		c.id("callID", &id.CallID)
		c.device("deviceID", &id.DeviceID)
	})
}
