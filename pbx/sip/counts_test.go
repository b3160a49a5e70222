package sip

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/ctibridge/ctibridge/pbx"
)

// TestEveryMessageIsCounted: a shuffled mixture of all that a link may read, and
// each message is counted once, under the one reason that is its own.
func TestEveryMessageIsCounted(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, network string) {
		n := newNotifier(t, network)
		r := run(t, n, network, pbx.LinkConfig{Profile: "kamailio"}, Options{}, "103")
		sub := n.next("SUBSCRIBE")
		n.grant(sub, 600)
		n.notify(sub, 1, "active", info(0, ""))
		r.next("103 Snapshot")
		settled(t, r.link, 2)
		const rounds = 40
		random := rand.New(rand.NewPCG(1, 2))
		want := map[string]uint64{"": 2, "answer": 1}
		cseq := 100
		last := notifyFor(sub, cseq, "active", info(cseq, ringing("a", berta)))
		n.write(last)
		settled(t, r.link, 3)
		foreign := strings.ReplaceAll(notifyFor(sub, 7, "active", info(9, "")), sub.CallID().Value(), "x")
		kinds := []struct {
			reason string
			text   func() string
		}{
			{"", func() string {
				last = notifyFor(sub, cseq, "active", info(cseq, ringing(fmt.Sprint("a", cseq), berta)))
				return last
			}},
			{"duplicate", func() string { return last }},
			{"old", func() string { return notifyFor(sub, cseq, "active", info(1, "")) }},
			{"unknown subscription", func() string { return foreign }},
			{"malformed", func() string { return notifyFor(sub, cseq, "active", "<html>") }},
			{"malformed", func() string { return "NOTIFY sip:x SIP/2.0\r\nX: y\r\nContent-Length: 0\r\n\r\n" }},
			{"malformed", func() string { return "SIP/2.0 2000 OK\r\nContent-Length: 0\r\n\r\n" }},
			{"malformed", func() string { return strings.Replace(foreign, "NOTIFY sip", "OPTIONS sip", 1) }}, // CSeq says NOTIFY
			{"not for us", func() string { return strings.Replace(foreign, "Event: dialog", "Event: presence", 1) }},
			{"not for us", func() string { return strings.ReplaceAll(foreign, "NOTIFY", "PUBLISH") }},
			{"keep-alive", func() string { return strings.ReplaceAll(foreign, "NOTIFY", "OPTIONS") }},
			{"unanswered response", func() string {
				return "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKx\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>;tag=2\r\nCall-ID: x\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
			}},
		}
		if network == "tcp" {
			kinds = append(kinds, struct {
				reason string
				text   func() string
			}{"too large", func() string {
				head, _, _ := strings.Cut(foreign, "Content-Length")
				return head + "Content-Length: 200000\r\n\r\n" + strings.Repeat("x", 200000)
			}})
		}
		sent := 0
		for range rounds {
			random.Shuffle(len(kinds), func(i, j int) { kinds[i], kinds[j] = kinds[j], kinds[i] })
			for _, k := range kinds {
				cseq++
				sent++
				want[k.reason]++
				n.write(k.text())
			}
			settled(t, r.link, uint64(sent+3)) // not more than the socket's buffer holds
		}
		st := settled(t, r.link, uint64(sent+3))
		got := drops(st)
		got[""] = st.Effective
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("counted %v\nwant    %v", got, want)
		}
	})
}
