//go:build peers

package daemon

import (
	"crypto/rand"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// line is one call on the trunk, played by sipp. The scenarios say what they do
// in sipp's log, and some wait for an INFO from the test.
type line struct {
	run    *process
	addr   string // where sipp listens
	log    string // the file with what the scenario has said
	callID string // empty until it is known
}

// callsIn lets somebody outside call the agent's extension. from is the From
// address.
func (n lan) callsIn(t *testing.T, host int, scenario, from string) *line {
	t.Helper()
	id := rand.Text() + "@" + n.host(host)
	return n.sipp(t, host, scenario, id, "-cid_str", id, "-s", agentExtension, "-key", "caller", from, n.addr(hostPBX))
}

// takesCalls puts somebody at the far end of the trunk. Should the call come
// before sipp listens, the PBX repeats the INVITE.
func (n lan) takesCalls(t *testing.T, scenario string) *line {
	t.Helper()
	return n.sipp(t, hostTrunk, scenario, "")
}

func (n lan) sipp(t *testing.T, host int, scenario, callID string, args ...string) *line {
	t.Helper()
	file, err := filepath.Abs("testdata/sipp/" + scenario + ".xml")
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	l := &line{addr: n.addr(host), log: filepath.Join(folder, "log"), callID: callID}
	args = append([]string{
		"-sf", file, "-i", n.host(host), "-p", sipPort, "-m", "1", "-nostdin",
		"-timeout", "60", "-timeout_error", "-trace_logs", "-log_file", l.log,
		"-trace_err", "-error_file", filepath.Join(folder, "errors"),
		"-trace_msg", "-message_file", filepath.Join(folder, "messages"),
	}, args...)
	t.Cleanup(func() {
		if !t.Failed() {
			return
		}
		for _, name := range []string{"errors", "messages"} {
			text, _ := os.ReadFile(filepath.Join(folder, name))
			t.Logf("--- sipp's %s:\n%s", name, text)
		}
	})
	l.run = start(t, folder, "sipp", args...)
	return l
}

// hears waits until the scenario says something, and returns the rest of that
// line.
func (l *line) hears(t *testing.T, word string) (rest string) {
	t.Helper()
	eventually(t, "sipp says "+word, func() bool {
		text, _ := os.ReadFile(l.log)
		for s := range strings.Lines(string(text)) {
			if after, ok := strings.CutPrefix(s, word); ok && strings.HasSuffix(s, "\n") {
				rest = strings.TrimSpace(after)
				return true
			}
		}
		return false
	})
	return rest
}

// presses sends the INFO for which the scenario waits: the key of this
// telephone.
func (l *line) presses(t *testing.T) {
	t.Helper()
	id := l.callID
	if id == "" {
		id = l.hears(t, "call-id")
	}
	c, err := net.Dial("udp", l.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	info := strings.Join([]string{
		"INFO sip:" + l.addr + " SIP/2.0", "Via: SIP/2.0/UDP " + c.LocalAddr().String() + ";branch=z9hG4bKkey",
		"From: <sip:test@example.com>;tag=1", "To: <sip:" + l.addr + ">", "Call-ID: " + id, "CSeq: 1 INFO",
		"Max-Forwards: 70", "Content-Length: 0", "", "",
	}, "\r\n")
	if _, err := c.Write([]byte(info)); err != nil {
		t.Fatal(err)
	}
}

// ends waits for the scenario's good end.
func (l *line) ends(t *testing.T) { t.Helper(); l.run.succeeds(t) }
