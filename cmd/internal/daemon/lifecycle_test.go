package daemon_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/bridge/config"
	"github.com/ctibridge/ctibridge/cmd/internal/daemon"
	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/pbx"
)

// newDaemon is a bridge without links and orgs; it does not run yet.
func newDaemon(t *testing.T, o daemon.Options) *daemon.Daemon {
	t.Helper()
	d, err := daemon.New(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, d) })
	return d
}

func stop(t *testing.T, d *daemon.Daemon) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), waitFor)
	defer cancel()
	if err := d.Stop(ctx); err != nil {
		t.Errorf("stop: %v", err)
	}
}

// oneLine checks an error that a person reads.
func oneLine(t *testing.T, err error, wants ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one that says %q", wants)
	}
	for _, want := range wants {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error %q does not say %q", err, want)
		}
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("the error has several lines: %q", err)
	}
}

func TestAddressTaken(t *testing.T) {
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	s := settings(t)
	s.Listen = l.Addr().String()
	_, err = daemon.New(t.Context(), daemon.Options{Settings: s})
	oneLine(t, err, s.Listen, "taken", "--listen")

	// Nothing stays open: with a free port it works.
	s.Listen = "127.0.0.1:0"
	newDaemon(t, daemon.Options{Settings: s})
}

func TestDataFolderInUse(t *testing.T) {
	s := settings(t)
	newDaemon(t, daemon.Options{Settings: s})
	_, err := daemon.New(t.Context(), daemon.Options{Settings: s})
	oneLine(t, err, s.Data, "in use", fmt.Sprint(os.Getpid()), "--data")
}

func TestRefusedSettings(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*config.Settings)
		says   []string
	}{
		"open to the network without TLS": {
			func(s *config.Settings) { s.Listen, s.PublicURL = "0.0.0.0:0", "https://cti.example.com" },
			[]string{"TLS", "behind_proxy"},
		},
		"certificate that is not there": {
			func(s *config.Settings) {
				s.TLSMode, s.TLSCert, s.TLSKey = config.TLSFiles, s.Data+".crt", s.Data+".pem"
			},
			[]string{"certificate", ".crt"},
		},
		"data folder under a file": {
			func(s *config.Settings) { s.Data, s.SecretKeyFile = os.DevNull+"/data", s.Data+".key" },
			[]string{"data folder", os.DevNull},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := settings(t)
			c.change(&s)
			_, err := daemon.New(t.Context(), daemon.Options{Settings: s})
			oneLine(t, err, c.says...)
		})
	}
}

func TestBehindProxyMayListenEverywhere(t *testing.T) {
	t.Parallel()
	s := settings(t)
	s.Listen, s.TLSMode, s.PublicURL = "0.0.0.0:0", config.TLSBehindProxy, "https://cti.example.com"
	d := newDaemon(t, daemon.Options{Settings: s})
	if err := d.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// TestStop ends a bridge in every state, as often as one likes, and leaves
// neither goroutines nor the control socket.
func TestStop(t *testing.T) {
	for name, start := range map[string]func(*daemon.Daemon) error{
		"before it started": func(*daemon.Daemon) error { return nil },
		"while it serves":   func(d *daemon.Daemon) error { return d.Start(context.Background()) },
		"after a start that failed": func(d *daemon.Daemon) error {
			ctx, cancel := context.WithCancel(context.Background())
			cancel()
			if d.Start(ctx) == nil {
				return errors.New("it started with an ended context")
			}
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := settings(t)
			d := newDaemon(t, daemon.Options{Settings: s})
			if err := start(d); err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			var together sync.WaitGroup
			for range 3 {
				together.Go(func() { stop(t, d) })
			}
			together.Wait()
			stop(t, d)
			if took := time.Since(began); took > waitFor/2 {
				t.Errorf("stopping took %v", took)
			}
			noGoroutines(t)
			if _, err := os.Lstat(s.ControlPath()); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("the control socket is left: %v", err)
			}
			newDaemon(t, daemon.Options{Settings: s}) // the folder is free again
			if err := d.Reload(t.Context()); err == nil {
				t.Error("a bridge that ended took a new configuration")
			}
		})
	}
}

// TestChangesDuringStop imports without pause while the bridge stops.
func TestChangesDuringStop(t *testing.T) {
	w := newWorld(t, "udp")
	doc, c := w.document(), w.client()
	defer c.Close()
	ctx, cancel := context.WithCancel(t.Context())
	var importing sync.WaitGroup
	first := make(chan struct{})
	importing.Go(func() {
		for n := 0; ; n++ {
			doc.Links[0].Listen = fmt.Sprintf("127.0.0.%d:0", n%2+1) // another link each time
			_, err := c.Import(ctx, doc, false)
			if n == 0 {
				close(first)
			}
			if err != nil {
				return
			}
		}
	})
	<-first
	w.stop()
	cancel()
	importing.Wait()
	noGoroutines(t)
}

// TestFiles looks at what is on the disk: databases, key and control socket
// are the owner's alone, and no secret stands in the databases.
func TestFiles(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "udp")
	err := filepath.WalkDir(filepath.Dir(w.set.Data), func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		if info.Mode().Perm()&0o077 != 0 && path != filepath.Dir(w.set.Data) {
			t.Errorf("%s has mode %v", filepath.Base(path), info.Mode())
		}
		if !info.Mode().IsRegular() {
			return nil
		}
		data, err := os.ReadFile(path)
		for _, secret := range []string{pbxPassword, w.org.ClientSecret()} {
			if strings.Contains(string(data), secret) {
				t.Errorf("%s holds a secret in plain text", filepath.Base(path))
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	w.logMu.Lock()
	defer w.logMu.Unlock()
	for _, secret := range []string{pbxPassword, w.org.ClientSecret(), panelPassword} {
		if strings.Contains(w.log.String(), secret) {
			t.Error("the log holds a secret")
		}
	}
}

// TestFirstOrg configures the first org by the environment, over what an
// administrator has added to it meanwhile.
func TestFirstOrg(t *testing.T) {
	t.Parallel()
	org, _ := startOrg(t)
	environment := map[string]string{
		"SF_INSTANCE_URL": org.URL() + "/", "SF_CLIENT_ID": org.ClientID(), "SF_CLIENT_SECRET": org.ClientSecret(),
	}
	o := daemon.Options{Settings: settings(t), Getenv: func(name string) string { return environment[name] }}
	w := &world{t: t, set: o.Settings}
	w.daemon = newDaemon(t, o)
	if err := w.daemon.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.synced()
	c := w.client()
	defer c.Close()
	found, err := c.Lookup(t.Context(), org.ID(), []string{"+493023125101"})
	if err != nil || len(found) != 1 || len(found[0].Matches) != 1 {
		t.Fatalf("the directory says %+v, %v", found, err)
	}

	// A certificate that is added acts without a restart, and survives one.
	kid, pem := org.TicketCertificate()
	w.load(bridge.Document{Version: 1, Orgs: []lookup.OrgConfig{{
		ID: org.ID(), Name: "Named", InstanceURL: org.URL(), ClientID: org.ClientID(), TicketCertificates: []lookup.TicketCertificate{{KID: kid, PEM: pem}},
	}}}, false)
	for range 2 {
		findings, err := w.client().Check(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range findings {
			if strings.HasPrefix(f.Subject, "org ") && (f.Level == daemon.LevelProblem || !strings.HasPrefix(f.Subject, "org Named")) {
				t.Errorf("check says %+v", f)
			}
		}
		stop(t, w.daemon)
		w.daemon = newDaemon(t, o)
		if err := w.daemon.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.synced()
	}
}

// TestHealth asks what a load balancer and a monitor ask.
func TestHealth(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "udp")
	ada := w.signIn(adaEmail, "ada-1", true)
	w.rings(adaExt, ada)
	for path, want := range map[string]string{"/healthz": "ok\n", "/readyz": "ready\n"} {
		if status, body := fetch(t, http.DefaultClient, w.url()+path); status != http.StatusOK || body != want {
			t.Errorf("%s: %d %q", path, status, body)
		}
	}
	page := w.get("/metrics")
	for _, want := range []string{
		`ctibridge_link_state{link="toy",state="connected"} 1`, `ctibridge_link_active{link="toy"} 2`, "ctibridge_pops_total 1",
		"ctibridge_navigations_total 1", "ctibridge_pop_seconds_count 1", "ctibridge_calls 0",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("/metrics lacks %s", want)
		}
	}
	for _, leak := range []string{"23125", "Berta", "ada@", adaExt} {
		if strings.Contains(withoutValues(page), leak) {
			t.Errorf("/metrics tells %q", leak)
		}
	}
	w.pbx.Close()
	await(t, "the bridge is not ready without its PBX", func() bool {
		status, body := fetch(t, http.DefaultClient, w.url()+"/readyz")
		return status == http.StatusServiceUnavailable && strings.Contains(body, "link")
	})
	if status, _ := fetch(t, http.DefaultClient, w.url()+"/healthz"); status != http.StatusOK {
		t.Errorf("without its PBX the process is said to be dead: %d", status)
	}
}

// withoutValues is a page of metrics without what was measured, any digits of
// which may look like an extension.
func withoutValues(page string) string {
	lines := strings.Split(page, "\n")
	for i, line := range lines {
		if at := strings.LastIndexByte(line, ' '); at >= 0 && !strings.HasPrefix(line, "#") {
			lines[i] = line[:at]
		}
	}
	return strings.Join(lines, "\n")
}

// TestLinkThatCannotBeOpened keeps nothing else from working.
func TestLinkThatCannotBeOpened(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "udp")
	ada := w.signIn(adaEmail, "ada-1", true)
	d := w.document()
	d.Links = append(d.Links, pbx.LinkConfig{Name: "broken", Type: "sip", Profile: "generic", Server: w.pbx.Addr(), Listen: w.daemon.Addr().String(), Transport: "tcp"})
	w.load(d, false)
	w.rings(adaExt, ada)
}

// TestLog writes JSON that machines read, one object a line.
func TestLog(t *testing.T) {
	var mu sync.Mutex
	var text strings.Builder
	log := slog.New(slog.NewJSONHandler(writer(func(p []byte) {
		mu.Lock()
		defer mu.Unlock()
		text.Write(p)
	}), nil))
	d := newDaemon(t, daemon.Options{Settings: settings(t), Logger: log})
	if err := d.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	stop(t, d)
	mu.Lock()
	defer mu.Unlock()
	for line := range strings.Lines(text.String()) {
		if !json.Valid([]byte(line)) {
			t.Errorf("not JSON: %s", line)
		}
	}
	if !strings.Contains(text.String(), `"msg":"serving"`) {
		t.Errorf("the log is\n%s", text.String())
	}
}

type writer func([]byte)

func (w writer) Write(p []byte) (int, error) { w(p); return len(p), nil }
