package lookup

import (
	"errors"
	"strings"
)

// Rows come as one column of text: to read a column costs SQLite's lock three
// times and the driver four allocations. The numbers come first, parted by
// commas, the texts last, each as long as one of the numbers says, as a name may
// hold any character:
//
//	part, number, site, record
//	part, number, site, record, org, activity, five lengths, id, object, account, owner, name, company

// row is one row of any part of a query.
type row struct {
	part, number, site int64
	candidate
}

var errPacked = errors.New("lookup: a row of the directory cannot be read")

// packedRecord is the column of a row that is a record's.
func packedRecord(part, number, site string) string {
	texts := []string{"r.id", "r.object", "r.account", "r.owner", "r.name"}
	columns := []string{part, number, site, "r.key", "r.org", "r.activity"}
	for _, text := range texts {
		columns = append(columns, "octet_length("+text+")")
	}
	return packedColumn(append(append(columns, texts...), "r.company"))
}

func packedColumn(columns []string) string {
	return "concat_ws(',', " + strings.Join(columns, ", ") + ")"
}

// unpacker reads a packed row value by value.
type unpacker struct {
	rest string
	end  bool // there is no further value
	bad  bool
}

func (u *unpacker) number() (n int64) {
	digits, minus := u.rest, false
	if strings.HasPrefix(digits, "-") {
		digits, minus = digits[1:], true
	}
	i := 0
	for ; i < len(digits) && isDigit(digits[i]); i++ {
		n = n*10 + int64(digits[i]-'0') // SQLite's own: it fits, but for the sign of the least one
	}
	u.bad = u.bad || i == 0
	u.rest = digits[i:]
	u.comma()
	if minus {
		return -n
	}
	return n
}

// comma passes the comma behind a value; the last one has none.
func (u *unpacker) comma() {
	if u.rest == "" {
		u.bad = u.bad || u.end
		u.end = true
		return
	}
	u.bad = u.bad || u.rest[0] != ','
	u.rest = u.rest[1:]
}

func (u *unpacker) text(length int64) (text string) {
	if length < 0 || length > int64(len(u.rest)) {
		u.bad = true
		return ""
	}
	text, u.rest = u.rest[:length], u.rest[length:]
	u.comma()
	return text
}

// unpack reads a row; all its texts are pieces of one.
func unpack(packed string) (w row, err error) {
	u := unpacker{rest: packed}
	w.part = u.number()
	if u.end {
		return w, u.err()
	}
	w.number, w.site, w.key = u.number(), u.number(), u.number()
	if u.end {
		return w, u.err()
	}
	w.org, w.active = u.number(), activity(u.number())
	var lengths [5]int64
	for i := range lengths {
		lengths[i] = u.number()
	}
	for i, text := range []*string{&w.ID, &w.Object, &w.account, &w.owner, &w.Name} {
		*text = u.text(lengths[i])
	}
	w.Company = u.text(int64(len(u.rest)))
	return w, u.err()
}

func (u *unpacker) err() error {
	if u.bad {
		return errPacked // without its content: names are not for logs
	}
	return nil
}
