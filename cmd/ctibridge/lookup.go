package main

import (
	"context"
	"encoding/json"
	"fmt"
)

type lookupCmd struct {
	Numbers []string `arg:"" name:"number" help:"Numbers as the PBX sends them."`
	Org     string   `help:"Only this org (id or name)." placeholder:"ORG"`
	JSON    bool     `help:"Print one JSON object a line."`
}

// Run asks the directory.
func (c *lookupCmd) Run(ctx context.Context, common *common, s *streams) error {
	client, err := common.connect(ctx, s)
	if err != nil {
		return err
	}
	defer client.Close()
	found, err := client.Lookup(ctx, c.Org, c.Numbers)
	if err != nil {
		return err
	}
	lines := json.NewEncoder(s.out)
	for _, f := range found {
		if c.JSON {
			if err := lines.Encode(f); err != nil {
				return err
			}
			continue
		}
		fmt.Fprintf(s.out, "%s  %s %s\n", f.Input, f.Kind, f.E164)
		for _, m := range f.Matches {
			fmt.Fprintf(s.out, "  %-8s %-10s %s  %s %s (%s)\n", m.Match, m.Object, m.ID, m.Name, m.Company, m.Org)
		}
		if len(f.Matches) == 0 {
			fmt.Fprintln(s.out, "  nobody")
		}
	}
	return nil
}
