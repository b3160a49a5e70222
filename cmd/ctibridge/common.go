package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/ctibridge/ctibridge/bridge/config"
	"github.com/ctibridge/ctibridge/cmd/internal/daemon"
)

// errFound says that the command did its work and found problems, which it has
// already told.
var errFound = errors.New("problems were found")

// failed tells the error of a command and is its exit code.
func failed(s *streams, err error) int {
	if err == nil {
		return 0
	}
	if !errors.Is(err, errFound) {
		fmt.Fprintf(s.err, "ctibridge: %v\n", err)
	}
	return 1
}

// streams are what a command reads and writes.
type streams struct {
	in       io.Reader
	out, err io.Writer
	getenv   func(string) string
	terminal bool // out is a person's
}

func system() *streams {
	info, err := os.Stdout.Stat()
	return &streams{
		in: os.Stdin, out: os.Stdout, err: os.Stderr, getenv: os.Getenv,
		terminal: err == nil && info.Mode()&os.ModeCharDevice != 0,
	}
}

// common are the flags of every command.
type common struct {
	ConfigFile string `name:"config-file" short:"c" env:"CTIBRIDGE_CONFIG" help:"YAML file with bootstrap settings." placeholder:"FILE" type:"path"`
	config.Flags
}

func (c *common) settings(s *streams) (config.Settings, error) {
	return config.Load(c.ConfigFile, s.getenv, c.Flags)
}

// logger writes to standard error in the configured format.
func logger(set config.Settings, s *streams) *slog.Logger {
	o := &slog.HandlerOptions{Level: set.Level()}
	if set.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(s.err, o))
	}
	return slog.New(slog.NewTextHandler(s.err, o))
}

// connect reaches the running bridge, or the data folder where none runs.
func (c *common) connect(ctx context.Context, s *streams) (*daemon.Client, error) {
	set, err := c.settings(s)
	if err != nil {
		return nil, err
	}
	quiet := slog.New(slog.NewTextHandler(s.err, &slog.HandlerOptions{Level: slog.LevelWarn}))
	client, err := daemon.Connect(ctx, set, version, quiet)
	if err != nil {
		return nil, fmt.Errorf("open the data folder %s: %w", set.Data, err)
	}
	return client, nil
}

type versionCmd struct{}

// Run prints the version.
func (versionCmd) Run(s *streams) error {
	_, err := fmt.Fprintln(s.out, "ctibridge", version)
	return err
}
