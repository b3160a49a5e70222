package main

import (
	"context"
	"crypto/rand"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/bridge/config"
	"github.com/ctibridge/ctibridge/cmd/internal/daemon"
	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/lookup/salesforce"
	"github.com/ctibridge/ctibridge/lookup/salesforce/salesforcetest"
	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/web/admin"
)

//go:embed page
var pageFiles embed.FS

// Who is who at the toy PBX and in the toy org.
const (
	adminName   = "demo"
	agentExt    = "1001"
	agentName   = "Ada Agent"
	agentEmail  = "ada@example.com"
	mateEmail   = "bob@example.com"
	mateExt     = "1002"
	mateName    = "Bob Beispiel"
	pbxUser     = "cti"
	pbxPassword = "toy-pbx-password"
	farEndDelay = 2 * time.Second
)

// The five ports in a row.
const (
	portPage = iota
	portOrg
	portBridge
	portPBX
	portLink
	ports
)

// world is everything that the demo runs.
type world struct {
	pageURL, bridgeURL string
	password           string

	org    *salesforcetest.Org
	seed   salesforcetest.Demo
	user   salesforcetest.User // Ada, who is rung
	mate   salesforcetest.User // Bob, whose page is /?as=bob
	client *salesforce.Client
	pbx    toyPBX
	link   pbx.LinkConfig // to it
	daemon *daemon.Daemon
	page   *http.Server
	folder string
	stop   chan struct{} // closed when the page's streams have to end
}

// newWorld starts it all; whatever fails, nothing is left running.
func newWorld(ctx context.Context, port int, kind string, log *slog.Logger) (_ *world, err error) {
	at := func(n int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port+n)) }
	if err := portsFree(ctx, at, port); err != nil {
		return nil, err
	}
	w := &world{
		pageURL: "http://" + at(portPage), bridgeURL: "http://" + at(portBridge),
		password: rand.Text()[:16], stop: make(chan struct{}),
	}
	defer func() {
		if err != nil {
			_ = w.close(ctx)
		}
	}()
	if err := w.startOrg(at(portOrg)); err != nil {
		return nil, err
	}
	if err := w.startPBX(kind, at(portPBX), at(portLink), log); err != nil {
		return nil, err
	}
	if err := w.startBridge(ctx, at, log); err != nil {
		return nil, err
	}
	return w, w.servePage(ctx, at(portPage))
}

// portsFree finds out before anything starts, so that the message is one line.
func portsFree(ctx context.Context, at func(int) string, first int) error {
	if first < 1024 || first+ports > 65535 {
		return fmt.Errorf("port %d is out of range: choose one from 1024 to %d with --port", first, 65535-ports)
	}
	var lc net.ListenConfig
	for n := range ports {
		l, err := lc.Listen(ctx, "tcp", at(n))
		if err == nil {
			err = l.Close()
		}
		if err == nil && n >= portPBX {
			var c net.PacketConn
			if c, err = lc.ListenPacket(ctx, "udp", at(n)); err == nil {
				err = c.Close()
			}
		}
		if errors.Is(err, syscall.EADDRINUSE) {
			return fmt.Errorf("port %d is taken: choose another first port, for example make demo FLAGS=\"--port %d\"", first+n, first+1000)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (w *world) startOrg(addr string) (err error) {
	w.org = salesforcetest.NewOrg(salesforcetest.Options{Addr: addr, PersonAccounts: true})
	w.user = w.org.AddUser(salesforcetest.User{FirstName: "Ada", LastName: "Agent", Username: agentEmail, Email: agentEmail})
	w.mate = w.org.AddUser(salesforcetest.User{FirstName: "Bob", LastName: "Beispiel", Username: mateEmail, Email: mateEmail})
	if w.seed, err = w.org.Seed(); err != nil {
		return err
	}
	if err = w.org.Start(); err != nil {
		return err
	}
	w.client, err = salesforce.New(salesforce.Config{
		InstanceURL: w.org.URL(), ClientID: w.org.ClientID(), ClientSecret: w.org.ClientSecret(),
	})
	return err
}

// startBridge gives the bridge a fresh data folder, configures it as an
// administrator would, and starts it.
func (w *world) startBridge(ctx context.Context, at func(int) string, log *slog.Logger) (err error) {
	if w.folder, err = os.MkdirTemp("", "ctibridge-demo-"); err != nil {
		return err
	}
	set := config.Defaults()
	set.Listen, set.Data, set.TLSMode = at(portBridge), filepath.Join(w.folder, "data"), config.TLSOff
	if err := w.configure(ctx, set, log); err != nil {
		return err
	}
	if w.daemon, err = daemon.New(ctx, daemon.Options{Settings: set, Version: "demo", Logger: log}); err != nil {
		return err
	}
	return w.daemon.Start(ctx)
}

func (w *world) configure(ctx context.Context, set config.Settings, log *slog.Logger) error {
	c, err := daemon.Connect(ctx, set, "demo", log)
	if err != nil {
		return err
	}
	defer c.Close()
	hash, err := admin.HashPassword(w.password)
	if err != nil {
		return err
	}
	if err := c.SaveAdministrator(ctx, daemon.AdministratorRequest{Name: adminName, PasswordHash: hash, Create: true}); err != nil {
		return err
	}
	_, err = c.Import(ctx, w.document(), false)
	return err
}

func (w *world) document() bridge.Document {
	kid, pem := w.org.TicketCertificate()
	return bridge.Document{
		Version: 1,
		Orgs: []lookup.OrgConfig{{
			ID: w.org.ID(), Name: "Toy org", InstanceURL: w.org.URL(), Origins: []string{w.pageURL},
			ClientID: w.org.ClientID(), ClientSecret: w.org.ClientSecret(),
			TicketCertificates: []lookup.TicketCertificate{{KID: kid, PEM: pem}},
		}},
		Links:  []pbx.LinkConfig{w.link},
		Groups: []bridge.Group{{Name: "Service"}},
		Agents: []bridge.Agent{
			{Email: agentEmail, Org: w.org.ID(), Devices: []bridge.Device{{Link: "toy", Extension: agentExt}}, Groups: []string{"Service"}, Enabled: true},
			{Email: mateEmail, Org: w.org.ID(), Devices: []bridge.Device{{Link: "toy", Extension: mateExt}}, Groups: []string{"Service"}, Enabled: true},
		},
	}
}

func (w *world) servePage(ctx context.Context, addr string) error {
	files, err := fs.Sub(pageFiles, "page")
	if err != nil {
		return err
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	w.page = &http.Server{Handler: w.routes(files), ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = w.page.Serve(l) }()
	return nil
}

// close ends everything in the reverse order of its start.
func (w *world) close(ctx context.Context) error {
	var errs []error
	close(w.stop)
	if w.page != nil {
		errs = append(errs, w.page.Shutdown(ctx))
	}
	if w.daemon != nil {
		errs = append(errs, w.daemon.Stop(ctx))
	}
	if w.pbx != nil {
		w.pbx.Close()
	}
	if w.org != nil {
		errs = append(errs, w.org.Close())
	}
	if w.folder != "" {
		errs = append(errs, os.RemoveAll(w.folder))
	}
	return errors.Join(errs...)
}
