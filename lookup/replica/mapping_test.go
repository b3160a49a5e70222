package replica_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/lookup/replica"
	"github.com/ctibridge/ctibridge/lookup/salesforce/salesforcetest"
)

// mapped is a fixture whose replica writes to a real directory.
type mapped struct {
	*fixture
	directory *lookup.Directory
	org       lookup.OrgConfig
}

func newMapped(t *testing.T, o salesforcetest.Options, objects ...lookup.ObjectConfig) *mapped {
	t.Helper()
	m := &mapped{fixture: newFixture(t, o)}
	db, err := sql.Open("sqlite", lookup.DirectoryDSN(filepath.Join(t.TempDir(), "directory.db")))
	m.must(err)
	t.Cleanup(func() { db.Close() })
	m.directory, err = lookup.OpenDirectory(t.Context(), db, lookup.DirectoryOptions{})
	m.must(err)
	t.Cleanup(func() { m.directory.Close() })
	m.org = lookup.OrgConfig{ID: m.fixture.org.ID(), Name: "Beispiel"}
	m.must(m.fixture.org.AddObject("Branch__c", "a01",
		salesforcetest.Field{Name: "Company__c", Type: "reference", RefersTo: "Account"},
		salesforcetest.Field{Name: "Hotline__c", Type: "phone"}, salesforcetest.Field{Name: "Mobil__c", Type: "phone"},
		salesforcetest.Field{Name: "Telefax__c", Type: "phone", Label: "Telefax"}, salesforcetest.Field{Name: "Town__c"},
		salesforcetest.Field{Name: "Kind__c", Type: "picklist"},
	))
	m.configure(objects...)
	return m
}

// configure is a restart with another configuration.
func (m *mapped) configure(objects ...lookup.ObjectConfig) {
	m.org.Objects = objects
	m.replica = replica.New(replica.Config{Org: m.org, Client: m.client, Directory: m.directory})
}

// finds checks who has a number, by name; the cache answers where it can.
func (m *mapped) finds(number lookup.Number, want ...string) {
	m.t.Helper()
	found, err := m.directory.Find(m.t.Context(), lookup.Scope{Org: m.org.ID}, number)
	m.must(err)
	var got []string
	for _, f := range found {
		if f.Match == lookup.MatchExact {
			got = append(got, f.Object+" "+f.Name)
		}
	}
	if !slices.Equal(got, want) {
		m.t.Errorf("%s is of %q, want %q", number, got, want)
	}
}

// TestCustomObject: an object with phone fields is copied by its name alone.
func TestCustomObject(t *testing.T) {
	m := newMapped(t, salesforcetest.Options{}, lookup.ObjectConfig{Object: "Branch__c"})
	company := m.create("Account", salesforcetest.Fields{"Name": "Beispiel GmbH", "BillingCountry": "Austria"})
	id := m.create("Branch__c", salesforcetest.Fields{
		"Name": "Filiale Wien", "Company__c": company, "Hotline__c": "030 23125-100", "Mobil__c": "0172 9925904", "Telefax__c": "030 23125-109",
	})
	result := m.sync(replica.SyncRequest{})
	if len(result.Warnings) != 0 {
		t.Errorf("warnings: %q", result.Warnings)
	}
	held, err := m.directory.HeldOf(t.Context(), nil, id)
	m.must(err)
	if len(held) != 1 || held[0].Company != "Beispiel GmbH" || held[0].Account != company || held[0].Country != "AT" || len(held[0].Details) != 0 {
		t.Fatalf("held: %+v", held)
	}
	m.must(m.fixture.org.Update("Branch__c", id, salesforcetest.Fields{"Hotline__c": "+49 30 23125-100"}))
	m.pass(time.Minute)
	m.sync(replica.SyncRequest{Object: "Branch__c"})
	m.finds("+493023125100", "Branch__c Filiale Wien")
	m.finds("+493023125109")
	m.pass(time.Hour)
	m.must(m.fixture.org.Update("Account", company, salesforcetest.Fields{"Name": "Beispiel AG"}))
	m.sync(replica.SyncRequest{})
	if held, _ = m.directory.HeldOf(t.Context(), nil, id); held[0].Company != "Beispiel AG" {
		t.Errorf("the company is %s after it was renamed", held[0].Company)
	}
	m.configure()
	m.sync(replica.SyncRequest{})
	m.finds("+493023125100")
	if _, err := m.replica.Sync(t.Context(), replica.SyncRequest{Object: "Branch__c"}, nil); err == nil || !strings.Contains(err.Error(), "Account, Contact, Lead") {
		t.Errorf("an object that is not copied: %v", err)
	}
}

// TestMapping: every kind of source, for every kind of target.
func TestMapping(t *testing.T) {
	m := newMapped(t, salesforcetest.Options{}, lookup.ObjectConfig{
		Object: "Contact",
		Fields: map[string][]string{
			"name": {"Title", "*"}, "company": {"Account.Parent.Name", "=ohne Firma"}, "numbers": {"Account.Phone", "*"},
			"private": {"OtherPhone"}, "owner": {}, "country": {"=AT"}, "email": {"Email", "Owner.Email"}, "fax": {"Fax"},
			"city": {"MailingCity", "Account.BillingCity"}, "language": {"=de"}, "web": {"Account.Website"}, "comment": {"Account.Description"},
			"street": {"Contact.MailingStreet"}, "postcode": {"MailingPostalCode"},
		},
	})
	holding := m.create("Account", salesforcetest.Fields{"Name": "Holding"})
	company := m.create("Account", salesforcetest.Fields{
		"Name": "Beispiel GmbH", "ParentId": holding, "Phone": "+49 30 23125-000", "BillingCity": "Berlin", "Website": "example.com", "Description": "A\nB",
	})
	first := m.create("Contact", salesforcetest.Fields{
		"LastName": "Beispiel", "AccountId": company, "OtherPhone": "+49 30 23125-101", "MobilePhone": "+49 172 9925904", "Fax": "+49 30 23125-109", "MailingStreet": "Straße 1",
	})
	second := m.create("Contact", salesforcetest.Fields{"LastName": "Muster", "Title": "Chefin", "Email": "chefin@example.com"})
	if result := m.sync(replica.SyncRequest{}); len(result.Warnings) != 0 {
		t.Errorf("warnings: %q", result.Warnings)
	}
	for id, want := range map[string]lookup.Held{
		first: {
			Name: "Beispiel", Company: "Holding", Account: company, Country: "AT", Numbers: []string{"493023125000", "491729925904"},
			Details: lookup.Details{"email": "bridge@example.com", "fax": "+49 30 23125-109", "city": "Berlin", "language": "de", "web": "example.com", "comment": "A\nB", "street": "Straße 1"},
		},
		second: {Name: "Chefin", Company: "ohne Firma", Country: "AT", Details: lookup.Details{"email": "chefin@example.com", "language": "de"}},
	} {
		held, err := m.directory.HeldOf(t.Context(), nil, id)
		m.must(err)
		h := held[0]
		if h.Name != want.Name || h.Company != want.Company || h.Account != want.Account || h.Country != want.Country || h.Owner != "" || fmt.Sprint(h.Details) != fmt.Sprint(want.Details) {
			t.Errorf("held %+v\nwant %+v", h, want)
		}
	}
	m.finds("+491729925904", "Contact Beispiel")
	m.finds("+493023125101", "Contact Beispiel")
	m.finds("+493023125109") // a fax
	got, err := m.directory.Details(t.Context(), m.org.ID, []string{first, second, company})
	m.must(err)
	if len(got) != 2 || got[first]["city"] != "Berlin" {
		t.Errorf("details are %v", got)
	}
	// A changed mapping reads all again; what is not mapped any more is gone.
	m.pass(time.Hour)
	m.configure(lookup.ObjectConfig{Object: "Contact", Fields: map[string][]string{"email": {"Email"}}})
	m.sync(replica.SyncRequest{})
	if got, _ = m.directory.Details(t.Context(), m.org.ID, []string{first, second}); fmt.Sprint(got) != fmt.Sprintf("map[%s:map[email:chefin@example.com]]", second) {
		t.Errorf("details are %v", got)
	}
	if _, err = m.directory.Erase(t.Context(), nil, second); err != nil {
		t.Fatal(err)
	}
	m.configure()
	m.sync(replica.SyncRequest{})
	if got, _ = m.directory.Details(t.Context(), m.org.ID, []string{first, second}); len(got) != 0 {
		t.Errorf("details are %v", got)
	}
}

// TestWhatLeaves: records, objects and orgs that the configuration leaves out go
// at the next run, also from the cache, and come back as they are.
func TestWhatLeaves(t *testing.T) {
	const number lookup.Number = "+493023125101"
	m := newMapped(t, salesforcetest.Options{}, lookup.ObjectConfig{Object: "Branch__c", Where: "Kind__c = 'open' OR Kind__c = 'new'"})
	id := m.create("Branch__c", salesforcetest.Fields{"Name": "Mitte", "Kind__c": "open", "Hotline__c": "030 23125-101"})
	m.create("Branch__c", salesforcetest.Fields{"Name": "Nord", "Kind__c": "open", "Hotline__c": "030 23125-102"})
	steps := []struct {
		name   string
		do     func()
		object lookup.ObjectConfig
		there  bool
	}{
		{"first", func() {}, lookup.ObjectConfig{Where: "Kind__c = 'open' OR Kind__c = 'new'"}, true},
		{"closed", func() { m.must(m.fixture.org.Update("Branch__c", id, salesforcetest.Fields{"Kind__c": "closed"})) }, lookup.ObjectConfig{Where: "Kind__c = 'open' OR Kind__c = 'new'"}, false},
		{"no condition", func() {}, lookup.ObjectConfig{}, true},
		{"skipped", func() {}, lookup.ObjectConfig{SkipNames: []string{"*", "Mi"}}, false},
		{"not skipped", func() {}, lookup.ObjectConfig{SkipNames: []string{"*"}}, true},
		{"renamed", func() { m.must(m.fixture.org.Update("Branch__c", id, salesforcetest.Fields{"Name": "*Mitte"})) }, lookup.ObjectConfig{SkipNames: []string{"*"}}, false},
		{"renamed back", func() { m.must(m.fixture.org.Update("Branch__c", id, salesforcetest.Fields{"Name": "Mitte"})) }, lookup.ObjectConfig{SkipNames: []string{"*"}}, true},
		{"off", func() {}, lookup.ObjectConfig{Disabled: true}, false},
		{"on", func() {}, lookup.ObjectConfig{}, true},
		{"not among the newest", func() { m.must(m.fixture.org.SetStamp("Branch__c", id, time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC))) }, lookup.ObjectConfig{Limit: 1}, false},
		{"no limit", func() {}, lookup.ObjectConfig{}, true},
		{"other condition", func() {}, lookup.ObjectConfig{Where: "Name LIKE 'N%'", Vanished: lookup.VanishedKeep}, false},
		{"and back", func() {}, lookup.ObjectConfig{Vanished: lookup.VanishedKeep}, true},
		{"deleted and kept", func() { m.must(m.fixture.org.Delete("Branch__c", id)) }, lookup.ObjectConfig{Vanished: lookup.VanishedKeep}, true},
		{"purged and kept", func() { m.must(m.fixture.org.Purge("Branch__c", id)) }, lookup.ObjectConfig{Vanished: lookup.VanishedKeep, Fields: map[string][]string{"city": {"Town__c"}}}, true},
		{"kept, until another condition", func() {}, lookup.ObjectConfig{Vanished: lookup.VanishedKeep, Where: "Name != 'x'"}, false},
	}
	for _, s := range steps {
		s.object.Object = "Branch__c"
		m.pass(time.Minute)
		s.do()
		if fmt.Sprint(m.org.Objects) != fmt.Sprint([]lookup.ObjectConfig{s.object}) {
			m.configure(s.object)
		}
		m.sync(replica.SyncRequest{})
		found, err := m.directory.Find(t.Context(), lookup.Scope{Org: m.org.ID}, number)
		m.must(err)
		if (len(found) == 1) != s.there {
			t.Errorf("%s: found %v, want it there: %v", s.name, found, s.there)
		}
	}
	m.finds("+493023125102", "Branch__c Nord")
	if _, err := m.directory.Retain(t.Context(), []string{"00D7Q0000000009UAA"}); err != nil {
		t.Fatal(err)
	}
	m.finds("+493023125102")
	if orgs, _ := m.directory.Orgs(t.Context()); len(orgs) != 0 {
		t.Errorf("the directory still knows %v", orgs)
	}
}

// TestLimitHoldsAtChanges: what is new pushes the oldest out.
func TestLimitHoldsAtChanges(t *testing.T) {
	m := newMapped(t, salesforcetest.Options{PageSize: 2}, lookup.ObjectConfig{Object: "Branch__c", Limit: 5})
	for i := range 20 {
		m.pass(time.Minute)
		m.create("Branch__c", salesforcetest.Fields{"Name": fmt.Sprintf("B%02d", i), "Hotline__c": fmt.Sprintf("030 23125-1%02d", i)})
		if i == 9 {
			m.fixture.org.Inject(salesforcetest.Fault{Path: "/query/", Code: "INVALID_QUERY_LOCATOR", Skip: 1})
			m.sync(replica.SyncRequest{Object: "Branch__c"})
			m.finds("+493023125104")
			m.finds("+493023125105", "Branch__c B05")
		}
	}
	m.sync(replica.SyncRequest{Object: "Branch__c"})
	if n, _ := m.directory.Count(t.Context(), m.org.ID, "Branch__c"); n != 5 {
		t.Errorf("%d held, want 5", n)
	}
	m.finds("+493023125114")
	m.finds("+493023125115", "Branch__c B15")
}

// TestHiddenPaths: what the run-as user does not see is left out, with a warning
// that names it; never does the object fail. A condition on it stops the object.
func TestHiddenPaths(t *testing.T) {
	config := lookup.ObjectConfig{Object: "Branch__c", Fields: map[string][]string{
		"company": {"Company__r.Name"}, "city": {"Company__r.Parent.BillingCity", "Town__c"}, "email": {"Owner.Email"},
	}}
	for _, c := range []struct {
		name, object, field, want string
		whole                     bool
	}{
		{name: "field", object: "Branch__c", field: "Town__c", want: "Branch__c.Town__c"},
		{name: "phone", object: "Branch__c", field: "Mobil__c"},
		{name: "field of a related record", object: "Account", field: "BillingCity", want: "Account.BillingCity"},
		{name: "reference on the way", object: "Account", field: "ParentId", want: "Account.Parent"},
		{name: "first reference", object: "Branch__c", field: "Company__c", want: "Branch__c.Company__r"},
		{name: "object of the path", object: "Account", whole: true, want: "“View All Records” on Account"},
		{name: "field of the owner", object: "User", field: "Email", want: "User.Email"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := newMapped(t, salesforcetest.Options{}, config)
			m.create("Branch__c", salesforcetest.Fields{"Name": "Mitte", "Hotline__c": "030 23125-101", "Town__c": "Berlin"})
			m.sync(replica.SyncRequest{})
			hide := func(hidden bool) {
				switch {
				case c.whole:
					m.fixture.org.HideObject(c.object, hidden)
				case hidden:
					m.fixture.org.HideFields(c.object, c.field)
				default:
					m.fixture.org.ShowFields(c.object, c.field)
				}
			}
			hide(true) // in between, behind the back of the plan
			m.pass(time.Minute)
			m.create("Branch__c", salesforcetest.Fields{"Name": "Nord", "Hotline__c": "030 23125-102"})
			text := strings.Join(m.sync(replica.SyncRequest{Object: "Branch__c"}).Warnings, "\n")
			if !strings.Contains(text, c.want) || c.want != "" && !strings.Contains(text, "permission set") {
				t.Errorf("warnings are %q, want one about %q", text, c.want)
			}
			m.finds("+493023125102", "Branch__c Nord")
			m.configure(config)
			m.sync(replica.SyncRequest{Object: "Branch__c"})
			m.finds("+493023125101", "Branch__c Mitte")
			hide(false)
			if warnings := m.sync(replica.SyncRequest{Object: "Branch__c", Full: true}).Warnings; len(warnings) != 0 {
				t.Errorf("warnings are %q when all is visible again", warnings)
			}
		})
	}
}

func TestHiddenFieldOfTheCondition(t *testing.T) {
	m := newMapped(t, salesforcetest.Options{}, lookup.ObjectConfig{Object: "Branch__c", Where: "Kind__c = 'open'"})
	m.create("Branch__c", salesforcetest.Fields{"Name": "Mitte", "Kind__c": "open", "Hotline__c": "030 23125-101"})
	m.sync(replica.SyncRequest{})
	m.fixture.org.HideFields("Branch__c", "Kind__c")
	m.pass(time.Minute)
	m.create("Branch__c", salesforcetest.Fields{"Name": "Nord"})
	_, err := m.replica.Sync(t.Context(), replica.SyncRequest{}, nil)
	if err == nil || !strings.Contains(err.Error(), "where-clause names a field") {
		t.Fatalf("error is %v", err)
	}
	for _, s := range m.replica.Status() {
		if (s.Object == "Branch__c") != strings.Contains(s.Cure, "Read Access") {
			t.Errorf("status is %+v", s)
		}
	}
	m.finds("+493023125101", "Branch__c Mitte")
}

// TestRefusedAllTheSame: describe shows a field and the query may not have it.
func TestRefusedAllTheSame(t *testing.T) {
	m := newMapped(t, salesforcetest.Options{}, lookup.ObjectConfig{Object: "Branch__c"})
	m.create("Branch__c", salesforcetest.Fields{"Name": "Mitte", "Hotline__c": "030 23125-101", "Mobil__c": "0172 9925904"})
	for _, message := range []string{
		"No such column 'Mobil__c' on entity 'Branch__c'. If you are attempting", "\nERROR at Row:1:Column:2\nDidn't understand relationship 'Company__r' in field path.",
	} {
		m.fixture.org.Inject(salesforcetest.Fault{Path: "/query", Skip: 2, Code: "INVALID_FIELD", Status: 400, Message: message})
		m.configure(lookup.ObjectConfig{Object: "Branch__c"})
		text := strings.Join(m.sync(replica.SyncRequest{Object: "Branch__c", Full: true}).Warnings, "\n")
		if strings.HasPrefix(message, "\n") != strings.Contains(text, "no company") {
			t.Errorf("%s: warnings are %q", message, text)
		}
		m.finds("+493023125101", "Branch__c Mitte")
	}
}

// TestDefaultAccount stands in for the company of those who have none.
func TestDefaultAccount(t *testing.T) {
	m := newMapped(t, salesforcetest.Options{PersonAccounts: true})
	walkIn := m.create("Account", salesforcetest.Fields{"Name": "Laufkundschaft"})
	own := m.create("Account", salesforcetest.Fields{"Name": "Beispiel GmbH"})
	person := m.create("Account", salesforcetest.Fields{"FirstName": "Petra", "LastName": "Privat", "PersonMobilePhone": "0172 9925904"})
	m.configure(lookup.ObjectConfig{Object: "Contact", Account: walkIn}, lookup.ObjectConfig{Object: "Account", Account: walkIn})
	with := m.create("Contact", salesforcetest.Fields{"LastName": "Beispiel", "AccountId": own})
	without := m.create("Contact", salesforcetest.Fields{"LastName": "Muster"})
	m.sync(replica.SyncRequest{})
	for id, want := range map[string]string{with: own, without: walkIn, own: own, person: ""} {
		if held, err := m.directory.HeldOf(t.Context(), nil, id); err != nil || len(held) != 1 || held[0].Account != want {
			t.Errorf("%s is of account %+v (%v), want %q", id, held, err, want)
		}
	}
}

// TestFates: what becomes of merged, converted, deleted and undeleted records,
// with and without keeping.
func TestFates(t *testing.T) {
	for _, keep := range []string{"", lookup.VanishedKeep} {
		var objects []lookup.ObjectConfig
		for _, o := range []string{"Account", "Contact", "Lead"} {
			objects = append(objects, lookup.ObjectConfig{Object: o, Vanished: keep})
		}
		m := newMapped(t, salesforcetest.Options{PersonAccounts: true}, objects...)
		deleted := m.create("Contact", contact("Weg", "030 23125-120"))
		loser := m.create("Contact", contact("Doppelt", "030 23125-121"))
		winner := m.create("Contact", contact("Einzig", "030 23125-121"))
		lead := m.create("Lead", salesforcetest.Fields{"LastName": "Anfrage", "Company": "Fiktiv AG", "Phone": "030 23125-122"})
		m.create("Account", salesforcetest.Fields{"FirstName": "Petra", "LastName": "Privat", "Phone": "030 23125-123"})
		m.sync(replica.SyncRequest{})
		m.finds("+493023125122", "Lead Anfrage")
		m.finds("+493023125123", "Account Petra Privat") // not her shadow contact too
		m.pass(time.Minute)
		m.must(m.fixture.org.Delete("Contact", deleted))
		m.must(m.fixture.org.Merge("Contact", winner, loser))
		converted := m.create("Contact", contact("Anfrage", "030 23125-122"))
		m.must(m.fixture.org.ConvertLead(lead, converted, ""))
		for _, full := range []bool{false, true} {
			m.sync(replica.SyncRequest{Full: full})
			m.finds("+493023125121", "Contact Einzig")
			m.finds("+493023125122", "Contact Anfrage")
			if keep == "" {
				m.finds("+493023125120")
			} else {
				m.finds("+493023125120", "Contact Weg")
			}
		}
		m.pass(time.Minute)
		m.must(m.fixture.org.Undelete("Contact", deleted))
		m.sync(replica.SyncRequest{})
		m.finds("+493023125120", "Contact Weg")
	}
}

// TestCheckObject: what the org alone can tell of a configuration.
func TestCheckObject(t *testing.T) {
	m := newMapped(t, salesforcetest.Options{})
	m.fixture.org.HideFields("Account", "BillingCity")
	for _, c := range []struct {
		config lookup.ObjectConfig
		want   []string // field, part of the text, part of the cure; ! is an error
	}{
		{lookup.ObjectConfig{Object: "Branch__c", Where: "Kind__c = 'open'", Show: []string{"Town__c", "Owner.Name"}}, nil},
		{lookup.ObjectConfig{Object: "Filiale__c"}, []string{"!object|cannot see Filiale__c|View All Records"}},
		{lookup.ObjectConfig{Object: "branch__c"}, []string{"!object|writes the object Branch__c|Write Branch__c"}},
		{lookup.ObjectConfig{Object: "Nothing__c", Disabled: true}, nil},
		{lookup.ObjectConfig{Object: "Branch__c", Where: "Kind__c = open"}, []string{"!where|must be of type|Correct the where-clause"}},
		{lookup.ObjectConfig{Object: "Branch__c", Where: "Kind__c = 'open' LIMIT 5"}, []string{"!where|unexpected token|as behind WHERE"}},
		{lookup.ObjectConfig{Object: "Branch__c", Where: "Kynd__c = 'open'"}, []string{"!where|names a field|Read Access"}},
		{lookup.ObjectConfig{Object: "Branch__c", Show: []string{"Town__c", "Company__r.BillingCity"}}, []string{"show[1]|Account.BillingCity|Read Access"}},
		{lookup.ObjectConfig{Object: "Branch__c", Fields: map[string][]string{"city": {"Company__c.BillingCity"}}}, []string{"fields|Branch__c.Company__c|"}},
		{lookup.ObjectConfig{Object: "Case", Fields: map[string][]string{"numbers": {"Contact.Fax"}}}, nil},
		{lookup.ObjectConfig{Object: "Case"}, []string{"fields|no telephone field of Case|"}},
	} {
		problems, err := replica.CheckObject(t.Context(), m.client, c.config)
		m.must(err)
		if len(problems) != len(c.want) {
			t.Errorf("%+v: %d problems %v, want %q", c.config, len(problems), problems, c.want)
			continue
		}
		for i, p := range problems {
			field, fatal := strings.CutPrefix(c.want[i], "!")
			parts := strings.Split(field, "|")
			if p.Field != parts[0] || p.Warning == fatal || !strings.Contains(p.Text, parts[1]) || !strings.Contains(p.Cure, parts[2]) {
				t.Errorf("%+v: %+v, want %q", c.config, p, c.want[i])
			}
		}
	}
	m.fixture.org.Inject(salesforcetest.Fault{Path: "/describe", Code: "API_DISABLED_FOR_ORG", Times: -1})
	if _, err := replica.CheckObject(context.Background(), m.client, lookup.ObjectConfig{Object: "Contact"}); err == nil {
		t.Error("an org that does not answer has no problem")
	}
}

func TestRecordURLs(t *testing.T) {
	org := lookup.OrgConfig{InstanceURL: "https://example.my.salesforce.com/", Objects: []lookup.ObjectConfig{{Object: "Contact", URLs: []string{
		"{instance}/{id}", "https://erp.example.com/?id={id}&of={object}", "javascript:alert({id})", "https://fourth.example.com",
	}}}}
	for object, want := range map[string]string{
		"Lead":    "[https://example.my.salesforce.com/lightning/r/Lead/00Q7Q0000000001UAA/view]",
		"Contact": "[https://example.my.salesforce.com/00Q7Q0000000001UAA https://erp.example.com/?id=00Q7Q0000000001UAA&of=Contact]",
	} {
		if got := fmt.Sprint(org.RecordURLs(object, "00Q7Q0000000001UAA")); got != want {
			t.Errorf("%s: %s, want %s", object, got, want)
		}
	}
}
