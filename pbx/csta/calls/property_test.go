package calls

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/csta/ecma323"
	"github.com/ctibridge/ctibridge/pbx/pbxtest"
)

// What a switch may leave out of the events of a transfer.
var omissions = map[string]func(ecma323.CallEvent){
	"all there": func(ecma323.CallEvent) {},
	// the connection list names nobody: only the other device's events tell
	"no endpoints": func(m ecma323.CallEvent) {
		if e, ok := m.(*ecma323.TransferedEvent); ok {
			for i := range e.TransferredConnections {
				item := &e.TransferredConnections[i]
				item.Endpoint = ecma323.ExtendedDeviceID{}
				item.NewConnection.DeviceID, item.OldConnection.DeviceID = ecma323.DeviceID{}, ecma323.DeviceID{}
			}
		}
	},
	"no list, no network caller": func(m ecma323.CallEvent) {
		m.Data().NetworkCallingDevice = ecma323.ExtendedDeviceID{}
		if e, ok := m.(*ecma323.TransferedEvent); ok {
			e.TransferredConnections = nil
		}
	},
	// as if the colleague called, even after a single step transfer
	"the colleague calls": func(m ecma323.CallEvent) {
		m.Data().NetworkCallingDevice = ecma323.ExtendedDeviceID{}
		m.Data().Private = nil
		if e, ok := m.(*ecma323.DeliveredEvent); ok && e.AlertingDevice.Number() == "1002" {
			e.CallingDevice = ecma323.Extended("1001")
		}
		if e, ok := m.(*ecma323.EstablishedEvent); ok && e.AnsweringDevice.Number() == "1002" {
			e.CallingDevice = ecma323.Extended("1001")
		}
	},
	"no local state": func(m ecma323.CallEvent) { m.Data().LocalConnectionInfo = "" },
}

var transfers = map[string]func(r *rig, from pbxtest.Caller){
	"consultation": func(r *rig, from pbxtest.Caller) {
		r.must(r.sw.Answer("1001", r.sw.Ring("1001", from)))
		c := r.sw.Consult("1001", "1002")
		r.must(r.sw.Answer("1002", c))
		r.must(r.sw.CompleteTransfer(c))
	},
	"completed while it rings": func(r *rig, from pbxtest.Caller) {
		r.must(r.sw.Answer("1001", r.sw.Ring("1001", from)))
		c := r.sw.Consult("1001", "1002")
		r.must(r.sw.CompleteTransfer(c))
		r.must(r.sw.Answer("1002", c))
	},
	"single step": func(r *rig, from pbxtest.Caller) {
		h := r.sw.Ring("1001", from)
		r.must(r.sw.Answer("1001", h))
		r.must(r.sw.Transfer("1001", h, "1002"))
		r.must(r.sw.Answer("1002", h))
	},
	"of a call that the agent placed": func(r *rig, from pbxtest.Caller) {
		if from.Withheld {
			r.must(r.sw.Answer("1001", r.sw.Ring("1001", from))) // nobody dials a withheld number
		} else {
			r.sw.Dial("1001", from.Number)
			r.must(r.sw.FarEndAnswers(from.Number))
		}
		c := r.sw.Consult("1001", "1002")
		r.must(r.sw.Answer("1002", c))
		r.must(r.sw.CompleteTransfer(c))
	},
	"with another call before": func(r *rig, from pbxtest.Caller) {
		h := r.sw.Ring("1001", pbxtest.Caller{Number: "+496990009002", Name: "Hans Muster"})
		r.must(r.sw.Answer("1001", h))
		r.must(r.sw.CallerHangsUp(h))
		r.must(r.sw.Answer("1001", r.sw.Ring("1001", from)))
		c := r.sw.Consult("1001", "1002")
		r.must(r.sw.Answer("1002", c))
		r.must(r.sw.CompleteTransfer(c))
	},
}

// TestInterleavings: in whatever order the events of two devices arrive, the
// receiver of a transfer has the outside caller in the end, and nobody else at
// any time but the colleague. Each device's own events stay in order.
func TestInterleavings(t *testing.T) {
	for _, dialect := range []pbxtest.CSTADialect{pbxtest.CSTASession, pbxtest.CSTARegister, pbxtest.CSTAAvaya} {
		for _, id := range []pbxtest.CSTATransferID{pbxtest.CSTANewCallID, pbxtest.CSTAKeepPrimary, pbxtest.CSTAKeepSecondary} {
			for transfer, play := range transfers {
				for _, from := range []pbxtest.Caller{maria, withheld} {
					o := pbxtest.CSTAOptions{Dialect: dialect, TransferID: id, PrivateNumber: id == pbxtest.CSTAKeepPrimary, Edition: ecma323.Edition5}
					if dialect == pbxtest.CSTAAvaya {
						o.Edition = ecma323.Edition{}
					}
					r := newRig(t, o, nil, "1001", "1002")
					play(r, from)
					r.collect()
					for omission, leaveOut := range omissions {
						if silent(transfer, omission, id) {
							continue
						}
						name := fmt.Sprintf("%s/%d/%s/%s/withheld=%v", dialect, id, transfer, omission, from.Withheld)
						t.Run(name, func(t *testing.T) { interleave(t, r, from, leaveOut) })
					}
				}
			}
		}
	}
}

// silent are cases in which the switch does not say at all that the two calls
// are one.
func silent(transfer, omission string, id pbxtest.CSTATransferID) bool {
	return transfer == "single step" && omission == "no list, no network caller" && id == pbxtest.CSTANewCallID
}

func interleave(t *testing.T, r *rig, from pbxtest.Caller, leaveOut func(ecma323.CallEvent)) {
	one, two := clones(t, r.stream["1001"], leaveOut), clones(t, r.stream["1002"], leaveOut)
	random := rand.New(rand.NewPCG(1, 2))
	for n := range 30 {
		share := float64(n%7) / 6 // 0: the second device is told all of it first
		table := New(Options{Link: "csta", Avaya: r.edition.Avaya})
		table.Watch([]pbx.DeviceID{"1001", "1002"})
		var log []string
		for i, j := 0, 0; i < len(one) || j < len(two); {
			var events []pbx.Event
			if j == len(two) || i < len(one) && random.Float64() < share {
				events = table.Apply("1001", one[i], start)
				i++
			} else {
				events = table.Apply("1002", two[j], start)
				j++
			}
			for k := range events {
				log = append(log, show(&events[k]))
				checkReceiver(t, &events[k], from, log)
			}
		}
		d := table.devices["1002"]
		if len(d.conns) != 1 || !isCaller(d.conns[0].far, from) || d.conns[0].state != pbx.StateConnected {
			t.Fatalf("round %d: the receiver has %d connections; events %q", n, len(d.conns), log)
		}
		if left := len(table.devices["1001"].conns); left != 0 {
			t.Fatalf("round %d: the first device still has %d connections: %q", n, left, log)
		}
	}
}

func isCaller(p pbx.Party, from pbxtest.Caller) bool {
	return p.Withheld == from.Withheld && (from.Withheld || p.Number == from.Number)
}

func checkReceiver(t *testing.T, e *pbx.Event, from pbxtest.Caller, log []string) {
	t.Helper()
	if from.Withheld && strings.Contains(log[len(log)-1], from.Number) {
		t.Fatalf("a withheld number was told: %s; events %q", show(e), log)
	}
	if far := e.Remote(); e.Connection.Device == "1002" && !isCaller(far, from) && far.Number != "1001" && far.Known() {
		t.Fatalf("the receiver was told %s; events %q", show(e), log)
	}
}

func clones(t *testing.T, stream []ecma323.Message, leaveOut func(ecma323.CallEvent)) (out []ecma323.CallEvent) {
	for _, m := range stream {
		e := decoded(t, m.(ecma323.CallEvent))
		leaveOut(e)
		out = append(out, e)
	}
	return out
}
