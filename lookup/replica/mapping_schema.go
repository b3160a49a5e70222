package replica

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ctibridge/ctibridge/lookup/salesforce"
)

// maxPathSteps is how many references a path may follow (SOQL: five).
const maxPathSteps = 5

// describer tells what the run-as user sees of an object.
type describer interface {
	Describe(ctx context.Context, object string) (*salesforce.Object, error)
}

// schema remembers descriptions, also of objects that are not visible.
type schema struct {
	source describer
	known  map[string]described
}

type described struct {
	object *salesforce.Object // nil: not visible
	err    error
	made   time.Time
}

func newSchema(source describer) *schema {
	return &schema{source: source, known: map[string]described{}}
}

// describe is what the run-as user saw of an object at since or later.
func (s *schema) describe(ctx context.Context, name string, since time.Time) (*salesforce.Object, error) {
	if d, ok := s.known[name]; ok && !d.made.Before(since) {
		return d.object, d.err
	}
	d := described{made: time.Now()}
	d.object, d.err = s.source.Describe(ctx, name)
	if d.err == nil || errors.Is(d.err, salesforce.ErrNotFound) {
		s.known[name] = d
	}
	return d.object, d.err
}

// unseen is why a source cannot be read: what the run-as user does not see, and
// what would change that.
type unseen struct {
	what string // "Account.Name", or "accounts of Branch__c" for a whole object
	cure string
}

// finding is a source, resolved.
type finding struct {
	path   string // as the org writes it: "Account__r.Name"
	field  salesforce.Field
	root   string // the reference that the path begins with: "Account__c"; empty for a field
	target string // the object that root leads to
	unseen *unseen
}

// resolver resolves the sources of one object.
type resolver struct {
	schema  *schema
	object  *salesforce.Object
	since   time.Time       // descriptions are at most that old
	refused map[string]bool // paths that the org has refused all the same, in lower case
}

// resolve follows a source from field to field. An error is the org's, not the
// source's.
func (r *resolver) resolve(ctx context.Context, source string) (finding, error) {
	var f finding
	object := r.object
	parts := strings.Split(source, ".")
	if len(parts) > 1 && strings.EqualFold(parts[0], object.Name) {
		if _, related := relation(object, parts[0]); !related {
			parts = parts[1:] // Contact.Phone is Phone of a contact
		}
	}
	if len(parts) > maxPathSteps+1 {
		f.unseen = &unseen{source, fmt.Sprintf("A path follows %d references at most: shorten it.", maxPathSteps)}
		return f, nil
	}
	path := make([]string, 0, len(parts))
	for _, step := range parts[:len(parts)-1] {
		field, ok := relation(object, step)
		if !ok {
			f.unseen = r.noRelation(object, step)
			return f, nil
		}
		target := targetOf(field)
		if f.root == "" {
			f.root, f.target = field.Name, target
		}
		path = append(path, field.RelationshipName)
		next, err := r.schema.describe(ctx, target, r.since)
		switch {
		case errors.Is(err, salesforce.ErrNotFound):
			f.unseen = &unseen{target, fmt.Sprintf("Give “Read” and “View All Records” on %s in a permission set.", target)}
			return f, nil
		case err != nil:
			return f, err
		}
		object = next
	}
	return r.leaf(f, object, path, parts[len(parts)-1]), nil
}

func (r *resolver) leaf(f finding, object *salesforce.Object, path []string, name string) finding {
	field, ok := object.Field(name)
	if !ok {
		f.unseen = fieldUnseen(object.Name, name)
		return f
	}
	f.field = field
	f.path = strings.Join(append(path, field.Name), ".")
	switch {
	case r.refused[strings.ToLower(f.path)]:
		f.unseen = fieldUnseen(object.Name, field.Name)
	case field.Type == "address" || field.Type == "location":
		f.unseen = &unseen{object.Name + "." + field.Name, "It is made of several fields: name these, such as BillingStreet and BillingCity."}
	case field.Type == "base64":
		f.unseen = &unseen{object.Name + "." + field.Name, "It holds a file: choose a field with text."}
	}
	return f
}

func fieldUnseen(object, field string) *unseen {
	return &unseen{object + "." + field, "Give “Read Access” to the field in a permission set (field permissions)."}
}

func (r *resolver) noRelation(object *salesforce.Object, step string) *unseen {
	u := fieldUnseen(object.Name, step)
	if _, ok := object.Field(step); ok {
		name := strings.TrimSuffix(step, "Id")
		if base, custom := strings.CutSuffix(step, "__c"); custom {
			name = base + "__r"
		}
		u.cure = fmt.Sprintf("A path names the relationship, not the field: try %s.", name)
	}
	return u
}

// relation is the reference whose relationship has that name.
func relation(o *salesforce.Object, name string) (salesforce.Field, bool) {
	for _, f := range o.Fields {
		if f.RelationshipName != "" && len(f.ReferenceTo) > 0 && strings.EqualFold(f.RelationshipName, name) {
			return f, true
		}
	}
	return salesforce.Field{}, false
}

// targetOf is the object that a reference leads to; of several a user, as an
// owner is one or a queue.
func targetOf(f salesforce.Field) string {
	if slices.Contains(f.ReferenceTo, "User") {
		return "User"
	}
	return f.ReferenceTo[0]
}

// refusedPaths are those of the selected paths that the org blames in an
// INVALID_FIELD error: what describe shows and a query may not have.
func refusedPaths(err error, names []string) []string {
	failure, ok := errors.AsType[*salesforce.Error](err)
	if !ok || !errors.Is(err, salesforce.ErrInvalidField) {
		return nil
	}
	column, relation := quotedAfter(failure.Message, "No such column"), quotedAfter(failure.Message, "understand relationship")
	var list []string
	for _, path := range names {
		parts := strings.Split(path, ".")
		leaf := parts[len(parts)-1]
		inner := slices.ContainsFunc(parts[:len(parts)-1], func(s string) bool { return strings.EqualFold(s, relation) })
		if column != "" && strings.EqualFold(leaf, column) || relation != "" && inner {
			list = append(list, strings.ToLower(path))
		}
	}
	return list
}

// quotedAfter is what stands between the first quotes after mark.
func quotedAfter(text, mark string) string {
	_, rest, found := strings.Cut(text, mark)
	if !found {
		return ""
	}
	_, rest, _ = strings.Cut(rest, "'")
	name, _, _ := strings.Cut(rest, "'")
	return name
}
