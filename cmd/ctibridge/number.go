package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/ctibridge/ctibridge/lookup"
)

type numberCmd struct {
	Fields  []string `arg:"" optional:"" name:"field" help:"Fields as they stand on records."`
	Country string   `default:"DE" help:"Country of numbers without country code (code or name)."`
	Batch   string   `help:"Read one field a line from FILE, - for standard input." placeholder:"FILE"`
	JSON    bool     `help:"Print one JSON object a line."`
}

// Run reads the fields. It needs no server and no org.
func (c *numberCmd) Run(s *streams) error {
	country, ok := lookup.Country(c.Country)
	if !ok {
		return fmt.Errorf("unknown country %q: give a code such as DE, or a name", c.Country)
	}
	if len(c.Fields) == 0 && c.Batch == "" {
		return errors.New("give a field or --batch FILE")
	}
	out := bufio.NewWriter(s.out)
	for _, field := range c.Fields {
		if err := c.print(out, field, country); err != nil {
			return err
		}
	}
	if c.Batch != "" {
		if err := c.batch(out, s.in, country); err != nil {
			return err
		}
	}
	return out.Flush()
}

func (c *numberCmd) batch(out io.Writer, in io.Reader, country string) error {
	if c.Batch != "-" {
		f, err := os.Open(c.Batch)
		if err != nil {
			return err
		}
		defer f.Close()
		in = f
	}
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if err := c.print(out, lines.Text(), country); err != nil {
			return err
		}
	}
	return lines.Err()
}

func (c *numberCmd) print(out io.Writer, field, country string) error {
	numbers := lookup.ParseField(field, country)
	if numbers == nil {
		numbers = []lookup.Number{}
	}
	if c.JSON || c.Batch != "" {
		return json.NewEncoder(out).Encode(struct {
			Input string          `json:"input"`
			E164  []lookup.Number `json:"e164"`
		}{field, numbers})
	}
	_, err := fmt.Fprintf(out, "%s  %v\n", field, numbers)
	return err
}
