package sip

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestDialogEventsOfTransfers keeps what this link tells of the scenarios that
// were mirrored as well: pbx/sip/beside is tested with both.
func TestDialogEventsOfTransfers(t *testing.T) {
	for _, name := range []string{
		"asterisk-attended", "asterisk-blind", "asterisk-hold", "asterisk-neg-caller-leaves", "asterisk-pickup",
		"freeswitch-attended", "freeswitch-blind", "freeswitch-hold", "freeswitch-neg-consult-ends", "freeswitch-pickup",
	} {
		type told struct {
			At    time.Time
			Event pbx.Event
		}
		var lines bytes.Buffer
		out := json.NewEncoder(&lines)
		replayTo(t, name, "cti2", func(at time.Time, list []pbx.Event) {
			for i := range list {
				list[i].Time = list[i].Time.UTC()
				if err := out.Encode(told{at.UTC(), list[i]}); err != nil {
					t.Fatal(err)
				}
			}
		})
		golden(t, filepath.Join("beside", "testdata", name+".dialogs.jsonl"), lines.Bytes())
	}
}

func golden(t *testing.T, file string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is\n%s\nwant\n%s", file, got, want)
	}
}
