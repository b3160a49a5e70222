package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/cmd/internal/daemon"
)

type whyCmd struct {
	At     string        `help:"Calls within five minutes of TIME: 10:42, or 2026-11-22 10:42." placeholder:"TIME"`
	Since  time.Duration `help:"Calls of the last so long, such as 2h." placeholder:"DURATION"`
	Agent  string        `help:"Calls of this agent." placeholder:"EMAIL"`
	Number string        `help:"Calls with this number, in any notation." placeholder:"NUMBER"`
	Call   string        `help:"The call of this id, as logs have it." placeholder:"ID"`
	Limit  int           `default:"20" help:"At most so many calls."`
	JSON   bool          `help:"Print one JSON object a line."`

	from, to time.Time
}

// Validate reads the times.
func (c *whyCmd) Validate() error {
	now := time.Now()
	switch {
	case c.At != "" && c.Since != 0:
		return errors.New("give --at or --since, not both")
	case c.Since < 0 || c.Limit < 1:
		return errors.New("--since and --limit must not be negative")
	case c.Since > 0:
		c.from = now.Add(-c.Since)
	case c.At != "":
		at, err := parseAt(c.At, now)
		if err != nil {
			return err
		}
		c.from, c.to = at.Add(-around), at.Add(around)
	}
	return nil
}

// around is how far from --at a call may have begun.
const around = 5 * time.Minute

// parseAt reads a time of today, or yesterday if it is yet to come, or one with
// its date.
func parseAt(text string, now time.Time) (time.Time, error) {
	for _, layout := range []string{"2006-01-02 15:04", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02T15:04:05", time.RFC3339} {
		if t, err := time.ParseInLocation(layout, text, now.Location()); err == nil {
			return t, nil
		}
	}
	for _, layout := range []string{"15:04", "15:04:05"} {
		t, err := time.ParseInLocation(layout, text, now.Location())
		if err != nil {
			continue
		}
		t = time.Date(now.Year(), now.Month(), now.Day(), t.Hour(), t.Minute(), t.Second(), 0, now.Location())
		if t.After(now) {
			t = t.AddDate(0, 0, -1)
		}
		return t, nil
	}
	return time.Time{}, fmt.Errorf("cannot read the time %q: write 10:42, or 2026-11-22 10:42", text)
}

// Run prints what was decided, newest call first.
func (c *whyCmd) Run(ctx context.Context, common *common, s *streams) error {
	client, err := common.connect(ctx, s)
	if err != nil {
		return err
	}
	defer client.Close()
	found, err := client.Why(ctx, daemon.WhyRequest{
		From: c.from, To: c.to, Agent: c.Agent, Number: c.Number, Call: bridge.CallID(c.Call), Limit: c.Limit,
	})
	if err != nil {
		return err
	}
	if c.JSON {
		lines := json.NewEncoder(s.out)
		for _, w := range found {
			if err := lines.Encode(w); err != nil {
				return err
			}
		}
		return nil
	}
	if len(found) == 0 {
		_, err := fmt.Fprintln(s.out, "No call like that is known. The telephone system may not have told the bridge of it (see ctibridge check), or it is too long ago.")
		return err
	}
	for i, w := range found {
		if i > 0 {
			fmt.Fprintln(s.out)
		}
		printWhy(s.out, w, time.Local) //nolint:gosmopolitan // a person's clock
	}
	return nil
}

func printWhy(out io.Writer, w daemon.Why, where *time.Location) {
	fmt.Fprintf(out, "%s  %s\n", w.Started.In(where).Format("2006-01-02 15:04:05"), headline(w))
	for _, s := range w.Steps {
		at := w.Started.Add(time.Duration(s.After) * time.Millisecond).In(where)
		fmt.Fprintf(out, "  %s  %s\n", at.Format("15:04:05.000"), s.Words())
	}
	if len(w.Steps) == 0 {
		fmt.Fprintln(out, "  what was decided about it is not kept any more")
	}
}

// headline says which call it was.
func headline(w daemon.Why) string {
	parts := []string{way(w), "extension " + w.Device + " on " + w.Link}
	switch {
	case w.Email != "":
		parts = append(parts, "agent "+w.Email)
	case w.Agent != "":
		parts = append(parts, "an agent since removed")
	}
	if !w.Popped {
		parts = append(parts, "did not pop")
	}
	return strings.Join(append(parts, "call "+string(w.ID)), ", ")
}

func way(w daemon.Why) string {
	party := w.Number
	switch {
	case w.Withheld:
		party = "a withheld number"
	case party == "":
		party = "a number that is not kept"
	}
	if w.Outgoing {
		return "call to " + party
	}
	return "call from " + party
}
