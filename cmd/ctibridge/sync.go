package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/ctibridge/ctibridge/cmd/internal/daemon"
	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/lookup/replica"
)

type syncCmd struct {
	Org    string `help:"Only this org (id or name)." placeholder:"ORG"`
	Object string `help:"Only this object." placeholder:"OBJECT"`
	Full   bool   `help:"Fetch everything, not only what changed."`
	Limit  int    `help:"Stop after N records of each object." placeholder:"N"`
	DryRun bool   `help:"Fetch and count, change nothing."`
}

// Run syncs and shows how far it is.
func (c *syncCmd) Run(ctx context.Context, common *common, s *streams) error {
	client, err := common.connect(ctx, s)
	if err != nil {
		return err
	}
	defer client.Close()
	req := daemon.SyncRequest{Org: c.Org}
	req.SyncRequest = replica.SyncRequest{Object: c.Object, Full: c.Full, Limit: c.Limit, DryRun: c.DryRun}
	show := syncProgress{s: s, dry: c.DryRun}
	if err = client.Sync(ctx, req, show.tell); err == nil && show.failed {
		return errFound
	}
	return err
}

// syncProgress prints how a sync goes: one line for each object, which on a
// terminal is written over as it grows.
type syncProgress struct {
	s      *streams
	dry    bool
	object string    // of line
	line   string    // not yet ended
	told   time.Time // when a line was last written of it
	failed bool
}

const (
	barWidth  = 30
	lineEvery = 10 * time.Second // where it is no terminal
)

func (p *syncProgress) tell(l daemon.SyncLine) {
	switch {
	case l.Error != "":
		p.endLine()
		p.failed = true
		fmt.Fprintf(p.s.out, "%s: %s\n", l.Org, l.Error)
		if l.Cure != "" {
			fmt.Fprintf(p.s.out, "  → %s\n", l.Cure)
		}
	case l.Progress != nil:
		p.grow(l.Org+" "+l.Progress.Object, *l.Progress)
	case l.Result != nil:
		p.endLine()
		p.result(l.Org, *l.Result)
	}
}

// grow shows how far an object is.
func (p *syncProgress) grow(object string, s lookup.SyncStatus) {
	if object != p.object {
		p.endLine()
		p.told = time.Now()
	}
	p.object, p.line = object, object+": "+far(s, p.s.terminal)
	switch {
	case p.s.terminal:
		fmt.Fprintf(p.s.out, "\r\033[K%s", p.line)
	case time.Since(p.told) >= lineEvery: // a log: what is long in coming is told of now and then
		p.told = time.Now()
		fmt.Fprintln(p.s.out, p.line)
		p.line = "" // told
	}
}

// far is how far an object is, with a bar where a person looks on.
func far(s lookup.SyncStatus, bar bool) string {
	var b strings.Builder
	if bar && s.Total > 0 && s.Phase == lookup.PhaseReading {
		filled := min(s.Done*barWidth/s.Total, barWidth)
		b.WriteString("[" + strings.Repeat("#", filled) + strings.Repeat("-", barWidth-filled) + "] ")
	}
	fmt.Fprintf(&b, "%d of %s", s.Done, total(s.Total))
	switch {
	case s.Phase == lookup.PhaseWaiting:
		b.WriteString(", waiting for Salesforce to prepare the records")
	case s.Phase == lookup.PhaseRemoving:
		b.WriteString(", removing what Salesforce no longer has")
	case s.Rate > 0:
		fmt.Fprintf(&b, ", %.0f a second, %v left", s.Rate, s.Left)
	}
	return b.String()
}

// endLine leaves the line as it is; where nothing is written over, it is
// written only now.
func (p *syncProgress) endLine() {
	if p.line == "" {
		return
	}
	if !p.s.terminal {
		fmt.Fprint(p.s.out, p.line)
	}
	fmt.Fprintln(p.s.out)
	p.object, p.line = "", ""
}

func (p *syncProgress) result(org string, r replica.SyncResult) {
	end := ""
	if p.dry {
		end = "; nothing was written"
	}
	fmt.Fprintf(p.s.out, "%s: %d records read, %d changed, %d removed%s\n", org, r.Read, r.Changed, r.Removed, end)
	for _, w := range r.Warnings {
		fmt.Fprintf(p.s.out, "  ! %s\n", w)
	}
}

func total(n int) string {
	if n == 0 {
		return "?"
	}
	return fmt.Sprint(n)
}
