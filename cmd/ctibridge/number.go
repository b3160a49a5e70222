package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/ctibridge/ctibridge/lookup"
)

type numberCmd struct {
	Fields  []string `arg:"" optional:"" name:"field" help:"Fields as they stand on records."`
	Country string   `default:"DE" help:"Country of numbers without country code (code or name)."`
	Batch   string   `help:"Read one field a line from FILE, - for standard input." placeholder:"FILE"`
	JSON    bool     `help:"Print one JSON object a line."`
}

// Validate refuses what cannot be meant.
func (c *numberCmd) Validate() error {
	if len(c.Fields) == 0 && c.Batch == "" {
		return errors.New("give a field or --batch FILE")
	}
	if _, ok := lookup.Country(c.Country); !ok {
		return fmt.Errorf("unknown country %q: give a code such as DE, or a name", c.Country)
	}
	return nil
}

// Run reads the fields. It needs no server and no org.
func (c *numberCmd) Run(s *streams) error {
	country, _ := lookup.Country(c.Country) // Validate has seen it
	out := bufio.NewWriter(s.out)
	for _, field := range c.Fields {
		if err := c.print(out, field, country); err != nil {
			return err
		}
	}
	if err := eachLine(c.Batch, s.in, func(line string) error { return c.print(out, line, country) }); err != nil {
		return err
	}
	return out.Flush()
}

// eachLine calls do for every line of a file, empty ones too; "-" is in, ""
// nothing. A byte order mark and carriage returns are no part of a line.
func eachLine(file string, in io.Reader, do func(string) error) error {
	switch file {
	case "":
		return nil
	case "-":
	default:
		f, err := os.Open(file)
		if err != nil {
			return err
		}
		defer f.Close()
		in = f
	}
	lines := bufio.NewReader(in)
	if mark, _ := lines.Peek(3); string(mark) == "\xef\xbb\xbf" {
		_, _ = lines.Discard(3)
	}
	for {
		line, err := lines.ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) || line == "" {
			return ignoreEOF(err)
		}
		if err := do(strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")); err != nil {
			return err
		}
	}
}

func ignoreEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

func (c *numberCmd) print(out io.Writer, field, country string) error {
	numbers := lookup.ParseField(field, country)
	if numbers == nil {
		numbers = []lookup.Number{}
	}
	if c.JSON || c.Batch != "" {
		lines := json.NewEncoder(out)
		lines.SetEscapeHTML(false)
		return lines.Encode(struct {
			Input string          `json:"input"`
			E164  []lookup.Number `json:"e164"`
		}{field, numbers})
	}
	_, err := fmt.Fprintf(out, "%s  %v\n", field, numbers)
	return err
}
