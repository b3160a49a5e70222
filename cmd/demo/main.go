// Command demo runs the whole bridge against a toy PBX and a toy Salesforce
// org, all in one process on loopback, and prints one URL. The SIP or CSTA, the
// HTTP and the WebSocket are real; the telephone and the org are simulated.
//
//	page (a Lightning app around the real components) ─WS─► bridge ─SIP or CSTA─► toy PBX
//	  └ rings, toy telephone, records ─► demo server        └─ REST ─► toy org
package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/alecthomas/kong"
)

type options struct {
	Port    int    `default:"8080" help:"First of the five ports in a row that the demo listens on, on 127.0.0.1."`
	PBX     string `name:"pbx" default:"sip" enum:"sip,csta" help:"What the bridge speaks to the toy PBX: sip or csta."`
	Verbose bool   `short:"v" help:"Show what the bridge logs."`
}

func main() {
	var o options
	kong.Parse(&o, kong.Name("demo"), kong.Description("The bridge with a toy PBX and a toy Salesforce org."))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, o)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	level := slog.LevelError
	if o.Verbose {
		level = slog.LevelDebug
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level}))
	w, err := newWorld(ctx, o.Port, o.PBX, log)
	if err != nil {
		return err
	}
	fmt.Printf("\n  ctibridge demo: %s\n\n  admin panel: %s/admin/ (name %s, password %s)\n  Ctrl-C ends it.\n\n",
		w.pageURL, w.bridgeURL, adminName, w.password)
	<-ctx.Done()
	fmt.Println("\nstopping …")
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return w.close(ctx)
}
