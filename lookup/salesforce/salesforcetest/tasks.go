package salesforcetest

import (
	"fmt"
	"strings"
)

// A Rule looks at the fields of a record that is created (id empty) or changed
// and may refuse them, as validation rules, triggers and locked rows do: an empty
// code lets them pass.
type Rule func(id string, fields Fields) (code, message string, blamed []string)

// SetRule sets the rule of an object; nil takes it away. It is called with the
// org's lock held.
func (o *Org) SetRule(object string, r Rule) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.rules[strings.ToLower(object)] = r
}

// checkRules applies what the org has against values of a record.
func (o *Org) checkRules(t *table, id string, values []string, fields Fields) error {
	if r := o.rules[strings.ToLower(t.name)]; r != nil {
		if code, message, blamed := r(id, fields); code != "" {
			return apiError(400, code, message, blamed...)
		}
	}
	if t.name == "Task" {
		return o.checkTask(t, values, fields)
	}
	return nil
}

// checkTask holds a Task to Salesforce's rules of its references.
func (o *Org) checkTask(t *table, values []string, fields Fields) error {
	at := func(name string) string { return values[t.index[strings.ToLower(name)]] }
	who, what := at("WhoId"), at("WhatId")
	if strings.HasPrefix(who, "00Q") && what != "" {
		return apiError(400, "FIELD_INTEGRITY_EXCEPTION", "Related To ID: a task of a lead cannot be related to another record", "WhatId")
	}
	for name := range fields {
		var err error
		switch strings.ToLower(name) {
		case "whoid":
			err = o.checkReference("WhoId", who, "contact", "lead")
		case "whatid":
			err = o.checkReference("WhatId", what, "account", "opportunity", "case")
		case "ownerid":
			err = o.checkOwner(at("OwnerId"))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// checkReference wants the id of a record of one of the objects that is there.
func (o *Org) checkReference(field, id string, objects ...string) error {
	if id == "" {
		return nil
	}
	for _, name := range objects {
		t := o.tables[name]
		if !strings.HasPrefix(id, t.prefix) {
			continue
		}
		r := t.byID[id]
		switch {
		case r == nil:
			return apiError(400, "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", field)
		case r.deleted():
			return apiError(400, "ENTITY_IS_DELETED", "entity is deleted", field)
		case t.get(r, "IsPersonAccount") == "true" && name == "account":
			return apiError(400, "FIELD_INTEGRITY_EXCEPTION", "a task of a person is related to its contact", field)
		case t.get(r, "IsConverted") == "true":
			return apiError(400, "CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead", field)
		}
		return nil
	}
	return apiError(400, "MALFORMED_ID", fmt.Sprintf("%s: id value of incorrect type: %s", field, id), field)
}

func (o *Org) checkOwner(id string) error {
	t := o.tables["user"]
	r := t.byID[id]
	switch {
	case id == "":
		return nil
	case r == nil:
		return apiError(400, "INVALID_CROSS_REFERENCE_KEY", "Owner ID: owner cannot be blank or unknown", "OwnerId")
	case t.get(r, "IsActive") != "true":
		return apiError(400, "INACTIVE_OWNER_OR_USER", "operation performed with inactive user", "OwnerId")
	}
	return nil
}

// setupObjects are what tells of the org itself.
func setupObjects() []*object {
	return []*object{
		newObject("TaskStatus", "01J", text("MasterLabel", 255), text("ApiName", 255), column{name: "SortOrder", kind: kindInt},
			column{name: "IsClosed", kind: kindBoolean}, column{name: "IsDefault", kind: kindBoolean}),
		newObject("Organization", "00D", text("LanguageLocaleKey", 40), text("TimeZoneSidKey", 40)),
	}
}

// addSetup fills them as a new org has them.
func (o *Org) addSetup() {
	add := func(object string, fields Fields) {
		t := o.tables[object]
		values := make([]string, len(t.columns))
		if t.apply(values, fields) == nil {
			t.insert(values, o.options.Now(), "")
		}
	}
	add("taskstatus", Fields{"MasterLabel": "Nicht begonnen", "ApiName": "Not Started", "SortOrder": "1", "IsClosed": "false", "IsDefault": "true"})
	add("taskstatus", Fields{"MasterLabel": "In Bearbeitung", "ApiName": "In Progress", "SortOrder": "2", "IsClosed": "false"})
	add("taskstatus", Fields{"MasterLabel": "Erledigt", "ApiName": "Completed", "SortOrder": "3", "IsClosed": "true"})
	add("organization", Fields{"Name": "Toy org", "LanguageLocaleKey": "de", "TimeZoneSidKey": "Europe/Berlin"})
}

// Tasks are the Tasks that are not deleted, in the order of their creation.
func (o *Org) Tasks() []Fields {
	o.mu.RLock()
	defer o.mu.RUnlock()
	t := o.tables["task"]
	var out []Fields
	for _, r := range t.rows {
		if r.pending || r.deleted() {
			continue
		}
		f := Fields{}
		values := r.values(len(t.columns))
		for i, c := range t.columns {
			if values[i] != "" {
				f[c.name] = values[i]
			}
		}
		out = append(out, f)
	}
	return out
}
