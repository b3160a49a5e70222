package main

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/ctibridge/ctibridge/cmd/internal/daemon"
	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/lookup/addressbook"
)

type lookupCmd struct {
	Numbers []string `arg:"" optional:"" name:"number" help:"Numbers as the PBX sends them."`
	Org     string   `help:"Only this org (id or name)." placeholder:"ORG"`
	JSON    bool     `help:"Print one JSON object a line."`
	Batch   string   `help:"Read one number a line from FILE, - for standard input." placeholder:"FILE"`

	AddressBook       string `group:"Without a server" help:"Ask this CSV file instead of the running bridge." placeholder:"FILE"`
	Country           string `group:"Without a server" default:"DE" help:"Country of the PBX, and of records without one (code or name)."`
	AreaCode          string `group:"Without a server" help:"Local area code, for numbers without one." placeholder:"30"`
	OutsideLinePrefix string `group:"Without a server" help:"What is dialled for an outside line." placeholder:"0"`
	International     bool   `group:"Without a server" help:"The trunk sends country code and number without plus."`
	InternalDigits    int    `group:"Without a server" default:"5" help:"Numbers of up to N digits are extensions." placeholder:"N"`
}

// Validate refuses what cannot be meant.
func (c *lookupCmd) Validate() error {
	switch {
	case len(c.Numbers) == 0 && c.Batch == "":
		return errors.New("give a number or --batch FILE")
	case c.AddressBook != "" && c.Org != "":
		return errors.New("--org asks the running bridge, --address-book a file: give one of them")
	case c.InternalDigits < 0:
		return errors.New("--internal-digits must not be negative")
	}
	if _, ok := lookup.Country(c.Country); !ok {
		return fmt.Errorf("unknown country %q: give a code such as DE, or a name", c.Country)
	}
	return nil
}

// Run asks the directory, or an address book.
func (c *lookupCmd) Run(ctx context.Context, common *common, s *streams) error {
	if c.AddressBook != "" {
		return c.offline(ctx, s)
	}
	client, err := common.connect(ctx, s)
	if err != nil {
		return err
	}
	defer client.Close()
	ask := func(numbers []string) error {
		found, err := client.Lookup(ctx, c.Org, numbers)
		if err != nil {
			return err
		}
		return c.print(s.out, found)
	}
	if len(c.Numbers) > 0 {
		if err := ask(c.Numbers); err != nil {
			return err
		}
	}
	return eachLine(c.Batch, s.in, func(line string) error { return ask([]string{line}) })
}

func (c *lookupCmd) print(out io.Writer, found []daemon.Found) error {
	lines := json.NewEncoder(out)
	lines.SetEscapeHTML(false)
	for _, f := range found {
		if c.JSON {
			if err := lines.Encode(f); err != nil {
				return err
			}
			continue
		}
		fmt.Fprintf(out, "%s  %s %s\n", f.Input, f.Kind, f.E164)
		for _, m := range f.Matches {
			fmt.Fprintf(out, "  %-8s %-10s %s  %s %s (%s)\n", m.Match, m.Object, m.ID, m.Name, m.Company, m.Org)
		}
		if len(f.Matches) == 0 {
			fmt.Fprintln(out, "  nobody")
		}
	}
	return nil
}

// found is one line of a look-up without a server.
type found struct {
	Input   string        `json:"input"`
	E164    lookup.Number `json:"e164"`
	Kind    lookup.Kind   `json:"kind"`
	Matches []foundAs     `json:"matches"`
}

type foundAs struct {
	ID     string `json:"id"`
	Object string `json:"object"`
	Name   string `json:"name"`
	Match  string `json:"match"`
}

// offline loads the address book into a directory of its own, in a folder that
// goes with it, and asks that.
func (c *lookupCmd) offline(ctx context.Context, s *streams) (err error) {
	folder, err := os.MkdirTemp("", "ctibridge-lookup-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	db, err := sql.Open("sqlite", lookup.DirectoryDSN(filepath.Join(folder, "directory.db"))) // daemon brings the driver
	if err != nil {
		return err
	}
	defer db.Close()
	directory, err := lookup.OpenDirectory(ctx, db, lookup.DirectoryOptions{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, directory.Close()) }()
	country, _ := lookup.Country(c.Country) // Validate has seen it
	if err := c.load(ctx, directory, country, s); err != nil {
		return err
	}
	plan := lookup.DialPlan{
		Country: country, AreaCode: c.AreaCode, OutsideLinePrefix: c.OutsideLinePrefix,
		International: c.International, InternalDigits: c.InternalDigits,
	}
	out := bufio.NewWriter(s.out)
	tell := func(line string) error { return c.answer(ctx, out, directory, plan, line) }
	for _, n := range c.Numbers {
		if err := tell(n); err != nil {
			return err
		}
	}
	if err := eachLine(c.Batch, s.in, tell); err != nil {
		return err
	}
	return out.Flush()
}

// bookName is what the file is called as an address book.
const bookName = "file"

// loadBatch is how many records one commit takes.
const loadBatch = 5000

func (c *lookupCmd) load(ctx context.Context, d *lookup.Directory, country string, s *streams) error {
	file, err := os.Open(c.AddressBook)
	if err != nil {
		return err
	}
	defer file.Close()
	records, err := addressbook.ReadCSV(file, country, func(p addressbook.Problem) {
		fmt.Fprintf(s.err, "%s: %v\n", c.AddressBook, p)
	})
	if err != nil {
		return fmt.Errorf("%s: %w", c.AddressBook, err)
	}
	byObject := map[string][]lookup.Record{}
	for _, r := range records {
		byObject[r.Object] = append(byObject[r.Object], r)
	}
	for object, all := range byObject {
		for batch := range slices.Chunk(all, loadBatch) {
			if err := d.Apply(ctx, lookup.Changes{Org: lookup.BookOrg(bookName), Object: object, Upsert: batch}); err != nil {
				return err
			}
		}
	}
	return nil
}

// answer prints whose number one line is.
func (c *lookupCmd) answer(ctx context.Context, out io.Writer, d *lookup.Directory, plan lookup.DialPlan, line string) error {
	f := found{Input: line, Matches: []foundAs{}}
	var readings []lookup.Number
	if readings, f.Kind = plan.Readings(line); len(readings) > 0 {
		n, matches, err := d.FindFirst(ctx, lookup.Scope{Books: []string{bookName}}, readings)
		if err != nil {
			return err
		}
		f.E164 = n
		for _, m := range matches {
			f.Matches = append(f.Matches, foundAs{m.ID, m.Object, m.Name, m.Match})
		}
	}
	if c.JSON {
		lines := json.NewEncoder(out)
		lines.SetEscapeHTML(false)
		return lines.Encode(f)
	}
	fmt.Fprintf(out, "%s  %s %s\n", f.Input, f.Kind, f.E164)
	for _, m := range f.Matches {
		fmt.Fprintf(out, "  %-8s %-10s %s  %s\n", m.Match, m.Object, m.ID, m.Name)
	}
	return nil
}
