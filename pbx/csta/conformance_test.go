package csta_test

import (
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/csta"
	"github.com/ctibridge/ctibridge/pbx/csta/ecma323"
	"github.com/ctibridge/ctibridge/pbx/pbxtest"
)

// newLink makes links that are impatient; silence is for how long nothing may be
// heard of a call, 0 for the usual time.
func newLink(t *testing.T, silence time.Duration) func(pbx.LinkConfig) pbx.Link {
	return func(c pbx.LinkConfig) pbx.Link {
		l, err := csta.New(c, csta.Options{
			Retry: 20 * time.Millisecond, MonitorRetry: 100 * time.Millisecond, Farewell: 200 * time.Millisecond, Silence: silence,
		})
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
}

// newPeer puts a link and a toy switch with faults under a suite.
func newPeer(o pbxtest.CSTAOptions, silence time.Duration, faults ...pbxtest.CSTAFault) func(*testing.T) pbxtest.Peer {
	return func(t *testing.T) pbxtest.Peer {
		return pbxtest.CSTAPeer(t, o, newLink(t, silence), func(sw *pbxtest.CSTASwitch) {
			for _, f := range faults {
				sw.Misbehave(f, -1)
			}
		})
	}
}

// conform runs the suites of all links against the toy switch.
func conform(t *testing.T, o pbxtest.CSTAOptions, faults ...pbxtest.CSTAFault) {
	t.Parallel()
	pbxtest.RunLinkTests(t, newPeer(o, 0, faults...))
	pbxtest.RunDialTests(t, newPeer(o, 0, faults...))
	pbxtest.RunAnswerTests(t, newPeer(o, 0, faults...))
	pbxtest.RunLossTests(t, newPeer(o, 100*time.Millisecond, faults...))
}

// TestAlwaysAsked: the suites hold while the calls are asked about without pause.
func TestAlwaysAsked(t *testing.T) {
	for name, faults := range map[string][]pbxtest.CSTAFault{
		"by device": nil, "one by one": {pbxtest.CSTANoSnapshotDevice}, "by device only": {pbxtest.CSTANoSnapshotCall},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			peer := newPeer(pbxtest.CSTAOptions{}, time.Millisecond, faults...)
			if name == "by device" {
				pbxtest.RunLinkTests(t, peer)
			}
			pbxtest.RunDialTests(t, peer)
			pbxtest.RunAnswerTests(t, peer)
			pbxtest.RunLossTests(t, peer)
		})
	}
}

// TestConformance: every dialect, and over TLS where that is usual.
func TestConformance(t *testing.T) {
	for _, dialect := range csta.Dialects() {
		o := pbxtest.CSTAOptions{Dialect: pbxtest.CSTADialect(dialect)}
		t.Run(dialect, func(t *testing.T) { conform(t, o) })
		if dialect != "session" && dialect != "avaya" {
			continue
		}
		t.Run(dialect+" over TLS", func(t *testing.T) {
			cert, err := pbxtest.NewCertificate()
			if err != nil {
				t.Fatal(err)
			}
			o.Certificate = cert
			conform(t, o)
		})
	}
}

// TestEditions: editions that are no dialect's own; 4 and 5 are.
func TestEditions(t *testing.T) {
	for _, e := range []ecma323.Edition{ecma323.Edition2, ecma323.Edition3, ecma323.Edition6} {
		t.Run(e.Name, func(t *testing.T) { conform(t, pbxtest.CSTAOptions{Edition: e}) })
	}
	t.Run("ed3/privA", func(t *testing.T) {
		conform(t, pbxtest.CSTAOptions{Dialect: pbxtest.CSTAAvaya, Edition: ecma323.EditionAvaya("privA")})
	})
}

// TestSwitches: what else differs between switches that behave.
func TestSwitches(t *testing.T) {
	for name, o := range map[string]pbxtest.CSTAOptions{
		"slow answers":           {AnswerDelay: 20 * time.Millisecond},
		"heartbeats":             {Heartbeat: 20 * time.Millisecond},
		"short session":          {SessionDuration: time.Second},
		"callID of the first":    {TransferID: pbxtest.CSTAKeepPrimary},
		"callID of the second":   {TransferID: pbxtest.CSTAKeepSecondary},
		"far end in snapshots":   {SnapshotEndpoint: true},
		"snapshots in parts":     {SnapshotSegments: true},
		"private numbers marked": {PrivateNumber: true, Edition: ecma323.Edition5},
	} {
		t.Run(name, func(t *testing.T) { conform(t, o) })
	}
}

// TestMisbehaviour: the suites hold whatever the switch does wrong, as long as it
// loses nothing.
func TestMisbehaviour(t *testing.T) {
	for name, fault := range map[string]pbxtest.CSTAFault{
		"short lengths":                pbxtest.CSTAShortLength,
		"long lengths":                 pbxtest.CSTALongLength,
		"no namespaces":                pbxtest.CSTANoNamespace,
		"prefixes":                     pbxtest.CSTAPrefix,
		"nested device ids":            pbxtest.CSTANested,
		"events with a request's id":   pbxtest.CSTAEventRequestID,
		"requests with our id":         pbxtest.CSTARequestID,
		"events that nobody asked for": pbxtest.CSTAUnknownEvent,
		"events before answers":        pbxtest.CSTAEventsFirst,
		"every event twice":            pbxtest.CSTADuplicateEvent,
	} {
		t.Run(name, func(t *testing.T) { conform(t, pbxtest.CSTAOptions{Heartbeat: 100 * time.Millisecond}, fault) })
	}
	t.Run("byte by byte", func(t *testing.T) { // the toy switch's queue is too short for the quick calls
		peer := newPeer(pbxtest.CSTAOptions{}, 0, pbxtest.CSTAOneByte)
		pbxtest.RunDialTests(t, peer)
		pbxtest.RunAnswerTests(t, peer)
	})
	t.Run("names with umlauts", func(t *testing.T) {
		conform(t, pbxtest.CSTAOptions{Dialect: pbxtest.CSTANone}, pbxtest.CSTAShortLength, pbxtest.CSTAPrefix)
	})
}
