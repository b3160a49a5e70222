package ecma323

import (
	"strings"

	"github.com/ctibridge/ctibridge/pbx"
)

// DeviceID names a device (ECMA-269 §12.3.14) as the switch wrote it.
type DeviceID struct {
	// Text is the identifier; ParseDeviceID takes it apart.
	Text string
	// TypeOfNumber and MediaClass are the attributes; empty: the schema's
	// defaults (dialingNumber, notKnown).
	TypeOfNumber, MediaClass string
	// PrivateNumber and PrivateName (editions 5 and 6) say that number or name
	// must not be shown although they are there.
	PrivateNumber, PrivateName bool
}

// ID is a DeviceID of a plain text.
func ID(text string) DeviceID { return DeviceID{Text: text} }

// Device is the device's number in the words of pbx.
func (d DeviceID) Device() pbx.DeviceID { return pbx.DeviceID(ParseDeviceID(d.Text).Number) }

// Party is the device as a party of a call. One that must not be shown has
// neither number nor name.
func (d DeviceID) Party() pbx.Party {
	if d.PrivateNumber || anonymous(d.Text) {
		return pbx.Party{Withheld: true}
	}
	parsed := ParseDeviceID(d.Text)
	if d.PrivateName {
		parsed.Name = ""
	}
	return pbx.Party{Number: parsed.Number, Name: parsed.Name}
}

// anonymous recognises the addresses that stand for a withheld caller
// (RFC 3323 §4.1 and habit).
func anonymous(text string) bool {
	user, _, _ := strings.Cut(stripScheme(text), "@")
	user, _, _ = strings.Cut(user, ";")
	for _, word := range [...]string{"anonymous", "restricted", "withheld", "private"} {
		if strings.EqualFold(user, word) {
			return true
		}
	}
	return false
}

// DeviceText is a device identifier taken apart.
type DeviceText struct {
	// Number is what one can dial: digits, "+…", or the user part of an
	// address.
	Number string
	// Name is the name that came with the number, empty where it is another
	// number.
	Name string
	// Agent is the agent logged on at the device (after '%').
	Agent string
	// UID is OpenScape Voice's key of the original call, which stays the same
	// when a transfer gives the call a new callID.
	UID string
}

// ParseDeviceID takes a device identifier apart, whatever its form: digits;
// N<digits!subaddress&ca/ext%agent>name of ECMA-269, with OpenScape Voice's
// ;key=value behind it; tel: and sip: addresses; Avaya's number:switch:address:n.
// It allocates nothing.
func ParseDeviceID(text string) DeviceText {
	text = stripScheme(strings.TrimSpace(text))
	if d, ok := switchingFunctionForm(text); ok {
		return d
	}
	d := DeviceText{Number: text, UID: parameter(text, "uid")}
	if i := strings.IndexByte(text, ':'); i > 0 && strings.IndexByte(text[i+1:], ':') >= 0 && dialable(text[:i]) {
		d.Number = text[:i]
		return d
	}
	if i := strings.IndexAny(d.Number, ";@"); i >= 0 {
		d.Number = d.Number[:i]
	}
	d.Number = strings.TrimSpace(d.Number)
	return d
}

// switchingFunctionForm reads N<…>name;key=value, the N being any letters or
// none.
func switchingFunctionForm(text string) (DeviceText, bool) {
	open := strings.IndexByte(text, '<')
	if open < 0 || !letters(text[:open]) {
		return DeviceText{}, false
	}
	inner, rest, found := strings.Cut(text[open+1:], ">")
	if !found {
		return DeviceText{}, false
	}
	var d DeviceText
	if i := strings.IndexByte(inner, '%'); i >= 0 {
		d.Agent = inner[i+1:]
	}
	d.Number = inner
	if i := strings.IndexAny(inner, "!&/%;"); i >= 0 {
		d.Number = inner[:i]
	}
	d.Number = strings.TrimSpace(stripScheme(d.Number))
	if i := strings.IndexByte(d.Number, '@'); i >= 0 {
		d.Number = d.Number[:i]
	}
	name := rest
	if i := strings.IndexByte(rest, ';'); i >= 0 {
		name = rest[:i]
		d.UID = parameter(rest, "uid")
	}
	if name = strings.TrimSpace(name); hasLetter(name) {
		d.Name = name // else it is a number once more, written for people
	}
	return d, true
}

// parameter is the value of ;key= in text.
func parameter(text, key string) string {
	for {
		i := strings.IndexByte(text, ';')
		if i < 0 {
			return ""
		}
		text = text[i+1:]
		if len(text) > len(key) && text[len(key)] == '=' && strings.EqualFold(text[:len(key)], key) {
			value, _, _ := strings.Cut(text[len(key)+1:], ";")
			return value
		}
	}
}

func stripScheme(text string) string {
	for _, scheme := range [...]string{"tel:", "sip:", "sips:"} {
		if len(text) > len(scheme) && strings.EqualFold(text[:len(scheme)], scheme) {
			return text[len(scheme):]
		}
	}
	return text
}

func letters(s string) bool {
	for i := range len(s) {
		if c := s[i] | 0x20; c < 'a' || c > 'z' {
			return false
		}
	}
	return true
}

func hasLetter(s string) bool {
	for _, r := range s {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= 0x80 {
			return true
		}
	}
	return false
}

// dialable tells digits, with what else a telephone can dial.
func dialable(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && c != '+' && c != '*' && c != '#' {
			return false
		}
	}
	return s != ""
}

// device is an element with a DeviceID.
func (c *coder) device(name string, d *DeviceID) {
	if c.writing {
		if d.Text != "" {
			c.writeDevice(name, d)
		}
		return
	}
	if id := c.reads(name); id != 0 {
		*d = c.readDevice(id)
	}
}

func (c *coder) writeDevice(name string, d *DeviceID) {
	c.out = append(append(c.out, '<'), name...)
	c.attr("typeOfNumber", d.TypeOfNumber)
	c.attr("mediaClass", d.MediaClass)
	if d.PrivateNumber {
		c.attr("privateNumber", "true")
	}
	if d.PrivateName {
		c.attr("privateName", "true")
	}
	c.out = append(c.out, '>')
	c.out = appendEscaped(c.out, d.Text)
	c.end(name)
}

// readDevice takes text and attributes from the element where the text stands.
func (c *coder) readDevice(id int32) DeviceID {
	text, at := c.tree.deepValue(id)
	d := DeviceID{Text: text}
	n := &c.tree.nodes[at]
	for _, a := range c.tree.attrs[n.attrs:n.attrsEnd] {
		switch {
		case sameName(a.name, "typeOfNumber"):
			d.TypeOfNumber = a.value
		case sameName(a.name, "mediaClass"):
			d.MediaClass = a.value
		case sameName(a.name, "privateNumber"):
			d.PrivateNumber = truth(a.value)
		case sameName(a.name, "privateName"):
			d.PrivateName = truth(a.value)
		}
	}
	return d
}
