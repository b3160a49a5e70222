// Package agenttest is a browser tab written in Go: it connects to a
// web/agent.Hub as a panel does, over TCP or in memory, and reads its frames.
// An Issuer signs the tickets that a Salesforce org would sign.
//
//	issuer, _ := agenttest.NewIssuer(org, instanceURL, audience)
//	tab := agenttest.Dial(t, agenttest.Options{URL: url, Origin: origin, Ticket: issuer.Ticket(user, email), Tab: bridge.Tab{ID: "tab-1"}})
//	call := tab.Call(func(c bridge.Call) bool { return c.State == bridge.Ringing })
package agenttest

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/web/agent"
)

// patience is how long a helper waits for a frame; longer than the 20 s between
// pings, so that it ends only where nothing at all comes.
const patience = 30 * time.Second

// Options say how a tab connects.
type Options struct {
	URL string // ws:// or wss://…/agent/ws
	// Origin of the page; the org's Lightning host.
	Origin   string
	Tab      bridge.Tab
	Language string // of the agent; English unless it is German
	// Exactly one of these signs in.
	Ticket, Resume string
	// Dial replaces the network, as Pipe.Dial does.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Subprotocols replaces the right one.
	Subprotocols []string
}

// Tab is a connected tab. Its methods are for one goroutine.
type Tab struct {
	t    testing.TB
	Conn *websocket.Conn
	// Welcome is what the bridge said first.
	Welcome agent.Welcome
}

// Connect opens the connection without saying anything. The response is set
// where the upgrade was answered.
func Connect(ctx context.Context, o Options) (*websocket.Conn, *http.Response, error) {
	d := websocket.Dialer{NetDialContext: o.Dial, HandshakeTimeout: patience, ReadBufferSize: 1024, WriteBufferSize: 512}
	if d.Subprotocols = o.Subprotocols; d.Subprotocols == nil {
		d.Subprotocols = []string{agent.Subprotocol}
	}
	return d.DialContext(ctx, o.URL, http.Header{"Origin": {o.Origin}})
}

// Authenticate is the first frame for o.
func Authenticate(o Options) []byte {
	data, err := json.Marshal(struct {
		Type string `json:"type"`
		agent.Authenticate
	}{"authenticate", agent.Authenticate{
		Ticket: o.Ticket, Resume: o.Resume, Tab: o.Tab, Client: agent.Client{Name: "agenttest", Version: "0", Language: o.Language},
	}})
	if err != nil {
		panic(err) // strings and booleans always can be written
	}
	return data
}

// SignIn connects and says who the tab is; the next frame to read is the welcome.
func SignIn(ctx context.Context, o Options) (*websocket.Conn, error) {
	conn, resp, err := Connect(ctx, o)
	if err != nil {
		return nil, err
	}
	_ = resp.Body.Close()
	if err := conn.WriteMessage(websocket.TextMessage, Authenticate(o)); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return conn, nil
}

// Dial connects, signs in and reads the welcome. The tab closes with the test.
func Dial(t testing.TB, o Options) *Tab {
	t.Helper()
	tab := Open(t, o)
	f := tab.Next()
	if f.Welcome == nil {
		t.Fatalf("first frame is %q, want welcome", f.Type)
	}
	tab.Welcome = *f.Welcome
	return tab
}

// Open connects and signs in, and reads nothing yet.
func Open(t testing.TB, o Options) *Tab {
	t.Helper()
	conn, err := SignIn(context.Background(), o)
	if err != nil {
		t.Fatalf("connect: %v", err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return &Tab{t: t, Conn: conn}
}

// Next reads the next frame.
func (tab *Tab) Next() agent.Frame {
	tab.t.Helper()
	data, err := tab.Read()
	if err != nil {
		tab.t.Fatalf("read frame: %v", err)
	}
	f, err := agent.DecodeFrame(data)
	if err != nil {
		tab.t.Fatalf("decode %s: %v", data, err)
	}
	return f
}

// Read reads the next frame as it is.
func (tab *Tab) Read() ([]byte, error) {
	_ = tab.Conn.SetReadDeadline(time.Now().Add(patience))
	_, data, err := tab.Conn.ReadMessage()
	return data, err
}

// Expect reads on to the next frame of a type; pings, and whatever else comes
// before, are passed over.
func (tab *Tab) Expect(kind string) agent.Frame {
	tab.t.Helper()
	for {
		if f := tab.Next(); f.Type == kind {
			return f
		}
	}
}

// Call reads on to a call frame that fits.
func (tab *Tab) Call(fits func(bridge.Call) bool) bridge.Call {
	tab.t.Helper()
	for {
		if f := tab.Expect("call"); fits(*f.Call) {
			return *f.Call
		}
	}
}

// Send writes a frame, which is anything that encodes to JSON with its type.
func (tab *Tab) Send(frame any) {
	tab.t.Helper()
	if err := tab.Conn.WriteJSON(frame); err != nil {
		tab.t.Fatalf("send: %v", err)
	}
}

// Dial asks to call a number and returns the answer.
func (tab *Tab) Dial(request, number string) agent.Result {
	tab.t.Helper()
	tab.Send(map[string]any{"type": "dial", "request": request, "number": number})
	return tab.result(request)
}

// Act asks for something to be done with a call and returns the answer.
func (tab *Tab) Act(request string, call bridge.CallID, action bridge.Action) agent.Result {
	tab.t.Helper()
	tab.Send(map[string]any{"type": "callAction", "request": request, "call": call, "action": action})
	return tab.result(request)
}

func (tab *Tab) result(request string) agent.Result {
	tab.t.Helper()
	for {
		if r := tab.Expect("result").Result; r.Request == request {
			return *r
		}
	}
}

// Closed reads on until the bridge closes the connection and returns its code
// and reason.
func (tab *Tab) Closed() (code int, reason string) {
	tab.t.Helper()
	for {
		_, err := tab.Read()
		if c, ok := errors.AsType[*websocket.CloseError](err); ok {
			return c.Code, c.Text
		}
		if err != nil {
			tab.t.Fatalf("connection ended without a close frame: %v", err)
		}
	}
}

// Close closes the tab as a browser does when it goes away.
func (tab *Tab) Close() {
	_ = tab.Conn.WriteControl(websocket.CloseMessage,
		websocket.FormatCloseMessage(websocket.CloseGoingAway, ""), time.Now().Add(time.Second))
	_ = tab.Conn.Close()
}
