package sip

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"github.com/ctibridge/ctibridge/pbx"
)

// shuffledCall is what a call of TestShuffledOverUDP must have come to.
type shuffledCall struct {
	device         pbx.DeviceID
	number         string
	live           bool // its last document says confirmed
	rang, up, over int
}

// TestShuffledOverUDP: ten thousand NOTIFYs of a hundred devices come over a real UDP
// socket out of order, a third of them twice. Every call pops once, ends exactly
// once, stays ended, and is where its last document says.
func TestShuffledOverUDP(t *testing.T) {
	t.Parallel()
	const devices, perDevice = 100, 26 // calls, three documents each
	n := newNotifier(t, "udp")
	ids := make([]pbx.DeviceID, devices)
	for i := range ids {
		ids[i] = pbx.DeviceID(fmt.Sprint(1000 + i))
	}
	r := run(t, n, "udp", pbx.LinkConfig{Profile: "freeswitch"}, Options{GapTime: time.Minute}, ids...)
	subs := map[string]*gosip.Request{}
	for range devices {
		sub := n.next("SUBSCRIBE")
		subs[sub.Recipient.User] = sub
		n.grant(sub, 600)
		n.notify(sub, 1, "active", info(0, ""))
	}
	for range devices {
		if e := <-r.events; e.Kind != pbx.EventSnapshot {
			t.Fatalf("%s before the Snapshots", eventText(&e))
		}
	}
	rng := rand.New(rand.NewPCG(3, 5))
	calls := map[pbx.CallID]*shuffledCall{}
	wire := make([][]string, devices)
	total := 0
	for i, id := range ids {
		sub, version := subs[string(id)], 0
		for c := range perDevice {
			call := fmt.Sprintf("%s-%02d", id, c)
			number := fmt.Sprintf("+4930231250%02d", c)
			calls[pbx.CallID(call)] = &shuffledCall{device: id, number: number, live: c == perDevice-1}
			states := []string{"early", "confirmed", "terminated"}
			for _, state := range states {
				if state == "terminated" && c == perDevice-1 {
					continue
				}
				version++
				wire[i] = append(wire[i], notifyFor(sub, 1+version, "active", info(version, dialogOf(call, state, number))))
			}
		}
		total += shuffle(rng, &wire[i])
	}
	if total < 10_000 {
		t.Fatalf("only %d NOTIFYs", total)
	}
	go sendShuffled(n, rng, wire)
	deadline := time.After(60 * time.Second)
	open := len(calls)
	for open > 0 {
		select {
		case e := <-r.events:
			if call := calls[e.Connection.Call]; !call.take(t, &e) {
				continue
			} else if call.live && call.up == 1 || call.over == 1 {
				open--
			}
		case <-deadline:
			t.Fatalf("%d calls are not where they should be; status %+v", open, r.link.Status())
		}
	}
	answered := 0
	for answered < total { // the rest of the repetitions
		select {
		case <-n.resp:
			answered++
		case e := <-r.events:
			calls[e.Connection.Call].take(t, &e)
		case <-deadline:
			t.Fatalf("%d of %d NOTIFYs were answered", answered, total)
		}
	}
	for len(r.events) > 0 {
		e := <-r.events
		calls[e.Connection.Call].take(t, &e)
	}
	for id, call := range calls {
		if ended := call.over == 1; ended == call.live || call.over > 1 || call.rang+call.up == 0 {
			t.Errorf("%s, live %t: rang %d, established %d, ended %d", id, call.live, call.rang, call.up, call.over)
		}
	}
}

// take counts an event; it tells whether it changed where the call is.
func (c *shuffledCall) take(t *testing.T, e *pbx.Event) bool {
	t.Helper()
	if c == nil || e.Connection.Device != c.device {
		t.Errorf("an event of no call of this device: %s", eventText(e))
		return false
	}
	if c.over > 0 {
		t.Errorf("%s after its end", eventText(e))
	}
	switch e.Kind {
	case pbx.EventDelivered:
		if c.up > 0 {
			t.Errorf("%s rings after it was answered", e.Connection.Call)
		}
		c.rang++
	case pbx.EventEstablished:
		c.up++
		if e.Remote().Number != c.number {
			t.Errorf("%s, want number %s", eventText(e), c.number)
		}
		return c.up == 1
	case pbx.EventConnectionCleared:
		c.over++
		return true
	default:
		t.Errorf("unexpected %s", eventText(e))
	}
	return false
}

// dialogOf is one dialog as FreeSWITCH writes it in a change.
func dialogOf(id, state, number string) string {
	if state == "terminated" {
		return fmt.Sprintf("<dialog id=%q direction=\"recipient\"><state>terminated</state></dialog>", id)
	}
	return fmt.Sprintf("<dialog id=%q direction=\"recipient\"><state>%s</state><remote><identity>sip:%s@example.com</identity></remote></dialog>", id, state, number)
}

// shuffle swaps documents of a call, and of neighbouring calls, though no end goes
// before all else that is said of its call: nothing could pop then. Every third is
// repeated a little later. It returns how many there are then.
func shuffle(rng *rand.Rand, list *[]string) int {
	in := *list
	for i := 0; i < len(in); i += 3 {
		if rng.IntN(3) == 0 && i+1 < len(in) {
			in[i], in[i+1] = in[i+1], in[i]
		}
		if rng.IntN(3) == 0 && i+2 < len(in) {
			in[i+1], in[i+2] = in[i+2], in[i+1]
		}
	}
	for i := 2; i+1 < len(in); i += 3 {
		if rng.IntN(2) == 0 {
			in[i], in[i+1] = in[i+1], in[i]
		}
	}
	var out []string
	for i, m := range in {
		out = append(out, m)
		if i >= 2 && i%3 == 0 {
			out = append(out, in[i-rng.IntN(3)])
		}
	}
	*list = out
	return len(out)
}

// sendShuffled takes turns among the devices at random, never more ahead of the
// answers than a socket holds.
func sendShuffled(n *notifier, rng *rand.Rand, wire [][]string) {
	for sent, left := 0, len(wire); left > 0; {
		i := rng.IntN(len(wire))
		if len(wire[i]) == 0 {
			continue
		}
		n.write(wire[i][0])
		if wire[i] = wire[i][1:]; len(wire[i]) == 0 {
			left--
		}
		if sent++; sent%16 == 0 {
			for deadline := time.Now().Add(5 * time.Second); len(n.resp) < sent-32 && time.Now().Before(deadline); {
				time.Sleep(100 * time.Microsecond) // the pace of the reader, which nobody signals
			}
		}
	}
}
