//go:build peers

package daemon

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// phone is a baresip whose keys the test presses over ctrl_tcp: JSON in
// netstrings, answers and events on one connection.
type phone struct {
	conn    net.Conn
	events  chan phoneEvent
	replies chan phoneReply
}

type phoneEvent struct {
	Type  string `json:"type"`
	Param string `json:"param"`
	Peer  string `json:"peeruri"`
}

type phoneReply struct {
	OK   bool   `json:"ok"`
	Data string `json:"data"`
}

// startPhone returns once the phone has registered.
func startPhone(t *testing.T, n lan, extension string) *phone {
	t.Helper()
	folder := t.TempDir()
	control := net.JoinHostPort(n.host(hostPhone), "4444")
	fill(t, "testdata/baresip/config", filepath.Join(folder, "config"), map[string]string{
		"Address": n.addr(hostPhone), "Control": control,
		"Modules": installed(t, "/usr/lib/baresip/modules/ctrl_tcp.so", "baresip-core"),
	})
	account := fmt.Sprintf("<sip:%s@%s>;answermode=manual;regint=3600\n", extension, n.host(hostPBX))
	for name, text := range map[string]string{"accounts": account, "contacts": ""} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run := start(t, folder, "baresip", "-4", "-s", "-f", folder, "-n", n.host(hostPhone))
	p := &phone{events: make(chan phoneEvent, 256), replies: make(chan phoneReply, 16)}
	eventually(t, "the phone takes commands", func() bool {
		run.alive(t)
		conn, err := net.Dial("tcp", control)
		p.conn = conn
		return err == nil
	})
	t.Cleanup(func() { p.conn.Close() })
	go p.read()
	eventually(t, "the phone is registered", func() bool {
		return strings.Contains(p.press(t, "reginfo", ""), "OK")
	})
	return p
}

// read ends with the connection, that is with the phone.
func (p *phone) read() {
	defer close(p.events)
	in := bufio.NewReader(p.conn)
	for {
		size, err := in.ReadString(':')
		if err != nil {
			return
		}
		n, err := strconv.Atoi(strings.TrimSuffix(size, ":"))
		if err != nil {
			return
		}
		text := make([]byte, n+1) // a comma ends it
		if _, err := io.ReadFull(in, text); err != nil {
			return
		}
		var m struct {
			Response bool `json:"response"`
			phoneEvent
			phoneReply
		}
		if json.Unmarshal(text[:n], &m) != nil {
			continue
		}
		if m.Response {
			p.replies <- m.phoneReply
		} else {
			p.events <- m.phoneEvent
		}
	}
}

// press sends a command and returns what the phone says to it.
func (p *phone) press(t *testing.T, command, params string) string {
	t.Helper()
	text, err := json.Marshal(map[string]string{"command": command, "params": params})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fprintf(p.conn, "%d:%s,", len(text), text); err != nil {
		t.Fatalf("the phone: %v", err)
	}
	select {
	case reply := <-p.replies:
		if !reply.OK {
			t.Fatalf("the phone refuses %s: %s", command, reply.Data)
		}
		return reply.Data
	case <-time.After(patience):
		t.Fatalf("the phone does not answer %s", command)
		return ""
	}
}

func (p *phone) answer(t *testing.T) { t.Helper(); p.press(t, "accept", "") }
func (p *phone) hangUp(t *testing.T) { t.Helper(); p.press(t, "hangup", "") }

// shows waits for an event, whatever came before it.
func (p *phone) shows(t *testing.T, event string) phoneEvent {
	t.Helper()
	late := time.After(patience)
	for {
		select {
		case e, ok := <-p.events:
			if !ok {
				t.Fatalf("the phone has gone while we wait for %s", event)
			}
			if e.Type == event {
				return e
			}
		case <-late:
			t.Fatalf("the phone does not show %s", event)
		}
	}
}
