//go:build peers

package daemon

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"text/template"
	"time"
)

// patience is how long the test waits for anything that has to happen. It is
// for slow machines: what it waits for takes milliseconds.
const patience = 30 * time.Second

// process is a program in a process group of its own, whose output goes to the
// test's log if the test fails.
type process struct {
	cmd  *exec.Cmd
	out  output
	done chan struct{}
	err  error // valid once done is closed
}

// start runs a program that ends with the test at the latest.
func start(t *testing.T, dir, name string, args ...string) *process {
	t.Helper()
	p := &process{cmd: exec.CommandContext(t.Context(), name, args...), done: make(chan struct{})}
	p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr = dir, &p.out, &p.out
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	p.cmd.Cancel = p.kill
	p.cmd.WaitDelay = 5 * time.Second
	if err := p.cmd.Start(); err != nil {
		t.Fatalf("start %s: %v (make peers installs it)", name, err)
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.done)
	}()
	t.Cleanup(func() {
		p.stop()
		if t.Failed() {
			t.Logf("--- %s said:\n%s", filepath.Base(name), p.out.String())
		}
	})
	return p
}

// kill ends the program with its children, as a power cut would.
func (p *process) kill() error {
	err := syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
	if errors.Is(err, syscall.ESRCH) {
		return os.ErrProcessDone
	}
	return err
}

// stop kills the program if it still runs, and waits for its end.
func (p *process) stop() {
	select {
	case <-p.done:
	default:
		_ = p.kill()
		<-p.done
	}
}

// alive fails the test if the program has ended by itself.
func (p *process) alive(t *testing.T) {
	t.Helper()
	select {
	case <-p.done:
		t.Fatalf("%s has ended: %v", p.cmd.Path, p.err)
	default:
	}
}

// succeeds waits for the program's own end, which must be a good one.
func (p *process) succeeds(t *testing.T) {
	t.Helper()
	select {
	case <-p.done:
	case <-time.After(patience):
		t.Fatalf("%s does not end", p.cmd.Path)
	}
	if p.err != nil {
		t.Fatalf("%s: %v", p.cmd.Path, p.err)
	}
}

// output collects what a program says while the test reads it.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// eventually asks again and again about what nobody reports.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	ask := time.NewTicker(20 * time.Millisecond)
	defer ask.Stop()
	late := time.After(patience)
	for !is() {
		select {
		case <-ask.C:
		case <-late:
			t.Fatalf("not within %v: %s", patience, what)
		}
	}
}

// fill writes a configuration file from its template.
func fill(t *testing.T, from, to string, values any) {
	t.Helper()
	tmpl, err := template.ParseFiles(from)
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := tmpl.Execute(f, values); err != nil {
		t.Fatal(err)
	}
}
