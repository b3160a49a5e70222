package pubsub

import (
	"slices"
	"strings"
	"testing"

	"github.com/hamba/avro/v2"
)

// testSchema begins as Salesforce's do, with fields behind the header that are
// never read.
const testSchema = `{"type":"record","name":"ContactChangeEvent","namespace":"com.sforce.eventbus","fields":[
{"name":"ChangeEventHeader","type":{"type":"record","name":"ChangeEventHeader","namespace":"com.sforce.eventbus","fields":[
{"name":"entityName","type":"string"},{"name":"recordIds","type":{"type":"array","items":"string"}},
{"name":"changeType","type":{"type":"enum","name":"ChangeType","symbols":["CREATE","UPDATE","DELETE","UNDELETE","GAP_CREATE","GAP_UPDATE","GAP_DELETE","GAP_UNDELETE","GAP_OVERFLOW","SNAPSHOT"]}},
{"name":"changeOrigin","type":"string"},{"name":"transactionKey","type":"string"},{"name":"sequenceNumber","type":"int"},
{"name":"commitTimestamp","type":"long"},{"name":"commitNumber","type":"long"},{"name":"commitUser","type":"string"},
{"name":"nulledFields","type":{"type":"array","items":"string"}},{"name":"diffFields","type":{"type":"array","items":"string"}},
{"name":"changedFields","type":{"type":"array","items":"string"}}]}},
{"name":"Phone","type":["null","string"]}]}`

// wholePayload is an event of two records.
func wholePayload(t testing.TB) []byte {
	t.Helper()
	data, err := avro.Marshal(avro.MustParse(testSchema), map[string]any{
		"ChangeEventHeader": map[string]any{
			"entityName": "Contact", "recordIds": []string{"0037Q0000000001AAA", "0037Q0000000002AAA"}, "changeType": "UPDATE", "changeOrigin": "", "transactionKey": "k",
			"sequenceNumber": 1, "commitTimestamp": int64(1_795_000_000_000), "commitNumber": int64(7), "commitUser": "0057Q0000000001AAA",
			"nulledFields": []string{}, "diffFields": []string{}, "changedFields": []string{"0x02"},
		},
		"Phone": "030 23125-101",
	})
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestDecode(t *testing.T) {
	t.Parallel()
	schema, err := parseSchema(testSchema)
	if err != nil {
		t.Fatal(err)
	}
	data := wholePayload(t)
	e, err := schema.decode(data)
	if err != nil || !slices.Equal(e.Fields, []string{"Phone"}) || e.Entity != "Contact" || len(e.IDs) != 2 || e.Change != Update || e.Committed.UnixMilli() != 1_795_000_000_000 {
		t.Errorf("%+v, %v", e, err)
	}
	// What ends before the header does is refused, whatever the place.
	header := len(data) - len("030 23125-101") - 2
	for n := range header {
		if e, err := schema.decode(data[:n]); err == nil {
			t.Fatalf("%d bytes of %d are read as %+v", n, header, e)
		}
	}
}

func TestParseSchema(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"nothing": "", "no JSON": "<html>", "no record": `"string"`, "too large": strings.Repeat(" ", maxSchema+1),
		"deep":      `{"type":"record","fields":[{"name":"ChangeEventHeader","type":{"type":"record","fields":[{"name":"a","type":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + `}]}}]}`,
		"recursive": `{"type":"record","name":"a","fields":[{"name":"ChangeEventHeader","type":{"type":"record","name":"b","fields":[{"name":"c","type":"b"}]}}]}`,
		"no header": `{"type":"record","name":"Order_Event__e","fields":[{"name":"CreatedDate","type":"long"}]}`,
	} {
		if _, err := parseSchema(text); err == nil {
			t.Errorf("%s is taken for a schema", name)
		}
	}
}

// Bitmaps name fields and the parts of compound ones; what cannot be understood
// is taken for anything.
func TestFields(t *testing.T) {
	t.Parallel()
	const fields = `,{"name":"Name","type":["null","string",{"type":"record","name":"P","fields":[{"name":"Salutation","type":"string"},{"name":"LastName","type":"string"}]}]},` +
		`{"name":"MailingAddress","type":["null",{"type":"record","name":"A","fields":[{"name":"Street","type":"string"},{"name":"City","type":"string"}]}]},{"name":"LastModifiedDate","type":["null","long"]}]}`
	schema, err := parseSchema(strings.TrimSuffix(testSchema, "]}") + fields)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		bitmaps, want string // with blanks between
		concerns      string
		no            string
	}{
		{"0x12", "Phone LastModifiedDate", "Phone", "Name"},
		{"0x10 2-0x2", "LastModifiedDate LastName", "Name", "Phone"},
		{"0x010 3-0x3", "LastModifiedDate MailingStreet MailingCity", "MailingCity", "LastName"},
		{"0x10", "LastModifiedDate", "Formula__c", "Phone"},
		{"0x100", "", "Phone", ""},
		{"0x", "", "Phone", ""},
		{"10", "", "Phone", ""},
		{"0xZZ", "", "Phone", ""},
		{"9-0x1", "", "Phone", ""},
		{"2-0x8", "", "Phone", ""},
		{"x-0x8", "", "Phone", ""},
		{"", "", "Phone", ""},
	} {
		names, ok := schema.names(strings.Fields(c.bitmaps))
		if got := strings.Join(names, " "); got != c.want || ok != (c.want != "" || c.bitmaps == "") {
			t.Errorf("%q: %q, %t", c.bitmaps, got, ok)
		}
		e := Event{Change: Update, Fields: names, schema: schema}
		if !e.Concerns([]string{c.concerns}) || c.no != "" && e.Concerns([]string{c.no}) {
			t.Errorf("%q concerns the wrong fields", c.bitmaps)
		}
		if e.Change = Create; !e.Concerns([]string{c.no}) {
			t.Error("a new record concerns nobody")
		}
	}
}

// Schemas are kept up to a bound.
func TestSchemasAreBounded(t *testing.T) {
	t.Parallel()
	s := newSchemas()
	schema, err := parseSchema(testSchema)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 10 * maxSchemas {
		s.put(string(rune('a'+i)), schema)
		if s.get(string(rune('a'+i))) != schema || len(s.byID) > maxSchemas {
			t.Fatalf("%d are kept", len(s.byID))
		}
	}
}

// Whatever comes is read or refused, within bounds.
func FuzzDecode(f *testing.F) {
	data := wholePayload(f)
	f.Add(data)
	f.Add(data[:20])
	f.Add([]byte{0x0e, 'C', 'o', 'n', 't', 'a', 'c', 't', 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f})
	schema, err := parseSchema(testSchema)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := schema.decode(data)
		if err != nil {
			return
		}
		if e.Entity == "" || e.Change == "" || len(e.IDs) > maxIDs {
			t.Errorf("%+v", e)
		}
	})
}

// Whatever a server calls a schema is read or refused.
func FuzzParseSchema(f *testing.F) {
	f.Add(testSchema)
	f.Add(`{"type":"record","name":"a","fields":[{"name":"ChangeEventHeader","type":"a"}]}`)
	data := wholePayload(f)
	f.Fuzz(func(t *testing.T, text string) {
		schema, err := parseSchema(text)
		if err != nil {
			return
		}
		_, _ = schema.decode(data)
	})
}
