package main

import (
	"context"
	"fmt"

	"github.com/ctibridge/ctibridge/cmd/internal/daemon"
	"github.com/ctibridge/ctibridge/lookup"
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
	req.SyncRequest = lookup.SyncRequest{Object: c.Object, Full: c.Full, Limit: c.Limit, DryRun: c.DryRun}
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
	object string // of line
	line   string // not yet ended
	failed bool
}

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
		p.grow(l.Org+" "+l.Progress.Object, fmt.Sprintf("%d of %s", l.Progress.Done, total(l.Progress.Total)))
	case l.Result != nil:
		p.endLine()
		p.result(l.Org, *l.Result)
	}
}

// grow shows how far an object is.
func (p *syncProgress) grow(object, done string) {
	if object != p.object {
		p.endLine()
	}
	p.object, p.line = object, object+": "+done
	if p.s.terminal {
		fmt.Fprintf(p.s.out, "\r\033[K%s", p.line)
	}
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

func (p *syncProgress) result(org string, r lookup.SyncResult) {
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
