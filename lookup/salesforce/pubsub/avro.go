package pubsub

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
)

// A reader of as much Avro (specification 1.12, binary encoding) as a
// ChangeEventHeader needs: texts, numbers, enums, arrays of them, and unions.
// General readers build decoders of whatever the schema says, recursive records
// and all; this one reads the first field of a record and stops.

var (
	errSchema  = errors.New("pubsub: the schema is none of Change Data Capture")
	errPayload = errors.New("pubsub: the event does not fit its schema")
)

type avroKind uint8

const (
	avroNull avroKind = iota
	avroBoolean
	avroNumber // int or long
	avroFloat
	avroDouble
	avroText // string or bytes
	avroEnum
	avroArray
	avroUnion
)

var avroKinds = map[string]avroKind{
	"null": avroNull, "boolean": avroBoolean, "int": avroNumber, "long": avroNumber,
	"float": avroFloat, "double": avroDouble, "string": avroText, "bytes": avroText,
}

// avroType is the type of a field of the header.
type avroType struct {
	kind    avroKind
	symbols []string   // of an enum
	of      []avroType // of a union; the items of an array
}

// maxDepth bounds how types may stand in each other: an array in a union.
const maxDepth = 4

// parseType reads a type: a name, a list (a union) or an object.
func parseType(raw json.RawMessage, depth int) (avroType, error) {
	if depth > maxDepth {
		return avroType{}, fmt.Errorf("%w: types stand in each other too deeply", errSchema)
	}
	var name string
	if json.Unmarshal(raw, &name) == nil {
		kind, ok := avroKinds[name]
		if !ok {
			return avroType{}, fmt.Errorf("%w: %q is no type of a header", errSchema, clip(name))
		}
		return avroType{kind: kind}, nil
	}
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) == nil {
		t := avroType{kind: avroUnion}
		for _, one := range list {
			of, err := parseType(one, depth+1)
			if err != nil {
				return avroType{}, err
			}
			t.of = append(t.of, of)
		}
		return t, nil
	}
	return parseNamed(raw, depth)
}

// parseNamed reads a type that is an object.
func parseNamed(raw json.RawMessage, depth int) (avroType, error) {
	var object struct {
		Type    json.RawMessage `json:"type"`
		Symbols []string        `json:"symbols"`
		Items   json.RawMessage `json:"items"`
	}
	if err := json.Unmarshal(raw, &object); err != nil {
		return avroType{}, fmt.Errorf("%w: a type is none", errSchema)
	}
	var name string
	_ = json.Unmarshal(object.Type, &name) // otherwise it is a type in its own right
	switch name {
	case "enum":
		return avroType{kind: avroEnum, symbols: object.Symbols}, nil
	case "array":
		items, err := parseType(object.Items, depth+1)
		return avroType{kind: avroArray, of: []avroType{items}}, err
	}
	return parseType(object.Type, depth+1)
}

// avroValue is what was read, by its kind.
type avroValue struct {
	text   string
	number int64
	list   []string // the texts of an array
}

// avroReader reads values one after the other. The first fault stays.
type avroReader struct {
	data []byte
	err  error
}

func (r *avroReader) fail() {
	if r.err == nil {
		r.err, r.data = errPayload, nil
	}
}

// long reads a zigzag number of ten bytes at most.
func (r *avroReader) long() int64 {
	var u uint64
	for i := range min(len(r.data), 10) {
		b := r.data[i]
		if i == 9 && b > 1 {
			break
		}
		u |= uint64(b&0x7f) << (7 * i)
		if b < 0x80 {
			r.data = r.data[i+1:]
			return int64(u>>1) ^ -int64(u&1)
		}
	}
	r.fail()
	return 0
}

func (r *avroReader) take(n int64) []byte {
	if n < 0 || n > int64(len(r.data)) {
		r.fail()
		return nil
	}
	b := r.data[:n]
	r.data = r.data[n:]
	return b
}

func (r *avroReader) read(t avroType) (v avroValue) {
	switch t.kind {
	case avroNull:
	case avroBoolean:
		r.take(1)
	case avroFloat:
		r.take(4)
	case avroDouble:
		r.take(8)
	case avroNumber:
		v.number = r.long()
	case avroText:
		v.text = string(r.take(r.long()))
	case avroEnum:
		if n := r.long(); n >= 0 && n < int64(len(t.symbols)) {
			v.text = t.symbols[n]
		} else {
			r.fail()
		}
	case avroUnion:
		if n := r.long(); n >= 0 && n < int64(len(t.of)) {
			return r.read(t.of[n])
		}
		r.fail()
	case avroArray:
		v.list = r.array(t.of[0])
	}
	return v
}

// array reads blocks of items, each with its count before it, negative where its
// size in bytes follows.
func (r *avroReader) array(items avroType) (list []string) {
	for r.err == nil {
		n := r.long()
		if n == 0 {
			return list
		}
		if n < 0 {
			r.long()
			if n == math.MinInt64 {
				r.fail()
			}
			n = -n
		}
		if n > maxIDs-int64(len(list)) {
			r.fail()
		}
		for range n {
			if r.err != nil {
				return nil
			}
			list = append(list, r.read(items).text)
		}
	}
	return nil
}
