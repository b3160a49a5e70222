package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/ctibridge/ctibridge/cmd/internal/daemon"
)

type checkCmd struct {
	JSON bool `help:"Print JSON."`
}

// Run prints what works and what does not; it fails if anything is a problem.
func (c *checkCmd) Run(ctx context.Context, common *common, s *streams) error {
	client, err := common.connect(ctx, s)
	if err != nil {
		return err
	}
	defer client.Close()
	found, err := client.Check(ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		if err := json.NewEncoder(s.out).Encode(found); err != nil {
			return err
		}
	}
	bad := false
	for _, f := range found {
		bad = bad || f.Level == daemon.LevelProblem
		if c.JSON {
			continue
		}
		fmt.Fprintf(s.out, "%-8s %s: %s\n", f.Level, f.Subject, f.Text)
		if f.Cure != "" && f.Level != daemon.LevelOK {
			fmt.Fprintf(s.out, "         → %s\n", f.Cure)
		}
	}
	if bad {
		return errFound
	}
	return nil
}
