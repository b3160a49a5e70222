package admin_test

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/web/admin"
)

// journal is what the fake bridge keeps of calls. A number is found as it is typed.
type journal struct {
	calls      []bridge.JournalEntry
	exclusions []bridge.Exclusion
	outbox     []bridge.OutboxStatus
	problems   []bridge.OutboxProblem
	retried    []string
	erased     []admin.Subject
}

func (f *fake) Calls(_ context.Context, filter bridge.TraceFilter, number string) ([]bridge.JournalEntry, error) {
	if number != "" {
		filter.Numbers = []string{strings.ReplaceAll(number, " ", "")}
	}
	all := slices.DeleteFunc(slices.Clone(f.journal.calls), func(e bridge.JournalEntry) bool { return !filter.Fits(&e) })
	bridge.SortTraces(all)
	if filter.Limit > 0 && len(all) > filter.Limit {
		all = all[:filter.Limit]
	}
	return all, f.err
}

func (f *fake) Retention(context.Context) (bridge.Retention, error) {
	return bridge.Retention{Traces: 7}, f.err
}

func (f *fake) Exclusions(context.Context) ([]bridge.Exclusion, error) {
	return slices.Clone(f.journal.exclusions), f.err
}

func (f *fake) SaveExclusion(_ context.Context, actor string, e bridge.Exclusion) error {
	d := bridge.Document{Version: bridge.DocumentVersion, Exclusions: []bridge.Exclusion{e}}
	if err := d.Validate(bridge.Document{}); err != nil {
		return err.(bridge.FieldErrors).Under("exclusions[0].") //nolint:errorlint // a fake
	}
	f.journal.exclusions = append(f.journal.exclusions, d.Exclusions[0])
	f.note(actor, "exclusion.save", "")
	return f.err
}

func (f *fake) DeleteExclusion(_ context.Context, actor, key string) error {
	f.journal.exclusions = slices.DeleteFunc(f.journal.exclusions, func(e bridge.Exclusion) bool { return e.Key() == key })
	f.note(actor, "exclusion.delete", "")
	return f.err
}

func (f *fake) ActivityStatuses(context.Context) ([]bridge.OutboxStatus, error) {
	return f.journal.outbox, f.err
}

func (f *fake) ActivityProblems(context.Context) ([]bridge.OutboxProblem, error) {
	return f.journal.problems, f.err
}

func (f *fake) RetryActivities(_ context.Context, org string) error {
	f.journal.retried = append(f.journal.retried, org)
	return f.err
}

func (f *fake) ExportPersonalData(_ context.Context, actor string, s admin.Subject) ([]byte, error) {
	f.note(actor, "privacy.export", s.Kind)
	return []byte(`{"calls":["` + s.Value + `"]}`), f.err
}

func (f *fake) ErasePersonalData(_ context.Context, actor string, s admin.Subject) (admin.Erasure, error) {
	f.journal.erased = append(f.journal.erased, s)
	f.note(actor, "privacy.erase", s.Kind)
	return admin.Erasure{Calls: 1200, Records: 2}, f.err
}

func (f *fake) Elsewhere(string) []string {
	return []string{"Browsers: an open panel shows a call until the tab is reloaded."}
}

// talked is a bridge with calls of every kind, at minutes of an hour.
func talked() *fake {
	f := sample()
	at := func(minute int) time.Time { return time.Date(2026, 11, 22, 10, minute, 0, 0, time.UTC) }
	f.journal.calls = []bridge.JournalEntry{
		{
			ID: "c-1", Kept: true, Popped: true, Agent: "a1", Org: orgID, Link: "berlin", Device: "103", Group: "Service", Direction: bridge.Inbound,
			Number: "+493023125101", Started: at(40), Answered: at(41), Ended: at(44), Reason: bridge.EndTransferred, TransferredTo: "104",
			Matches: []bridge.RecordRef{{Object: "Contact", ID: "003000000000001AAA"}, {Object: "Lead", ID: "local-7"}},
			Chosen:  &bridge.RecordRef{Object: "Contact", ID: "003000000000001AAA"},
			Steps: []bridge.Step{
				{Code: bridge.StepDelivered},
				{After: 12, Code: bridge.StepMatches, Arg: "several records"},
				{After: 13, Code: bridge.StepOpenSeveral},
				{After: 60_000, Code: bridge.StepEnded, Arg: "transferred"},
				{After: 60_001},
			},
		},
		{ID: "c-2", Kept: true, Agent: "a2", Org: orgID, Link: "berlin", Device: "104", Direction: bridge.Inbound, Withheld: true, Started: at(42), Ended: at(43), Reason: bridge.EndAbandoned},
		{ID: "c-3", Kept: true, Popped: true, Agent: "gone", Org: orgID, Link: "berlin", Device: "105", Direction: bridge.Internal, Outgoing: true, Number: "103", Started: at(45)},
		{ID: "c-4", Link: "munich", Device: "299", Started: at(46), Ended: at(46), Steps: []bridge.Step{{Code: bridge.StepDelivered}, {Code: bridge.StepNoAgent}}},
	}
	return f
}
