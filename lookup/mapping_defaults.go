package lookup

import (
	"slices"
	"strings"
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
	objectAccount: {
		TargetName:    {{"Name", "pops show no name"}},
		TargetOwner:   {{"OwnerId", "the owner is unknown"}},
		TargetNumbers: {{"Phone", "callers are not found by it"}},
		TargetCountry: {
			{"BillingCountryCode", ""},
			{"BillingCountry", "numbers are read as of the org's country"},
			{"PersonMailingCountryCode", ""},
			{"PersonMailingCountry", ""},
		},
	},
	objectContact: {
		TargetName:    {{"Name", "pops show no name"}},
		TargetCompany: {{"Account.Name", "pops of contacts show no company"}},
		TargetAccount: {{"AccountId", "the company is unknown"}},
		TargetOwner:   {{"OwnerId", "the owner is unknown"}},
		TargetNumbers: {
			{"Phone", "callers are not found by it"},
			{"MobilePhone", "callers are not found by it"},
			{"HomePhone", "callers are not found by it"},
			{"OtherPhone", "callers are not found by it"},
			{"AssistantPhone", "callers are not found by it"},
		},
		TargetCountry: {
			{"MailingCountryCode", ""},
			{"MailingCountry", "numbers are read as of the company's or the org's country"},
			{"Account.BillingCountryCode", ""},
			{"Account.BillingCountry", ""},
		},
	},
	objectLead: {
		TargetName:    {{"Name", "pops show no name"}},
		TargetCompany: {{"Company", "the company is unknown"}},
		TargetOwner:   {{"OwnerId", "the owner is unknown"}},
		TargetNumbers: {{"Phone", "callers are not found by it"}, {"MobilePhone", "callers are not found by it"}},
		TargetCountry: {{"CountryCode", ""}, {"Country", "numbers are read as of the org's country"}},
	},
}

// copiedObjects are the configurations of the objects that an org's replica
// copies: accounts, contacts and leads, as far as they are not switched off, then
// the others in the order of the configuration. Opportunity and Case are context
// (see openWork) and copied only if somebody says where their numbers stand.
func copiedObjects(configured []ObjectConfig) []ObjectConfig {
	var list []ObjectConfig
	for _, name := range []string{objectAccount, objectContact, objectLead} {
		c, named := objectNamed(configured, name)
		if !named {
			c = ObjectConfig{Object: name}
		}
		if !c.Disabled {
			list = append(list, c)
		}
	}
	for _, c := range configured {
		_, standard := mappingDefaults[c.Object]
		context := slices.Contains(workObjects[:], c.Object) && len(c.Fields[TargetNumbers]) == 0
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
func switchedOff(list []ObjectConfig, name string) bool {
	c, named := objectNamed(list, name)
	return named && c.Disabled
}
