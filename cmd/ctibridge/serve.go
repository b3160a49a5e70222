package main

import (
	"context"
	"fmt"
	"time"

	"github.com/ctibridge/ctibridge/cmd/internal/daemon"
)

// stopWithin is how long a stop may take.
const stopWithin = 5 * time.Second

type serveCmd struct{}

// Run serves until ctx ends.
func (serveCmd) Run(ctx context.Context, c *common, s *streams) error {
	set, err := c.settings(s)
	if err != nil {
		return err
	}
	if err := set.Validate(); err != nil {
		return err
	}
	log := logger(set, s)
	d, err := daemon.New(ctx, daemon.Options{Settings: set, Version: version, Logger: log, Getenv: s.getenv})
	if err != nil {
		return err
	}
	if err = d.Start(ctx); err == nil {
		fmt.Fprintf(s.err, "ctibridge serves %s (admin panel: %s/admin/)\n", set.BaseURL(d.Addr()), set.BaseURL(d.Addr()))
		select {
		case <-ctx.Done():
			log.Info("stopping")
		case err = <-d.Failed():
		}
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
	defer cancel()
	if stopErr := d.Stop(ctx); err == nil {
		err = stopErr
	}
	return err
}
