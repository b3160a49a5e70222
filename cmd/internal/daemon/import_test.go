package daemon_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ctibridge/ctibridge/bridge"
)

// TestImportKeepsDisabledAgents: a document that does not speak of enabled leaves a
// disabled agent disabled, also where it goes to the running program.
func TestImportKeepsDisabledAgents(t *testing.T) {
	w := newWorld(t, "tcp")
	for _, step := range []struct {
		says string
		want string
	}{{"", "enabled: true"}, {", enabled: false", "enabled: false"}, {"", "enabled: false"}, {", enabled: true", "enabled: true"}} {
		text := fmt.Sprintf("version: 1\nagents:\n  - {email: carla@example.com, org: %s%s}\n", w.org.ID(), step.says)
		doc, err := bridge.ParseDocument(strings.NewReader(text), func(string) string { return "" })
		if err != nil {
			t.Fatal(err)
		}
		w.load(doc, false)
		var out strings.Builder
		c := w.client()
		if err := c.Export(t.Context(), &out); err != nil {
			t.Fatal(err)
		}
		c.Close()
		_, carla, _ := strings.Cut(out.String(), "email: carla@example.com")
		carla, _, _ = strings.Cut(carla, "- email:")
		if !strings.Contains(carla, step.want) {
			t.Errorf("after {%s} she is not %s: %s", step.says, step.want, carla)
		}
	}
}
