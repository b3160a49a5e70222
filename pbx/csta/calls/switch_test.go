package calls

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/ctibridge/ctibridge/pbx/csta/ecma323"
	"github.com/ctibridge/ctibridge/pbx/pbxtest"
)

var (
	maria    = pbxtest.Caller{Number: "+493023125001", Name: "Maria Beispiel"}
	withheld = pbxtest.Caller{Number: "+493023125009", Name: "Berta Beispiel", Withheld: true}
)

// lettered writes callIDs as A, B, … in the order in which they come.
func lettered(events []string) []string {
	letters := map[string]string{}
	for i, e := range events {
		fields := strings.Fields(e)
		for j, f := range fields {
			call, device, ok := strings.Cut(f, "/")
			if !ok || j == 0 {
				continue
			}
			if letters[call] == "" {
				letters[call] = string(rune('A' + len(letters)))
			}
			fields[j] = letters[call] + "/" + device
		}
		events[i] = strings.Join(fields, " ")
	}
	return events
}

var switchFlows = []struct {
	name  string
	avaya bool // has its own row for Avaya
	only  bool // is that row
	play  func(r *rig)
	want  []string
}{
	{name: "inbound, hold, retrieve", play: func(r *rig) {
		h := r.sw.Ring("1001", maria)
		r.must(r.sw.Answer("1001", h))
		r.must(r.sw.Hold("1001", h))
		r.must(r.sw.Retrieve("1001", h))
		r.must(r.sw.HangUp("1001", h))
	}, want: []string{
		"Delivered A/1001 alerting in +493023125001(Maria Beispiel)>1001",
		"Established A/1001 connected in +493023125001(Maria Beispiel)>1001",
		"Held A/1001 held in +493023125001(Maria Beispiel)>1001",
		"Retrieved A/1001 connected in +493023125001(Maria Beispiel)>1001",
		"Cleared A/1001 null in +493023125001(Maria Beispiel)>1001",
	}},
	{name: "withheld, abandoned", play: func(r *rig) {
		r.must(r.sw.CallerHangsUp(r.sw.Ring("1001", withheld)))
	}, want: []string{
		"Delivered A/1001 alerting in WITHHELD>1001",
		"Cleared A/1001 null in WITHHELD>1001 cause=cancelled",
	}},
	{name: "ring group", play: func(r *rig) {
		h := r.sw.RingGroup([]string{"1001", "1002"}, maria)
		r.must(r.sw.Answer("1002", h))
		r.must(r.sw.CallerHangsUp(h))
	}, want: []string{
		"Delivered A/1001 alerting in +493023125001(Maria Beispiel)>1001",
		"Delivered A/1002 alerting in +493023125001(Maria Beispiel)>1001",
		"Established A/1002 connected in +493023125001(Maria Beispiel)>1001",
		"Cleared A/1001 null in +493023125001(Maria Beispiel)>1001 cause=elsewhere",
		"Cleared A/1002 null in +493023125001(Maria Beispiel)>1001",
	}},
	{name: "forwarded, then picked up", play: func(r *rig) {
		h := r.sw.Ring("1001", maria)
		r.must(r.sw.Forward("1001", h, "1002"))
		r.must(r.sw.Pickup("1003", "1002", h))
		r.must(r.sw.HangUp("1003", h))
	}, want: []string{
		"Delivered A/1001 alerting in +493023125001(Maria Beispiel)>1001",
		"Diverted A/1001 null in +493023125001(Maria Beispiel)>1001 cause=redirected",
		"Delivered A/1002 alerting in +493023125001(Maria Beispiel)>1001 via=1001",
		"Cleared A/1002 null in +493023125001(Maria Beispiel)>1001 via=1001 cause=elsewhere",
		"Established A/1003 connected in +493023125001(Maria Beispiel)>1001 via=1002 cause=pickup",
		"Cleared A/1003 null in +493023125001(Maria Beispiel)>1001 via=1002",
	}},
	{name: "outbound by hand", play: func(r *rig) {
		r.sw.Dial("1001", "0022147100")
		r.must(r.sw.FarEndAnswers("0022147100"))
		r.must(r.sw.FarEndHangsUp("0022147100"))
	}, want: []string{
		"Originated A/1001 initiated out 1001>0022147100",
		"Established A/1001 connected out 1001>0022147100",
		"Cleared A/1001 null out 1001>0022147100",
	}},
	{name: "outbound, busy", play: func(r *rig) {
		r.sw.SetBusy("0022147100")
		h := r.sw.Dial("1001", "0022147100")
		r.must(r.sw.HangUp("1001", h))
	}, want: []string{
		"Originated A/1001 initiated out 1001>0022147100",
		"Failed A/1001 failed out 1001>0022147100 cause=busy detail=the number is busy (busy)",
	}},
	{name: "colleague calls", play: func(r *rig) {
		h := r.sw.Dial("1001", "1002")
		r.must(r.sw.Answer("1002", h))
		r.must(r.sw.HangUp("1002", h))
	}, want: []string{
		"Originated A/1001 initiated out 1001>1002",
		"Delivered A/1002 alerting in 1001>1002",
		"Established A/1001 connected out 1001>1002",
		"Established A/1002 connected in 1001>1002",
		"Cleared A/1002 null in 1001>1002",
		"Cleared A/1001 null out 1001>1002",
	}},
	{name: "transfer with consultation", avaya: true, play: consulted, want: []string{
		"Delivered A/1001 alerting in +493023125001(Maria Beispiel)>1001",
		"Established A/1001 connected in +493023125001(Maria Beispiel)>1001",
		"Held A/1001 held in +493023125001(Maria Beispiel)>1001",
		"Originated B/1001 initiated out 1001>1002",
		"Delivered B/1002 alerting in 1001>1002",
		"Established B/1001 connected out 1001>1002",
		"Established B/1002 connected in 1001>1002",
		"Transferred B/1002 connected in +493023125001(Maria Beispiel)>1002 via=1001 cause=transfer",
		"Cleared A/1001 null in +493023125001(Maria Beispiel)>1001 cause=transfer",
		"Cleared B/1001 null out 1001>1002 cause=transfer",
		"Cleared B/1002 null in +493023125001(Maria Beispiel)>1002 via=1001",
	}},
	{name: "transfer with consultation, Avaya", avaya: true, only: true, play: consulted, want: []string{
		"Delivered A/1001 alerting in +493023125001(Maria Beispiel)>1001",
		"Established A/1001 connected in +493023125001(Maria Beispiel)>1001",
		"Held A/1001 held in +493023125001(Maria Beispiel)>1001",
		"Originated B/1001 initiated out 1001>1002",
		"Delivered B/1002 alerting in +493023125001(Maria Beispiel)>1002 via=1001",
		"Established B/1001 connected out 1001>1002",
		"Established B/1002 connected in +493023125001(Maria Beispiel)>1002 via=1001",
		"Transferred B/1002 connected in +493023125001(Maria Beispiel)>1002 via=1001 cause=transfer",
		"Cleared A/1001 null in +493023125001(Maria Beispiel)>1001 cause=transfer",
		"Cleared B/1001 null out 1001>1002 cause=transfer",
		"Cleared B/1002 null in +493023125001(Maria Beispiel)>1002 via=1001",
	}},
	{name: "transfer completed while it rings", avaya: true, play: func(r *rig) {
		r.must(r.sw.Answer("1001", r.sw.Ring("1001", withheld)))
		c := r.sw.Consult("1001", "1002")
		r.must(r.sw.CompleteTransfer(c))
		r.must(r.sw.Answer("1002", c))
		r.must(r.sw.HangUp("1002", c))
	}, want: []string{
		"Delivered A/1001 alerting in WITHHELD>1001",
		"Established A/1001 connected in WITHHELD>1001",
		"Held A/1001 held in WITHHELD>1001",
		"Originated B/1001 initiated out 1001>1002",
		"Delivered B/1002 alerting in 1001>1002",
		"Transferred B/1002 alerting in WITHHELD>1002 via=1001 cause=transfer",
		"Cleared A/1001 null in WITHHELD>1001 cause=transfer",
		"Cleared B/1001 null out 1001>1002 cause=transfer",
		"Established B/1002 connected in WITHHELD>1002 via=1001",
		"Cleared B/1002 null in WITHHELD>1002 via=1001",
	}},
	{name: "single step transfer", play: func(r *rig) {
		h := r.sw.Ring("1001", maria)
		r.must(r.sw.Answer("1001", h))
		r.must(r.sw.Transfer("1001", h, "1002"))
		r.must(r.sw.Answer("1002", h))
		r.must(r.sw.CallerHangsUp(h))
	}, want: []string{
		"Delivered A/1001 alerting in +493023125001(Maria Beispiel)>1001",
		"Established A/1001 connected in +493023125001(Maria Beispiel)>1001",
		"Cleared A/1001 null in +493023125001(Maria Beispiel)>1001 cause=transfer",
		"Delivered T/1002 alerting in +493023125001(Maria Beispiel)>1001 via=1001",
		"Established T/1002 connected in +493023125001(Maria Beispiel)>1001 via=1001",
		"Cleared T/1002 null in +493023125001(Maria Beispiel)>1001 via=1001",
	}},
	{name: "conference, then the first agent leaves", avaya: true, play: func(r *rig) {
		r.must(r.sw.Answer("1001", r.sw.Ring("1001", maria)))
		c := r.sw.Consult("1001", "1002")
		r.must(r.sw.Answer("1002", c))
		r.must(r.sw.Conference(c))
		r.must(r.sw.HangUp("1001", c))
		r.must(r.sw.CallerHangsUp(c))
	}, want: []string{
		"Delivered A/1001 alerting in +493023125001(Maria Beispiel)>1001",
		"Established A/1001 connected in +493023125001(Maria Beispiel)>1001",
		"Held A/1001 held in +493023125001(Maria Beispiel)>1001",
		"Originated B/1001 initiated out 1001>1002",
		"Delivered B/1002 alerting in 1001>1002",
		"Established B/1001 connected out 1001>1002",
		"Established B/1002 connected in 1001>1002",
		"Cleared B/1001 null out 1001>1002",
		"Conferenced A/1001 connected in +493023125001(Maria Beispiel)>1001",
		"Conferenced B/1002 connected in 1001>1002",
		"Cleared A/1001 null in +493023125001(Maria Beispiel)>1001",
		"Transferred B/1002 connected in +493023125001(Maria Beispiel)>1002 via=1001 cause=transfer",
		"Cleared B/1002 null in +493023125001(Maria Beispiel)>1002 via=1001",
	}},
	{name: "queue, agent does not answer, next agent", play: func(r *rig) {
		h := r.sw.Queue("7000", maria)
		r.must(r.sw.Distribute(h, "1001"))
		r.must(r.sw.Distribute(h, "1002"))
		r.must(r.sw.Answer("1002", h))
		r.must(r.sw.CallerHangsUp(h))
	}, want: []string{
		"Delivered A/1001 alerting in +493023125001(Maria Beispiel)>7000 via=7000 group=7000",
		"Diverted A/1001 null in +493023125001(Maria Beispiel)>7000 via=7000 group=7000 cause=redirected",
		"Delivered A/1002 alerting in +493023125001(Maria Beispiel)>7000 via=1001 group=7000",
		"Established A/1002 connected in +493023125001(Maria Beispiel)>7000 via=1001 group=7000",
		"Cleared A/1002 null in +493023125001(Maria Beispiel)>7000 via=1001 group=7000",
	}},
	{name: "agent", play: func(r *rig) {
		r.must(r.sw.LogOn("1001", "4711", "7000"))
		r.must(r.sw.NotReady("1001"))
		r.must(r.sw.Ready("1001"))
		r.must(r.sw.LogOff("1001"))
	}, want: []string{
		"LoggedOn 1001 agent=4711 group=7000",
		"NotReady 1001 agent=4711 group=7000",
		"Ready 1001 agent=4711 group=7000",
		"LoggedOff 1001 agent=4711 group=7000",
	}},
}

func consulted(r *rig) {
	r.must(r.sw.Answer("1001", r.sw.Ring("1001", maria)))
	c := r.sw.Consult("1001", "1002")
	r.must(r.sw.Answer("1002", c))
	r.must(r.sw.CompleteTransfer(c))
	r.must(r.sw.CallerHangsUp(c))
}

// TestSwitch plays every flow on the simulated switch in every dialect, with
// every kind of callID after a transfer, and with all events sent twice.
func TestSwitch(t *testing.T) {
	for _, dialect := range []pbxtest.CSTADialect{pbxtest.CSTASession, pbxtest.CSTARegister, pbxtest.CSTAStatus, pbxtest.CSTANone, pbxtest.CSTAAvaya} {
		for _, id := range []pbxtest.CSTATransferID{pbxtest.CSTANewCallID, pbxtest.CSTAKeepPrimary, pbxtest.CSTAKeepSecondary} {
			for _, twice := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s/%d/twice=%v", dialect, id, twice), func(t *testing.T) { testSwitch(t, dialect, id, twice) })
			}
		}
	}
}

func testSwitch(t *testing.T, dialect pbxtest.CSTADialect, id pbxtest.CSTATransferID, twice bool) {
	for _, flow := range switchFlows {
		if avaya := dialect == pbxtest.CSTAAvaya; flow.avaya && flow.only != avaya {
			continue
		}
		t.Run(flow.name, func(t *testing.T) {
			o := pbxtest.CSTAOptions{Dialect: dialect, TransferID: id, PrivateNumber: id == pbxtest.CSTAKeepPrimary, Edition: ecma323.Edition{}}
			r := newRig(t, o, func(sw *pbxtest.CSTASwitch) { sw.AddQueue("7000", "") })
			if twice {
				r.sw.Misbehave(pbxtest.CSTADuplicateEvent, -1)
			}
			flow.play(r)
			got := lettered(r.heard())
			want := slices.Clone(flow.want)
			for i := range want { // a transfer without consultation may begin a call of its own
				letter := "A"
				if id == pbxtest.CSTANewCallID {
					letter = "B"
				}
				want[i] = strings.Replace(want[i], " T/", " "+letter+"/", 1)
			}
			compare(t, got, want)
			if r.table.Live() != 0 {
				t.Errorf("%d connections are left", r.table.Live())
			}
		})
	}
}

func compare(t *testing.T, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}
