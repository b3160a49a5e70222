package daemon_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/cmd/internal/daemon"
	"github.com/ctibridge/ctibridge/lookup"
)

// TestErase: after an erasure, while the bridge serves, no byte of a number, a
// record or an agent's calls is in the databases or their logs.
func TestErase(t *testing.T) {
	const number = "+493023125101"
	for name, tt := range map[string]struct {
		req   func(*world) daemon.PrivacyRequest
		marks func(*world) []string
		left  int // calls that stay
	}{
		"number": {
			func(*world) daemon.PrivacyRequest {
				return daemon.PrivacyRequest{Kind: daemon.PrivacyNumber, Value: "030 23125-101"}
			},
			func(w *world) []string { return []string{number, number[1:], storedDigits(number)} }, 1,
		},
		"record": {
			func(w *world) daemon.PrivacyRequest {
				return daemon.PrivacyRequest{Kind: daemon.PrivacyRecord, Value: w.seed.Known}
			},
			func(w *world) []string { return []string{w.seed.Known, number, number[1:], storedDigits(number)} }, 1,
		},
		"agent": {
			func(*world) daemon.PrivacyRequest {
				return daemon.PrivacyRequest{Kind: daemon.PrivacyAgent, Value: adaEmail}
			},
			func(*world) []string { return []string{stranger.Number} }, 0,
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, "tcp")
			ada := w.signIn(adaEmail, "ada-1", true)
			for _, caller := range []string{number, stranger.Number} {
				from := berta
				from.Number = caller
				h := w.pbx.Ring(adaExt, from)
				c := ada.finds(bridge.Ringing)
				w.must(w.pbx.CallerHangsUp(h))
				ada.ends(c.ID, bridge.EndAbandoned)
			}
			if got := len(w.why(daemon.WhyRequest{})); got != 2 {
				t.Fatalf("%d calls are kept, want 2", got)
			}
			marks := tt.marks(w)
			for _, m := range marks {
				if len(w.bytesOf(m)) == 0 {
					t.Fatalf("%q is nowhere before the erasure: the test would see nothing", m)
				}
			}
			c := w.client()
			defer c.Close()
			data, err := c.ExportPersonalData(t.Context(), tt.req(w))
			w.must(err)
			if len(data.Calls) != 2-tt.left || len(data.Elsewhere) == 0 {
				t.Errorf("the export is %+v", data)
			}
			done, err := c.Erase(t.Context(), tt.req(w))
			w.must(err)
			if int(done.Calls) != 2-tt.left || len(done.Elsewhere) == 0 {
				t.Errorf("erased: %+v", done)
			}
			for _, m := range marks {
				if files := w.bytesOf(m); len(files) > 0 {
					t.Errorf("%q is still in %v", m, files)
				}
			}
			if got := w.why(daemon.WhyRequest{}); len(got) != tt.left {
				t.Errorf("afterwards there is %+v", got)
			}
			if found, err := c.Lookup(t.Context(), "", []string{number}); tt.left == 1 && (err != nil || exact(found)) {
				t.Errorf("the directory still finds %+v, %v", found, err)
			}
			w.stop() // and writes nothing of it on the way out
			for _, m := range marks {
				if files := w.bytesOf(m); len(files) > 0 {
					t.Errorf("after the end %q is in %v", m, files)
				}
			}
		})
	}
}

// exact reports whether a person was found; the company may be known by its
// other numbers.
func exact(found []daemon.Found) bool {
	return slices.ContainsFunc(found[0].Matches, func(m daemon.FoundAs) bool { return m.Match == lookup.MatchExact })
}

// bytesOf are the files of the data folder that hold some bytes.
func (w *world) bytesOf(mark string) []string {
	w.t.Helper()
	files, err := filepath.Glob(filepath.Join(w.set.Data, "*.db*"))
	w.must(err)
	var found []string
	for _, f := range files {
		data, err := os.ReadFile(f)
		w.must(err)
		if bytes.Contains(data, []byte(mark)) {
			found = append(found, filepath.Base(f))
		}
	}
	return found
}

// storedDigits are a number's bytes as SQLite stores an integer of six bytes.
func storedDigits(number string) string {
	n, err := strconv.ParseUint(strings.TrimPrefix(number, "+"), 10, 48)
	if err != nil {
		panic(fmt.Sprintf("not a number: %v", err))
	}
	return string(binary.BigEndian.AppendUint64(nil, n)[2:])
}
