package sip

import (
	"fmt"
	"strings"
	"testing"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"github.com/ctibridge/ctibridge/pbx"
)

// entry is a resource in a list's NOTIFY: its extension, the state of its
// instance and its document.
type entry struct{ ext, state, document string }

// listBody is a NOTIFY's body as Asterisk writes it.
func listBody(version int, full bool, entries ...entry) string {
	var root, parts strings.Builder
	fmt.Fprintf(&root, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<list xmlns=\"urn:ietf:params:xml:ns:rlmi\" uri=\"sip:agents@example.com\" version=\"%d\" fullState=\"%t\">\n", version, full)
	for i, e := range entries {
		fmt.Fprintf(&root, "<resource uri=\"sip:%s@example.com\"><name>%s</name>", e.ext, e.ext)
		switch {
		case e.document != "":
			fmt.Fprintf(&root, "<instance id=\"i%d\" state=\"%s\" cid=\"c%d@pbx\" />", i, e.state, i)
			fmt.Fprintf(&parts, "\r\n--bound\r\nContent-Transfer-Encoding: binary\r\nContent-ID: <c%d@pbx>\r\nContent-Type: application/dialog-info+xml\r\n\r\n%s", i, e.document)
		case e.state != "":
			fmt.Fprintf(&root, "<instance id=\"i%d\" %s/>", i, e.state)
		}
		root.WriteString("</resource>\n")
	}
	return "--bound\r\nContent-Transfer-Encoding: binary\r\nContent-ID: <root@pbx>\r\nContent-Type: application/rlmi+xml\r\n\r\n" +
		root.String() + "</list>\r\n" + parts.String() + "\r\n--bound--\r\n"
}

func (n *notifier) notifyList(sub *gosip.Request, cseq, version int, full bool, entries ...entry) {
	text := notifyFor(sub, cseq, "active;expires=600", listBody(version, full, entries...))
	n.write(strings.Replace(text, "application/dialog-info+xml\r\nContent-Length", `multipart/related;type="application/rlmi+xml";boundary=bound`+"\r\nRequire: eventlist\r\nContent-Length", 1))
}

func idle() string { return info(0, "") }

func TestList(t *testing.T) {
	t.Parallel()
	n := newNotifier(t, "tcp")
	r := run(t, n, "tcp", pbx.LinkConfig{Lists: []string{"agents"}}, Options{GapTime: 20 * time.Millisecond}, "101", "102", "103")
	sub := n.next("SUBSCRIBE")
	if sub.Recipient.User != "agents" {
		t.Fatalf("subscribed to %s", sub.Recipient.String())
	}
	for name, want := range map[string]string{
		"Supported": "eventlist", "Event": "dialog", "Accept": "multipart/related, application/rlmi+xml, application/dialog-info+xml",
	} {
		if h := sub.GetHeader(name); h == nil || h.Value() != want {
			t.Errorf("%s is %v, want %s", name, h, want)
		}
	}
	n.silent("a device before the list has told what it holds")
	n.grant(sub, 600)
	n.notifyList(sub, 1, 0, true, entry{"101", "active", info(0, ringing("a", berta))}, entry{"102", "active", idle()}, entry{"199", "active", idle()})
	r.next("101 Snapshot [a 2 in " + berta + "]")
	r.next("101 Delivered a in " + berta)
	r.next("102 Snapshot")
	alone := n.next("SUBSCRIBE") // the one that the list does not hold
	if alone.Recipient.User != "103" {
		t.Fatalf("subscribed to %s", alone.Recipient.String())
	}
	n.grant(alone, 600)
	n.notify(alone, 1, "active", idle())
	r.next("103 Snapshot")
	st := r.status("all active", func(s pbx.Status) bool { return s.Active == 3 && s.State == pbx.LinkConnected })
	if len(st.Limits) != 1 || !strings.Contains(st.Limits[0].Text, "the first is 103") || st.Limits[0].Cure == "" {
		t.Errorf("limits %+v", st.Limits)
	}

	n.notifyList(sub, 2, 1, false, entry{"102", "active", info(1, ringing("b", hans))}) // what changed
	r.next("102 Delivered b in " + hans)
	r.link.Watch([]pbx.DeviceID{"101", "102", "103", "199"}) // the list holds it already
	refresh := n.next("SUBSCRIBE")
	if refresh.CallID().Value() != sub.CallID().Value() {
		t.Fatalf("not the list asked for its state: %s", refresh.String())
	}
	n.grant(refresh, 600)
	n.notifyList(sub, 3, 2, true, entry{"101", "active", info(1, ringing("a", berta))}, entry{"102", "active", info(2, ringing("b", hans))},
		entry{"199", "active", info(0, ringing("c", berta))}, entry{"103", "active", idle()})
	r.next("199 Snapshot [c 2 in " + berta + "]")
	r.next("199 Delivered c in " + berta)
	r.next("103 Snapshot")
	bye := n.next("SUBSCRIBE") // the list has taken 103 over
	if h := bye.GetHeader("Expires"); bye.CallID().Value() != alone.CallID().Value() || h == nil || h.Value() != "0" {
		t.Errorf("its own subscription was not ended: %s", bye.String())
	}
	n.answer(bye, 200, "OK", "Expires: 0")

	n.notifyList(sub, 4, 5, false, entry{"101", "active", info(4, "")}) // versions 3 and 4 are missing
	r.next("101 Cleared a in " + berta)
	if refresh = n.next("SUBSCRIBE"); refresh.CallID().Value() != sub.CallID().Value() {
		t.Errorf("not asked for the full state: %s", refresh.String())
	}
	n.grant(refresh, 600)
	n.notifyList(sub, 5, 6, true, entry{"101", "active", info(5, "")}, entry{"103", "active", idle()}, entry{"199", "active", info(3, ringing("c", berta))},
		entry{"102", `state="terminated" reason="deactivated"`, ""})
	if alone = n.next("SUBSCRIBE"); alone.Recipient.User != "102" {
		t.Errorf("subscribed to %s, want 102, whose instance has ended", alone.Recipient.String())
	}
	r.status("one less", func(s pbx.Status) bool { return s.Active == 3 && s.Watched == 4 })
}

// TestListTrouble: whatever is wrong with a list, its devices are watched.
func TestListTrouble(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		serve   func(n *notifier, sub *gosip.Request)
		problem string
		cure    string
	}{
		{"unknown", func(n *notifier, sub *gosip.Request) { n.answer(sub, 404, "Not Found") }, "does not know the list agents", "type=resource_list"},
		{"no lists", func(n *notifier, sub *gosip.Request) { n.answer(sub, 420, "Bad Extension") }, "offers no lists", "type=resource_list"},
		{"forbidden", func(n *notifier, sub *gosip.Request) { n.answer(sub, 403, "Forbidden") }, "does not allow", "Allow subscriptions"},
		{"overload", func(n *notifier, sub *gosip.Request) { n.answer(sub, 503, "Busy", "Retry-After: 60") }, "503", "log"},
		{"silent", func(n *notifier, sub *gosip.Request) { n.grant(sub, 600) }, "reports nothing", "at most 100 extensions"},
		{"an extension", func(n *notifier, sub *gosip.Request) {
			n.grant(sub, 600)
			n.notify(sub, 1, "active", idle())
		}, "agents is no list", "Correct the name"},
		{"rejected", func(n *notifier, sub *gosip.Request) {
			n.grant(sub, 600)
			n.notify(sub, 1, "terminated;reason=rejected", "")
		}, "ended the report on the list agents", "still exists"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			n := newNotifier(t, "tcp")
			var o Options
			if tt.name == "silent" {
				o.Timeout = 2 * time.Second // and with it the time for the first NOTIFY
			}
			r := run(t, n, "tcp", pbx.LinkConfig{Lists: []string{"agents"}}, o, "101")
			tt.serve(n, n.next("SUBSCRIBE"))
			sub := n.next("SUBSCRIBE")
			for sub.Recipient.User != "101" {
				sub = n.next("SUBSCRIBE")
			}
			n.grant(sub, 600)
			n.notify(sub, 1, "active", idle())
			r.next("101 Snapshot")
			r.status(tt.problem, func(s pbx.Status) bool {
				return s.State == pbx.LinkDegraded && s.Active == 1 && strings.Contains(s.Problem, tt.problem) && strings.Contains(s.Cure, tt.cure)
			})
		})
	}
}

// TestListsNeedAStream: over UDP the devices are watched one by one.
func TestListsNeedAStream(t *testing.T) {
	t.Parallel()
	n := newNotifier(t, "udp")
	r := run(t, n, "udp", pbx.LinkConfig{Lists: []string{"agents"}}, Options{}, "101")
	sub := n.next("SUBSCRIBE")
	if sub.Recipient.User != "101" {
		t.Fatalf("subscribed to %s", sub.Recipient.String())
	}
	n.grant(sub, 600)
	n.notify(sub, 1, "active", idle())
	r.next("101 Snapshot")
	r.status("TCP", func(s pbx.Status) bool {
		return s.State == pbx.LinkDegraded && strings.Contains(s.Problem, "TCP or TLS") && strings.Contains(s.Cure, "tcp or tls")
	})
}

func TestListNames(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", "a b", "a\r\nb", "<a>", strings.Repeat("a", 129)} {
		if _, err := New(pbx.LinkConfig{Name: "pbx", Transport: "tcp", Server: "127.0.0.1", Lists: []string{bad}}, Options{}); err == nil {
			t.Errorf("the list %q was taken", bad)
		}
	}
}

// TestListSurvivesTheConnection: the list is refreshed, and each member gets its
// Snapshot.
func TestListSurvivesTheConnection(t *testing.T) {
	t.Parallel()
	n := newNotifier(t, "tcp")
	r := run(t, n, "tcp", pbx.LinkConfig{Lists: []string{"agents"}}, Options{}, "101")
	sub := n.next("SUBSCRIBE")
	n.grant(sub, 600)
	n.notifyList(sub, 1, 0, true, entry{"101", "active", info(0, ringing("a", berta))})
	r.next("101 Snapshot [a 2 in " + berta + "]")
	r.next("101 Delivered a in " + berta)
	r.status("active", func(s pbx.Status) bool { return s.Active == 1 })
	n.drop()
	r.next(" LinkDown  ?")
	again := n.next("SUBSCRIBE")
	if again.CallID().Value() != sub.CallID().Value() {
		t.Errorf("not refreshed: %s", again.String())
	}
	n.grant(again, 600)
	n.notifyList(again, 2, 1, true, entry{"101", "active", info(1, "")})
	r.next("101 Snapshot")
	r.status("active", func(s pbx.Status) bool { return s.Active == 1 && s.State == pbx.LinkConnected })
}

func TestUserOf(t *testing.T) {
	t.Parallel()
	for uri, want := range map[string]string{
		"sip:101@example.com": "101", "sips:101@example.com;transport=tls": "101", "<sip:101@example.com>;tag=x": "101",
		"SIP:+49%2030;ext=1@example.com": "+49 30", "101@example.com": "101", "sip:example.com": "", "": "", "sip:a%4@x": "a%4", "sip:a%C3%bc@x": "aü",
	} {
		if got := userOf(uri); got != want {
			t.Errorf("userOf(%q) is %q, want %q", uri, got, want)
		}
	}
}
