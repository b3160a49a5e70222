package main

import (
	"context"
	"fmt"
	"os"

	"github.com/ctibridge/ctibridge/bridge"
)

type configCmd struct {
	Export exportCmd `cmd:"" help:"Print the configuration, secrets left out."`
	Import importCmd `cmd:"" help:"Add and change what FILE says; it acts at once."`
}

type exportCmd struct{}

// Run prints the document that import takes.
func (exportCmd) Run(ctx context.Context, common *common, s *streams) error {
	client, err := common.connect(ctx, s)
	if err != nil {
		return err
	}
	defer client.Close()
	return client.Export(ctx, s.out)
}

type importCmd struct {
	File    string `arg:"" help:"YAML document, - for standard input."`
	Replace bool   `help:"Also remove what FILE does not name."`
}

// Run stores the document in one transaction.
func (c *importCmd) Run(ctx context.Context, common *common, s *streams) error {
	doc, err := c.read(s)
	if err != nil {
		return err
	}
	client, err := common.connect(ctx, s)
	if err != nil {
		return err
	}
	defer client.Close()
	report, err := client.Import(ctx, doc, c.Replace)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(s.out, report)
	return err
}

func (c *importCmd) read(s *streams) (bridge.Document, error) {
	in := s.in
	if c.File != "-" {
		f, err := os.Open(c.File)
		if err != nil {
			return bridge.Document{}, err
		}
		defer f.Close()
		in = f
	}
	return bridge.ParseDocument(in, s.getenv)
}
