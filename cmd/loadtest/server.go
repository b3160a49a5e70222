package main

import (
	"context"
	"database/sql"
	"encoding/base64"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/pprof"
	"strconv"
	"time"

	_ "modernc.org/sqlite" // the driver of the directory

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/bridge/config"
	"github.com/ctibridge/ctibridge/cmd/internal/daemon"
	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/pbxtest"
)

// settings are the server's, over the data folder given.
func settings(data string, key []byte) config.Settings {
	s := config.Defaults()
	s.Listen, s.Data, s.TLSMode = "127.0.0.1:0", data, config.TLSOff
	s.SecretKey = config.Secret(base64.StdEncoding.EncodeToString(key))
	return s
}

// prepare fills a data folder with the configuration and the directory.
func prepare(ctx context.Context, o *options, s config.Settings, d bridge.Document) error {
	if err := os.MkdirAll(s.Data, 0o700); err != nil {
		return err
	}
	if _, err := os.Stat(s.DirectoryPath()); err != nil {
		if err := fillDirectory(ctx, s.DirectoryPath(), o.Numbers); err != nil {
			return err
		}
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	c, err := daemon.Connect(ctx, s, "loadtest", log)
	if err != nil {
		return err
	}
	defer c.Close()
	_, err = c.Import(ctx, d, true)
	return err
}

const fillBatch = 5000

// fillDirectory writes n records with one number each.
func fillDirectory(ctx context.Context, path string, n int) error {
	begin := time.Now()
	db, err := sql.Open("sqlite", lookup.DirectoryDSN(path))
	if err != nil {
		return err
	}
	defer db.Close()
	dir, err := lookup.OpenDirectory(ctx, db, lookup.DirectoryOptions{})
	if err != nil {
		return err
	}
	defer dir.Close()
	stamp := time.Now().UTC()
	for at := 0; at < n; at += fillBatch {
		c := lookup.Changes{Org: orgID, Object: "Contact"}
		for i := at; i < min(at+fillBatch, n); i++ {
			c.Upsert = append(c.Upsert, lookup.Record{
				ID: recordOf(i), Org: orgID, Object: "Contact", Name: "Record " + strconv.Itoa(i), Company: "Company " + strconv.Itoa(i/100),
				Country: "DE", Numbers: []lookup.Number{lookup.Number(numberOf(i))}, Stamp: stamp,
			})
		}
		if err := dir.Apply(ctx, c); err != nil {
			return err
		}
	}
	took := time.Since(begin)
	fmt.Fprintf(os.Stderr, "loadtest: %d records written in %.1f s (%.0f a second)\n", n, took.Seconds(), float64(n)/took.Seconds())
	return nil
}

// serve is the process under test: the daemon as `ctibridge serve` runs it, but
// for the in-memory link, whose switch is driven over standard input.
func serve(ctx context.Context, o options) error {
	key, err := base64.StdEncoding.DecodeString(os.Getenv("CTIBRIDGE_SECRET_KEY"))
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	if o.CPUProfile != "" {
		f, err := os.Create(o.CPUProfile)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	do := daemon.Options{Settings: settings(o.Serve, key), Version: "loadtest", Logger: log}
	memory := pbxtest.NewMemory(linkName)
	if o.Link == "memory" {
		do.OpenLink = func(pbx.LinkConfig) (pbx.Link, error) { return memory, nil }
	}
	d, err := daemon.New(ctx, do)
	if err != nil {
		return err
	}
	if err := d.Start(ctx); err != nil {
		return err
	}
	fmt.Printf("ready %s\n", d.Addr())
	go func() {
		if o.Link == "memory" {
			emit(os.Stdin, memory)
		} else {
			tellSamples(os.Stdin, os.Stdout)
		}
		_ = os.Stdin.Close()
		cancelSelf()
	}()
	<-ctx.Done()
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	return d.Stop(stop)
}

// cancelSelf ends this process as an operator would.
func cancelSelf() {
	if p, err := os.FindProcess(os.Getpid()); err == nil {
		_ = p.Signal(os.Interrupt)
	}
}

// scratch is a folder for the run, kept if the user says where.
func scratch(o *options) (dir string, remove func(), err error) {
	if o.Keep != "" {
		dir = filepath.Join(o.Keep, fmt.Sprintf("%s-%d-%d", o.Link, o.Agents, o.Numbers))
		return dir, func() {}, os.MkdirAll(dir, 0o700)
	}
	dir, err = os.MkdirTemp("", "ctibridge-loadtest-")
	return dir, func() { _ = os.RemoveAll(dir) }, err
}
