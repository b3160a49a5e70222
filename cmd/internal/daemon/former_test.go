package daemon_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/cmd/internal/daemon"
)

// TestCallsSurviveACrash: a bridge that comes back after kill -9 goes on with
// the calls that the switch still has, under their ids. What a crash leaves on
// the disk is a copy of the data folder taken while the bridge runs.
func TestCallsSurviveACrash(t *testing.T) {
	w := newWorld(t, "tcp")
	ada := w.signIn(adaEmail, "ada-1", true)
	h := w.pbx.Ring(adaExt, berta)
	before := ada.finds(bridge.Ringing)
	w.must(w.pbx.Answer(adaExt, h))
	before = ada.becomes(before.ID, bridge.Connected)
	over := w.pbx.Ring(bobExt, stranger)
	await(t, "both calls are on the disk", func() bool { return len(w.why(daemon.WhyRequest{})) == 2 })

	crashed := filepath.Join(filepath.Dir(w.set.Data), "crashed")
	copyDatabases(t, w.set.Data, crashed)
	resume := ada.Welcome.Resume
	w.stop()
	w.must(w.pbx.CallerHangsUp(over)) // nobody sees it
	w.set.SecretKeyFile, w.set.Data = w.set.Data+".key", crashed
	w.start()
	w.watching(2)

	o := w.tab(adaEmail, "ada-1", true)
	o.Ticket, o.Resume = "", resume
	var after bridge.Call
	await(t, "the call is back", func() bool {
		for _, e := range w.why(daemon.WhyRequest{Call: before.ID}) {
			return slices.ContainsFunc(e.Steps, func(s bridge.Step) bool { return s.Code == bridge.StepRestored })
		}
		return false
	})
	again := open(t, o)
	welcome := again.Welcome
	if len(welcome.Calls) != 1 {
		t.Fatalf("the tab that resumes is told of %+v, want the one call", welcome)
	}
	after = welcome.Calls[0]
	if after.ID != before.ID || after.Revision <= before.Revision || after.State != bridge.Connected {
		t.Errorf("the call goes on as %s, revision %d, %s; it was %s, revision %d", after.ID, after.Revision, after.State, before.ID, before.Revision)
	}
	if !after.StartedAt.Equal(before.StartedAt.Time) {
		t.Errorf("it started at %v, it says %v", before.StartedAt, after.StartedAt)
	}
	w.must(w.pbx.CallerHangsUp(h))
	again.ends(before.ID, bridge.EndHangup)

	for _, e := range w.why(daemon.WhyRequest{Agent: bobEmail}) {
		if e.Ended.IsZero() || e.Reason != bridge.EndAbandoned {
			t.Errorf("the call that ended meanwhile is kept as %+v", e)
		}
	}
}

// TestSecretsSurviveACrash: after kill -9 a note and a choice are there, and a
// call that was made private is nowhere, though the switch still tells of it.
func TestSecretsSurviveACrash(t *testing.T) {
	w := newWorld(t, "tcp")
	ada, bob := w.signIn(adaEmail, "ada-1", true), w.signIn(bobEmail, "bob-1", true)
	h := w.pbx.Ring(adaExt, berta)
	c := ada.finds(bridge.Ringing)
	w.must(w.pbx.Answer(adaExt, h))
	c = ada.becomes(c.ID, bridge.Connected)
	ada.Send(map[string]any{"type": "choose", "call": c.ID, "record": map[string]string{"object": "Contact", "id": w.seed.Known}})
	ada.Send(map[string]any{"type": "note", "call": c.ID, "text": "Wants the price list"})
	secret := w.pbx.Ring(bobExt, stranger)
	s := bob.finds(bridge.Ringing)
	w.must(w.pbx.Answer(bobExt, secret))
	s = bob.becomes(s.ID, bridge.Connected)
	if r := bob.Act("private-1", s.ID, bridge.ActionPrivate); !r.OK {
		t.Fatalf("private: %+v", r)
	}
	await(t, "the note is on the disk", func() bool {
		return slices.ContainsFunc(w.why(daemon.WhyRequest{Call: c.ID}), func(e daemon.Why) bool { return e.Note != nil })
	})

	crashed := filepath.Join(filepath.Dir(w.set.Data), "crashed")
	copyDatabases(t, w.set.Data, crashed)
	w.stop()
	w.set.SecretKeyFile, w.set.Data = w.set.Data+".key", crashed
	w.start()
	w.watching(2)
	await(t, "the call is back", func() bool {
		return slices.ContainsFunc(w.why(daemon.WhyRequest{Call: c.ID}), func(e daemon.Why) bool { return e.Revision > c.Revision })
	})
	again := w.signIn(adaEmail, "ada-1", true)
	if calls := again.Welcome.Calls; len(calls) != 1 || calls[0].ID != c.ID || calls[0].Note == nil || calls[0].Note.Text != "Wants the price list" ||
		calls[0].Chosen == nil || calls[0].Chosen.ID != w.seed.Known {
		t.Errorf("the call goes on as %+v", calls)
	}
	w.must(w.pbx.CallerHangsUp(secret))
	w.must(w.pbx.CallerHangsUp(h))
	again.ends(c.ID, bridge.EndHangup)
	if found := w.why(daemon.WhyRequest{}); len(found) != 1 || found[0].ID != c.ID {
		t.Errorf("the journal has %+v", found)
	}
	if later := w.signIn(bobEmail, "bob-1", true); len(later.Welcome.Calls) > 0 {
		t.Errorf("bob is told of %+v", later.Welcome.Calls)
	}
	for _, mark := range []string{stranger.Number, storedDigits(stranger.Number)} {
		if files := w.bytesOf(mark); len(files) > 0 {
			t.Errorf("%q is in %v", mark, files)
		}
	}
}

// copyDatabases copies the databases and their logs as they stand on the disk.
func copyDatabases(t *testing.T, from, to string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(from, "*.db*"))
	if err == nil {
		err = os.Mkdir(to, 0o700)
	}
	for _, f := range files {
		var data []byte
		if err == nil {
			data, err = os.ReadFile(f)
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(to, filepath.Base(f)), data, 0o600)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
}

// why asks as `ctibridge why` does.
func (w *world) why(r daemon.WhyRequest) []daemon.Why {
	w.t.Helper()
	c, err := daemon.Connect(w.t.Context(), w.set, "test", slog.New(slog.DiscardHandler))
	w.must(err)
	defer c.Close()
	found, err := c.Why(w.t.Context(), r)
	w.must(err)
	return found
}
