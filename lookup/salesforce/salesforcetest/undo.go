package salesforcetest

import "strings"

// undoing takes back what a request of all or nothing has written. It is used
// under one hold of the org's lock, so nobody sees what is taken back, and nobody
// is told.
type undoing struct {
	org    *Org
	steps  []func()
	events []func()
}

// undoable begins a request whose writes may be taken back; the caller holds the
// org's lock until it calls undo or done.
func (o *Org) undoable() *undoing {
	u := &undoing{org: o}
	o.withheld = &u.events
	return u
}

func (u *undoing) undo() {
	u.org.withheld = nil
	for i := len(u.steps) - 1; i >= 0; i-- {
		u.steps[i]()
	}
}

func (u *undoing) done() {
	u.org.withheld = nil
	for _, spread := range u.events {
		spread()
	}
}

func (u *undoing) create(object string, fields Fields) (id string, err error) {
	r, err := u.org.create(object, fields)
	if err != nil {
		return "", err
	}
	t := u.org.tables[strings.ToLower(object)]
	u.org.tell(t, r, nil)
	u.steps = append(u.steps, func() { t.remove(r) })
	return r.get(atID), nil
}

func (u *undoing) update(object, id string, fields Fields) error {
	return u.change(object, id, func() error { return u.org.update(object, id, fields) })
}

func (u *undoing) remove(object, id string) error {
	return u.change(object, id, func() error { return u.org.remove(object, id) })
}

func (u *undoing) change(object, id string, f func() error) error {
	_, r, err := u.org.find(object, id)
	if err != nil {
		return err
	}
	before := r.packed
	if err := f(); err != nil {
		return err
	}
	u.steps = append(u.steps, func() { r.packed = before })
	return nil
}
