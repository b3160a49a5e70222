package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/lookup/salesforce/salesforcetest"
	"github.com/ctibridge/ctibridge/pbx/pbxtest"
)

// waitFor bounds every wait.
const waitFor = 20 * time.Second

// shell runs commands as a person would, in one data folder.
type shell struct {
	t    *testing.T
	data string
	env  map[string]string
}

func newShell(t *testing.T) *shell {
	t.Helper()
	folder, err := os.MkdirTemp("", "cti-") //nolint:usetesting // t.TempDir is too long for a socket's path
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	data := filepath.Join(folder, "data")
	return &shell{t, data, map[string]string{"CTIBRIDGE_DATA": data, "CTIBRIDGE_LISTEN": "127.0.0.1:0"}}
}

// said is what a command wrote, and its exit code.
type said struct {
	code     int
	out, err string
}

func (s *shell) run(args ...string) said { return s.pipe("", args...) }

// pipe runs a command with text on standard input.
func (s *shell) pipe(in string, args ...string) said {
	s.t.Helper()
	var out, err bytes.Buffer
	ctx, cancel := context.WithTimeout(s.t.Context(), waitFor)
	defer cancel()
	code := run(ctx, args, &streams{in: strings.NewReader(in), out: &out, err: &err, getenv: s.getenv})
	return said{code, out.String(), err.String()}
}

func (s *shell) getenv(name string) string { return s.env[name] }

// must runs a command that has to work.
func (s *shell) must(args ...string) string {
	s.t.Helper()
	got := s.run(args...)
	if got.code != 0 {
		s.t.Fatalf("%v ended with %d: %s%s", args, got.code, got.out, got.err)
	}
	return got.out
}

// expect checks the exit code and that all texts are there, on either stream.
func (g said) expect(t *testing.T, code int, texts ...string) {
	t.Helper()
	if g.code != code {
		t.Errorf("ended with %d, want %d", g.code, code)
	}
	for _, text := range texts {
		if !strings.Contains(g.out+g.err, text) {
			t.Errorf("does not say %q", text)
		}
	}
	if t.Failed() {
		t.Fatalf("out: %s\nerr: %s", g.out, g.err)
	}
}

// file writes a file and returns its name.
func (s *shell) file(name, text string) string {
	s.t.Helper()
	path := filepath.Join(s.t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
	return path
}

// server is `serve` in this process.
type server struct {
	s      *shell
	cancel context.CancelFunc
	done   chan int
	log    *lines
}

// serve starts the bridge and waits until it serves.
func (s *shell) serve(args ...string) *server {
	s.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	v := &server{s, cancel, make(chan int, 1), &lines{wrote: make(chan struct{}, 1)}}
	go func() {
		v.done <- run(ctx, append([]string{"serve"}, args...), &streams{in: strings.NewReader(""), out: v.log, err: v.log, getenv: s.getenv})
	}()
	s.t.Cleanup(func() { v.stop() })
	late := time.After(waitFor)
	for !strings.Contains(v.log.text(), "ctibridge serves") {
		select {
		case <-v.log.wrote:
		case code := <-v.done:
			v.done <- code
			s.t.Fatalf("serve ended with %d: %s", code, v.log.text())
		case <-late:
			s.t.Fatalf("serve does not serve: %s", v.log.text())
		}
	}
	return v
}

// stop ends it as Ctrl-C does, and returns its exit code.
func (v *server) stop() int {
	v.s.t.Helper()
	v.cancel()
	select {
	case code := <-v.done:
		v.done <- code
		return code
	case <-time.After(waitFor):
		v.s.t.Errorf("serve does not end: %s", v.log.text())
		return -1
	}
}

// url is where it serves.
func (v *server) url() string {
	_, rest, _ := strings.Cut(v.log.text(), "ctibridge serves ")
	url, _, _ := strings.Cut(rest, " ")
	return url
}

// lines collects what is written from several goroutines.
type lines struct {
	mu    sync.Mutex
	b     strings.Builder
	wrote chan struct{}
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case l.wrote <- struct{}{}:
	default:
	}
	return l.b.Write(p)
}

func (l *lines) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// site is the toy PBX and the toy org that a document speaks of.
type site struct {
	org  *salesforcetest.Org
	seed salesforcetest.Demo
	pbx  *pbxtest.SIPSwitch
}

func newSite(t *testing.T) *site {
	t.Helper()
	x := &site{org: salesforcetest.NewOrg(salesforcetest.Options{})}
	var err error
	if x.seed, err = x.org.Seed(); err != nil {
		t.Fatal(err)
	}
	if err = x.org.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = x.org.Close() })
	if x.pbx, err = pbxtest.NewSIPSwitch(pbxtest.SIPOptions{Username: "cti", Password: "toy-pbx-password"}); err != nil {
		t.Fatal(err)
	}
	x.pbx.AddExtension("1001", "Ada Agent")
	x.pbx.Start()
	t.Cleanup(x.pbx.Close)
	return x
}

// document is what an administrator would write; pairs replace texts in it.
func (x *site) document(pairs ...string) string {
	kid, pem := x.org.TicketCertificate()
	text := `version: 1
orgs:
  - id: ` + x.org.ID() + `
    name: Toy org
    instanceURL: ` + x.org.URL() + `
    clientID: ` + x.org.ClientID() + `
    clientSecret: env:SF_SECRET
    ticketCertificates:
      - kid: ` + kid + `
        pem: |
          ` + strings.ReplaceAll(strings.TrimSpace(pem), "\n", "\n          ") + `
links:
  - name: main
    type: sip
    profile: freeswitch
    transport: tcp
    server: ` + x.pbx.Addr() + `
    listen: 127.0.0.1:0
    username: cti
    password: toy-pbx-password
    dialPlan: {country: DE, areaCode: "30"}
groups:
  - name: Service
agents:
  - email: ada@example.com
    org: ` + x.org.ID() + `
    devices: [{link: main, extension: "1001"}]
    groups: [Service]
`
	return strings.NewReplacer(pairs...).Replace(text)
}

// configured is a shell whose data folder knows the site.
func (x *site) configured(t *testing.T, pairs ...string) *shell {
	t.Helper()
	s := newShell(t)
	s.env["SF_SECRET"] = x.org.ClientSecret()
	s.must("config", "import", s.file("config.yaml", x.document(pairs...)))
	return s
}
