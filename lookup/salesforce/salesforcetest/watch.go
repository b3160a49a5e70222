package salesforcetest

import "time"

// Change is something that has happened to a record: what Change Data Capture
// tells of it.
type Change struct {
	Object, ID string
	Kind       string // CREATE, UPDATE, DELETE or UNDELETE
	// Fields are those that differ from before, with their values, empty for null;
	// none of a deletion.
	Fields Fields
	// Columns are the object's.
	Columns []Column
	User    string // id of who has done it
	At      time.Time
}

// Kinds of Change.
const (
	Created   = "CREATE"
	Updated   = "UPDATE"
	Deleted   = "DELETE"
	Undeleted = "UNDELETE"
)

// Watch calls f for each change to come, in order, while the org is locked: f
// must not block nor ask the org.
func (o *Org) Watch(f func(Change)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.watchers = append(o.watchers, f)
}

// tell tells of a record whose values were before, nil if it is new. Whoever
// changes a row calls it with the org's lock.
func (o *Org) tell(t *table, r *row, before []string) {
	if len(o.watchers)+len(o.outbound.actions) == 0 || r.pending {
		return
	}
	now := r.values(len(t.columns))
	c := Change{Object: t.name, ID: r.get(atID), Kind: Updated, User: o.runAs, At: o.options.Now(), Fields: Fields{}, Columns: t.list()}
	switch {
	case before == nil:
		c.Kind = Created
		before = make([]string, len(now))
	case before[atDeleted] != now[atDeleted]:
		c.Kind = map[string]string{"true": Deleted, "false": Undeleted}[now[atDeleted]]
	}
	for i, column := range t.columns {
		if c.Kind != Deleted && now[i] != before[i] && i != atDeleted && i != atID {
			c.Fields[column.name] = now[i]
		}
	}
	spread := func() {
		for _, f := range o.watchers {
			f(c)
		}
		o.notify(c, t, r)
	}
	if o.withheld == nil {
		spread()
		return
	}
	*o.withheld = append(*o.withheld, spread)
}

// SessionUser is the user whose session a token is.
func (o *Org) SessionUser(token string) (userID string, ok bool) {
	o.mu.RLock()
	defer o.mu.RUnlock()
	userID, ok = o.sessions[token]
	return userID, ok
}

// Column is a field of an object, with its type as describe names it.
type Column struct{ Name, Type string }

// Columns are the fields of an object, hidden ones too; none if there is no such
// object.
func (o *Org) Columns(object string) []Column {
	o.mu.RLock()
	defer o.mu.RUnlock()
	t, ok := o.table(object)
	if !ok {
		return nil
	}
	return t.list()
}

func (t *table) list() []Column {
	var all []Column
	for _, c := range t.columns {
		all = append(all, Column{Name: c.name, Type: c.kind})
	}
	return all
}
