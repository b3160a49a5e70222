// Package lookup answers one question: whose number is this?
//
//	a record's field as typed ─► ParseField ─► Number ─► Directory.Apply ─► SQL
//	what a PBX sends ─► DialPlan.Parse ─► Number ─► Directory.Find ─► []Match, best first
//	Salesforce org ─► replica.Replica ─► Directory.Apply
//
// Numbers are compared in E.164 only, both sides made by the same rules. Find
// reads a bounded cache in front of SQLite, and no answer is older than the
// last committed sync.
package lookup

import (
	"time"
)

// Number is a telephone number in E.164 with its leading plus, such as
// "+493023125000"; the zero value is no number.
type Number string

// Kind is what a PBX sent instead of, or as, a number.
type Kind string

// The kinds. Only a public number is looked up.
const (
	KindPublic   Kind = "public"
	KindInternal Kind = "internal"
	KindWithheld Kind = "withheld"
	KindInvalid  Kind = "invalid"
)

// DialPlan says how numbers look on one link, both ways.
type DialPlan struct {
	// Country is the ISO 3166 alpha-2 country of the PBX, "DE" if empty.
	Country string
	// AreaCode is the local area code without trunk prefix, for subscriber-only numbers: "30".
	AreaCode string
	// OutsideLinePrefix is what is dialled for a line: "0". It is stripped
	// from what the PBX sends only where the rest is a valid number.
	OutsideLinePrefix string
	// International: the trunk sends country code and number without plus.
	International bool
	// InternalDigits: all-digit input up to this length is an extension; 5 if
	// 0, but none if InternalPatterns are given instead.
	InternalDigits int
	// InternalPatterns are further extensions, whatever their length: "1xx" (x
	// is any digit) or "2000-2999". They win over service numbers such as 115,
	// never over emergency numbers.
	InternalPatterns []string
	// MainNumbers are our own: what dials into one of them is internal.
	MainNumbers []MainNumber
	// NationalPrefix and InternationalPrefix are dialled before the area code
	// and the country code; those of the country if empty.
	NationalPrefix      string
	InternationalPrefix string
	// LocalNumbers: Dial leaves AreaCode out of numbers within it, as some
	// trunks want it.
	LocalNumbers bool
}

// MainNumber is a main number of our own with its direct dials: Number is what
// they all begin with, in E.164 ("+49 30 23125"), and DDIDigits how many digits
// follow, 0 if none do. An alias of an unnamed struct, so that pbx.DialPlan can
// be converted.
type MainNumber = struct {
	Number    string
	DDIDigits int
}

// Scope is what one look-up may see. Answers never reach beyond it.
type Scope struct {
	// Org is the 18-character id of the agent's Salesforce org.
	Org string
	// Books are the address books given to the agent's group.
	Books []string
	// Objects limits and orders the objects searched; empty means all in the default order.
	Objects []string
	// User is the agent's Salesforce user id: of records that rank alike the
	// agent's own come first. It neither widens nor narrows what is seen.
	User string
}

// How a match was found.
const (
	MatchExact   = "exact"   // the very number stands on the record
	MatchCompany = "company" // by the company's main number; never opens by itself
)

// Match is a record that a number belongs to.
type Match struct {
	ID      string // 18-character record id
	Object  string // Contact, Lead, Account …
	Org     string // the org it came from
	Name    string
	Company string
	Match   string // MatchExact or MatchCompany
}

// Record is one entry of the directory, as a Replica or an address book feeds it.
type Record struct {
	ID      string // 18-character record id, unique within its Org
	Org     string
	Object  string
	Name    string
	Company string
	Account string // id of the company record
	Country string // alpha-2, for reading its numbers
	Owner   string // Salesforce user id
	Numbers []Number
	// Stems are beginnings of the numbers of the company's switchboards, as
	// fields show them (see Line). AddField fills them.
	Stems []Number
	// Private are those of Numbers that say nothing about the company.
	Private []Number
	// Open: an opportunity or case of it is open; LastActivity is the day of
	// its last call, mail or meeting. Both rank it among others.
	Open         bool
	LastActivity time.Time
	Stamp        time.Time // SystemModstamp; an older one never overwrites a newer
	Details      Details   // what address books show beside the numbers
}

// Phases of a run that reads all records.
const (
	PhaseWaiting  = "waiting"  // for Salesforce to finish the Bulk API job
	PhaseReading  = "reading"  // records
	PhaseRemoving = "removing" // what the org no longer has
)

// SyncStatus is how the replication of one object of one org stands.
type SyncStatus struct {
	Org, Object string
	// Running and Done, Total tell of the present run; Total is 0 while unknown.
	Running     bool
	Done, Total int
	// Phase is what a run that reads all records does now: PhaseWaiting,
	// PhaseReading or PhaseRemoving; empty in other runs. Rate is records a second
	// since its reading began, Left about how long that takes still; both are 0
	// while unknown.
	Phase string
	Rate  float64
	Left  time.Duration
	// Records is how many the directory holds, LastRun and LastError of the
	// last finished run; Cure says what to do about LastError.
	Records         int
	LastRun         time.Time
	LastError, Cure string
	// Warnings name fields left out and the permission that is missing.
	Warnings []string
}
