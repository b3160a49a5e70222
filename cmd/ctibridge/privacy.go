package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/cmd/internal/daemon"
)

type privacyCmd struct {
	Export privacyExportCmd `cmd:"" help:"Print all that is kept, as JSON."`
	Erase  privacyEraseCmd  `cmd:"" help:"Erase it for good."`
}

// subjectArg is whose data it is.
type subjectArg struct {
	Whose string `arg:"" name:"number|record|agent" help:"A telephone number, the id of a record, or the e-mail address of an agent."`
	As    string `enum:"auto,number,record,agent" default:"auto" help:"Read it as number, record or agent (${default})."`
}

func (a *subjectArg) request() daemon.PrivacyRequest {
	kind := a.As
	if kind == "auto" {
		kind = kindOf(a.Whose)
	}
	return daemon.PrivacyRequest{Kind: kind, Value: a.Whose}
}

// kindOf tells a number from an id and an e-mail address.
func kindOf(text string) string {
	_, id := bridge.SalesforceID(strings.TrimSpace(text))
	switch {
	case strings.Contains(text, "@"):
		return daemon.PrivacyAgent
	case id && strings.ContainsFunc(text, func(r rune) bool { return r >= 'A' && r <= 'z' }), !strings.ContainsAny(text, "0123456789"):
		return daemon.PrivacyRecord
	}
	return daemon.PrivacyNumber
}

type privacyExportCmd struct{ subjectArg }

// Run prints the data of one person.
func (c *privacyExportCmd) Run(ctx context.Context, common *common, s *streams) error {
	client, err := common.connect(ctx, s)
	if err != nil {
		return err
	}
	defer client.Close()
	data, err := client.ExportPersonalData(ctx, c.request())
	if err != nil {
		return err
	}
	out := json.NewEncoder(s.out)
	out.SetIndent("", "  ")
	out.SetEscapeHTML(false)
	return out.Encode(data)
}

type privacyEraseCmd struct {
	subjectArg
	Yes bool `help:"Do not ask."`
}

// Run erases, and says what it could not reach.
func (c *privacyEraseCmd) Run(ctx context.Context, common *common, s *streams) error {
	req := c.request()
	if !c.Yes {
		if err := confirm(s, fmt.Sprintf("Erase all that is kept of the %s %s? It cannot be taken back. Type yes: ", req.Kind, req.Value)); err != nil {
			return err
		}
	}
	client, err := common.connect(ctx, s)
	if err != nil {
		return err
	}
	defer client.Close()
	done, err := client.Erase(ctx, req)
	if err != nil {
		return err
	}
	printErased(s.out, done)
	return nil
}

func printErased(out io.Writer, done daemon.Erased) {
	fmt.Fprintf(out, "Erased: calls with their traces: %d, copies of records in the directory: %d, what other calls said of the number: %d.\n",
		done.Calls, done.Records, done.Mentions)
	for _, key := range done.Configured {
		fmt.Fprintf(out, "The configuration holds the number: %s.\n", key)
	}
	fmt.Fprintln(out, "The bridge cannot reach:")
	for _, where := range done.Elsewhere {
		fmt.Fprintf(out, "  - %s\n", where)
	}
}

// confirm wants the word yes.
func confirm(s *streams, question string) error {
	fmt.Fprint(s.err, question)
	line, _ := bufio.NewReader(s.in).ReadString('\n')
	if strings.TrimSpace(line) != "yes" {
		return errors.New("nothing was erased; confirm with yes, or give --yes")
	}
	return nil
}
