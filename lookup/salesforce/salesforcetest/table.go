package salesforcetest

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ctibridge/ctibridge/lookup/salesforce"
)

// table holds the rows of one object in the order of their ids.
type table struct {
	*object
	rows   []*row
	byID   map[string]*row
	serial uint64
}

const timeLayout = "2006-01-02T15:04:05.000Z" // sorts as text

func stampText(t time.Time) string { return t.UTC().Truncate(time.Second).Format(timeLayout) }

const digits62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// nextID makes the ids of a table grow in the order of creation.
func (t *table) nextID() string {
	t.serial++
	id := []byte(t.prefix + "7Q0000000000")
	for i, n := len(id)-1, t.serial; n > 0; i, n = i-1, n/62 {
		id[i] = digits62[n%62]
	}
	full, _ := salesforce.NormalizeID(string(id))
	return full
}

// live counts the records that are there for those who may see all.
func (t *table) live() int {
	n := 0
	for _, r := range t.rows {
		if !r.pending && !r.deleted() {
			n++
		}
	}
	return n
}

// insert adds a row with checked values; the caller holds the org's lock.
func (t *table) insert(values []string, now time.Time, owner string) *row {
	stamp, id := stampText(now), t.nextID()
	values[atID], values[atDeleted] = id, "false"
	values[atCreated], values[atModified], values[atStamp] = stamp, stamp, stamp
	if values[atOwner] == "" {
		values[atOwner] = owner
	}
	for i, c := range t.columns {
		if c.kind == kindBoolean && values[i] == "" {
			values[i] = "false"
		}
	}
	t.rename(values)
	r := newRow(values)
	t.rows = append(t.rows, r)
	t.byID[id] = r
	return r
}

// rename makes the compound name of a person.
func (t *table) rename(values []string) {
	if last := t.of(values, "LastName"); last != "" {
		values[atName] = strings.TrimSpace(t.of(values, "FirstName") + " " + last)
	}
}

// of is the value of a column that may not exist.
func (t *table) of(values []string, name string) string {
	if i, ok := t.index[strings.ToLower(name)]; ok {
		return values[i]
	}
	return ""
}

func (t *table) get(r *row, name string) string {
	i, ok := t.index[strings.ToLower(name)]
	if !ok {
		return ""
	}
	return r.get(i)
}

func (t *table) set(r *row, name, value string) {
	if i, ok := t.index[strings.ToLower(name)]; ok {
		r.set(i, value)
	}
}

// touch moves the stamps of r to now.
func (t *table) touch(r *row, now time.Time) {
	stamp := stampText(now)
	r.set(atModified, stamp)
	r.set(atStamp, stamp)
}

// apply sets fields on values as a write through the API does.
func (t *table) apply(values []string, fields map[string]string) error {
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		i, ok := t.column(name)
		if !ok {
			return apiError(400, "INVALID_FIELD", fmt.Sprintf("No such column '%s' on sobject of type %s", name, t.name), name)
		}
		c, value := t.columns[i], fields[name]
		if c.readOnly {
			return notWritable(c)
		}
		canonical, err := c.canonical(value)
		if err != nil {
			return err
		}
		values[i] = canonical
	}
	return nil
}

// createdOnly refuses fields that can be given at creation only.
func (t *table) createdOnly(fields map[string]string) error {
	for name := range fields {
		if i, ok := t.column(name); ok && t.columns[i].createOnly {
			return notWritable(t.columns[i])
		}
	}
	return nil
}

func notWritable(c column) error {
	return apiError(400, "INVALID_FIELD_FOR_INSERT_UPDATE", "Unable to create/update fields: "+c.name+". Please check the security settings of this field and verify that it is read/write for your profile or permission set.", c.name)
}

// canonical is value in the form that is stored and compared.
func (c column) canonical(value string) (string, error) {
	if value == "" {
		return "", nil
	}
	switch c.kind {
	case kindID, kindReference:
		id, err := salesforce.NormalizeID(value)
		if err != nil {
			return "", apiError(400, "MALFORMED_ID", c.name+": id value of incorrect type: "+value, c.name)
		}
		return id, nil
	case kindTime:
		t, err := salesforce.ParseTime(value)
		if err != nil {
			return "", apiError(400, "JSON_PARSER_ERROR", "Cannot deserialize instance of datetime from VALUE_STRING value "+value)
		}
		return t.Format(timeLayout), nil
	case kindBoolean:
		return strconv.FormatBool(strings.EqualFold(value, "true")), nil
	}
	if c.length > 0 && len([]rune(value)) > c.length {
		return "", apiError(400, "STRING_TOO_LONG", fmt.Sprintf("%s: data value too large: %s (max length=%d)", c.name, value, c.length), c.name)
	}
	return value, nil
}

// missing names the first required column without a value.
func (t *table) missing(values []string) (string, bool) {
	for i, c := range t.columns {
		if c.required && values[i] == "" {
			return c.name, true
		}
	}
	if t.name != "Account" || values[atName] != "" {
		return "", false
	}
	if at, ok := t.index["lastname"]; !ok || values[at] == "" {
		return "Name", true
	}
	return "", false
}
