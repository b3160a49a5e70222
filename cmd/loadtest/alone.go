package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/sip"
)

// linkServer is the --serve value of a process that holds nothing but the link:
// what a subscription occupies and what a NOTIFY costs as far as its event.
const linkServer = "link"

func serveLink(ctx context.Context, o options) error {
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	link, err := sip.New(pbx.LinkConfig{
		Name: linkName, Type: "sip", Profile: "freeswitch", Transport: o.Link, Server: o.PBXListen,
		Domain: "pbx.example.com", Listen: "127.0.0.1:0", Username: "cti", Password: "load",
	}, sip.Options{Logger: log})
	if err != nil {
		return err
	}
	devices := make([]pbx.DeviceID, o.Agents)
	for i := range devices {
		devices[i] = pbx.DeviceID(extensionOf(i))
	}
	link.Watch(devices)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	events := make(chan pbx.Event, 1024)
	go func() {
		for {
			select {
			case <-events:
			case <-ctx.Done():
				return
			}
		}
	}()
	fmt.Printf("ready %s\n", o.PBXListen)
	go func() {
		tellSamples(os.Stdin, os.Stdout)
		cancel()
	}()
	return link.Run(ctx, events)
}

// startAlone brings up the PBX and a process with the link alone.
func (b *bench) startAlone(ctx context.Context) (err error) {
	o := b.o
	if b.notifier, err = newNotifier(ctx, o.Link, o.PBXListen, o.Numbers); err != nil {
		return err
	}
	b.tell = b.notifier
	b.server, err = launch(ctx, newKey(), "--serve", linkServer, "--link", o.Link, "--agents", fmt.Sprint(o.Agents), "--pbx-listen", b.notifier.addr)
	if err != nil {
		return err
	}
	begin := time.Now()
	if err := b.watched(ctx); err != nil {
		return err
	}
	s, err := b.server.sample()
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "loadtest: %d extensions subscribed to after %.1f s: %d goroutines, %.1f MB live heap, %.1f MB RSS\n",
		o.Agents, time.Since(begin).Seconds(), s.Goroutines, s.Heap, s.RSS)
	return nil
}

// alone measures what a NOTIFY costs the link, as far as its event.
func (b *bench) alone(ctx context.Context) (*result, error) {
	o := b.o
	l := newLedger(o.Numbers, 0)
	idle := residentMB(b.server.pid)
	warm, _ := playCalls(ctx, o, 0, b.tell, l, o.Warmup, false)
	before, began := usageOf(b.server.pid), time.Now()
	rung, messages := playCalls(ctx, o, warm, b.tell, l, o.Duration, false)
	after, lasted := usageOf(b.server.pid), time.Since(began)
	if err := b.notifier.err(); err != nil {
		return nil, fmt.Errorf("send: %w", err)
	}
	return &result{
		Scenario: o.Link + ", link alone", Agents: o.Agents, Numbers: o.Numbers, Rate: o.Rate, Calls: rung,
		Reached: round(float64(rung) / (lasted - terminateAfter).Seconds()), Repeated: b.notifier.repeats.Load(),
		CPU:           round(100 * (after.cpu - before.cpu).Seconds() / lasted.Seconds()),
		CPUPerMessage: round((after.cpu - before.cpu).Seconds() * 1000 / float64(messages)),
		RSS:           after.rss, Idle: idle,
	}, nil
}
