package daemon_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/bridge/config"
	"github.com/ctibridge/ctibridge/bridge/store"
	"github.com/ctibridge/ctibridge/cmd/internal/daemon"
	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/lookup/salesforce/salesforcetest"
	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/pbxtest"
	"github.com/ctibridge/ctibridge/pbx/sip"
	"github.com/ctibridge/ctibridge/pbx/sip/mirror"
)

// Who sits where.
const (
	adaExt, bobExt, spareExt, newExt = "1001", "1002", "1003", "1004"

	adaEmail = "ada@example.com"
	bobEmail = "bob@example.com"

	pbxUser, pbxPassword = "cti", "toy-pbx-password"
)

// waitFor bounds every wait; a test that is right never comes near it.
const waitFor = 20 * time.Second

// world is the whole program in one process: toy PBX, toy org, bridge.
type world struct {
	t           *testing.T
	transport   string
	org         *salesforcetest.Org
	seed        salesforcetest.Demo
	users       map[string]salesforcetest.User // by e-mail
	pbx         *pbxtest.SIPSwitch
	csta        *pbxtest.CSTASwitch  // in its place, where the transport is csta
	certificate *pbxtest.Certificate // of the switch, where the link speaks TLS
	set         config.Settings
	userEvery   time.Duration // how often users are looked at
	daemon      *daemon.Daemon
	log         *strings.Builder
	logMu       sync.Mutex

	linkMu sync.Mutex
	ear    *mirror.Link
	link   pbx.Link // the one opened last
}

// newWorld starts it all and waits until the PBX reports on every extension
// and the org's records are in the directory.
func newWorld(t *testing.T, transport string) *world {
	t.Helper()
	w := &world{t: t, transport: transport, users: make(map[string]salesforcetest.User), log: &strings.Builder{}}
	t.Cleanup(func() {
		if t.Failed() {
			w.logMu.Lock()
			defer w.logMu.Unlock()
			t.Logf("--- the bridge said:\n%s", w.log)
		}
	})
	w.org, w.seed = startOrg(t)
	for _, u := range []salesforcetest.User{
		{FirstName: "Ada", LastName: "Agent", Username: adaEmail, Email: adaEmail},
		{FirstName: "Bob", LastName: "Beispiel", Username: bobEmail, Email: bobEmail},
		{FirstName: "Carla", LastName: "Neu", Username: "carla@example.com", Email: "carla@example.com"},
	} {
		w.users[u.Email] = w.org.AddUser(u)
	}
	w.startPBX("")
	w.set = settings(t)
	w.start()
	w.load(w.document(), false)
	w.watching(2)
	w.synced()
	return w
}

func startOrg(t *testing.T) (*salesforcetest.Org, salesforcetest.Demo) {
	t.Helper()
	org := salesforcetest.NewOrg(salesforcetest.Options{PersonAccounts: true})
	seed, err := org.Seed()
	if err != nil {
		t.Fatal(err)
	}
	if err := org.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = org.Close() })
	return org, seed
}

// settings are those of a bridge on a free loopback port. The folder's path is
// short, because a socket has to go into it.
func settings(t *testing.T) config.Settings {
	t.Helper()
	folder, err := os.MkdirTemp("", "cti-") //nolint:usetesting // t.TempDir is too long for a socket's path
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	s := config.Defaults()
	s.Listen, s.Data, s.TLSMode = "127.0.0.1:0", filepath.Join(folder, "data"), config.TLSOff
	return s
}

func (w *world) startPBX(addr string) {
	w.t.Helper()
	var err error
	if w.transport == "csta" {
		w.startCSTA(addr)
		return
	}
	if w.transport == "tls" && w.certificate == nil {
		if w.certificate, err = pbxtest.NewCertificate(); err != nil {
			w.t.Fatal(err)
		}
	}
	w.pbx, err = pbxtest.NewSIPSwitch(pbxtest.SIPOptions{Addr: addr, Username: pbxUser, Password: pbxPassword, Certificate: w.certificate, PhonesCSTA: w.transport == overDesks})
	if err != nil {
		w.t.Fatal(err)
	}
	for ext, name := range map[string]string{adaExt: "Ada Agent", bobExt: "Bob Beispiel", spareExt: "Spare", newExt: "New"} {
		w.pbx.AddExtension(ext, name)
	}
	w.pbx.Start()
	w.t.Cleanup(w.pbx.Close)
}

// start starts the bridge; a later one gets the address of the first, so that
// its tabs find it again.
func (w *world) start() {
	w.t.Helper()
	d, err := daemon.New(w.t.Context(), daemon.Options{
		Settings: w.set, Version: "test", OpenLink: w.openLink, UserInterval: w.userEvery,
		Logger: slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.daemon = d
	if err := d.Start(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(w.stop)
	w.set.Listen = d.Addr().String()
}

// Write takes the bridge's log.
func (w *world) Write(p []byte) (int, error) {
	w.logMu.Lock()
	defer w.logMu.Unlock()
	return w.log.Write(p)
}

// openLink is the link of the program, but impatient.
func (w *world) openLink(c pbx.LinkConfig) (pbx.Link, error) {
	if c.Type == "hep" {
		l, err := mirror.New(c, mirror.Options{Logger: slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelDebug}))})
		w.linkMu.Lock()
		defer w.linkMu.Unlock()
		w.ear = l
		return l, err
	}
	if c.Type == "csta" {
		return w.openCSTA(c)
	}
	l, err := sip.New(c, sip.Options{Expires: 4 * time.Second, Canary: 300 * time.Millisecond, Retry: 20 * time.Millisecond, Timeout: 3 * time.Second})
	if err != nil {
		return nil, err
	}
	w.linkMu.Lock()
	defer w.linkMu.Unlock()
	w.link = l
	return l, nil
}

func (w *world) stop() {
	ctx, cancel := context.WithTimeout(context.Background(), waitFor)
	defer cancel()
	if err := w.daemon.Stop(ctx); err != nil {
		w.t.Errorf("stop: %v", err)
	}
}

// url is what browsers call the bridge by, and the tickets' audience.
func (w *world) url() string { return "http://" + w.daemon.Addr().String() }

func (w *world) document() bridge.Document {
	kid, pem := w.org.TicketCertificate()
	agent := func(email, ext string) bridge.Agent {
		return bridge.Agent{
			Email: email, Org: w.org.ID(), Devices: []bridge.Device{{Link: "toy", Extension: ext}},
			Groups: []string{"Service"}, Enabled: true,
		}
	}
	return bridge.Document{
		Version: 1,
		Orgs: []lookup.OrgConfig{{
			ID: w.org.ID(), Name: "Toy org", InstanceURL: w.org.URL(), ClientID: w.org.ClientID(), ClientSecret: w.org.ClientSecret(),
			TicketCertificates: []lookup.TicketCertificate{{KID: kid, PEM: pem}},
		}},
		Links:  []pbx.LinkConfig{w.linkConfig()},
		Groups: []bridge.Group{{Name: "Service"}},
		Agents: []bridge.Agent{agent(adaEmail, adaExt), agent(bobEmail, bobExt)},
	}
}

// linkConfig is the link to the toy PBX.
func (w *world) linkConfig() pbx.LinkConfig {
	c := pbx.LinkConfig{
		Name: "toy", Type: "sip", Profile: "freeswitch", Transport: w.transport, Listen: "127.0.0.1:0",
		Username: pbxUser, Password: pbxPassword, DialPlan: pbx.DialPlan{Country: "DE", AreaCode: "30"},
	}
	switch {
	case w.transport == overDesks:
		c.Profile, c.Transport, c.Server, c.DialBy, c.AnswerBy = "generic", "udp", w.pbx.Addr(), "uacsta", "uacsta"
	case w.csta != nil:
		c.Type, c.Profile, c.Transport, c.Listen, c.Server = "csta", "", "tcp", "", w.csta.Addr()
		c.CSTA = pbx.CSTA{Dialect: "session", Prompt: true}
	case w.certificate != nil:
		c.Server, c.TLS = w.pbx.TLSAddr(), pbx.TLS{Pin: w.certificate.Pin}
	default:
		c.Server = w.pbx.Addr()
	}
	return c
}

// client reaches the bridge as commands do.
func (w *world) client() *daemon.Client {
	w.t.Helper()
	c, err := daemon.Connect(w.t.Context(), w.set, "test", slog.New(slog.DiscardHandler))
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

// load imports a document as `config import` does.
func (w *world) load(d bridge.Document, replace bool) store.ImportReport {
	w.t.Helper()
	c := w.client()
	defer c.Close()
	report, err := c.Import(w.t.Context(), d, replace)
	if err != nil {
		w.t.Fatal(err)
	}
	return report
}

// watching waits until the PBX reports on n extensions, and on no other.
func (w *world) watching(n int) {
	w.t.Helper()
	await(w.t, fmt.Sprintf("the PBX reports on %d extensions", n), func() bool {
		s := w.status()
		asked := 0
		if w.csta != nil {
			asked = w.csta.Monitors()
		} else {
			asked = w.pbx.Subscriptions()
		}
		return s.Watched == n && s.Active == n && asked == n
	})
}

// status is how the link is.
func (w *world) status() pbx.Status {
	w.linkMu.Lock()
	defer w.linkMu.Unlock()
	return w.link.Status()
}

// synced waits until all three objects have been fetched.
func (w *world) synced() {
	w.t.Helper()
	await(w.t, "the records are in the directory", func() bool {
		page := w.get("/metrics")
		return !slices.ContainsFunc([]string{"Account", "Contact", "Lead"}, func(object string) bool {
			return !strings.Contains(page, `ctibridge_sync_records{object="`+object+`"`)
		})
	})
}

func (w *world) get(path string) string {
	w.t.Helper()
	_, body := fetch(w.t, http.DefaultClient, w.url()+path)
	return body
}

// await asks until something has come true.
func await(t *testing.T, what string, is func() bool) {
	t.Helper()
	late := time.NewTimer(waitFor)
	defer late.Stop()
	again := time.NewTicker(2 * time.Millisecond)
	defer again.Stop()
	for !is() {
		select {
		case <-again.C:
		case <-late.C:
			t.Fatalf("waited %v in vain: %s", waitFor, what)
		}
	}
}

// phone waits until a toy phone shows a call in a state.
func (w *world) phone(ext, state string) pbxtest.PhoneCall {
	w.t.Helper()
	late := time.NewTimer(waitFor)
	defer late.Stop()
	for {
		changed := w.pbx.Changed()
		calls := w.pbx.Calls(ext)
		if i := slices.IndexFunc(calls, func(c pbxtest.PhoneCall) bool { return c.State == state }); i >= 0 {
			return calls[i]
		}
		select {
		case <-changed:
		case <-late.C:
			w.t.Fatalf("phone %s is not %s but shows %+v", ext, state, calls)
		}
	}
}

// must is for what the toy phones do.
func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}
