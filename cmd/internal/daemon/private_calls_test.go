package daemon_test

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/cmd/internal/daemon"
	"github.com/ctibridge/ctibridge/pbx/pbxtest"
)

// TestPrivateCallLeavesNothing looks for a private call's number, its name and what
// was written on it in all that the program writes, whatever the switch speaks, at
// debug level and on the way out, too. The log has no call's.
func TestPrivateCallLeavesNothing(t *testing.T) {
	secret := pbxtest.Caller{Number: "+441632960777", Name: "Fremde Person"}
	usual := pbxtest.Caller{Number: "+441632960778", Name: "Andere Person"}
	for _, transport := range []string{"tcp", "csta"} {
		t.Run(transport, func(t *testing.T) {
			w := newWorld(t, transport)
			ada, bob := w.signIn(adaEmail, "ada-1", true), w.signIn(bobEmail, "bob-1", true)
			d := &desk{w, w.pbx, ada, bob}
			if w.csta != nil {
				d.pbx = w.csta
			}
			h := d.pbx.RingGroup([]string{adaExt, bobExt}, secret)
			c := ada.finds(bridge.Ringing)
			w.must(d.pbx.Answer(adaExt, h))
			ada.becomes(c.ID, bridge.Connected)
			other := d.pbx.Ring(bobExt, usual)
			bob.finds(bridge.Ringing)
			ada.asks(map[string]any{"type": "note", "request": "n-1", "call": c.ID, "text": "Merkmal: ruft von 01632 960779 an"})
			marks := []string{secret.Number[1:], secret.Name, "Merkmal", "960779"}
			await(t, "the call is on the disk", func() bool { return len(w.bytesOf(marks[0])) > 0 && len(w.bytesOf(marks[2])) > 0 })
			if r := ada.Act("private-1", c.ID, bridge.ActionPrivate); !r.OK {
				t.Fatalf("private: %+v", r)
			}
			w.nowhere(marks, w.says())
			w.must(d.pbx.CallerHangsUp(h))
			w.must(d.pbx.CallerHangsUp(other))
			await(t, "the other call is over", func() bool {
				found := w.why(daemon.WhyRequest{})
				return len(found) == 1 && !found[0].Ended.IsZero() && found[0].Number == usual.Number
			})
			w.nowhere(marks, w.says())
			w.stop()
			w.nowhere(marks, nil)
			w.logMu.Lock()
			defer w.logMu.Unlock()
			if log := w.log.String(); !strings.Contains(log, "level=DEBUG") || strings.Contains(log, usual.Number[1:]) || strings.Contains(log, usual.Name) {
				t.Error("the log has no line at debug level, or a caller")
			}
		})
	}
}

// says is what the running program says of itself.
func (w *world) says() map[string]string {
	return map[string]string{"the metrics": w.get("/metrics"), "the status": fmt.Sprintf("%+v", w.status())}
}

// nowhere looks for marks in the log, every file, and what more there is.
func (w *world) nowhere(marks []string, more map[string]string) {
	w.t.Helper()
	w.logMu.Lock()
	places := map[string]string{"the log": w.log.String()}
	w.logMu.Unlock()
	maps.Copy(places, more)
	w.must(filepath.WalkDir(w.set.Data, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(name)
		places["the file "+entry.Name()] = string(data)
		return err
	}))
	for _, where := range slices.Sorted(maps.Keys(places)) {
		for _, mark := range marks {
			if strings.Contains(places[where], mark) {
				w.t.Errorf("%q is in %s", mark, where)
			}
		}
	}
}

// TestEraseWhatOthersSay: a number goes from what is kept of calls with others, too,
// and the answer says where the configuration has it.
func TestEraseWhatOthersSay(t *testing.T) {
	const number = "+493023125102"
	w := newWorld(t, "tcp")
	doc := w.document()
	doc.Exclusions = []bridge.Exclusion{{Number: number}}
	doc.Groups[0].Settings.DialBlocked = []string{number}
	w.load(doc, false)
	ada := w.signIn(adaEmail, "ada-1", true)
	h := w.pbx.Ring(adaExt, stranger)
	c := ada.finds(bridge.Ringing)
	w.must(w.pbx.Answer(adaExt, h))
	ada.becomes(c.ID, bridge.Connected)
	ada.asks(map[string]any{"type": "note", "request": "n-1", "call": c.ID, "text": "bitte 030/23125-102 anrufen"})
	await(t, "the note is on the disk", func() bool { return len(w.bytesOf("030/23125-102")) > 0 })
	client := w.client()
	defer client.Close()
	req := daemon.PrivacyRequest{Kind: daemon.PrivacyNumber, Value: "030 23125-102"}
	data, err := client.ExportPersonalData(t.Context(), req)
	w.must(err)
	if m := data.Mentions; len(m) != 1 || m[0].Call != c.ID || m[0].Where != bridge.MentionNote {
		t.Errorf("the export names %+v", m)
	}
	done, err := client.Erase(t.Context(), req)
	w.must(err)
	if done.Calls != 0 || done.Mentions != 1 || !slices.Equal(done.Configured, []string{"exclusions", "groups[Service].dialBlocked"}) ||
		!slices.Equal(data.Configured, done.Configured) {
		t.Errorf("erased: %+v", done)
	}
	if files := w.bytesOf("030/23125-102"); len(files) > 0 {
		t.Errorf("it is still in %v", files)
	}
	if c := ada.shows(func(n bridge.Call) bool {
		return n.ID == c.ID && n.Note != nil && strings.Contains(n.Note.Text, "[…]")
	}); c.State != bridge.Connected {
		t.Errorf("ada is shown %+v", c)
	}
	w.must(w.pbx.CallerHangsUp(h))
	ada.ends(c.ID, bridge.EndHangup)
	w.stop()
	if files := w.bytesOf("030/23125-102"); len(files) > 0 {
		t.Errorf("after the end it is in %v", files)
	}
}
