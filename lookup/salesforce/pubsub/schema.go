package pubsub

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
)

const (
	// maxSchemas bounds the schemas kept: an org has one for each object, and a
	// new one whenever a field is added.
	maxSchemas = 64
	// maxSchema bounds one: 800 fields are about 100 kB.
	maxSchema = 4 << 20

	headerField = "ChangeEventHeader"
)

// schemas keeps what is known of Avro schemas by their ids, bounded: when it is
// full it begins anew.
type schemas struct {
	mu   sync.Mutex
	byID map[string]*schema
}

func newSchemas() *schemas { return &schemas{byID: map[string]*schema{}} }

func (s *schemas) get(id string) *schema {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.byID[id]
}

func (s *schemas) put(id string, made *schema) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.byID) >= maxSchemas {
		clear(s.byID)
	}
	s.byID[id] = made
}

// schema is what is needed of an object's schema: its header, and the names of
// its fields, which bitmaps count.
type schema struct {
	header []headerPart
	fields []schemaField
}

type headerPart struct {
	name string
	avroType
}

// schemaField is a field, with the parts of a compound one.
type schemaField struct {
	name  string
	parts []string
}

// avroField is a field as a schema has it.
type avroField struct {
	Name string          `json:"name"`
	Type json.RawMessage `json:"type"`
}

// avroRecord is a schema of a record.
type avroRecord struct {
	Type   json.RawMessage `json:"type"`
	Fields []avroField     `json:"fields"`
}

// parseSchema reads a schema of Salesforce's: a record whose first field is
// ChangeEventHeader.
func parseSchema(text string) (*schema, error) {
	if len(text) > maxSchema {
		return nil, fmt.Errorf("%w: it has %d MB", errSchema, len(text)>>20)
	}
	var record, header avroRecord
	if err := json.Unmarshal([]byte(text), &record); err != nil {
		return nil, fmt.Errorf("%w: it is no JSON", errSchema)
	}
	if len(record.Fields) == 0 || record.Fields[0].Name != headerField || json.Unmarshal(record.Fields[0].Type, &header) != nil {
		return nil, fmt.Errorf("%w: it does not begin with %s", errSchema, headerField)
	}
	s := &schema{}
	for _, f := range header.Fields {
		t, err := parseType(f.Type, 0)
		if err != nil {
			return nil, err
		}
		s.header = append(s.header, headerPart{f.Name, t})
	}
	for _, f := range record.Fields {
		s.fields = append(s.fields, schemaField{f.Name, partsOf(f.Type)})
	}
	return s, nil
}

// partsOf are the fields of a compound field: of the record in its union.
func partsOf(raw json.RawMessage) (names []string) {
	var union []json.RawMessage
	if json.Unmarshal(raw, &union) != nil {
		return nil
	}
	for _, one := range union {
		var record avroRecord
		if json.Unmarshal(one, &record) != nil {
			continue
		}
		for _, f := range record.Fields {
			names = append(names, f.Name)
		}
	}
	return names
}

// names are the fields that bitmaps speak of: "0x2A" of fields, and "3-0x02" of
// the parts of the fourth. It is not ok if they cannot be understood.
func (s *schema) names(bitmaps []string) (names []string, ok bool) {
	for _, text := range bitmaps {
		before, bits, nested := strings.Cut(text, "-")
		if !nested {
			bits = text
		}
		set, ok := setBits(bits)
		if !ok {
			return nil, false
		}
		parent := -1
		if nested {
			n, err := strconv.Atoi(before)
			if err != nil || n < 0 || n >= len(s.fields) {
				return nil, false
			}
			parent = n
		}
		for _, bit := range set {
			name, ok := s.name(parent, bit)
			if !ok {
				return nil, false
			}
			names = append(names, name)
		}
	}
	return names, true
}

// name is the API name of a field, or of a part of the field parent: of
// MailingAddress the part City is MailingCity, of Name LastName.
func (s *schema) name(parent, at int) (string, bool) {
	if parent < 0 {
		if at >= len(s.fields) {
			return "", false
		}
		return s.fields[at].name, true
	}
	f := s.fields[parent]
	if at >= len(f.parts) {
		return "", false
	}
	if prefix, compound := strings.CutSuffix(f.name, "Address"); compound {
		return prefix + f.parts[at], true
	}
	return f.parts[at], true
}

// has says whether events tell of a field: they do not of formulas.
func (s *schema) has(name string) bool {
	return slices.ContainsFunc(s.fields, func(f schemaField) bool {
		if f.name == name || f.name == "Name" && slices.Contains(f.parts, name) {
			return true
		}
		prefix, compound := strings.CutSuffix(f.name, "Address")
		part, under := strings.CutPrefix(name, prefix)
		return compound && under && slices.Contains(f.parts, part)
	})
}

// maxBitmap bounds a bitmap: an object has 800 fields of its own at most.
const maxBitmap = 4096

// setBits are the bits that are set in a number such as 0x2A, bit 0 being the
// last one.
func setBits(text string) (set []int, ok bool) {
	digits, ok := strings.CutPrefix(text, "0x")
	if !ok || digits == "" || 4*len(digits) > maxBitmap {
		return nil, false
	}
	for i := range len(digits) {
		nibble, err := strconv.ParseUint(digits[len(digits)-1-i:len(digits)-i], 16, 8)
		if err != nil {
			return nil, false
		}
		for bit := range 4 {
			if nibble>>bit&1 == 1 {
				set = append(set, 4*i+bit)
			}
		}
	}
	return set, true
}
