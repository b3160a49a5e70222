package main

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ctibridge/ctibridge/cmd/internal/daemon"
	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/lookup/replica"
)

// loadOf is a first load as its lines come.
func loadOf(s *streams) {
	p := syncProgress{s: s}
	tell := func(status lookup.SyncStatus) {
		status.Object, status.Total = "Contact", 1000
		p.tell(daemon.SyncLine{Org: "Beispiel", Progress: &status})
		time.Sleep(4 * time.Second) // the bubble's time
	}
	tell(lookup.SyncStatus{Phase: lookup.PhaseWaiting})
	for done := 200; done <= 1000; done += 200 {
		tell(lookup.SyncStatus{Phase: lookup.PhaseReading, Done: done, Rate: 50, Left: time.Duration(1000-done) / 50 * time.Second})
	}
	tell(lookup.SyncStatus{Phase: lookup.PhaseRemoving, Done: 1000})
	p.tell(daemon.SyncLine{Org: "Beispiel", Result: &replica.SyncResult{Read: 1000, Changed: 1000}})
}

func TestSyncProgress(t *testing.T) {
	for terminal, want := range map[bool]string{
		true: "\r\033[KBeispiel Contact: 0 of 1000, waiting for Salesforce to prepare the records" +
			"\r\033[KBeispiel Contact: [######------------------------] 200 of 1000, 50 a second, 16s left" +
			"\r\033[KBeispiel Contact: [############------------------] 400 of 1000, 50 a second, 12s left" +
			"\r\033[KBeispiel Contact: [##################------------] 600 of 1000, 50 a second, 8s left" +
			"\r\033[KBeispiel Contact: [########################------] 800 of 1000, 50 a second, 4s left" +
			"\r\033[KBeispiel Contact: [##############################] 1000 of 1000, 50 a second, 0s left" +
			"\r\033[KBeispiel Contact: 1000 of 1000, removing what Salesforce no longer has\n" +
			"Beispiel: 1000 records read, 1000 changed, 0 removed\n",
		false: "Beispiel Contact: 600 of 1000, 50 a second, 8s left\n" +
			"Beispiel Contact: 1000 of 1000, removing what Salesforce no longer has\n" +
			"Beispiel: 1000 records read, 1000 changed, 0 removed\n",
	} {
		synctest.Test(t, func(t *testing.T) {
			var out strings.Builder
			loadOf(&streams{out: &out, terminal: terminal})
			if out.String() != want {
				t.Errorf("terminal %v:\n%q, want\n%q", terminal, out.String(), want)
			}
		})
	}
}
