package replica

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/lookup/salesforce"
)

// fieldPlan is which fields of an object are asked for, and how a row becomes
// a Record. It is a mapping compiled against what the run-as user sees (see
// planner).
type fieldPlan struct {
	object     string
	config     lookup.ObjectConfig
	names      []string // of the SELECT
	name       []source
	company    []source
	account    []source
	owner      []source
	country    []source
	numbers    []numberSource
	details    []detailSource
	references []string // to accounts of which fields are read
	converted  bool     // IsConverted is visible
	person     bool     // IsPersonAccount is visible
	merged     bool     // MasterRecordId is read
	searchable bool     // by SOSL
	warnings   []string
}

// source is where a value comes from: a path, or else a constant.
type source struct{ path, text string }

func (s source) of(row salesforce.Record) string {
	if s.path == "" {
		return s.text
	}
	return row.Text(s.path)
}

func (s source) String() string {
	if s.path == "" {
		return constantMark + s.text
	}
	return s.path
}

// numberSource is a field with numbers.
type numberSource struct {
	source
	private bool
}

// detailSource is where a detail comes from.
type detailSource struct {
	target  string
	sources []source
}

// firstOf is the first of the sources that is filled.
func firstOf(sources []source, row salesforce.Record) string {
	for _, s := range sources {
		if text := strings.TrimSpace(s.of(row)); text != "" {
			return text
		}
	}
	return ""
}

// lastActivity is the day of the last call, mail or meeting: due ones and those
// done.
const lastActivity = "LastActivityDate"

// scope is the part of a WHERE clause that leaves out what never pops, converted
// leads and the contacts that mirror person accounts, and what an administrator
// does not want.
func (p *fieldPlan) scope() string {
	where := p.where()
	switch {
	case p.object == lookup.ObjectLead && p.converted:
		return joinAnd("IsConverted = false", where)
	case p.object == lookup.ObjectContact && p.person:
		return joinAnd("IsPersonAccount = false", where)
	}
	return where
}

// where is the administrator's own condition.
func (p *fieldPlan) where() string {
	if where := strings.TrimSpace(p.config.Where); where != "" {
		return "(" + where + ")"
	}
	return ""
}

// fate is what a row means for the directory.
type fate uint8

const (
	stays  fate = iota // it is a record
	goes               // the org has it no longer, or as another one
	left               // the org has it; the mapping leaves it out
	vanish             // the org has it no longer; it is to be kept as it is known
)

func (p *fieldPlan) fate(row salesforce.Record) fate {
	switch {
	case row.Bool("IsDeleted") && p.keeps() && row.String(masterRecord) == "":
		return vanish
	case row.Bool("IsDeleted"), row.Bool("IsConverted"), p.object == lookup.ObjectContact && row.Bool("IsPersonAccount"):
		return goes
	case p.skips(row):
		return left
	}
	return stays
}

// masterRecord is whom a deleted record was merged with.
const masterRecord = "MasterRecordId"

func (p *fieldPlan) keeps() bool { return p.config.Vanished == lookup.VanishedKeep }

func (p *fieldPlan) skips(row salesforce.Record) bool {
	if len(p.config.SkipNames) == 0 {
		return false
	}
	name := firstOf(p.name, row)
	return slices.ContainsFunc(p.config.SkipNames, func(prefix string) bool { return prefix != "" && strings.HasPrefix(name, prefix) })
}

// record makes a Record of a row; country reads numbers where the row has none.
func (p *fieldPlan) record(org, country string, row salesforce.Record) lookup.Record {
	id := row.ID()
	r := lookup.Record{
		ID: id, Org: org, Object: p.object, Name: firstOf(p.name, row), Owner: firstOf(p.owner, row),
		Account: p.accountOf(id, row), Company: firstOf(p.company, row),
		Country: p.countryOf(row, country), Stamp: row.Time("SystemModstamp"), Details: p.detailsOf(row),
	}
	if day, err := time.Parse(time.DateOnly, row.String(lastActivity)); err == nil {
		r.LastActivity = day
	}
	for _, n := range p.numbers {
		if text := n.of(row); strings.TrimSpace(text) != "" {
			r.AddField(text, n.private)
		}
	}
	return r
}

// accountOf is the company record. A business account is its own: that is how a
// company is told from a person.
func (p *fieldPlan) accountOf(id string, row salesforce.Record) string {
	if p.object == lookup.ObjectAccount {
		if row.Bool("IsPersonAccount") {
			return ""
		}
		return id
	}
	if account, err := salesforce.NormalizeID(firstOf(p.account, row)); err == nil {
		return account
	}
	return p.config.Account
}

func (p *fieldPlan) countryOf(row salesforce.Record, fallback string) string {
	for _, s := range p.country {
		if name := s.of(row); name != "" {
			if code, ok := lookup.Country(name); ok {
				return code
			}
		}
	}
	return fallback
}

// detailsOf are the details that are filled; nil if none is.
func (p *fieldPlan) detailsOf(row salesforce.Record) lookup.Details {
	var d lookup.Details
	for _, detail := range p.details {
		if text := firstOf(detail.sources, row); text != "" {
			if d == nil {
				d = lookup.Details{}
			}
			d[detail.target] = text
		}
	}
	return d
}

// reading is how a record becomes what the directory holds: by which parser, in
// which country, from which fields for what, and which records at all. Records
// are alike only if it is; the part behind selectionMark says which are taken.
func (p *fieldPlan) reading(country string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "parser %d, %s: %s", lookup.ParserVersion, country, strings.Join(p.names, " "))
	for _, t := range []struct {
		target  string
		sources []source
	}{{lookup.TargetName, p.name}, {lookup.TargetCompany, p.company}, {lookup.TargetAccount, p.account}, {lookup.TargetOwner, p.owner}, {lookup.TargetCountry, p.country}} {
		fmt.Fprintf(&b, "; %s %q", t.target, t.sources)
	}
	for _, n := range p.numbers {
		fmt.Fprintf(&b, "; number %q private %t", n.source, n.private)
	}
	for _, d := range p.details {
		fmt.Fprintf(&b, "; %s %q", d.target, d.sources)
	}
	fmt.Fprintf(&b, "; default account %q; vanished %s", p.config.Account, cmp.Or(p.config.Vanished, lookup.VanishedDelete))
	return b.String() + p.selection()
}

// selectionMark parts a reading from which records it takes.
const selectionMark = "\n"

func (p *fieldPlan) selection() string {
	return fmt.Sprintf("%swhere %s limit %d skip %q", selectionMark, p.where(), p.config.Limit, p.config.SkipNames)
}

// selectionOf is the selection in a reading, empty if it has none.
func selectionOf(reading string) string {
	if i := strings.Index(reading, selectionMark); i >= 0 {
		return reading[i:]
	}
	return ""
}
