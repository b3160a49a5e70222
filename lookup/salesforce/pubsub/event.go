package pubsub

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/ctibridge/ctibridge/lookup/salesforce/pubsub/eventbus"
)

// Change is what has happened to records, ChangeEventHeader's changeType.
type Change string

// The changes. Those with Gap tell of records whose event got lost, and
// GapOverflow of a transaction too large to be told: whatever it was, it has to
// be read otherwise. So has what we cannot read, which is Unreadable.
const (
	Create      Change = "CREATE"
	Update      Change = "UPDATE"
	Delete      Change = "DELETE"
	Undelete    Change = "UNDELETE"
	GapCreate   Change = "GAP_CREATE"
	GapUpdate   Change = "GAP_UPDATE"
	GapDelete   Change = "GAP_DELETE"
	GapUndelete Change = "GAP_UNDELETE"
	GapOverflow Change = "GAP_OVERFLOW"
	Unreadable  Change = "UNREADABLE"
)

// Gap says that the change itself got lost and only whom it concerned is known.
func (c Change) Gap() bool { return strings.HasPrefix(string(c), "GAP_") }

// maxIDs bounds the records of one event; Salesforce merges the same change of
// up to some thousands.
const maxIDs = 100_000

// Event is a change of records of one object.
type Event struct {
	Entity    string   // API name: Contact, Branch__c; empty if Unreadable
	IDs       []string // of records; of GapOverflow prefixes such as "003*"
	Change    Change
	Committed time.Time
	// Fields are those that an Update has changed; nil if that is not known.
	Fields []string
	// Err says why an event is Unreadable.
	Err error

	schema *schema
}

// Concerns says whether an event may have changed one of these fields. It is false
// only of an Update that is known not to: events do not tell of formulas.
func (e Event) Concerns(fields []string) bool {
	if e.Change != Update || e.Fields == nil || e.schema == nil {
		return true
	}
	return slices.ContainsFunc(fields, func(name string) bool {
		return !e.schema.has(name) || slices.Contains(e.Fields, name) ||
			name == "Name" && slices.ContainsFunc(e.Fields, isPartOfName)
	})
}

// isPartOfName: the parts of a person's name stand for it.
func isPartOfName(field string) bool {
	switch field {
	case "FirstName", "LastName", "MiddleName", "Salutation", "Suffix", "InformalName":
		return true
	}
	return false
}

// event decodes one event, asking for its schema if that is new.
func (c *Client) event(ctx context.Context, topic string, e *eventbus.ProducerEvent) Event {
	id := e.GetSchemaId()
	s := c.schemas.get(id)
	if s == nil {
		text, err := c.schema(ctx, topic, id)
		if err != nil {
			return Event{Change: Unreadable, Err: err}
		}
		if s, err = parseSchema(text); err != nil {
			return Event{Change: Unreadable, Err: err}
		}
		c.schemas.put(id, s)
	}
	event, err := s.decode(e.GetPayload())
	if err != nil {
		return Event{Change: Unreadable, Err: err}
	}
	return event
}

// decode reads the header of an event; what comes behind it, the values of
// fields, is not read.
func (s *schema) decode(data []byte) (Event, error) {
	r := &avroReader{data: data}
	e := Event{schema: s}
	var changed []string
	for _, part := range s.header {
		v := r.read(part.avroType)
		switch part.name {
		case "entityName":
			e.Entity = v.text
		case "recordIds":
			e.IDs = v.list
		case "changeType":
			e.Change = Change(v.text)
		case "commitTimestamp":
			e.Committed = time.UnixMilli(v.number).UTC()
		case "changedFields", "nulledFields":
			changed = append(changed, v.list...)
		}
	}
	switch {
	case r.err != nil:
		return Event{}, r.err
	case e.Entity == "" || e.Change == "":
		return Event{}, errPayload
	}
	if names, ok := s.names(changed); ok && e.Change == Update && len(changed) > 0 {
		e.Fields = names
	}
	return e, nil
}
