package salesforcetest

import "encoding/binary"

// row is one record. A pending one is not committed yet: nobody sees it.
//
// Most columns of most records are empty, so what is filled stands in one text,
// column by column: its place (a byte), its length (a varint), its value. Length 0
// says that the value is the one before, as the three stamps of most records are
// one. A million contacts are 260 MB so, and three times that as lists of strings.
type row struct {
	packed  string
	pending bool
}

// maxColumns is what a byte can tell apart.
const maxColumns = 256

// newRow packs values, one for each column of the object.
func newRow(values []string) *row { return &row{packed: pack(values)} }

func pack(values []string) string {
	size := 0
	for _, v := range values {
		if v != "" {
			size += 1 + binary.MaxVarintLen32 + len(v)
		}
	}
	b, before := make([]byte, 0, size), ""
	for at, v := range values {
		switch v {
		case "":
		case before:
			b = append(b, byte(at), 0)
		default:
			b = append(b, byte(at))
			b = binary.AppendUvarint(b, uint64(len(v)))
			b = append(b, v...)
			before = v
		}
	}
	return string(b)
}

// next takes the first value off packed; before is the one that was taken last.
func next(packed, before string) (at int, value, rest string) {
	at, length, i := int(packed[0]), 0, 1
	for shift := 0; ; shift += 7 {
		c := packed[i]
		length |= int(c&0x7f) << shift
		if i++; c < 0x80 {
			break
		}
	}
	if length == 0 {
		return at, before, packed[i:]
	}
	return at, packed[i : i+length], packed[i+length:]
}

// get is the value of a column, empty for null.
func (r *row) get(at int) string {
	value := ""
	for rest := r.packed; rest != ""; {
		var place int
		place, value, rest = next(rest, value)
		if place >= at {
			if place > at {
				return ""
			}
			return value
		}
	}
	return ""
}

// values are those of the first n columns.
func (r *row) values(n int) []string {
	list, value := make([]string, n), ""
	for rest := r.packed; rest != ""; {
		var place int
		place, value, rest = next(rest, value)
		list[place] = value
	}
	return list
}

// set changes one column.
func (r *row) set(at int, value string) {
	values := r.values(maxColumns)
	values[at] = value
	r.packed = pack(values)
}

// deleted tells that the record is in the recycle bin.
func (r *row) deleted() bool { return r.get(atDeleted) == "true" }
