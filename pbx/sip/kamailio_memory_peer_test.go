//go:build peers

package sip

import (
	"testing"

	"github.com/ctibridge/ctibridge/pbx"
)

// TestKamailioGoesOn: a real presence server takes the refresh of the next run
// for what it is.
func TestKamailioGoesOn(t *testing.T) {
	both(t, func(t *testing.T, transport string) {
		p := newPhone(t)
		addr, memory := startKamailio(t, p.addr()).addr, &shelf{}
		before := ""
		for life := range 3 {
			l, err := New(pbx.LinkConfig{Name: "kamailio", Transport: transport, Server: addr, Domain: "pbx.example.com", Username: "cti"}, Options{Memory: memory})
			if err != nil {
				t.Fatal(err)
			}
			l.Watch([]pbx.DeviceID{"1001"})
			r := &running{t: t, link: l, events: make(chan pbx.Event, 64)}
			stop := runUntil(t, r)
			r.next("1001 Snapshot")
			r.status("active", func(s pbx.Status) bool { return s.Active == 1 && s.State == pbx.LinkConnected })
			l.mu.Lock()
			callID := l.devices["1001"].dialog.callID
			l.mu.Unlock()
			if life > 0 && callID != before {
				t.Errorf("run %d made a new subscription", life)
			}
			before = callID
			stop(pbx.ErrStopping)
		}
	})
}
