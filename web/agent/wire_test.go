package agent

import (
	"bytes"
	"errors"
	"io"
	"net"
	"slices"
	"sync"
	"testing"
	"time"
)

// counted is a connection that counts its writes.
type counted struct {
	net.Conn
	writes []string
	err    error
}

func (c *counted) Write(b []byte) (int, error) {
	c.writes = append(c.writes, string(b))
	return len(b), c.err
}

func (c *counted) SetWriteDeadline(time.Time) error { return nil }

func TestWireHolds(t *testing.T) {
	under := &counted{}
	w := newWire(under, &buffers{})
	write := func(s string) {
		t.Helper()
		if n, err := w.Write([]byte(s)); err != nil || n != len(s) {
			t.Fatalf("wrote %d (%v)", n, err)
		}
	}
	release := func() {
		t.Helper()
		if err := w.release(); err != nil {
			t.Fatal(err)
		}
	}
	write("alone")
	release() // of nothing
	w.hold()
	release() // of nothing
	w.hold()
	write("call,")
	w.hold() // already
	write("navigate")
	if len(under.writes) != 1 {
		t.Errorf("wrote %q while holding", under.writes)
	}
	release()
	write("next")
	if want := []string{"alone", "call,navigate", "next"}; !slices.Equal(under.writes, want) {
		t.Errorf("wrote %q, want %q", under.writes, want)
	}
	under.err = io.ErrClosedPipe
	w.hold()
	write("lost")
	if err := w.release(); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("release says %v", err)
	}
}

// socketPair is both ends of a TCP connection.
func socketPair(t testing.TB) (ours, theirs *net.TCPConn) {
	t.Helper()
	l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	there, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	here, err := l.AcceptTCP()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = here.Close(), there.Close() })
	return here, there.(*net.TCPConn)
}

// TestWireFills: what a socket does not take at once leaves as it is read, and
// what is not read ends the write by its deadline; so does what comes after it.
func TestWireFills(t *testing.T) {
	ours, theirs := socketPair(t)
	w := newWire(ours, &buffers{})
	sent := bytes.Repeat([]byte("0123456789abcdef"), 1<<20) // more than a socket holds
	var got []byte
	var reading sync.WaitGroup
	reading.Go(func() {
		got = make([]byte, len(sent)+len("again"))
		_, _ = io.ReadFull(theirs, got)
	})
	_ = w.SetWriteDeadline(time.Now().Add(time.Minute))
	if n, err := w.Write(sent); err != nil || n != len(sent) {
		t.Fatalf("wrote %d of %d (%v)", n, len(sent), err)
	}
	_ = w.SetWriteDeadline(time.Unix(1, 0)) // too late only for what has to wait
	if _, err := w.Write([]byte("again")); err != nil {
		t.Fatal(err)
	}
	reading.Wait()
	if !bytes.Equal(got, append(sent, "again"...)) {
		t.Error("what was read is not what was written")
	}
	for range 2 {
		_ = w.SetWriteDeadline(time.Now().Add(20 * time.Millisecond))
		var late net.Error
		if _, err := w.Write(sent); !errors.As(err, &late) || !late.Timeout() {
			t.Fatalf("writing to who does not read: %v, want a timeout", err)
		}
	}
	_ = w.Close()
	if _, err := w.Write([]byte("x")); !errors.Is(err, net.ErrClosed) {
		t.Errorf("writing to a closed wire: %v", err)
	}
}

// TestWireLost: the other side is gone.
func TestWireLost(t *testing.T) {
	ours, theirs := socketPair(t)
	w := newWire(ours, &buffers{})
	_ = theirs.SetLinger(0)
	_ = theirs.Close()
	if _, err := ours.Read(make([]byte, 1)); err == nil {
		t.Fatal("the reset was not seen")
	}
	var late net.Error
	if _, err := w.Write([]byte("x")); err == nil || errors.As(err, &late) && late.Timeout() {
		t.Errorf("writing to who is gone: %v", err)
	}
}
