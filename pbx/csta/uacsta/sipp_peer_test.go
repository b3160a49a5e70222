//go:build peers

package uacsta

import (
	"bytes"
	"errors"
	"net"
	"net/netip"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/csta/ecma323"
)

// TestSipp: an association from INVITE to BYE with sipp as the telephone, whose
// state machine and parser are not ours, and which says what it expected where
// something else comes.
func TestSipp(t *testing.T) {
	at := freePort(t)
	said := new(bytes.Buffer)
	sipp := exec.CommandContext(t.Context(), "sipp", "-sf", "testdata/phone.xml", "-i", "127.0.0.1", "-p", strconv.Itoa(int(at.Port())),
		"-m", "1", "-nostdin", "-timeout", "20s", "-timeout_error", "-trace_err", "-error_file", "/dev/stderr", "-nd")
	sipp.Stdout, sipp.Stderr = said, said
	if err := sipp.Start(); err != nil {
		t.Fatal(err)
	}
	over := make(chan error, 1)
	go func() { over <- sipp.Wait() }()

	r := startAt(t, at, nil, 0)
	receive(t, r.ready)
	id, err := r.MakeCall(t.Context(), "03023125100")
	if err != nil || id != ecma323.Connection("4711", "201") {
		t.Errorf("MakeCall: %v, %v", id, err)
	}
	for _, want := range []string{"OriginatedEvent", "DeliveredEvent"} {
		if m := receive(t, r.events); m.Name() != want {
			t.Errorf("event %s, want %s", m.Name(), want)
		}
	}
	calls, told := r.Calls()
	if !told || len(calls) != 2 || calls[1].State != pbx.StateAlerting || calls[1].Far != "03023125101" || calls[0].Far != "03023125100" {
		t.Errorf("calls %+v", calls)
	}
	if err := r.AnswerCall(t.Context(), ecma323.ConnectionID{}); err != nil {
		t.Errorf("AnswerCall: %v", err)
	}
	if err := r.HoldCall(t.Context(), ecma323.Connection("4712", "201")); !errors.Is(err, pbx.ErrNotSupported) {
		t.Errorf("HoldCall of a telephone that cannot: %v", err)
	}
	r.stop(nil)
	if err := receive(t, r.ended); err != nil {
		t.Errorf("Run: %v", err)
	}
	select {
	case err := <-over:
		if err != nil {
			t.Errorf("sipp: %v\n%s", err, said)
		}
	case <-time.After(25 * time.Second):
		t.Error("sipp did not end")
	}
}

// freePort is one that nobody listens on.
func freePort(t *testing.T) netip.AddrPort {
	t.Helper()
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	return conn.LocalAddr().(*net.UDPAddr).AddrPort()
}
