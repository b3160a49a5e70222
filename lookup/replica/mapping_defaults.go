package replica

import (
	"slices"
	"strings"

	"github.com/ctibridge/ctibridge/lookup"
)

// Sources that are neither a field nor a path.
const (
	constantMark   = "=" // "=VIP" is the text VIP
	defaultSources = "*" // stands for the target's default sources
)

// wanted is a default source: it is read if the run-as user sees it.
type wanted struct {
	source string
	loss   string // what is missing without it; empty: its absence is no news
}

// mappingDefaults are the built-in mappings. Of numbers only those are named that
// every org has: the others come from describe.
var mappingDefaults = map[string]map[string][]wanted{
	lookup.ObjectAccount: {
		lookup.TargetName:    {{"Name", "pops show no name"}},
		lookup.TargetOwner:   {{"OwnerId", "the owner is unknown"}},
		lookup.TargetNumbers: {{"Phone", "callers are not found by it"}},
		lookup.TargetCountry: {
			{"BillingCountryCode", ""},
			{"BillingCountry", "numbers are read as of the org's country"},
			{"PersonMailingCountryCode", ""},
			{"PersonMailingCountry", ""},
		},
	},
	lookup.ObjectContact: {
		lookup.TargetName:    {{"Name", "pops show no name"}},
		lookup.TargetCompany: {{"Account.Name", "pops of contacts show no company"}},
		lookup.TargetAccount: {{"AccountId", "the company is unknown"}},
		lookup.TargetOwner:   {{"OwnerId", "the owner is unknown"}},
		lookup.TargetNumbers: {
			{"Phone", "callers are not found by it"},
			{"MobilePhone", "callers are not found by it"},
			{"HomePhone", "callers are not found by it"},
			{"OtherPhone", "callers are not found by it"},
			{"AssistantPhone", "callers are not found by it"},
		},
		lookup.TargetCountry: {
			{"MailingCountryCode", ""},
			{"MailingCountry", "numbers are read as of the company's or the org's country"},
			{"Account.BillingCountryCode", ""},
			{"Account.BillingCountry", ""},
		},
	},
	lookup.ObjectLead: {
		lookup.TargetName:    {{"Name", "pops show no name"}},
		lookup.TargetCompany: {{"Company", "the company is unknown"}},
		lookup.TargetOwner:   {{"OwnerId", "the owner is unknown"}},
		lookup.TargetNumbers: {{"Phone", "callers are not found by it"}, {"MobilePhone", "callers are not found by it"}},
		lookup.TargetCountry: {{"CountryCode", ""}, {"Country", "numbers are read as of the org's country"}},
	},
}

// copiedObjects are the configurations of the objects that an org's replica
// copies: accounts, contacts and leads, as far as they are not switched off, then
// the others in the order of the configuration. Opportunity and Case are context
// (see openWork) and copied only if somebody says where their numbers stand.
func copiedObjects(configured []lookup.ObjectConfig) []lookup.ObjectConfig {
	var list []lookup.ObjectConfig
	for _, name := range []string{lookup.ObjectAccount, lookup.ObjectContact, lookup.ObjectLead} {
		c, named := lookup.ObjectNamed(configured, name)
		if !named {
			c = lookup.ObjectConfig{Object: name}
		}
		if !c.Disabled {
			list = append(list, c)
		}
	}
	for _, c := range configured {
		_, standard := mappingDefaults[c.Object]
		context := slices.Contains(workObjects[:], c.Object) && len(c.Fields[lookup.TargetNumbers]) == 0
		if !c.Disabled && !standard && !context && c.Object != "" {
			list = append(list, c)
		}
	}
	return list
}

// isPrivate tells from its name whether a field holds a person's own lines: those
// say nothing of the numbers of the company.
func isPrivate(name string) bool {
	name = strings.ToLower(name)
	for _, part := range []string{"mobil", "cell", "handy", "home", "privat"} {
		if strings.Contains(name, part) {
			return true
		}
	}
	return false
}

// isFax tells a fax from a telephone; Salesforce has one type for both.
func isFax(name, label string) bool {
	return strings.Contains(strings.ToLower(name), "fax") || strings.Contains(strings.ToLower(label), "fax")
}

// switchedOff says whether an object is named and disabled.
func switchedOff(list []lookup.ObjectConfig, name string) bool {
	c, named := lookup.ObjectNamed(list, name)
	return named && c.Disabled
}
