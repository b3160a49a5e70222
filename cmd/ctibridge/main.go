// Command ctibridge is the bridge between a telephone system and Salesforce:
// one file a subcommand. `ctibridge help` lists them; exit code 0 is good, 1
// failed, 2 wrong usage.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

// version is set by the release build.
var version = "0.1.0-dev"

type commands struct {
	common

	Serve   serveCmd   `cmd:"" help:"Run the bridge."`
	Check   checkCmd   `cmd:"" help:"Tell what works and what does not: every link, org and agent."`
	Sync    syncCmd    `cmd:"" help:"Fetch records from Salesforce now."`
	Lookup  lookupCmd  `cmd:"" help:"Ask the directory whose numbers these are."`
	Number  numberCmd  `cmd:"" help:"Read telephone numbers as people type them into records."`
	Why     whyCmd     `cmd:"" help:"Tell why a call popped or did not."`
	Privacy privacyCmd `cmd:"" help:"Export or erase what is kept of a number, a record or an agent."`
	Config  configCmd  `cmd:"" help:"Import or export the configuration."`
	Admin   adminCmd   `cmd:"" help:"Accounts of the admin panel, tokens of the API, addresses for outbound messages."`
	Version versionCmd `cmd:"" help:"Print the version."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], system())
	stop()
	os.Exit(code)
}

// run is main without the process around it.
func run(ctx context.Context, args []string, s *streams) int {
	var c commands
	exit := -1
	parser := kong.Must(&c, kong.Name("ctibridge"), kong.Description("Screen pops and click-to-dial between a telephone system and Salesforce."),
		kong.Writers(s.out, s.err), kong.Exit(func(code int) { exit = code }), kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(s, &c.common), kong.UsageOnError())
	if len(args) == 1 && args[0] == "help" {
		args = []string{"--help"}
	}
	k, err := parser.Parse(args)
	switch {
	case exit >= 0: // --help
		return exit
	case err != nil:
		fmt.Fprintf(s.err, "ctibridge: %v\nRun ctibridge help for the commands.\n", err)
		return 2
	}
	return failed(s, k.Run())
}
