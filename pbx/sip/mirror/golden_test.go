package mirror

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

// TestGoldenEvents keeps the events of the captured scenarios with all they
// hold: pbx/sip/beside is tested with them and with dialog events.
func TestGoldenEvents(t *testing.T) {
	for name := range scenarios {
		type told struct {
			At    time.Time
			Event pbx.Event
		}
		var lines bytes.Buffer
		out := json.NewEncoder(&lines)
		events := feed(t, follow(devicesOf(name)...), capture(t, scenario(name)))
		for i := range events {
			if err := out.Encode(told{events[i].Time, events[i]}); err != nil {
				t.Fatal(err)
			}
		}
		file := filepath.Join("..", "beside", "testdata", name+".mirror.jsonl")
		if *update {
			if err := os.WriteFile(file, lines.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(lines.Bytes(), want) {
			t.Errorf("%s is\n%s\nwant\n%s", file, lines.Bytes(), want)
		}
	}
}
