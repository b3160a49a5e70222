package csta

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/pbxtest"
)

const (
	berta   = "+493023125101"
	dialled = "+493023125077"
)

// patience bounds every wait; a test that is right never comes near it.
const patience = 10 * time.Second

// rig is a link that runs against a toy switch.
type rig struct {
	t      *testing.T
	sw     *pbxtest.CSTASwitch
	link   *Link
	cfg    pbx.LinkConfig
	events chan pbx.Event
	stop   func()
	log    *logged
}

// logged keeps what is logged.
type logged struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func toySwitch(t *testing.T, o pbxtest.CSTAOptions) *pbxtest.CSTASwitch {
	t.Helper()
	sw, err := pbxtest.NewCSTASwitch(o)
	if err != nil {
		t.Fatal(err)
	}
	for _, ext := range []string{"1001", "1002", "1003"} {
		sw.AddExtension(ext, "Agent "+ext)
	}
	sw.Start()
	t.Cleanup(sw.Close)
	return sw
}

// newRig makes a link to a new switch, which run starts.
func newRig(t *testing.T, o pbxtest.CSTAOptions, change func(*pbx.LinkConfig, *Options)) *rig {
	t.Helper()
	sw := toySwitch(t, o)
	r := &rig{t: t, sw: sw, events: make(chan pbx.Event, 1<<12), log: &logged{}}
	r.cfg = pbx.LinkConfig{
		Name: "pbx", Type: "csta", Server: sw.Addr(), Username: o.Username, Password: o.Password,
		CSTA: pbx.CSTA{Dialect: string(o.Dialect), Prompt: true, Switch: "CM1"},
	}
	if o.Certificate != nil {
		r.cfg.Transport, r.cfg.TLS.Pin = "tls", o.Certificate.Pin
	}
	opts := Options{
		Retry: 20 * time.Millisecond, MonitorRetry: 50 * time.Millisecond, Farewell: 200 * time.Millisecond,
		Logger: slog.New(slog.NewTextHandler(r.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	if change != nil {
		change(&r.cfg, &opts)
	}
	link, err := New(r.cfg, opts)
	if err != nil {
		t.Fatal(err)
	}
	r.link = link
	return r
}

func (r *rig) run(devices ...pbx.DeviceID) *rig {
	r.t.Helper()
	r.link.Watch(devices)
	ctx, cancel := context.WithCancel(r.t.Context())
	ended := make(chan error, 1)
	go func() { ended <- r.link.Run(ctx, r.events) }()
	var once sync.Once
	r.stop = func() {
		once.Do(func() {
			cancel()
			select {
			case err := <-ended:
				if err != nil {
					r.t.Errorf("Run: %v", err)
				}
			case <-time.After(patience):
				r.t.Error("Run did not return")
			}
		})
	}
	r.t.Cleanup(r.stop)
	return r
}

// next waits for an event that is described so: "1001 Delivered".
func (r *rig) next(want string) pbx.Event {
	r.t.Helper()
	deadline := time.After(patience)
	var before []string
	for {
		select {
		case e := <-r.events:
			got := describe(&e)
			if got == want {
				return e
			}
			before = append(before, got)
		case <-deadline:
			r.t.Fatalf("no %q; before it came %q; status %+v", want, before, r.link.Status())
		}
	}
}

// snapshots waits for one of each device, in any order.
func (r *rig) snapshots(devices ...pbx.DeviceID) {
	r.t.Helper()
	missing := map[pbx.DeviceID]bool{}
	for _, d := range devices {
		missing[d] = true
	}
	deadline := time.After(patience)
	for len(missing) > 0 {
		select {
		case e := <-r.events:
			if e.Kind == pbx.EventSnapshot {
				delete(missing, e.Connection.Device)
			}
		case <-deadline:
			r.t.Fatalf("no Snapshot of %v; status %+v", missing, r.link.Status())
		}
	}
}

func describe(e *pbx.Event) string {
	name := map[pbx.EventKind]string{
		pbx.EventOriginated: "Originated", pbx.EventDelivered: "Delivered", pbx.EventEstablished: "Established", pbx.EventHeld: "Held",
		pbx.EventRetrieved: "Retrieved", pbx.EventDiverted: "Diverted", pbx.EventTransferred: "Transferred", pbx.EventFailed: "Failed",
		pbx.EventConnectionCleared: "Cleared", pbx.EventSnapshot: "Snapshot", pbx.EventLinkDown: "LinkDown",
	}[e.Kind]
	if name == "" {
		name = fmt.Sprint("event ", e.Kind)
	}
	if e.Connection.Device == "" {
		return name
	}
	return string(e.Connection.Device) + " " + name
}

func (r *rig) until(what string, ok func(pbx.Status) bool) pbx.Status {
	r.t.Helper()
	deadline := time.Now().Add(patience)
	for {
		s := r.link.Status()
		if ok(s) {
			return s
		}
		if time.Now().After(deadline) {
			r.t.Fatalf("%s: status %+v", what, s)
		}
		time.Sleep(2 * time.Millisecond) // polls a state that nobody signals
	}
}

func (r *rig) connected(n int) pbx.Status {
	r.t.Helper()
	return r.until(fmt.Sprintf("%d devices active", n), func(s pbx.Status) bool { return s.State == pbx.LinkConnected && s.Active == n })
}

// quiet fails if one of these comes before the barrier, a call at 1003.
func (r *rig) quiet(unwanted ...string) {
	r.t.Helper()
	h := r.sw.Ring("1003", pbxtest.Caller{Number: "+493023125999"})
	deadline := time.After(patience)
	for {
		select {
		case e := <-r.events:
			got := describe(&e)
			if got == "1003 Delivered" {
				_ = r.sw.CallerHangsUp(h)
				return
			}
			for _, u := range unwanted {
				if got == u {
					r.t.Errorf("unexpected %s", got)
				}
			}
		case <-deadline:
			r.t.Fatal("the barrier call did not come")
		}
	}
}
