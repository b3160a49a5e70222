package sip

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/sip/dialoginfo"
)

// script is a hand-made sequence of documents: "version|dialog|dialog…", a
// dialog being "id state direction number name", with - for what is left out.
// "renew" stands for a new subscription, "partial|…" for state="partial".
func play(t *testing.T, tr *tracker, steps ...string) []string {
	t.Helper()
	var got []string
	cseq := uint32(100)
	for _, step := range steps {
		if step == "renew" {
			tr.renew()
			continue
		}
		cseq++
		doc := parseScript(t, step)
		for _, e := range tr.apply(doc, cseq, profileUnknown, time.Now()) {
			got = append(got, eventText(&e))
		}
	}
	return got
}

func parseScript(t *testing.T, step string) *dialoginfo.Document {
	t.Helper()
	parts := strings.Split(step, "|")
	state := "full"
	if strings.HasPrefix(parts[0], "partial ") {
		state, parts[0] = "partial", strings.TrimPrefix(parts[0], "partial ")
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<dialog-info version=%q state=%q entity="sip:103@example.com">`, parts[0], state)
	for _, dialog := range parts[1:] {
		f := strings.Fields(dialog + " - - - - -")
		fmt.Fprintf(&b, `<dialog id=%q`, f[0])
		switch f[2] {
		case "in":
			b.WriteString(` direction="recipient"`)
		case "out":
			b.WriteString(` direction="initiator"`)
		}
		state, rendering, _ := strings.Cut(f[1], "/")
		fmt.Fprintf(&b, `><state>%s</state>`, state)
		if rendering != "" {
			fmt.Fprintf(&b, `<local><target uri="sip:x"><param pname="+sip.rendering" pvalue=%q/></target></local>`, rendering)
		}
		if f[3] != "-" {
			fmt.Fprintf(&b, `<remote><identity display=%q>sip:%s@example.com</identity></remote>`, strings.Trim(f[4], "-"), f[3])
		}
		b.WriteString("</dialog>")
	}
	b.WriteString("</dialog-info>")
	var doc dialoginfo.Document
	if err := doc.Parse([]byte(b.String())); err != nil {
		t.Fatal(err)
	}
	return &doc
}

const (
	berta = "+493023125001"
	hans  = "+493023125002"
)

func TestTracker(t *testing.T) {
	for _, tt := range []struct {
		name    string
		profile profile
		steps   []string
		want    []string
	}{
		{
			"asterisk: second call while talking, then both end", profileAsterisk,
			[]string{"0|103 terminated", "1|103 early in " + berta + " Berta", "2|103 confirmed", "3|103 early in " + hans, "4|103 terminated"},
			[]string{
				"103 Snapshot", "103 Delivered 103#1 in +493023125001 Berta", "103 Established 103#1 in +493023125001 Berta",
				"103 Delivered 103#2 in +493023125002", "103 Cleared 103#2 in +493023125002", "103 Cleared 103#1 in +493023125001 Berta",
			},
		},
		{
			"asterisk: second call answered or given up", profileAsterisk,
			[]string{"0|103 terminated", "1|103 confirmed", "2|103 early in " + hans, "3|103 confirmed"},
			[]string{"103 Snapshot", "103 Established 103#1 ?", "103 Delivered 103#2 in +493023125002", "103 Established 103#2 in +493023125002 probably"},
		},
		{
			"asterisk: the oldest ringing call gives way to the next", profileAsterisk,
			[]string{"0|103 terminated", "1|103 early in " + berta, "2|103 early in " + berta, "3|103 early in " + hans},
			[]string{"103 Snapshot", "103 Delivered 103#1 in +493023125001", "103 Cleared 103#1 in +493023125001", "103 Delivered 103#2 in +493023125002"},
		},
		{
			"asterisk: held by the other side", profileAsterisk,
			[]string{"0|103 confirmed", "1|103 confirmed/no", "2|103 confirmed"},
			[]string{"103 Snapshot [103#1 3 ?]", "103 Held 103#1 ?", "103 Retrieved 103#1 ?"},
		},
		{
			"asterisk: early that comes late names the caller", profileAsterisk,
			[]string{"0|103 terminated", "2|103 confirmed", "1|103 early in " + berta + " Berta", "3|103 terminated"},
			[]string{"103 Snapshot", "103 Established 103#1 ?", "103 Established 103#1 in +493023125001 Berta", "103 Cleared 103#1 in +493023125001 Berta"},
		},
		{
			"asterisk: ringing when we come", profileAsterisk,
			[]string{"0|103 early in " + berta, "1|103 confirmed"},
			[]string{"103 Snapshot [103#1 2 in +493023125001]", "103 Delivered 103#1 in +493023125001", "103 Established 103#1 in +493023125001"},
		},
		{
			"asterisk: answered and another ringing while we were away", profileAsterisk,
			[]string{"0|103 terminated", "1|103 early in " + berta, "renew", "7|103 confirmed"},
			[]string{"103 Snapshot", "103 Delivered 103#1 in +493023125001", "103 Snapshot [103#1 3 in +493023125001]", "103 Established 103#1 in +493023125001"},
		},
		{
			"asterisk: early without identity, chan_sip's own address", profileUnknown,
			[]string{"0|103 terminated", "1|103 early in 103", "2|103 early in " + berta},
			[]string{"103 Snapshot", "103 Delivered 103#1 in", "103 Delivered 103#1 in +493023125001"},
		},
		{
			"asterisk: the notifier counts anew", profileAsterisk,
			[]string{"0|103 terminated", "1|103 early in " + berta, "0|103 terminated"},
			[]string{"103 Snapshot", "103 Delivered 103#1 in +493023125001", "103 Snapshot"},
		},

		{
			"freeswitch: version 0 never pops", profileFreeSWITCH,
			[]string{"0|a early in " + berta, "1|a confirmed in " + berta},
			[]string{"103 Snapshot [a 2 in +493023125001]", "103 Established a in +493023125001"},
		},
		{
			"freeswitch: documents are partial whatever they say", profileFreeSWITCH,
			[]string{"0", "1|a early in " + berta, "2|a confirmed in " + berta, "3|b early in " + hans, "4", "5|b terminated", "6|a terminated"},
			[]string{
				"103 Snapshot", "103 Delivered a in +493023125001", "103 Established a in +493023125001", "103 Delivered b in +493023125002",
				"103 Cleared b in +493023125002", "103 Cleared a in +493023125001",
			},
		},
		{
			"freeswitch: hold, identity changes on hold, retrieve", profileFreeSWITCH,
			[]string{"0", "1|a early in " + berta, "2|a confirmed in " + berta, "3|a early/no in " + berta, "4|a early/no in " + hans, "5|a confirmed/yes in " + hans},
			[]string{
				"103 Snapshot", "103 Delivered a in +493023125001", "103 Established a in +493023125001", "103 Held a in +493023125001",
				"103 Transferred a in +493023125002 cause=6", "103 Retrieved a in +493023125002",
			},
		},
		{
			"freeswitch: outgoing", profileFreeSWITCH,
			[]string{"0", "1|a confirmed out " + berta, "2|a confirmed out " + berta, "3|a terminated out"},
			[]string{"103 Snapshot", "103 Originated a out +493023125001", "103 Established a out +493023125001", "103 Cleared a out +493023125001"},
		},
		{
			"freeswitch: the first document comes after the second", profileFreeSWITCH,
			[]string{"1|a early in " + berta, "0", "2|a confirmed in " + berta},
			[]string{"103 Delivered a in +493023125001", "103 Snapshot [a 2 in +493023125001]", "103 Established a in +493023125001"},
		},
		{
			"freeswitch: late documents of another dialog count, of the same do not", profileFreeSWITCH,
			[]string{"0", "1|a early in " + berta, "4|b early in " + hans, "3|a terminated", "2|a confirmed in " + berta},
			[]string{"103 Snapshot", "103 Delivered a in +493023125001", "103 Delivered b in +493023125002", "103 Cleared a in +493023125001"},
		},
		{
			"freeswitch: a new subscription tells that a ghost is gone", profileFreeSWITCH,
			[]string{"0", "1|a confirmed in " + berta, "renew", "0|b early in " + hans},
			[]string{"103 Snapshot", "103 Established a in +493023125001", "103 Snapshot [b 2 in +493023125002]"},
		},
		{
			"freeswitch: our own user rings", profileFreeSWITCH,
			[]string{"0", "1|a early in cti Dial", "2|a confirmed in cti Dial", "3|a terminated"},
			[]string{"103 Snapshot"},
		},

		{
			"kamailio: leftovers of ended dialogs", profileKamailio,
			[]string{"3|a terminated in " + berta, "4|a terminated in " + berta + "|b Trying in " + hans, "5|b early in " + hans, "6|b terminated in " + hans},
			[]string{"103 Snapshot", "103 Delivered b in +493023125002", "103 Cleared b in +493023125002"},
		},
		{
			"kamailio: outgoing, with gaps in the versions", profileKamailio,
			[]string{"3", "8|a Trying out " + berta, "12|a early out " + berta, "13|a confirmed out " + berta, "20|a terminated out " + berta},
			[]string{"103 Snapshot", "103 Originated a out +493023125001", "103 Established a out +493023125001", "103 Cleared a out +493023125001"},
		},
		{
			"generic: what a full document leaves out has ended", profileGeneric,
			[]string{"0", "1|a early in " + berta + "|b confirmed in " + hans, "2|b confirmed in " + hans},
			[]string{"103 Snapshot", "103 Delivered a in +493023125001", "103 Established b in +493023125002", "103 Cleared a in +493023125001"},
		},
		{
			"generic: a partial one does not", profileGeneric,
			[]string{"0", "partial 1|a early in " + berta, "partial 2|b early in " + hans, "partial 3|a terminated"},
			[]string{"103 Snapshot", "103 Delivered a in +493023125001", "103 Delivered b in +493023125002", "103 Cleared a in +493023125001"},
		},
		{
			"generic: transferred while ringing", profileGeneric,
			[]string{"0", "1|a early in 104 Zwei", "2|a early in " + berta, "3|a confirmed in " + berta},
			[]string{"103 Snapshot", "103 Delivered a in 104 Zwei", "103 Transferred a in +493023125001 cause=6", "103 Established a in +493023125001"},
		},
		{
			// Its workers overtake each other when they publish.
			"kamailio: an ended call that newer documents show alive stays ended", profileKamailio,
			[]string{
				"0", "1|a Trying in " + berta, "2|a early in " + berta, "3|a terminated in " + berta,
				"4|a early in " + berta, "5|b early in " + hans + "|a confirmed in " + berta, "renew", "6|b early in " + hans + "|a early in " + berta,
			},
			[]string{
				"103 Snapshot", "103 Delivered a in +493023125001", "103 Cleared a in +493023125001",
				"103 Delivered b in +493023125002", "103 Snapshot [b 2 in +493023125002]",
			},
		},
		{
			"kamailio: the same call twice, in two states", profileKamailio,
			[]string{
				"0", "1|a early in " + berta, "2|a confirmed in " + berta + "|a early in " + berta, "3|a early in " + berta + "|a confirmed in " + berta,
				"4|a early in " + berta, "5|a early in " + berta + "|a terminated in " + berta, "6|a early in " + berta,
			},
			[]string{"103 Snapshot", "103 Delivered a in +493023125001", "103 Established a in +493023125001", "103 Cleared a in +493023125001"},
		},
		{
			"kamailio: a call that one document leaves out goes on", profileKamailio,
			[]string{"0", "1|a early in " + berta, "2", "3|a confirmed in " + berta, "4|b terminated", "5|a terminated in " + berta},
			[]string{"103 Snapshot", "103 Delivered a in +493023125001", "103 Established a in +493023125001", "103 Cleared a in +493023125001"},
		},
		{
			"generic: a late early never takes a call back", profileGeneric,
			[]string{"0", "1|a early in " + berta, "3|a terminated", "2|a early in " + berta},
			[]string{"103 Snapshot", "103 Delivered a in +493023125001", "103 Cleared a in +493023125001"},
		},
		{
			"generic: withheld, invalid", profileGeneric,
			[]string{"0", "1|a early in anonymous Anonymous|b early in invalid Somebody"},
			[]string{"103 Snapshot", "103 Delivered a in withheld", "103 Delivered b in"},
		},
		{
			"generic: always the same version", profileGeneric,
			[]string{"0", "0|a early in " + berta, "0|a confirmed in " + berta, "0"},
			[]string{"103 Snapshot", "103 Delivered a in +493023125001", "103 Established a in +493023125001", "103 Cleared a in +493023125001"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			compare(t, play(t, newTracker("pbx", "103", "cti", tt.profile), tt.steps...), tt.want)
		})
	}
}

// TestDialTracker: the leg with which we ring the agent and the call that the
// REFER makes of it are one call.
func TestDialTracker(t *testing.T) {
	answered := func(tr *tracker) { tr.dial.answered = true }
	handedOver := func(tr *tracker) {
		tr.dial.handedOver = true
		if tr.profile == profileAsterisk {
			tr.connect(tr.dial)
		}
	}
	for _, tt := range []struct {
		name    string
		profile profile
		steps   []any
		want    []string
	}{
		{
			"asterisk: one extension state all along", profileAsterisk,
			[]any{"0|103 terminated", "1|103 early in cti", "2|103 confirmed", answered, handedOver, "3|103 terminated"},
			[]string{"103 Snapshot", "103 Established dial out 03023125001 probably", "103 Cleared dial out 03023125001 probably"},
		},
		{
			"asterisk: rang without a word", profileAsterisk,
			[]any{"0|103 terminated", "1|103 confirmed", answered, handedOver, "2|103 confirmed/no", "3|103 terminated"},
			[]string{"103 Snapshot", "103 Established dial out 03023125001 probably", "103 Cleared dial out 03023125001 probably"},
		},
		{
			"freeswitch: a new dialog to the number", profileFreeSWITCH,
			[]any{
				"0", "1|a early in cti Dial", "2|a confirmed in cti Dial", answered, "3|a terminated",
				"4|b confirmed out " + berta, handedOver, "5|b confirmed out " + berta, "6|b terminated out",
			},
			[]string{"103 Snapshot", "103 Established dial out 03023125001", "103 Cleared dial out 03023125001"},
		},
		{
			"freeswitch: the same dialog turns to the number", profileFreeSWITCH,
			[]any{
				"0", "1|a early in cti Dial", "2|a confirmed in cti Dial", answered, handedOver,
				"3|a confirmed in " + berta, "4|a terminated",
			},
			[]string{"103 Snapshot", "103 Established dial out 03023125001", "103 Cleared dial out 03023125001"},
		},
		{
			"kamailio: the phone dials itself", profileKamailio,
			[]any{
				"1", "2|a early in cti", "3|a confirmed in cti", answered, "4|a confirmed in cti|b Trying out 03023125001",
				"5|a confirmed in cti|b early out 03023125001", handedOver, "6|a terminated in cti|b confirmed out 03023125001", "7|b terminated out 03023125001",
			},
			[]string{"103 Snapshot", "103 Established dial out 03023125001", "103 Cleared dial out 03023125001"},
		},
		{
			"another call rings meanwhile", profileFreeSWITCH,
			[]any{"0", "1|a early in cti Dial", "2|x early in " + hans, "3|x terminated"},
			[]string{"103 Snapshot", "103 Delivered x in +493023125002", "103 Cleared x in +493023125002"},
		},
		{
			"a Snapshot holds the call", profileFreeSWITCH,
			[]any{"0", "1|a early in cti Dial", "renew", "0|a early in cti"},
			[]string{"103 Snapshot", "103 Snapshot [dial 1 out 03023125001]"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tr := newTracker("pbx", "103", "cti", tt.profile)
			var got []string
			for i, step := range tt.steps {
				if i == 1 {
					tr.dial = &dialing{key: "dial", device: "103", called: "03023125001", label: "Dial 03023125001"}
				}
				switch step := step.(type) {
				case string:
					got = append(got, play(t, tr, step)...)
				case func(*tracker):
					if tr.dial == nil {
						continue
					}
					tr.out = tr.out[:0]
					step(tr)
					for _, e := range tr.out {
						got = append(got, eventText(&e))
					}
				}
			}
			want := append([]string(nil), tt.want...)
			if strings.HasPrefix(want[0], "103 Snapshot") && len(got) > 0 {
				got[0] = "103 Snapshot"
			}
			compare(t, got, want)
		})
	}
}

// TestShuffled: whatever the order in which 10,000 documents arrive, each call
// ends as the last one says, and no event goes back in a call's life.
func TestShuffled(t *testing.T) {
	for _, p := range []profile{profileFreeSWITCH, profileGeneric, profileAsterisk} {
		t.Run(fmt.Sprint(p), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(1, uint64(p)))
			for range 500 {
				shuffleOnce(t, p, rng)
			}
		})
	}
}

func shuffleOnce(t *testing.T, p profile, rng *rand.Rand) {
	t.Helper()
	id := "a"
	if p == profileAsterisk {
		id = "103"
	}
	docs := []string{"0"}
	for v := 1; v < 19; v += 3 {
		call := id
		if p != profileAsterisk {
			call = fmt.Sprintf("a%d", v)
		}
		docs = append(docs, fmt.Sprintf("%d|%s early in +49302312500%d", v, call, v%10),
			fmt.Sprintf("%d|%s confirmed in", v+1, call), fmt.Sprintf("%d|%s terminated in", v+2, call))
	}
	docs = append(docs, "19|"+id+" early in "+berta)
	type sent struct {
		doc  string
		cseq uint32
	}
	wire := make([]sent, len(docs))
	for i, d := range docs {
		wire[i] = sent{d, uint32(100 + i)}
	}
	rng.Shuffle(len(wire), func(i, j int) { // neighbours mostly, as on a network
		if i-j < 6 {
			wire[i], wire[j] = wire[j], wire[i]
		}
	})
	tr := newTracker("pbx", "103", "cti", p)
	rank := map[pbx.CallID]int{}
	for _, s := range wire {
		for _, e := range tr.apply(parseScript(t, s.doc), s.cseq, profileUnknown, time.Now()) {
			r := map[pbx.EventKind]int{pbx.EventDelivered: 1, pbx.EventEstablished: 2, pbx.EventConnectionCleared: 3}[e.Kind]
			if r == 0 {
				continue
			}
			if r < rank[e.Connection.Call] || rank[e.Connection.Call] == 3 {
				t.Fatalf("a call went back: %s, order %v", eventText(&e), wire)
			}
			rank[e.Connection.Call] = r
		}
	}
	if len(tr.calls) != 1 || tr.calls[0].state != pbx.StateAlerting || tr.calls[0].party.Number != berta {
		t.Fatalf("%d calls live after order %v", len(tr.calls), wire)
	}
}

// TestMissingOnKamailio: a call of which the documents say nothing for long has
// ended.
func TestMissingOnKamailio(t *testing.T) {
	tr := newTracker("pbx", "103", "cti", profileKamailio)
	start := time.Now()
	for i, step := range []struct {
		after  time.Duration
		doc    string
		events int
	}{
		{0, "0", 1},
		{0, "1|a early in " + berta, 1},
		{time.Minute, "2", 0},
		{time.Minute + missingGrace/2, "3", 0},
		{time.Minute + missingGrace, "4", 1},
		{2 * time.Minute, "5", 0},
	} {
		if got := tr.apply(parseScript(t, step.doc), uint32(i), profileUnknown, start.Add(step.after)); len(got) != step.events {
			t.Errorf("document %d: %d events, want %d", i, len(got), step.events)
		}
	}
}
