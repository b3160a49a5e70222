// Command loadtest rings agents and measures how long it takes until their
// browsers have read the pop. It plays the PBX and the browsers itself; the
// bridge runs in a process of its own, which is this program again, or one that
// is already running (--attach).
//
//	driver ─NOTIFY (UDP, TCP) or pipe─► bridge ─WebSocket─► driver
//	   └ clock starts before the write        clock ends when the frame is read ┘
//
// With --soak it goes on for long and says whether the bridge's process grew.
//
// A call is three messages: early, confirmed 0.3 s later, terminated 0.6 s
// later. It is lost if no frame came 2 s after the end. The result is one JSON
// object on standard output; what happens meanwhile goes to standard error.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/alecthomas/kong"
)

type options struct {
	Agents    int           `default:"2000" help:"Agents, each with an extension and one browser tab."`
	Rate      float64       `default:"500" help:"Calls a second."`
	Link      string        `default:"udp" enum:"udp,tcp,memory" help:"How the calls are told: SIP over udp or tcp, or the in-memory link."`
	Numbers   int           `default:"1000000" help:"Records in the directory, one number each; 1,000,000 at most."`
	Warmup    time.Duration `default:"5s" help:"Load before the measuring."`
	Duration  time.Duration `default:"30s" help:"Measured time."`
	Best      int           `default:"1" help:"Measure N times and print the run with the lowest p99."`
	Resync    int           `help:"Re-sync N records of another org meanwhile."`
	FirstLoad int           `help:"Measure the first load of an org with N contacts, instead of calls." placeholder:"N"`
	Reconnect bool          `help:"Measure how long all agents take to reconnect by resume, instead of calls."`
	Soak      time.Duration `help:"Ring for so long and tell every minute what the bridge holds: does it grow? (udp and tcp only)"`
	Forget    bool          `help:"Measure how long it takes until all extensions are subscribed to again after the PBX has forgotten them."`
	Alone     bool          `help:"Measure the link alone, without bridge and browsers: memory for its subscriptions, CPU for a NOTIFY as far as its event."`
	Floor     bool          `help:"Measure the same path doing no work, for comparison."`

	Attach      string `help:"Base URL of a running bridge instead of an own one (udp and tcp only)." placeholder:"URL"`
	PID         int    `name:"pid" help:"Process id of the running bridge, for its CPU and memory."`
	PBXListen   string `name:"pbx-listen" default:"127.0.0.1:0" help:"Where to play the PBX." placeholder:"ADDR"`
	WriteConfig string `help:"Write the configuration for config import to FILE and exit." placeholder:"FILE" type:"path"`
	KeyFile     string `help:"Keep the ticket key in FILE, so that --write-config and --attach agree." placeholder:"FILE" type:"path"`

	Serve      string `hidden:"" help:"Internal: be the server, with the data folder given."`
	CPUProfile string `name:"cpu-profile" help:"Write the server's CPU profile to FILE (see go tool pprof)." placeholder:"FILE" type:"path"`

	Keep string `hidden:"" help:"Keep prepared data in this folder for the next run." type:"path"`
}

func main() {
	var o options
	kong.Parse(&o, kong.Name("loadtest"), kong.Description("Rings agents and measures ring to pop."))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, o)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "loadtest:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	if o.Numbers < 1 || o.Numbers > maxNumbers {
		return fmt.Errorf("--numbers takes 1 to %d", maxNumbers)
	}
	if (o.Soak > 0 || o.Forget || o.Alone) && (o.Link == "memory" || o.Attach != "") {
		return errors.New("--soak, --forget and --alone need a bridge of their own, over udp or tcp")
	}
	switch {
	case o.Serve == floorServer:
		return serveFloor(ctx)
	case o.Serve == linkServer:
		return serveLink(ctx, o)
	case o.Serve == orgServer:
		return serveOrg(ctx, o.Resync)
	case o.Serve != "":
		return serve(ctx, o)
	case o.WriteConfig != "":
		return writeConfig(o)
	}
	if err := raiseFileLimit(); err != nil {
		return err
	}
	var best *result
	for range max(1, o.Best) {
		r, err := measure(ctx, o)
		if err != nil {
			return err
		}
		if best == nil || r.better(best) {
			best = r
		}
	}
	return json.NewEncoder(os.Stdout).Encode(best)
}

// raiseFileLimit lets one process have a socket for each agent.
func raiseFileLimit() error {
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l); err != nil {
		return fmt.Errorf("read the limit of open files: %w", err)
	}
	l.Cur = l.Max
	return syscall.Setrlimit(syscall.RLIMIT_NOFILE, &l)
}
