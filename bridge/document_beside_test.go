package bridge

import (
	"strings"
	"testing"

	"github.com/ctibridge/ctibridge/pbx"
)

// TestBeside: a mirror stands beside one SIP link that exists, and agents name
// the SIP link.
func TestBeside(t *testing.T) {
	sip := pbx.LinkConfig{Name: "pbx", Type: "sip", Server: "pbx.example.com"}
	ear := func(name, beside string) pbx.LinkConfig {
		return pbx.LinkConfig{Name: name, Type: "hep", Listen: "127.0.0.1:9060", Sources: []string{"192.0.2.10"}, Beside: beside}
	}
	for name, tt := range map[string]struct {
		links []pbx.LinkConfig
		known []pbx.LinkConfig
		agent string
		want  string
	}{
		"good":               {links: []pbx.LinkConfig{ear("ear", "pbx"), sip}},
		"alone":              {links: []pbx.LinkConfig{ear("ear", "")}},
		"configured already": {links: []pbx.LinkConfig{ear("ear", "pbx")}, known: []pbx.LinkConfig{sip}},
		"nobody":             {links: []pbx.LinkConfig{ear("ear", "other"), sip}, want: "links[0].beside"},
		"another mirror":     {links: []pbx.LinkConfig{ear("ear", "two"), ear("two", "")}, want: "must name a link of type sip"},
		"two beside one":     {links: []pbx.LinkConfig{sip, ear("ear", "pbx"), ear("two", "pbx")}, want: "has the mirror ear beside it already"},
		"agent's device":     {links: []pbx.LinkConfig{sip, ear("ear", "pbx")}, agent: "ear", want: "name that link"},
	} {
		d := Document{Version: DocumentVersion, Links: tt.links}
		if tt.agent != "" {
			d.Agents = []Agent{{Email: "ada@example.com", Org: "00D000000000001", Devices: []Device{{Link: tt.agent, Extension: "103"}}}}
		}
		err := d.Validate(Document{Links: tt.known, Version: DocumentVersion})
		switch {
		case tt.want == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
			t.Errorf("%s: %v, want %q in it", name, err, tt.want)
		}
	}
}
