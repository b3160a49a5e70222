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

// site is an agent's place with all that belongs to it.
type site struct {
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

// newSite starts it all and signs the agent in.
func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{net: newLAN(t)}
	s.startOrg(t)
	s.pbx = startKamailio(t, s.net)
	s.phone = startPhone(t, s.net, agentExtension)
	s.page = httptest.NewServer(s.routes(t))
	t.Cleanup(s.page.Close)
	s.startBridge(t)
	s.panel = openPanel(t, s.page.URL)
	return s
}

func (s *site) startOrg(t *testing.T) {
	t.Helper()
	s.org = salesforcetest.NewOrg(salesforcetest.Options{})
	s.user = s.org.AddUser(salesforcetest.User{FirstName: "Ada", LastName: "Agent", Username: agentEmail, Email: agentEmail})
	var err error
	if s.seed, err = s.org.Seed(); err != nil {
		t.Fatal(err)
	}
	if err = s.org.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.org.Close() })
	s.client, err = salesforce.New(salesforce.Config{
		InstanceURL: s.org.URL(), ClientID: s.org.ClientID(), ClientSecret: s.org.ClientSecret(),
	})
	if err != nil {
		t.Fatal(err)
	}
}

// startBridge starts the daemon as the program does, but for a canary that
// asks every second instead of every thirty.
func (s *site) startBridge(t *testing.T) {
	t.Helper()
	said := &output{}
	log := slog.New(slog.NewTextHandler(said, nil))
	s.set = config.Defaults()
	s.set.Listen, s.set.Data, s.set.TLSMode = "127.0.0.1:0", t.TempDir(), config.TLSOff
	var err error
	s.daemon, err = New(t.Context(), Options{
		Settings: s.set, Version: "test", Logger: log,
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
	if err := s.daemon.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("--- the links: %+v", s.daemon.switches.statuses())
		}
		_ = s.daemon.Stop(context.WithoutCancel(t.Context()))
	})
	s.connect(t, "udp")
	for _, object := range []string{"Account", "Contact", "Lead"} {
		eventually(t, object+" is synced", func() bool { return s.metric(t, `ctibridge_sync_records{object="`+object+`"`) > 0 })
	}
}

// connect configures the link as config import would, and waits until the PBX
// has accepted to report on the agent.
func (s *site) connect(t *testing.T, transport string) {
	t.Helper()
	c, err := Connect(t.Context(), s.set, "test", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Import(t.Context(), s.document(transport), false); err != nil {
		t.Fatal(err)
	}
	s.watched(t)
}

// watched waits until the PBX reports on the agent's extension.
func (s *site) watched(t *testing.T) {
	t.Helper()
	eventually(t, "the PBX reports on the extension", func() bool { return s.metric(t, activeMetric) == 1 })
}

func (s *site) document(transport string) bridge.Document {
	kid, pem := s.org.TicketCertificate()
	return bridge.Document{
		Version: 1,
		Orgs: []lookup.OrgConfig{{
			ID: s.org.ID(), Name: "Org", InstanceURL: s.org.URL(), Origins: []string{s.page.URL},
			ClientID: s.org.ClientID(), ClientSecret: s.org.ClientSecret(),
			TicketCertificates: []lookup.TicketCertificate{{KID: kid, PEM: pem}},
		}},
		Links: []pbx.LinkConfig{{
			// No profile: the bridge finds out which PBX it is.
			Name: "office", Type: "sip", Transport: transport,
			Server: s.net.addr(hostPBX), Listen: s.net.addr(hostBridge), Username: "cti",
			DialPlan: pbx.DialPlan{Country: "DE", AreaCode: "30"},
		}},
		Agents: []bridge.Agent{{
			Email: agentEmail, Org: s.org.ID(), Devices: []bridge.Device{{Link: "office", Extension: agentExtension}}, Enabled: true,
			// The tests dial faster than any agent.
			Settings: bridge.Settings{DialsPerTenSeconds: new(50), DialsPerMinute: new(200)},
		}},
	}
}

func (s *site) url() string { return "http://" + s.daemon.Addr().String() }

// metric is the value of the first metric whose name and labels begin so.
func (s *site) metric(t *testing.T, prefix string) float64 {
	t.Helper()
	res, err := http.Get(s.url() + "/metrics")
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
func (s *site) routes(t *testing.T) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /", http.FileServerFS(os.DirFS("testdata/panel")))
	mux.Handle("GET /softphone-assets/", http.StripPrefix("/softphone-assets/", http.FileServerFS(softphone.Assets())))
	mux.HandleFunc("POST /ticket", func(w http.ResponseWriter, _ *http.Request) {
		ticket, err := s.org.Ticket(s.user.ID, s.url())
		if err != nil {
			t.Error(err)
		}
		_ = json.NewEncoder(w).Encode(map[string]string{"ticket": ticket, "bridgeUrl": s.url()})
	})
	mux.HandleFunc("GET /record/{object}/{id}", s.record)
	return mux
}

// record reads a record as uiRecordApi does.
func (s *site) record(w http.ResponseWriter, r *http.Request) {
	object, id := r.PathValue("object"), r.PathValue("id")
	soql := fmt.Sprintf("SELECT Name, Phone FROM %s WHERE Id = %s", object, salesforce.QuoteString(id))
	for rec, err := range s.client.Query(r.Context(), soql) {
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
