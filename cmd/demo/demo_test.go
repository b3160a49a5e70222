package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/web/agent/agenttest"
)

// TestDemo starts the whole demo and presses its buttons over HTTP, as its page
// does.
func TestDemo(t *testing.T) {
	for _, kind := range []string{kindSIP, kindCSTA} {
		t.Run(kind, func(t *testing.T) { testDemo(t, kind) })
	}
}

func testDemo(t *testing.T, kind string) {
	w, err := newWorld(t.Context(), freePorts(t), kind, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ended := false
	end := func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if !ended {
			if err := w.close(ctx); err != nil {
				t.Errorf("close: %v", err)
			}
		}
		ended = true
	}
	defer end()
	p := &page{t, w.pageURL}

	if got := p.get("/", 200); !strings.Contains(got, "<title>") {
		t.Errorf("the page is %q", got)
	}
	if p.get("/softphone-assets/softphone.js", 0) == "" {
		t.Error("the page has no components")
	}
	var config struct {
		Bridge     string
		PBX        string
		HomeRecord bridge.RecordRef
	}
	p.json("/demo/config", &config)
	if config.PBX != kind {
		t.Errorf("the page says that the toy PBX speaks %q", config.PBX)
	}
	tab := agenttest.Dial(t, agenttest.Options{
		URL: config.Bridge, Origin: w.pageURL, Ticket: p.post("/demo/ticket", "", 200),
		Tab: bridge.Tab{ID: "tab-1", Visible: true, Focused: true},
	})
	phone := p.phone()
	p.waits(w)

	t.Run("records", func(t *testing.T) { p.on(t).records(config.HomeRecord) })
	known := func(c bridge.Call) bool { return len(c.Matches) == 1 && c.Matches[0].ID == w.seed.Known }
	for _, c := range []struct {
		scene string
		pops  func(bridge.Call) bool
	}{
		{"known", known},
		{"several", func(c bridge.Call) bool { return len(c.Matches) > 1 }},
		{"unknown", func(c bridge.Call) bool { return c.Create == "Lead" && c.Matches != nil }},
		{"withheld", func(c bridge.Call) bool { return c.Party == bridge.Party{Withheld: true} }},
	} {
		t.Run(c.scene, func(t *testing.T) {
			p := p.on(t)
			p.post("/demo/ring/"+c.scene, "", 204)
			call := tab.Call(func(call bridge.Call) bool { return call.State == bridge.Ringing && c.pops(call) })
			if text := p.post("/demo/ring/known", "", 409); !strings.Contains(text, "rings already") {
				t.Errorf("a second ring is answered %s", text)
			}
			shown := phone.shows(t, "ringing")
			if shown.Withheld != (c.scene == "withheld") || shown.Withheld && shown.Number+shown.Name != "" {
				t.Errorf("the telephone shows %+v", shown)
			}
			p.post("/demo/phone/"+shown.ID+"/answer", "", 204)
			phone.shows(t, "talking")
			tab.Call(func(now bridge.Call) bool { return now.ID == call.ID && now.State == bridge.Connected })
			p.post("/demo/phone/"+shown.ID+"/hangup", "", 204)
			tab.Call(func(now bridge.Call) bool { return now.ID == call.ID && now.State == bridge.Ended })
			p.post("/demo/phone/"+shown.ID+"/hangup", "", 409)
		})
	}
	t.Run("second", func(t *testing.T) {
		p := p.on(t)
		p.post("/demo/ring/second", "", 204)
		tab.Call(func(c bridge.Call) bool {
			return c.State == bridge.Ringing && len(c.Matches) == 1 && c.Matches[0].ID == w.seed.TwoNumbers
		})
		for range 2 {
			calls := w.pbx.Calls(agentExt)
			p.post("/demo/phone/"+string(calls[0].Handle)+"/hangup", "", 204)
			tab.Call(func(c bridge.Call) bool { return c.State == bridge.Ended })
		}
	})
	t.Run("transferred", func(t *testing.T) {
		p := p.on(t)
		p.post("/demo/ring/transferred", "", 204)
		shown := phone.shows(t, "ringing")
		for shown.Number != mateExt { // what the display showed in the case before
			shown = phone.shows(t, "ringing")
		}
		p.post("/demo/phone/"+shown.ID+"/answer", "", 204)
		call := tab.Call(func(c bridge.Call) bool { return c.State == bridge.Connected && known(c) })
		p.post("/demo/phone/"+shown.ID+"/hangup", "", 204)
		tab.Call(func(now bridge.Call) bool { return now.ID == call.ID && now.State == bridge.Ended })
	})
	t.Run("wrong requests", func(t *testing.T) {
		p := p.on(t)
		p.post("/demo/ring/nonsense", "", 404)
		p.post("/demo/phone/nonsense/answer", "", 409)
		p.get("/demo/record/Contact/nonsense", 404)
		p.get("/demo/record/User/"+w.user.ID, 404)
		var mate struct{ User struct{ Email string } }
		if p.json("/demo/config?as=bob", &mate); mate.User.Email != mateEmail {
			p.t.Errorf("the colleague's page is %q's", mate.User.Email)
		}
		p.post("/demo/record/Lead", "rubbish", 409)
	})

	folder := w.folder
	end()
	if _, err := os.Stat(folder); !os.IsNotExist(err) {
		t.Errorf("the data folder is left: %v", err)
	}
	if err := portsFree(t.Context(), func(n int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port(t, w.pageURL)+n)) }, port(t, w.pageURL)); err != nil {
		t.Errorf("after the end: %v", err)
	}
}

func TestPortTaken(t *testing.T) {
	first := freePorts(t)
	for n, network := range map[int]string{portPage: "tcp", portOrg: "tcp", portBridge: "tcp", portPBX: "udp", portLink: "udp"} {
		addr := net.JoinHostPort("127.0.0.1", strconv.Itoa(first+n))
		var lc net.ListenConfig
		var taken io.Closer
		var err error
		if network == "tcp" {
			taken, err = lc.Listen(t.Context(), "tcp", addr)
		} else {
			taken, err = lc.ListenPacket(t.Context(), "udp", addr)
		}
		if err != nil {
			t.Fatal(err)
		}
		_, err = newWorld(t.Context(), first, kindSIP, slog.New(slog.DiscardHandler))
		_ = taken.Close()
		if err == nil || !strings.Contains(err.Error(), strconv.Itoa(first+n)) || !strings.Contains(err.Error(), "--port") || strings.Contains(err.Error(), "\n") {
			t.Errorf("with port %d taken: %v", first+n, err)
		}
	}
	for _, bad := range []int{0, 80, 65_533, 70_000} {
		if _, err := newWorld(t.Context(), bad, kindCSTA, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), "--port") {
			t.Errorf("port %d: %v", bad, err)
		}
	}
}

// freePorts finds the first of five free ports in a row.
func freePorts(t *testing.T) int {
	t.Helper()
	for first := 20_000 + os.Getpid()%10_000; first < 60_000; first += ports {
		at := func(n int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(first+n)) }
		if portsFree(t.Context(), at, first) == nil {
			return first
		}
	}
	t.Fatal("no five free ports in a row")
	return 0
}

func port(t *testing.T, url string) int {
	t.Helper()
	n, err := strconv.Atoi(url[strings.LastIndexByte(url, ':')+1:])
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// page is the demo's page in a browser.
type page struct {
	t   *testing.T
	url string
}

func (p *page) on(t *testing.T) *page { return &page{t, p.url} }

func (p *page) get(path string, status int) string {
	p.t.Helper()
	return p.do(http.MethodGet, path, "", status)
}

func (p *page) post(path, body string, status int) string {
	p.t.Helper()
	return p.do(http.MethodPost, path, body, status)
}

func (p *page) do(method, path, body string, status int) string {
	p.t.Helper()
	req, err := http.NewRequestWithContext(p.t.Context(), method, p.url+path, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	if status != 0 && resp.StatusCode != status {
		p.t.Fatalf("%s %s: status %d, want %d: %s", method, path, resp.StatusCode, status, text)
	}
	return string(text)
}

func (p *page) json(path string, v any) {
	p.t.Helper()
	text := p.get(path, 200)
	if err := json.Unmarshal([]byte(text), v); err != nil {
		p.t.Fatalf("%s: %v: %s", path, err, text)
	}
}

// records reads the first page's record, one related to it, and makes a new one.
func (p *page) records(home bridge.RecordRef) {
	p.t.Helper()
	var record struct {
		Name    string
		Fields  []shownField
		Related []relatedRecord
	}
	p.json("/demo/record/"+home.Object+"/"+home.ID, &record)
	if record.Name != "Beispiel GmbH" || len(record.Fields) == 0 || len(record.Related) == 0 {
		p.t.Fatalf("the first page shows %+v", record)
	}
	p.json("/demo/record/"+record.Related[0].Object+"/"+record.Related[0].ID, &record)
	if len(record.Fields) != len(layouts["Contact"]) {
		p.t.Errorf("the contact's page shows %+v", record)
	}
	var made struct{ ID string }
	text := p.post("/demo/record/Lead", `{"LastName":"Neu","Company":"Neu AG","Phone":"0221 4710-998","Email":""}`, 200)
	if err := json.Unmarshal([]byte(text), &made); err != nil {
		p.t.Fatal(err)
	}
	p.json("/demo/record/Lead/"+made.ID, &record)
	if record.Name != "Neu" {
		p.t.Errorf("the new record is %+v", record)
	}
}

// waits waits until the bridge watches the telephone and knows the records.
func (p *page) waits(w *world) {
	p.t.Helper()
	late := time.After(20 * time.Second)
	again := time.NewTicker(5 * time.Millisecond)
	defer again.Stop()
	for {
		text := (&page{p.t, w.bridgeURL}).get("/metrics", 200)
		if strings.Contains(text, `ctibridge_link_active{link="toy"} 2`) && strings.Contains(text, `ctibridge_sync_records{object="Lead"`) {
			return
		}
		select {
		case <-again.C:
		case <-late:
			p.t.Fatal("the bridge is not ready")
		}
	}
}

// display is the toy telephone's display.
type display struct{ lines *bufio.Scanner }

func (p *page) phone() *display {
	p.t.Helper()
	req, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, p.url+"/demo/phone", http.NoBody)
	if err != nil {
		p.t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { _ = resp.Body.Close() })
	return &display{bufio.NewScanner(resp.Body)}
}

// shows reads on until the display shows a call in a state.
func (d *display) shows(t *testing.T, state string) phoneCall {
	t.Helper()
	for d.lines.Scan() {
		data, ok := strings.CutPrefix(d.lines.Text(), "data: ")
		var shown struct{ Calls []phoneCall }
		if ok && json.Unmarshal([]byte(data), &shown) != nil {
			t.Fatalf("the display sends %q", data)
		}
		for _, c := range shown.Calls {
			if c.State == state {
				return c
			}
		}
	}
	t.Fatalf("the display went dark: %v", d.lines.Err())
	return phoneCall{}
}
