//go:build peers

package daemon

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/bridge/config"
	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/lookup/salesforce"
	"github.com/ctibridge/ctibridge/lookup/salesforce/salesforcetest"
	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/sip"
	"github.com/ctibridge/ctibridge/web/softphone"
)

const (
	agentExtension = "1001"
	agentEmail     = "ada@example.com"
	canary         = time.Second

	activeMetric = `ctibridge_link_active{link="office"}`
)

// desk is an agent's place with all that belongs to it.
type desk struct {
	net    lan
	org    *salesforcetest.Org
	seed   salesforcetest.Demo
	user   salesforcetest.User
	client *salesforce.Client
	pbx    *kamailio
	phone  *phone
	page   *httptest.Server
	set    config.Settings
	daemon *Daemon
	panel  *panel
}

// newDesk starts it all and signs the agent in.
func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{net: newLAN(t)}
	d.startOrg(t)
	d.pbx = startKamailio(t, d.net)
	d.phone = startPhone(t, d.net, agentExtension)
	d.page = httptest.NewServer(d.routes(t))
	t.Cleanup(d.page.Close)
	d.startBridge(t)
	d.panel = openPanel(t, d.page.URL)
	return d
}

func (d *desk) startOrg(t *testing.T) {
	t.Helper()
	d.org = salesforcetest.NewOrg(salesforcetest.Options{})
	d.user = d.org.AddUser(salesforcetest.User{FirstName: "Ada", LastName: "Agent", Username: agentEmail, Email: agentEmail})
	var err error
	if d.seed, err = d.org.Seed(); err != nil {
		t.Fatal(err)
	}
	if err = d.org.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.org.Close() })
	d.client, err = salesforce.New(salesforce.Config{
		InstanceURL: d.org.URL(), ClientID: d.org.ClientID(), ClientSecret: d.org.ClientSecret(),
	})
	if err != nil {
		t.Fatal(err)
	}
}

// startBridge starts the daemon as the program does, but for a canary that
// asks every second instead of every thirty.
func (d *desk) startBridge(t *testing.T) {
	t.Helper()
	said := &output{}
	log := slog.New(slog.NewTextHandler(said, nil))
	d.set = config.Defaults()
	d.set.Listen, d.set.Data, d.set.TLSMode = "127.0.0.1:0", t.TempDir(), config.TLSOff
	var err error
	d.daemon, err = New(t.Context(), Options{
		Settings: d.set, Version: "test", Logger: log,
		OpenLink: func(c pbx.LinkConfig) (pbx.Link, error) {
			return sip.New(c, sip.Options{Logger: log, Canary: canary})
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("--- the bridge said:\n%s", said)
		}
	})
	if err := d.daemon.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("--- the links: %+v", d.daemon.switches.statuses())
		}
		_ = d.daemon.Stop(context.WithoutCancel(t.Context()))
	})
	d.connect(t, "udp")
	eventually(t, "the contacts are synced", func() bool { return d.metric(t, `ctibridge_sync_records{object="Contact"`) > 0 })
}

// connect configures the link as config import would, and waits until the PBX
// has accepted to report on the agent.
func (d *desk) connect(t *testing.T, transport string) {
	t.Helper()
	c, err := Connect(t.Context(), d.set, "test", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Import(t.Context(), d.document(transport), false); err != nil {
		t.Fatal(err)
	}
	d.watched(t)
}

// watched waits until the PBX reports on the agent's extension.
func (d *desk) watched(t *testing.T) {
	t.Helper()
	eventually(t, "the PBX reports on the extension", func() bool { return d.metric(t, activeMetric) == 1 })
}

func (d *desk) document(transport string) bridge.Document {
	kid, pem := d.org.TicketCertificate()
	return bridge.Document{
		Version: 1,
		Orgs: []lookup.OrgConfig{{
			ID: d.org.ID(), Name: "Org", InstanceURL: d.org.URL(), Origins: []string{d.page.URL},
			ClientID: d.org.ClientID(), ClientSecret: d.org.ClientSecret(),
			TicketCertificates: []lookup.TicketCertificate{{KID: kid, PEM: pem}},
		}},
		Links: []pbx.LinkConfig{{
			Name: "office", Type: "sip", Profile: "kamailio", Transport: transport,
			Server: d.net.addr(hostPBX), Listen: d.net.addr(hostBridge), Username: "cti",
			DialPlan: pbx.DialPlan{Country: "DE", AreaCode: "30"},
		}},
		Agents: []bridge.Agent{{
			Email: agentEmail, Org: d.org.ID(), Devices: []bridge.Device{{Link: "office", Extension: agentExtension}}, Enabled: true,
		}},
	}
}

func (d *desk) url() string { return "http://" + d.daemon.Addr().String() }

// metric is the value of the first metric whose name and labels begin so.
func (d *desk) metric(t *testing.T, prefix string) float64 {
	t.Helper()
	res, err := http.Get(d.url() + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	for lines := bufio.NewScanner(res.Body); lines.Scan(); {
		if !strings.HasPrefix(lines.Text(), prefix) {
			continue
		}
		_, value, _ := strings.Cut(lines.Text()[len(prefix):], " ")
		if v, err := strconv.ParseFloat(value, 64); err == nil {
			return v
		}
	}
	return 0
}

// routes serve the page with the real bundle, and what Salesforce does for it.
func (d *desk) routes(t *testing.T) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /", http.FileServerFS(os.DirFS("testdata/panel")))
	mux.Handle("GET /softphone-assets/", http.StripPrefix("/softphone-assets/", http.FileServerFS(softphone.Assets())))
	mux.HandleFunc("POST /ticket", func(w http.ResponseWriter, _ *http.Request) {
		ticket, err := d.org.Ticket(d.user.ID, d.url())
		if err != nil {
			t.Error(err)
		}
		_ = json.NewEncoder(w).Encode(map[string]string{"ticket": ticket, "bridgeUrl": d.url()})
	})
	mux.HandleFunc("GET /record/{object}/{id}", d.record)
	return mux
}

// record reads a record as uiRecordApi does.
func (d *desk) record(w http.ResponseWriter, r *http.Request) {
	object, id := r.PathValue("object"), r.PathValue("id")
	soql := fmt.Sprintf("SELECT Name, Phone FROM %s WHERE Id = %s", object, salesforce.QuoteString(id))
	for rec, err := range d.client.Query(r.Context(), soql) {
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		fields := map[string]any{}
		for _, name := range []string{"Name", "Phone"} {
			fields[name] = map[string]any{"value": rec.String(name), "displayValue": nil}
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{"id": id, "apiName": object, "fields": fields})
		return
	}
	http.Error(w, io.EOF.Error(), http.StatusNotFound)
}
