package pbxtest

import (
	"bytes"
	"unicode/utf8"

	"github.com/ctibridge/ctibridge/pbx/csta/ecma323"
)

// CSTAFault is a way for a CSTASwitch to misbehave.
type CSTAFault uint8

// The faults. Those about messages strike each message that the switch sends,
// those about events each event.
const (
	// CSTAShortLength counts characters for bytes in the frame's length, so that
	// every umlaut makes it one too short.
	CSTAShortLength CSTAFault = iota + 1
	// CSTALongLength makes the length 20 too long.
	CSTALongLength
	// CSTARubbish sends some bytes before a message.
	CSTARubbish
	// CSTANoNamespace leaves namespaces out, CSTAPrefix writes a prefix.
	CSTANoNamespace
	CSTAPrefix
	// CSTANested writes <deviceID><deviceIdentifier>, as asterisk-csp does.
	CSTANested
	// CSTALatin1 writes ISO-8859-1 without saying so.
	CSTALatin1
	// CSTAOneByte sends messages byte by byte.
	CSTAOneByte
	// CSTADuplicateEvent sends an event twice.
	CSTADuplicateEvent
	// CSTAEventRequestID sends an event with the invoke id of our last request,
	// CSTARequestID the switch's own requests too.
	CSTAEventRequestID
	CSTARequestID
	// CSTADropEvent loses an event.
	CSTADropEvent
	// CSTABrokenEvent cuts an event off in the middle.
	CSTABrokenEvent
	// CSTAUnknownEvent sends, before an event, one of a monitor that nobody
	// started and one that nobody knows.
	CSTAUnknownEvent
	// CSTASilence swallows a message, answers too.
	CSTASilence
	// CSTARefuseMonitor refuses MonitorStart for want of a licence.
	CSTARefuseMonitor
	// CSTAEventsFirst sends what a request causes before its answer.
	CSTAEventsFirst
	// CSTANoMonitorResponse starts a monitor and does not say so.
	CSTANoMonitorResponse
	// CSTANoSnapshotDevice and CSTANoSnapshotCall refuse a service as one that
	// the switch does not have; CSTAEmptySnapshot lists no calls of a device.
	CSTANoSnapshotDevice
	CSTANoSnapshotCall
	CSTAEmptySnapshot
	// CSTANoHeartbeat answers no SystemStatus and no RequestSystemStatus.
	CSTANoHeartbeat
	// CSTANamelessTransfer leaves out of a TransferedEvent who goes on talking.
	CSTANamelessTransfer
)

// Misbehave lets the next n occasions go wrong; 0 ends it, -1 is for ever.
func (s *CSTASwitch) Misbehave(f CSTAFault, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults[f] = n
}

func (s *CSTASwitch) strikes(f CSTAFault) bool {
	n := s.faults[f]
	if n > 0 {
		s.faults[f] = n - 1
	}
	return n != 0
}

// spell writes a message with the mistakes that are in force.
func (s *CSTASwitch) spell(m ecma323.Message, e ecma323.Edition) []byte {
	body := ecma323.AppendMessage(nil, m, e)
	if s.strikes(CSTANested) {
		body = bytes.ReplaceAll(body, []byte("<deviceID>"), []byte("<deviceID><deviceIdentifier>"))
		body = bytes.ReplaceAll(body, []byte("</deviceID>"), []byte("</deviceIdentifier></deviceID>"))
	}
	if s.strikes(CSTANoNamespace) {
		if before, rest, found := bytes.Cut(body, []byte(` xmlns="`)); found {
			_, after, _ := bytes.Cut(rest, []byte(`"`))
			body = append(append([]byte(nil), before...), after...)
		}
	}
	if s.strikes(CSTAPrefix) {
		body = prefixed(body)
	}
	if s.strikes(CSTALatin1) {
		body = latin1(body)
	}
	return body
}

func prefixed(body []byte) []byte {
	out := make([]byte, 0, 2*len(body))
	for i, c := range body {
		out = append(out, c)
		next := byte(' ')
		if i+1 < len(body) {
			next = body[i+1]
		}
		if c == '<' && next != '/' && next != '?' || c == '/' && i > 0 && body[i-1] == '<' {
			out = append(out, "csta:"...)
		}
	}
	return bytes.Replace(out, []byte(` xmlns="`), []byte(` xmlns:csta="`), 1)
}

func latin1(body []byte) []byte {
	out := make([]byte, 0, len(body))
	for _, r := range string(body) {
		if r > 0xff {
			r = '?'
		}
		out = append(out, byte(r))
	}
	return bytes.Replace(out, []byte(` encoding="UTF-8"`), nil, 1)
}

// frame puts a header before a message, wrong if that is in force.
func (s *CSTASwitch) frame(id ecma323.InvokeID, body []byte) []byte {
	out, err := ecma323.AppendRawFrame(nil, id, body)
	if err != nil {
		s.log.Error("csta: message too large", "err", err)
		return nil
	}
	size := len(out)
	if s.strikes(CSTAShortLength) {
		size = utf8.RuneCount(body) + len(out) - len(body)
	}
	if s.strikes(CSTALongLength) {
		size += 20
	}
	out[2], out[3] = byte(size>>8), byte(size)
	if s.strikes(CSTARubbish) {
		out = append([]byte("\r\n\x00\x01rubbish"), out...)
	}
	return out
}
