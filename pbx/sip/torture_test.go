package sip

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
)

// torture is what the link does with the messages of RFC 4475 (their section in
// message/torture_test.go): its answer, 0 for none, and how it is counted. Over
// TCP, where messages follow each other, dblreq is two.
var torture = []struct {
	name   string
	answer int
	reason string
}{
	{"wsinv", 480, "not for us"},
	{"intmeth", 405, "not for us"},
	{"esc01", 480, "not for us"},
	{"escnull", 405, "not for us"},
	{"esc02", 405, "not for us"},
	{"lwsdisp", 200, "keep-alive"},
	{"longreq", 480, "not for us"},
	{"dblreq", 405, "not for us"},
	{"semiuri", 200, "keep-alive"},
	{"transports", 200, "keep-alive"},
	{"mpart01", 200, "not for us"},
	{"unreason", 0, "unanswered response"},
	{"noreason", 0, "unanswered response"},
	{"badinv01", 400, "malformed"},
	{"clerr", 400, "malformed"},
	{"ncl", 400, "malformed"},
	{"scalar02", 400, "malformed"},
	{"scalarlg", 0, "malformed"},
	{"quotbal", 400, "malformed"},
	{"ltgtruri", 400, "malformed"},
	{"lwsruri", 400, "malformed"},
	{"lwsstart", 400, "malformed"},
	{"trws", 200, "keep-alive"},
	{"escruri", 400, "malformed"},
	{"baddate", 480, "not for us"},
	{"regbadct", 400, "malformed"},
	{"badaspec", 400, "malformed"},
	{"baddn", 400, "malformed"},
	{"badvers", 505, "malformed"},
	{"mismatch01", 400, "malformed"},
	{"mismatch02", 400, "malformed"},
	{"bigcode", 0, "malformed"},
	{"badbranch", 200, "keep-alive"},
	{"insuf", 400, "malformed"},
	{"unkscm", 416, "not for us"},
	{"novelsc", 416, "not for us"},
	{"unksm2", 405, "not for us"},
	{"bext01", 420, "not for us"},
	{"invut", 480, "not for us"},
	{"regaut01", 405, "not for us"},
	{"multi01", 400, "malformed"},
	{"mcl01", 400, "malformed"},
	{"bcast", 0, "unanswered response"},
	{"zeromf", 200, "keep-alive"}, // we are where it was to go
	{"cparam01", 405, "not for us"},
	{"cparam02", 405, "not for us"},
	{"regescrt", 405, "not for us"},
	{"sdp01", 480, "not for us"},
	{"inv2543", 480, "not for us"},
}

// tortureText is the message with a topmost Via that brings the answer back.
func tortureText(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("message", "testdata", "torture", name+".sip"))
	if err != nil {
		t.Fatal(err)
	}
	line, rest, _ := strings.Cut(string(data), "\r\n")
	return line + "\r\nVia: SIP/2.0/UDP 192.0.2.77;rport;branch=z9hG4bK" + name + "\r\n" + rest
}

// readAnswer waits for the answer to the message of that name, other messages
// being passed over; "" when none comes.
func readAnswer(t *testing.T, c net.Conn, name string, patience time.Duration) string {
	t.Helper()
	if err := c.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 65536)
	text := ""
	for {
		n, err := c.Read(buf)
		if err != nil {
			return ""
		}
		text += string(buf[:n])
		if strings.Contains(text, "branch=z9hG4bK"+name+"\r\n") && strings.HasSuffix(text, "\r\n\r\n") {
			return text[strings.LastIndex(text[:strings.Index(text, "branch=z9hG4bK"+name)], "SIP/2.0 "):]
		}
	}
}

// TestTorture: each message of RFC 4475 is answered and counted as the table
// says, from wherever it comes, and costs no agent a call.
func TestTorture(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, network string) {
		n := newNotifier(t, network)
		r := run(t, n, network, pbx.LinkConfig{Listen: "127.0.0.1:0"}, Options{}, "103")
		sub := n.next("SUBSCRIBE")
		n.grant(sub, 600)
		n.notify(sub, 1, "active", info(0, ""))
		r.next("103 Snapshot")
		before := settled(t, r.link, 2)
		for i, tt := range torture {
			c, err := net.Dial(network, net.JoinHostPort(sub.Contact().Address.Host, strconv.Itoa(sub.Contact().Address.Port)))
			if err != nil {
				t.Fatal(err)
			}
			text := tortureText(t, tt.name)
			if _, err := c.Write([]byte(text)); err != nil {
				t.Fatal(err)
			}
			want := drops(before)
			want[tt.reason]++
			switch {
			case network == "udp":
			case tt.name == "dblreq":
				want["not for us"]++
			case tt.name == "clerr": // waits for the rest of its body, and is alone on its connection
				tt.answer, want = 0, drops(before)
			}
			if tt.answer != 0 {
				got := readAnswer(t, c, tt.name, 5*time.Second)
				if !strings.HasPrefix(got, fmt.Sprintf("SIP/2.0 %d ", tt.answer)) {
					t.Errorf("%s: answered %.30q, want %d", tt.name, got, tt.answer)
				}
				for code, field := range map[int]string{405: "\r\nAllow: NOTIFY", 420: "\r\nUnsupported: nothingSupportsThis, nothingSupportsThisEither\r\n"} {
					if tt.answer == code && !strings.Contains(got, field) {
						t.Errorf("%s: the answer lacks %q:\n%s", tt.name, field, got)
					}
				}
			}
			id := fmt.Sprint("c", i)
			n.notify(sub, 2*i+2, "active", info(2*i+1, ringing(id, berta)))
			r.next("103 Delivered " + id + " in " + berta)
			n.notify(sub, 2*i+3, "active", info(2*i+2, ""))
			r.next("103 Cleared " + id + " in " + berta)
			st := settled(t, r.link, before.Messages+2+sum(want)-sum(drops(before)))
			if got := drops(st); fmt.Sprint(got) != fmt.Sprint(want) || st.Effective != before.Effective+2 {
				t.Errorf("%s: counted %v and %d effective, want %v and %d", tt.name, got, st.Effective, want, before.Effective+2)
			}
			if before = st; st.State != pbx.LinkConnected {
				t.Fatalf("%s: the link is %s", tt.name, st.State)
			}
			_ = c.Close()
		}
	})
}

// TestTortureOnTheSwitchsConnection: over the one connection that all agents
// share, none but the message whose Content-Length lies costs anything.
func TestTortureOnTheSwitchsConnection(t *testing.T) {
	t.Parallel()
	n := newNotifier(t, "tcp")
	n.lax = true
	r := run(t, n, "tcp", pbx.LinkConfig{}, Options{}, "103")
	sub := n.next("SUBSCRIBE")
	n.grant(sub, 600)
	n.notify(sub, 1, "active", info(0, ""))
	r.next("103 Snapshot")
	for i, tt := range torture {
		if tt.name == "clerr" {
			continue
		}
		id := fmt.Sprint("c", i)
		n.write(tortureText(t, tt.name) + notifyFor(sub, 2*i+2, "active", info(2*i+1, ringing(id, berta))))
		r.next("103 Delivered " + id + " in " + berta)
		n.notify(sub, 2*i+3, "active", info(2*i+2, ""))
		r.next("103 Cleared " + id + " in " + berta)
	}
	if st := r.link.Status(); st.State != pbx.LinkConnected {
		t.Errorf("the link is %s", st.State)
	}
}

func drops(st pbx.Status) map[string]uint64 {
	m := map[string]uint64{}
	for _, d := range st.Drops {
		m[d.Reason] = d.Count
	}
	return m
}

func sum(m map[string]uint64) (n uint64) {
	for _, v := range m {
		n += v
	}
	return n
}

// settled waits until so many messages were read: they are counted after their
// events are sent.
func settled(t *testing.T, l *Link, messages uint64) pbx.Status {
	t.Helper()
	deadline := time.Now().Add(5 * time.Second)
	for {
		st := l.Status()
		if st.Messages >= messages || time.Now().After(deadline) {
			if st.Messages != st.Effective+sum(drops(st)) || st.Messages != messages {
				t.Fatalf("%d messages, want %d: %d effective, dropped %v", st.Messages, messages, st.Effective, drops(st))
			}
			return st
		}
		time.Sleep(time.Millisecond) // nobody signals it
	}
}
