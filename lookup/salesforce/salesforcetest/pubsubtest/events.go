package pubsubtest

import (
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hamba/avro/v2"

	"github.com/ctibridge/ctibridge/lookup/salesforce/pubsub/eventbus"
	"github.com/ctibridge/ctibridge/lookup/salesforce/salesforcetest"
)

// logLimit bounds the events kept; the oldest goes first, as after 72 hours.
const logLimit = 100_000

// objectSchema is the Avro schema of an object's events.
type objectSchema struct {
	id, text string
	schema   avro.Schema
	fields   []field
}

// field is one field of the schema behind the header; parts are those of a
// compound one.
type field struct {
	name, kind string
	parts      []field
}

// header is the ChangeEventHeader.
const header = `{"name":"ChangeEventHeader","type":{"type":"record","name":"ChangeEventHeader","namespace":"com.sforce.eventbus","fields":[` +
	`{"name":"entityName","type":"string"},` +
	`{"name":"recordIds","type":{"type":"array","items":"string"}},` +
	`{"name":"changeType","type":{"type":"enum","name":"ChangeType","symbols":["CREATE","UPDATE","DELETE","UNDELETE","GAP_CREATE","GAP_UPDATE","GAP_DELETE","GAP_UNDELETE","GAP_OVERFLOW","SNAPSHOT"]}},` +
	`{"name":"changeOrigin","type":"string"},` +
	`{"name":"transactionKey","type":"string"},` +
	`{"name":"sequenceNumber","type":"int"},` +
	`{"name":"commitTimestamp","type":"long"},` +
	`{"name":"commitNumber","type":"long"},` +
	`{"name":"commitUser","type":"string"},` +
	`{"name":"nulledFields","type":{"type":"array","items":"string"}},` +
	`{"name":"diffFields","type":{"type":"array","items":"string"}},` +
	`{"name":"changedFields","type":{"type":"array","items":"string"}}]},"doc":""}`

// schemaOf makes the schema that an object has now; the org is not locked.
func (s *Server) schemaOf(object string) *objectSchema {
	return s.keep(newSchema(object, fieldsOf(s.org.Columns(object))))
}

func (s *Server) keep(made *objectSchema) *objectSchema {
	s.mu.Lock()
	defer s.mu.Unlock()
	if known, ok := s.schemas[made.id]; ok {
		return known
	}
	s.schemas[made.id] = made
	return made
}

// fieldsOf folds the parts of a person's name into Name.
func fieldsOf(columns []salesforcetest.Column) []field {
	person := slices.ContainsFunc(columns, func(c salesforcetest.Column) bool { return c.Name == "LastName" })
	var all []field
	for _, c := range columns {
		switch {
		case c.Name == "Id", c.Name == "IsDeleted", c.Name == "SystemModstamp":
		case person && c.Name == "Name":
			all = append(all, field{name: "Name", parts: []field{{name: "FirstName"}, {name: "LastName"}}})
		case person && (c.Name == "FirstName" || c.Name == "LastName"):
		default:
			all = append(all, field{name: c.Name, kind: c.Type})
		}
	}
	return all
}

func newSchema(object string, fields []field) *objectSchema {
	name := strings.TrimPrefix(TopicOf(object), "/data/")
	var b strings.Builder
	fmt.Fprintf(&b, `{"type":"record","name":"%s","namespace":"com.sforce.eventbus","fields":[%s`, name, header)
	for _, f := range fields {
		fmt.Fprintf(&b, `,{"name":"%s","type":%s,"doc":"","default":null}`, f.name, f.union())
	}
	b.WriteString("]}")
	schema := avro.MustParse(b.String())
	// What Salesforce gives looks alike; it is the same as long as the schema is.
	sum := schema.Fingerprint()
	return &objectSchema{id: fmt.Sprintf("%x", sum[:16]), text: b.String(), schema: schema, fields: fields}
}

func (f field) union() string {
	if f.parts != nil {
		var parts []string
		for _, p := range f.parts {
			parts = append(parts, fmt.Sprintf(`{"name":"%s","type":["null","string"],"default":null}`, p.name))
		}
		return `["null","string",{"type":"record","name":"Switchable_PersonName","namespace":"com.sforce.eventbus","fields":[` + strings.Join(parts, ",") + `]}]`
	}
	kind, ok := map[string]string{"boolean": "boolean", "datetime": "long", "int": "int"}[f.kind]
	if !ok {
		kind = "string"
	}
	return `["null","` + kind + `"]`
}

// values are the Avro values of fields, and which are set, as bitmaps.
func (s *objectSchema) values(changed salesforcetest.Fields) (values map[string]any, bitmap []string) {
	values = map[string]any{}
	top := []int{}
	var nested []string
	for i, f := range s.fields {
		at := i + 1 // the header is the first
		values[f.name] = nil
		if f.parts == nil {
			if text, ok := changed[f.name]; ok {
				top = append(top, at)
				values[f.name] = f.value(text)
			}
			continue
		}
		part, set := map[string]any{}, []int{}
		for j, p := range f.parts {
			part[p.name] = nil
			if text, ok := changed[p.name]; ok {
				set = append(set, j)
				part[p.name] = f.parts[j].value(text)
			}
		}
		if len(set) > 0 {
			values[f.name] = map[string]any{"com.sforce.eventbus.Switchable_PersonName": part}
			nested = append(nested, strconv.Itoa(at)+"-"+hexBits(set))
		}
	}
	if len(top) > 0 {
		bitmap = append(bitmap, hexBits(top))
	}
	return values, append(bitmap, nested...)
}

func (f field) value(text string) any {
	if text == "" {
		return nil
	}
	switch f.kind {
	case "boolean":
		return text == "true"
	case "datetime":
		at, _ := time.Parse("2006-01-02T15:04:05.000Z", text)
		return at.UnixMilli()
	case "int":
		n, _ := strconv.Atoi(text)
		return n
	}
	return text
}

// hexBits writes the set bits as Salesforce does: hexadecimal, bit 0 at the end.
func hexBits(set []int) string {
	b := make([]byte, slices.Max(set)/8+1)
	for _, bit := range set {
		b[len(b)-1-bit/8] |= 1 << (bit % 8)
	}
	return fmt.Sprintf("0x%X", b)
}

// record is the org's watcher: the org is locked.
func (s *Server) record(c salesforcetest.Change) {
	s.mu.Lock()
	selected := slices.Contains(s.selected, c.Object)
	s.mu.Unlock()
	if !selected {
		return
	}
	schema := s.keep(newSchema(c.Object, fieldsOf(c.Columns)))
	s.publish(schema, c.Object, c.Kind, []string{c.ID}, c.Fields, c.User, c.At)
}

// Gap tells that the change of some records got lost: GAP_CREATE, GAP_UPDATE,
// GAP_DELETE or GAP_UNDELETE.
func (s *Server) Gap(object, kind string, ids ...string) error {
	if s.org.Columns(object) == nil {
		return fmt.Errorf("%w: %s", errNoObject, object)
	}
	s.publish(s.schemaOf(object), object, kind, ids, nil, "", time.Now())
	return nil
}

// Overflow tells that a transaction was too large to be told.
func (s *Server) Overflow(object, prefix string) error {
	return s.Gap(object, "GAP_OVERFLOW", prefix+"*")
}

// Garble sends an event that does not fit its schema.
func (s *Server) Garble(object string) {
	schema := s.schemaOf(object)
	s.append(TopicOf(object), &eventbus.ProducerEvent{Id: "garbled", SchemaId: schema.id, Payload: []byte{0xff, 0xff, 0xff, 0x01}})
}

func (s *Server) publish(schema *objectSchema, object, kind string, ids []string, fields salesforcetest.Fields, user string, at time.Time) {
	values, bitmap := schema.values(fields)
	if bitmap == nil || kind != salesforcetest.Updated {
		bitmap = []string{}
	}
	nulled := map[string]string{}
	for name, value := range fields {
		if value == "" && kind == salesforcetest.Updated {
			nulled[name] = ""
		}
	}
	_, nulledBits := schema.values(maps.Clone(nulled))
	if nulledBits == nil {
		nulledBits = []string{}
	}
	s.mu.Lock()
	number := int64(s.last)
	s.mu.Unlock()
	values["ChangeEventHeader"] = map[string]any{
		"entityName": object, "recordIds": ids, "changeType": kind, "changeOrigin": "com/salesforce/api/rest/66.0;client=ctibridge",
		"transactionKey": fmt.Sprintf("toy-%d", number), "sequenceNumber": 1, "commitTimestamp": at.UnixMilli(), "commitNumber": number,
		"commitUser": user, "nulledFields": nulledBits, "diffFields": []string{}, "changedFields": bitmap,
	}
	payload, err := avro.Marshal(schema.schema, values)
	if err != nil {
		panic(fmt.Sprintf("pubsubtest: %v", err)) // a fault of this package
	}
	s.append(TopicOf(object), &eventbus.ProducerEvent{Id: fmt.Sprintf("toy-%d", number), SchemaId: schema.id, Payload: payload})
}

func (s *Server) append(topic string, e *eventbus.ProducerEvent) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last++
	s.log = append(s.log, logged{number: s.last, topic: topic, event: e})
	if over := len(s.log) - logLimit; over > 0 {
		s.lost = s.log[over-1].number
		s.log = slices.Delete(s.log, 0, over)
	}
	s.stir()
}

// replayID writes an event's number as Salesforce does today; clients must not
// look into it.
func replayID(number uint64) []byte { return binary.BigEndian.AppendUint64(nil, number) }
