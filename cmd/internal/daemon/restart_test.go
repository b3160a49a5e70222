package daemon_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/bridge/config"
	"github.com/ctibridge/ctibridge/cmd/internal/daemon"
	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/pbxtest"
)

// TestRestartKeepsSubscriptions: a bridge that comes back goes on with the
// subscriptions that it has at the switch, one that was taken a link away leaves
// none.
func TestRestartKeepsSubscriptions(t *testing.T) {
	t.Parallel()
	for _, transport := range []string{"udp", "tcp"} {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			const phones = 20
			sw, err := pbxtest.NewSIPSwitch(pbxtest.SIPOptions{Username: pbxUser, Password: pbxPassword, Expires: time.Hour})
			if err != nil {
				t.Fatal(err)
			}
			doc := bridge.Document{Version: 1, Orgs: []lookup.OrgConfig{{Name: "Toy", ID: "00D000000000001EAA", InstanceURL: "https://toy.example.com"}}}
			doc.Links = []pbx.LinkConfig{{
				Name: "toy", Type: "sip", Profile: "freeswitch", Transport: transport, Server: sw.Addr(), Username: pbxUser, Password: pbxPassword,
			}}
			for i := range phones {
				ext := fmt.Sprint(1001 + i)
				sw.AddExtension(ext, "Phone")
				doc.Agents = append(doc.Agents, bridge.Agent{
					Email: ext + "@example.com", Org: "00D000000000001EAA", Enabled: true, Devices: []bridge.Device{{Link: "toy", Extension: ext}},
				})
			}
			sw.Start()
			t.Cleanup(sw.Close)

			set := settings(t)
			life := func(first, last *bridge.Document) {
				t.Helper()
				d := newDaemon(t, daemon.Options{Settings: set, Version: "test"})
				if err := d.Start(t.Context()); err != nil {
					t.Fatal(err)
				}
				load(t, set, first)
				active(t, d, phones)
				load(t, set, last)
				stop(t, d)
			}
			life(&doc, nil)
			if got := sw.Subscriptions(); got != phones {
				t.Fatalf("%d subscriptions after the bridge was stopped, want %d", got, phones)
			}
			for range 2 {
				before := sw.Subscribes()
				life(nil, nil)
				if got := sw.Subscriptions(); got != phones {
					t.Errorf("%d subscriptions after a restart, want %d", got, phones)
				}
				if asked := sw.Subscribes() - before; asked > 2*phones+4 { // each is challenged once
					t.Errorf("%d SUBSCRIBEs for %d refreshes", asked, phones)
				}
			}
			life(nil, &bridge.Document{Version: 1, Orgs: doc.Orgs})
			if got := sw.Subscriptions(); got != 0 {
				t.Errorf("%d subscriptions of a link that was deleted", got)
			}
		})
	}
}

// load imports a configuration in place of the one there is; nil changes nothing.
func load(t *testing.T, set config.Settings, doc *bridge.Document) {
	t.Helper()
	if doc == nil {
		return
	}
	c, err := daemon.Connect(t.Context(), set, "test", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Import(t.Context(), *doc, true); err != nil {
		t.Fatal(err)
	}
}

// active waits until the link reports on so many extensions.
func active(t *testing.T, d *daemon.Daemon, want int) {
	t.Helper()
	deadline := time.Now().Add(waitFor)
	line := fmt.Sprintf("ctibridge_link_active{link=\"toy\"} %d\n", want)
	for {
		res, err := http.Get("http://" + d.Addr().String() + "/metrics")
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), line) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("not all are reported on:\n%s", text)
		}
		time.Sleep(20 * time.Millisecond) // a state that nobody signals
	}
}
