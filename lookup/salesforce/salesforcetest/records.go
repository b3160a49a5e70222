package salesforcetest

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Fields are the values of a record by field name. A checkbox is "true" or "false".
type Fields = map[string]string

// Create adds a record and returns its id. An Account with LastName is a person
// account (if the org has them) and gets its shadow contact.
func (o *Org) Create(object string, fields Fields) (string, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	r, err := o.create(object, fields)
	if err != nil {
		return "", err
	}
	t, _ := o.table(object)
	o.tell(t, r, nil)
	return r.get(atID), nil
}

func (o *Org) create(object string, fields Fields) (*row, error) {
	t, ok := o.table(object)
	if !ok {
		return nil, apiError(404, "NOT_FOUND", "The requested resource does not exist")
	}
	values := make([]string, len(t.columns))
	if err := t.apply(values, fields); err != nil {
		return nil, err
	}
	if name, bad := t.missing(values); bad {
		return nil, apiError(400, "REQUIRED_FIELD_MISSING", "Required fields are missing: ["+name+"]", name)
	}
	if err := o.checkRules(t, "", values, fields); err != nil {
		return nil, err
	}
	r := t.insert(values, o.options.Now(), o.runAs)
	if t.name == "Account" && t.get(r, "LastName") != "" {
		return r, o.addShadow(t, r)
	}
	return r, nil
}

// addShadow gives a person account its contact.
func (o *Org) addShadow(accounts *table, account *row) error {
	contact, err := o.create("Contact", Fields{
		"FirstName": accounts.get(account, "FirstName"), "LastName": accounts.get(account, "LastName"),
		"AccountId": account.get(atID), "Phone": accounts.get(account, "Phone"),
		"MobilePhone": accounts.get(account, "PersonMobilePhone"), "HomePhone": accounts.get(account, "PersonHomePhone"),
	})
	if err != nil {
		return err
	}
	o.tables["contact"].set(contact, "IsPersonAccount", "true")
	accounts.set(account, "IsPersonAccount", "true")
	accounts.set(account, "PersonContactId", contact.get(atID))
	o.tell(o.tables["contact"], contact, nil)
	return nil
}

// Record is the values of a record that the run-as user sees, without those
// that are null.
func (o *Org) Record(object, id string) (Fields, error) {
	o.mu.RLock()
	defer o.mu.RUnlock()
	t, r, err := o.find(object, id)
	if err != nil {
		return nil, err
	}
	fields := Fields{}
	for i, c := range t.columns {
		if _, visible := t.column(c.name); visible && r.get(i) != "" {
			fields[c.name] = r.get(i)
		}
	}
	return fields, nil
}

// Update changes fields of a record and moves its stamps.
func (o *Org) Update(object, id string, fields Fields) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.update(object, id, fields)
}

func (o *Org) update(object, id string, fields Fields) error {
	return o.change(object, id, func(t *table, r *row) error {
		values := r.values(len(t.columns))
		if err := t.createdOnly(fields); err != nil {
			return err
		}
		if err := t.apply(values, fields); err != nil {
			return err
		}
		t.rename(values)
		if name, bad := t.missing(values); bad {
			return apiError(400, "REQUIRED_FIELD_MISSING", "Required fields are missing: ["+name+"]", name)
		}
		if err := o.checkRules(t, r.get(atID), values, fields); err != nil {
			return err
		}
		r.packed = pack(values)
		return nil
	})
}

// Delete puts a record into the recycle bin: queryAll still shows it.
func (o *Org) Delete(object, id string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.remove(object, id)
}

func (o *Org) remove(object, id string) error {
	return o.change(object, id, func(_ *table, r *row) error {
		r.set(atDeleted, "true")
		return nil
	})
}

// Undelete takes a record out of the recycle bin.
func (o *Org) Undelete(object, id string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.changeAny(object, id, func(_ *table, r *row) error {
		r.set(atDeleted, "false")
		return nil
	})
}

// Purge removes a record for good, without a trace in queryAll.
func (o *Org) Purge(object, id string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	t, r, err := o.find(object, id)
	if err != nil {
		return err
	}
	t.remove(r)
	return nil
}

// remove takes a row out of the table; cursors that hold the rows stay as they are.
func (t *table) remove(r *row) {
	delete(t.byID, r.get(atID))
	if i := slices.Index(t.rows, r); i >= 0 {
		t.rows = append(t.rows[:i:i], t.rows[i+1:]...)
	}
}

// Merge deletes loser and lets it point to winner.
func (o *Org) Merge(object, winner, loser string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.change(object, loser, func(t *table, r *row) error {
		r.set(atDeleted, "true")
		t.set(r, "MasterRecordId", winner)
		return nil
	})
}

// ConvertLead marks a lead as converted into a contact and an account.
func (o *Org) ConvertLead(id, contactID, accountID string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.change("Lead", id, func(t *table, r *row) error {
		t.set(r, "IsConverted", "true")
		t.set(r, "ConvertedContactId", contactID)
		t.set(r, "ConvertedAccountId", accountID)
		return nil
	})
}

// SetStamp gives a record a SystemModstamp of the caller's choice, to the second.
func (o *Org) SetStamp(object, id string, stamp time.Time) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	_, r, err := o.find(object, id)
	if err != nil {
		return err
	}
	r.set(atStamp, stampText(stamp))
	return nil
}

// Pending is a record whose transaction is still open.
type Pending struct {
	ID    string
	org   *Org
	table *table
	row   *row
}

// Begin creates a record whose stamp is now but which nobody sees until
// Commit, as in a long transaction.
func (o *Org) Begin(object string, fields Fields) (*Pending, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	r, err := o.create(object, fields)
	if err != nil {
		return nil, err
	}
	r.pending = true
	t, _ := o.table(object)
	return &Pending{ID: r.get(atID), org: o, table: t, row: r}, nil
}

// Commit makes the record visible under the stamp it had from the beginning.
func (p *Pending) Commit() {
	p.org.mu.Lock()
	defer p.org.mu.Unlock()
	p.row.pending = false
	p.org.tell(p.table, p.row, nil)
}

// Count is how many records of an object are visible and not deleted.
func (o *Org) Count(object string) int {
	o.mu.RLock()
	defer o.mu.RUnlock()
	t := o.tables[strings.ToLower(object)]
	if t == nil {
		return 0
	}
	n := 0
	for _, r := range t.rows {
		if !r.pending && !r.deleted() {
			n++
		}
	}
	return n
}

// change is changeAny for a record that is not deleted.
func (o *Org) change(object, id string, f func(*table, *row) error) error {
	return o.changeAny(object, id, func(t *table, r *row) error {
		if r.deleted() {
			return apiError(404, "ENTITY_IS_DELETED", "entity is deleted")
		}
		return f(t, r)
	})
}

func (o *Org) changeAny(object, id string, f func(*table, *row) error) error {
	t, r, err := o.find(object, id)
	if err != nil {
		return err
	}
	before := r.values(len(t.columns))
	if err := f(t, r); err != nil {
		return err
	}
	t.touch(r, o.options.Now())
	o.tell(t, r, before)
	return nil
}

func (o *Org) find(object, id string) (*table, *row, error) {
	t, ok := o.table(object)
	if !ok {
		return nil, nil, apiError(404, "NOT_FOUND", "The requested resource does not exist")
	}
	id, err := column{name: "Id", kind: kindID}.canonical(id)
	if err != nil {
		return nil, nil, err
	}
	r, ok := t.byID[id]
	if !ok || r.pending {
		return nil, nil, apiError(404, "NOT_FOUND", fmt.Sprintf("Provided external ID field does not exist or is not accessible: %s", id))
	}
	return t, r, nil
}
