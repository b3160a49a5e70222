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
	failed := false
	err = client.Sync(ctx, req, func(l daemon.SyncLine) { failed = c.tell(s, l) || failed })
	if err == nil && failed {
		return errFound
	}
	return err
}

// tell prints one line of progress; on a terminal the line of progress is
// written over.
func (c *syncCmd) tell(s *streams, l daemon.SyncLine) (failed bool) {
	clear := ""
	if s.terminal {
		clear = "\r\033[K"
	}
	switch {
	case l.Error != "":
		fmt.Fprintf(s.out, "%s%s: %s\n", clear, l.Org, l.Error)
		if l.Cure != "" {
			fmt.Fprintf(s.out, "  → %s\n", l.Cure)
		}
		return true
	case l.Progress != nil && s.terminal:
		fmt.Fprintf(s.out, "%s%s %s: %d of %s", clear, l.Org, l.Progress.Object, l.Progress.Done, total(l.Progress.Total))
	case l.Result != nil:
		fmt.Fprintf(s.out, "%s%s: %v\n", clear, l.Org, *l.Result)
	}
	return false
}

func total(n int) string {
	if n == 0 {
		return "?"
	}
	return fmt.Sprint(n)
}
