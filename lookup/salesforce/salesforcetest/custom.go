package salesforcetest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Field is a field that an administrator has added to an object.
type Field struct {
	Name string // Filiale__c, or as the caller likes
	// Type is as describe names it: phone, string, email, textarea, picklist,
	// boolean, int, date, reference; string if empty.
	Type  string
	Label string // Name if empty
	// RefersTo is the object of a reference; its relation is called as the
	// field, with __r for __c and without Id.
	RefersTo string
	// ExternalID lets upsert find records by the field.
	ExternalID bool
}

// AddObject gives the org a custom object whose ids begin with prefix, three
// characters. Every object has Id, OwnerId, Name and its stamps.
func (o *Org) AddObject(name, prefix string, fields ...Field) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if _, exists := o.tables[strings.ToLower(name)]; exists {
		return fmt.Errorf("salesforcetest: there is an object %s", name)
	}
	columns := make([]column, len(fields))
	for i, f := range fields {
		columns[i] = f.column()
	}
	o.addTable(newObject(name, prefix, columns...))
	return nil
}

// AddFields adds fields to an object; its records have none of them yet.
func (o *Org) AddFields(object string, fields ...Field) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	t, ok := o.tables[strings.ToLower(object)]
	if !ok {
		return fmt.Errorf("salesforcetest: there is no object %s", object)
	}
	for _, f := range fields {
		t.add(f.column())
	}
	return nil
}

func (f Field) column() column {
	c := column{name: f.Name, label: f.Label, kind: cmp.Or(f.Type, kindString), external: f.ExternalID}
	switch c.kind {
	case kindString:
		c.length = 255
	case kindPhone:
		c.length = 40
	case kindReference:
		c.refersTo = f.RefersTo
		c.relation = strings.TrimSuffix(f.Name, "Id")
		if base, custom := strings.CutSuffix(f.Name, "__c"); custom {
			c.relation = base + "__r"
		}
	}
	return c
}

func (o *Org) addTable(object *object) {
	o.tables[strings.ToLower(object.name)] = &table{object: object, byID: map[string]*row{}}
}

// SetFrozen freezes a user (UserLogin.IsFrozen), or ends that.
func (o *Org) SetFrozen(userID string, frozen bool) error {
	o.mu.RLock()
	logins := o.tables["userlogin"]
	at := slices.IndexFunc(logins.rows, func(r *row) bool { return logins.get(r, "UserId") == userID })
	id := ""
	if at >= 0 {
		id = logins.rows[at].get(atID)
	}
	o.mu.RUnlock()
	return o.Update("UserLogin", id, Fields{"IsFrozen": fmt.Sprint(frozen)})
}

// SetActive activates or deactivates a user, and moves its stamps.
func (o *Org) SetActive(userID string, active bool) error {
	return o.Update("User", userID, Fields{"IsActive": fmt.Sprint(active)})
}
