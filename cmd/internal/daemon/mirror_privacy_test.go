package daemon_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/pbx/sip/hep"
)

// What may come out nowhere: of a body, of credentials, of a call in which
// nobody takes part whom the bridge watches.
var private = map[string]string{
	"a body":                       "marker-in-a-body",
	"an Authorization header":      "marker-in-credentials",
	"the number of a stranger":     "1632960777",
	"the name of a stranger":       "Fremde Person",
	"the contact of a stranger":    "marker-contact",
	"a message that is broken off": "marker-malformed",
	"a packet with another key":    "marker-key",
}

// full is a message with all that a real one has.
func full(start, sender, callID, from, to, cseq string) string {
	body := "v=0\r\ns=" + private["a body"] + "\r\n"
	return fmt.Sprintf("%s\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%s\r\nFrom: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %s\r\n"+
		"Authorization: Digest username=\"x\", response=\"%s\"\r\nProxy-Authorization: Digest response=\"%[8]s\"\r\n"+
		"Contact: <sip:%s@192.0.2.77>\r\nContent-Type: application/sdp\r\nContent-Length: %d\r\n\r\n%s",
		start, sender, callID+cseq[:1], from, to, callID, cseq, private["an Authorization header"], private["the contact of a stranger"], len(body), body)
}

// TestMirrorKeepsNothingPrivate looks for it in all that the program writes:
// logs at debug level, metrics, status, frames, files.
func TestMirrorKeepsNothingPrivate(t *testing.T) {
	w := newWorld(t, "udp")
	ada := w.signIn(adaEmail, "ada-1", true)
	e := w.listens()
	const pbxHost, phone, far = "192.0.2.10:5060", "192.0.2.77:5060", "198.51.100.7:5060"
	caller, phoneSide := "<sip:+493023125101@192.0.2.10>;tag=m", "<sip:"+adaExt+"@192.0.2.101>"
	stranger := fmt.Sprintf("\"%s\" <sip:+44%s@192.0.2.10>", private["the name of a stranger"], private["the number of a stranger"])
	other := "<sip:1999@192.0.2.77>"

	messages := []string{
		full("INVITE sip:1999@192.0.2.77 SIP/2.0", pbxHost, "u-1", stranger+";tag=m", other, "1 INVITE"),
		full("SIP/2.0 180 Ringing", pbxHost, "u-1", stranger+";tag=m", other+";tag=p", "1 INVITE"),
		full("SIP/2.0 200 OK", pbxHost, "u-1", stranger+";tag=m", other+";tag=p", "1 INVITE"),
		full("BYE sip:1999@192.0.2.77 SIP/2.0", pbxHost, "u-1", stranger+";tag=m", other+";tag=p", "2 BYE"),
		full("INVITE sip:+44"+private["the number of a stranger"]+"@192.0.2.10 SIP/2.0", phone, "u-2", other+";tag=p", stranger, "1 INVITE"),
		full("INVITE sip:1999@192.0.2.10 SIP/2.0", far, "u-3", stranger+";tag=t", "<sip:1999@192.0.2.10>", "1 INVITE"),
		full("MESSAGE sip:"+adaExt+"@192.0.2.101 SIP/2.0", pbxHost, "u-4", stranger+";tag=m", phoneSide, "1 MESSAGE"),
		full("REGISTER sip:192.0.2.10 SIP/2.0", phone, "u-5", other+";tag=p", other, "1 REGISTER"),
		full("SIP/2.0 200 OK", phone, "u-5", other+";tag=p", other, "1 REGISTER"),
		"INVITE sip:x@192.0.2.10 SIP/2.0\r\n" + private["a message that is broken off"],
		full("INVITE sip:"+adaExt+"@192.0.2.101 SIP/2.0", pbxHost, "in-1", caller, phoneSide, "1 INVITE"),
		full("SIP/2.0 180 Ringing", pbxHost, "in-1", caller, phoneSide+";tag=p", "1 INVITE"),
	}
	for _, m := range messages {
		e.sends(m, "mirror")
	}
	e.sends(full("INVITE sip:"+adaExt+"@192.0.2.101 SIP/2.0", pbxHost, private["a packet with another key"], stranger+";tag=k", phoneSide, "1 INVITE"), "wrong")
	c := ada.finds(bridge.Ringing)
	await(t, "all packets are counted", func() bool { return w.ear.Status().Messages == uint64(len(messages)+1) })
	if err := e.conn.Close(); err != nil {
		t.Fatal(err)
	}
	places := map[string]string{
		"the metrics": w.get("/metrics"), "a frame": fmt.Sprintf("%s %+v", ada.raw, ada.frames),
		"a status": fmt.Sprintf("%+v %+v", w.ear.Status(), w.status()),
	}
	if !strings.Contains(places["a frame"], string(c.ID)) || !strings.Contains(places["the metrics"], `link="ear"`) {
		t.Fatal("the watched call is in no frame, or the mirror in no metric: nothing would be found")
	}
	w.stop()
	w.logMu.Lock()
	places["the log"] = w.log.String()
	w.logMu.Unlock()
	files := 0
	w.must(filepath.WalkDir(w.set.Data, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(name)
		places["the file "+entry.Name()] = string(data)
		files++
		return err
	}))
	if files < 2 || !strings.Contains(places["the log"], "level=DEBUG") {
		t.Errorf("%d files, and the log at debug level has %d bytes", files, len(places["the log"]))
	}
	for what, marker := range private {
		for place, text := range places {
			if strings.Contains(text, marker) {
				t.Errorf("%s is in %s", what, place)
			}
		}
	}
}

// sends mirrors one message with a key.
func (e *ear) sends(message, key string) {
	e.t.Helper()
	p := hep.Packet{Protocol: hep.ProtocolSIP, Key: []byte(key), Payload: []byte(message)}
	data, err := p.Append(nil)
	if err != nil {
		e.t.Fatal(err)
	}
	if _, err := e.conn.Write(data); err != nil {
		e.t.Fatal(err)
	}
}
