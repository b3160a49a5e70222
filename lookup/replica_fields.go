package lookup

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ctibridge/ctibridge/lookup/salesforce"
)

// fieldPlan is which fields of an object are asked for, and how a row becomes
// a Record. It holds only what the run-as user sees.
type fieldPlan struct {
	object    string
	names     []string // of the SELECT
	phones    []string
	countries []string // the first that is filled counts
	converted bool     // IsConverted is visible
	person    bool     // IsPersonAccount is visible
	warnings  []string
}

// wantedField is a field that is asked for if it is visible.
type wantedField struct {
	name string
	loss string // what is missing without it; empty: its absence is no news
}

// phonesOf are the phone fields that every org has; others come from describe.
var phonesOf = map[string][]string{
	"Account": {"Phone"},
	"Contact": {"Phone", "MobilePhone", "HomePhone", "OtherPhone", "AssistantPhone"},
	"Lead":    {"Phone", "MobilePhone"},
}

// privateFields hold a person's own lines: they say nothing of the numbers of
// the company.
var privateFields = []string{"MobilePhone", "HomePhone", "PersonMobilePhone", "PersonHomePhone"}

// lastActivity is the day of the last call, mail or meeting: due ones and those
// done.
const lastActivity = "LastActivityDate"

var fieldsOf = map[string][]wantedField{
	"Account": {
		{"Name", "pops show no name"},
		{lastActivity, ""},
		{"OwnerId", "the owner is unknown"},
		{"BillingCountry", "numbers are read as of the org's country"},
		{"BillingCountryCode", ""},
		{"PersonMailingCountryCode", ""},
		{"PersonMailingCountry", ""},
		{"IsPersonAccount", ""},
	},
	"Contact": {
		{"Name", "pops show no name"},
		{lastActivity, ""},
		{"OwnerId", "the owner is unknown"},
		{"AccountId", "the company is unknown"},
		{"MailingCountry", "numbers are read as of the company's or the org's country"},
		{"MailingCountryCode", ""},
		{"IsPersonAccount", ""},
	},
	"Lead": {
		{"Name", "pops show no name"},
		{lastActivity, ""},
		{"OwnerId", "the owner is unknown"},
		{"Company", "the company is unknown"},
		{"Country", "numbers are read as of the org's country"},
		{"CountryCode", ""},
		{"IsConverted", "converted leads keep popping beside their contacts"},
		{"ConvertedContactId", ""},
	},
}

var countriesOf = map[string][]string{
	"Account": {"BillingCountryCode", "BillingCountry", "PersonMailingCountryCode", "PersonMailingCountry"},
	"Contact": {"MailingCountryCode", "MailingCountry", "Account.BillingCountryCode", "Account.BillingCountry"},
	"Lead":    {"CountryCode", "Country"},
}

// newFieldPlan chooses from what describe shows. account is the description of
// Account, for the company of a contact; nil if it is not visible.
func newFieldPlan(o, account *salesforce.Object) (fieldPlan, error) {
	p := fieldPlan{object: o.Name, names: []string{"Id", "SystemModstamp", "IsDeleted"}}
	for _, must := range p.names {
		if !o.Has(must) {
			return p, &salesforce.Error{Op: "describe " + o.Name, Code: "INVALID_FIELD", Message: must + " is not visible", Fields: []string{o.Name + "." + must}}
		}
	}
	for _, f := range fieldsOf[o.Name] {
		switch {
		case o.Has(f.name):
			p.names = append(p.names, f.name)
		case f.loss != "":
			p.warn(o.Name, f.name, f.loss)
		}
	}
	p.choosePhones(o)
	p.chooseCompany(o, account)
	p.converted, p.person = slices.Contains(p.names, "IsConverted"), slices.Contains(p.names, "IsPersonAccount")
	for _, c := range countriesOf[o.Name] {
		if slices.Contains(p.names, c) {
			p.countries = append(p.countries, c)
		}
	}
	return p, nil
}

func (p *fieldPlan) warn(object, field, loss string) {
	p.warnings = append(p.warnings, fmt.Sprintf(
		"The run-as user cannot see %s.%s, so %s. Give “Read Access” to the field in a permission set (field permissions).", object, field, loss))
}

func (p *fieldPlan) choosePhones(o *salesforce.Object) {
	for _, f := range o.Fields {
		if f.Type == "phone" {
			p.phones = append(p.phones, f.Name)
		}
	}
	p.names = append(p.names, p.phones...)
	for _, name := range phonesOf[o.Name] {
		if !o.Has(name) {
			p.warn(o.Name, name, "callers are not found by it")
		}
	}
}

// chooseCompany takes what a contact shows of its account.
func (p *fieldPlan) chooseCompany(o, account *salesforce.Object) {
	if o.Name != "Contact" || !o.Has("AccountId") {
		return
	}
	if account == nil {
		p.warnings = append(p.warnings, "The run-as user cannot see accounts, so pops of contacts show no company. Give “Read” and “View All Records” on Account in a permission set.")
		return
	}
	for _, f := range []wantedField{{"Name", "pops of contacts show no company"}, {"BillingCountry", ""}, {"BillingCountryCode", ""}} {
		switch {
		case account.Has(f.name):
			p.names = append(p.names, "Account."+f.name)
		case f.loss != "":
			p.warn("Account", f.name, f.loss)
		}
	}
}

// scope is the part of a WHERE clause that leaves out what never pops:
// converted leads, and the contacts that mirror person accounts.
func (p *fieldPlan) scope() string {
	switch {
	case p.object == "Lead" && p.converted:
		return "IsConverted = false"
	case p.object == "Contact" && p.person:
		return "IsPersonAccount = false"
	}
	return ""
}

// gone says whether a row does not belong into the directory (any more).
func (p *fieldPlan) gone(row salesforce.Record) bool {
	return row.Bool("IsDeleted") || row.Bool("IsConverted") || p.object == "Contact" && row.Bool("IsPersonAccount")
}

// record makes a Record of a row; country reads numbers where the row has none.
func (p *fieldPlan) record(org, country string, row salesforce.Record) Record {
	id := row.ID()
	r := Record{
		ID: id, Org: org, Object: p.object, Name: row.String("Name"), Owner: row.String("OwnerId"),
		Account: row.String("AccountId"), Company: cmp.Or(row.String("Account.Name"), row.String("Company")),
		Country: p.country(row, country), Stamp: row.Time("SystemModstamp"),
	}
	if day, err := time.Parse(time.DateOnly, row.String(lastActivity)); err == nil {
		r.LastActivity = day
	}
	if p.object == "Account" && !row.Bool("IsPersonAccount") {
		r.Account = id // that is how a company is told from a person
	}
	for _, field := range p.phones {
		if text := row.String(field); strings.TrimSpace(text) != "" {
			r.AddField(text, slices.Contains(privateFields, field))
		}
	}
	return r
}

func (p *fieldPlan) country(row salesforce.Record, fallback string) string {
	for _, field := range p.countries {
		if name := row.String(field); name != "" {
			if code, ok := Country(name); ok {
				return code
			}
		}
	}
	return fallback
}
