package main

import (
	"strings"
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/cmd/internal/daemon"
)

func TestPrintWhy(t *testing.T) {
	began := time.Date(2026, 11, 22, 10, 42, 0, 0, time.UTC)
	for name, tt := range map[string]struct {
		why  daemon.Why
		want string
	}{
		"popped": {
			daemon.Why{Email: "ada@example.com", JournalEntry: bridge.JournalEntry{
				ID: "c-1", Popped: true, Agent: "a", Link: "main", Device: "1001", Number: "+493023125101", Started: began,
				Steps: []bridge.Step{
					{Code: bridge.StepDelivered},
					{After: 3, Code: bridge.StepMatches, Arg: "one exact match"},
					{After: 4, Code: bridge.StepPopped},
					{After: 12_500, Code: bridge.StepEnded, Arg: "abandoned"},
				},
			}},
			`2026-11-22 10:42:00  call from +493023125101, extension 1001 on main, agent ada@example.com, call c-1
  10:42:00.000  the telephone rang
  10:42:00.003  the directory answered: one exact match
  10:42:00.004  popped: shown to the agent
  10:42:12.500  the call ended: abandoned
`,
		},
		"nobody's": {
			daemon.Why{JournalEntry: bridge.JournalEntry{
				ID: "c-2", Link: "main", Device: "1009", Started: began, Steps: []bridge.Step{{Code: bridge.StepDelivered}, {Code: bridge.StepNoAgent}},
			}},
			`2026-11-22 10:42:00  call from a number that is not kept, extension 1009 on main, did not pop, call c-2
  10:42:00.000  the telephone rang
  10:42:00.000  no pop: no agent has this extension; add it to one
`,
		},
		"expired trace, withheld, outgoing, agent gone": {
			daemon.Why{JournalEntry: bridge.JournalEntry{
				ID: "c-3", Popped: true, Agent: "a", Link: "main", Device: "1001", Withheld: true, Outgoing: true, Started: began,
			}},
			`2026-11-22 10:42:00  call to a withheld number, extension 1001 on main, an agent since removed, call c-3
  what was decided about it is not kept any more
`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			printWhy(&out, tt.why, time.UTC)
			if out.String() != tt.want {
				t.Errorf("printed\n%s\nwant\n%s", out.String(), tt.want)
			}
		})
	}
}
