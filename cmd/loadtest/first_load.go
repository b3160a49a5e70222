package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/cmd/internal/daemon"
	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/lookup/replica"
)

// firstLoad measures how long a bridge that has just been installed takes to copy
// an org, from its start to the commit of the last record. The org is played by a
// process of its own.
func (b *bench) firstLoad(ctx context.Context, dir string) (*result, error) {
	o, key := b.o, newKey()
	b.set = settings(filepath.Join(dir, "data"), key)
	for _, path := range []string{b.set.StatePath(), b.set.DirectoryPath()} {
		for _, suffix := range []string{"", "-wal", "-shm"} {
			_ = os.Remove(path + suffix)
		}
	}
	var err error
	if b.org, err = launchOrg(ctx, o.FirstLoad); err != nil {
		return nil, err
	}
	empty := *o
	empty.Numbers = 0
	if err := prepare(ctx, &empty, b.set, bridge.Document{Version: 1, Orgs: []lookup.OrgConfig{b.org.config}}); err != nil {
		return nil, err
	}
	args := []string{"--serve", b.set.Data}
	if o.CPUProfile != "" {
		args = append(args, "--cpu-profile", o.CPUProfile)
	}
	begin := time.Now()
	if b.server, err = launch(ctx, key, args...); err != nil {
		return nil, err
	}
	read, err := b.loaded(ctx)
	if err != nil {
		return nil, err
	}
	took, used := time.Since(begin), usageOf(b.server.pid)
	fmt.Fprintf(os.Stderr, "loadtest: %d contacts in %.1f s (%.0f a second), %d MB resident at most; load average %s\n",
		read, took.Seconds(), float64(read)/took.Seconds(), used.rss, loadAverage())
	return &result{
		Scenario: "first load", Numbers: o.FirstLoad, Delivered: read, Lost: o.FirstLoad - read, Seconds: round(took.Seconds()),
		CPU: round(100 * used.cpu.Seconds() / took.Seconds()), RSS: used.rss,
	}, nil
}

// loaded waits for the bridge's own first sync, behind which ours takes its turn,
// and tells how many contacts the directory then holds.
func (b *bench) loaded(ctx context.Context) (held int, err error) {
	c, err := daemon.Connect(ctx, b.set, "loadtest", nil)
	if err != nil {
		return 0, err
	}
	defer c.Close()
	req := daemon.SyncRequest{Org: "resync", SyncRequest: replica.SyncRequest{Object: "Contact"}}
	var failed error
	for held < b.o.FirstLoad && failed == nil && err == nil {
		err = c.Sync(ctx, req, func(l daemon.SyncLine) {
			switch {
			case l.Error != "":
				failed = errors.New(l.Error)
			case l.Progress != nil:
				held = max(held, l.Progress.Records)
			}
		})
	}
	return held, errors.Join(err, failed)
}

// loadAverage is what proc_loadavg(5) tells of the last minute.
func loadAverage() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil || len(text) < 4 {
		return "unknown"
	}
	return string(text[:4])
}
