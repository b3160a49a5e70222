package admin

import (
	"context"

	"github.com/ctibridge/ctibridge/bridge"
)

// CallStore tells of calls and what was decided about them.
type CallStore interface {
	// Calls are the newest first, calls that live among them; number is as people
	// write it, and empty for any.
	Calls(ctx context.Context, f bridge.TraceFilter, number string) ([]bridge.JournalEntry, error)
	// Retention is for how long they are kept, as configured.
	Retention(ctx context.Context) (bridge.Retention, error)
}

// ExclusionStore keeps the list of whose calls are never shown or kept. It audits
// that the list was changed, and not by what. A change acts at once.
type ExclusionStore interface {
	Exclusions(ctx context.Context) ([]bridge.Exclusion, error)
	// SaveExclusion may return bridge.FieldErrors.
	SaveExclusion(ctx context.Context, actor string, e bridge.Exclusion) error
	DeleteExclusion(ctx context.Context, actor, key string) error
}

// ActivityReporter tells which calls Salesforce has not been told of yet.
type ActivityReporter interface {
	ActivityStatuses(ctx context.Context) ([]bridge.OutboxStatus, error)
	ActivityProblems(ctx context.Context) ([]bridge.OutboxProblem, error)
	// RetryActivities lets what was refused be written again now; it does not wait.
	RetryActivities(ctx context.Context, org string) error
}

// Kinds of a Subject.
const (
	SubjectNumber = "number"
	SubjectRecord = "record"
	SubjectAgent  = "agent"
)

// Subject is whose personal data is exported or erased: a telephone number in any
// notation, a record's id, or an agent's id or e-mail address.
type Subject struct{ Kind, Value string }

// Erasure tells what was erased, and where else something may be.
type Erasure struct {
	Calls     int64
	Records   int // copies in the directory
	Elsewhere []string
}

// PersonalDataStore hands out and erases what is kept of somebody. It audits both.
type PersonalDataStore interface {
	// ExportPersonalData returns all that is kept, as JSON.
	ExportPersonalData(ctx context.Context, actor string, s Subject) ([]byte, error)
	ErasePersonalData(ctx context.Context, actor string, s Subject) (Erasure, error)
	// Elsewhere is where something may be that cannot be reached, by kind.
	Elsewhere(kind string) []string
}

// Journal is what the bridge keeps of calls and of those who called.
type Journal interface {
	CallStore
	ExclusionStore
	ActivityReporter
	PersonalDataStore
}
