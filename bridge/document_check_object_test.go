package bridge

import (
	"strings"
	"testing"

	"github.com/ctibridge/ctibridge/lookup"
)

func TestCheckObjects(t *testing.T) {
	for _, c := range []struct {
		name   string
		object lookup.ObjectConfig
		path   string // of the one fault; empty: none
		says   string
	}{
		{"all of it", lookup.ObjectConfig{
			Object: "Branch__c", Account: "001000000000001", Where: `Name != 'O\'Neill (' AND (Kind__c = 'a')`, Limit: 10, SkipNames: []string{"*"},
			Fields:   map[string][]string{"numbers": {"*", "Account__r.Phone"}, "city": {"Town__c", "=Berlin"}, "owner": {}, "web": {"="}},
			Vanished: "keep", Show: []string{"Title", "Account__r.Industry"}, URLs: []string{"{instance}/{id}", "https://erp.example.com/?id={id}&o={object}"},
		}, "", ""},
		{"no name", lookup.ObjectConfig{}, "object", "API name"},
		{"no API name", lookup.ObjectConfig{Object: "Filiale Süd"}, "object", "API name"},
		{"letter case", lookup.ObjectConfig{Object: "contact"}, "object", "write Contact"},
		{"target", lookup.ObjectConfig{Object: "Contact", Fields: map[string][]string{"town": {"City"}}}, "fields.town", "postcode"},
		{"source", lookup.ObjectConfig{Object: "Contact", Fields: map[string][]string{"city": {"MailingCity", "Mailing City"}}}, "fields.city[1]", "(Account.BillingCity)"},
		{"path", lookup.ObjectConfig{Object: "Contact", Fields: map[string][]string{"city": {"Account..City"}}}, "fields.city[0]", "neither"},
		{"constant number", lookup.ObjectConfig{Object: "Contact", Fields: map[string][]string{"numbers": {"=030 23125-100"}}}, "fields.numbers[0]", "every record"},
		{"no number", lookup.ObjectConfig{Object: "Contact", Fields: map[string][]string{"numbers": {}}}, "fields.numbers", "disabled"},
		{"constant owner", lookup.ObjectConfig{Object: "Contact", Fields: map[string][]string{"owner": {"=me"}}}, "fields.owner[0]", "18 characters"},
		{"account", lookup.ObjectConfig{Object: "Contact", Account: "003000000000001"}, "account", "begins with 001"},
		{"limit", lookup.ObjectConfig{Object: "Contact", Limit: -1}, "limit", "below 0"},
		{"vanished", lookup.ObjectConfig{Object: "Contact", Vanished: "hide"}, "vanished", "delete, keep"},
		{"bracket", lookup.ObjectConfig{Object: "Contact", Where: "Name = 'a') OR (Name = 'b'"}, "where", "not closed"},
		{"quote", lookup.ObjectConfig{Object: "Contact", Where: `Name = 'a\'`}, "where", "not closed"},
		{"where where", lookup.ObjectConfig{Object: "Contact", Where: " where Name = 'a'"}, "where", "without the word"},
		{"shown", lookup.ObjectConfig{Object: "Contact", Show: []string{"Title", "a b"}}, "show[1]", "(Title)"},
		{"skip everybody", lookup.ObjectConfig{Object: "Contact", SkipNames: []string{""}}, "skipNames[0]", "everybody"},
		{"four addresses", lookup.ObjectConfig{Object: "Contact", URLs: []string{"{instance}/{id}", "{instance}/{id}", "{instance}/{id}", "{instance}/{id}"}}, "urls", "more than 3"},
		{"no web address", lookup.ObjectConfig{Object: "Contact", URLs: []string{"javascript:alert({id})"}}, "urls[0]", "web address"},
		{"unknown place", lookup.ObjectConfig{Object: "Contact", URLs: []string{"{instance}/{id}/{name}"}}, "urls[0]", "{instance} only"},
		{"schedule", lookup.ObjectConfig{Object: "Contact", Schedule: lookup.Schedule{Interval: "off", Full: "at night"}}, "schedule.full", "each night at three"},
		{"good schedule", lookup.ObjectConfig{Object: "Contact", Schedule: lookup.Schedule{Interval: "5m", Sync: "0 8-18 * * 1-5", Full: "off"}}, "", ""},
		{"same page", lookup.ObjectConfig{Object: "Contact", URLs: []string{"{instance}/home"}}, "urls[0]", "{id}"},
	} {
		check := &checker{}
		check.checkObjects("orgs[0].", []lookup.ObjectConfig{c.object})
		switch {
		case c.path == "":
			if len(check.faults) > 0 {
				t.Errorf("%s: %v", c.name, check.faults)
			}
		case len(check.faults) != 1 || check.faults[0].Path != "orgs[0].objects[0]."+c.path || !strings.Contains(check.faults[0].Text, c.says):
			t.Errorf("%s: %v, want one at %s that says %q", c.name, check.faults, c.path, c.says)
		}
	}
	check := &checker{}
	check.checkObjects("", []lookup.ObjectConfig{{Object: "Branch__c"}, {Object: "branch__C"}})
	if len(check.faults) != 1 {
		t.Errorf("the same object twice: %v", check.faults)
	}
}
