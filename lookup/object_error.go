package lookup

import "fmt"

// ObjectError is something wrong with an ObjectConfig that only the org can tell.
type ObjectError struct {
	Object string
	// Field is where it stands in the configuration: "where", "show[1]",
	// "fields.city".
	Field string
	Text  string // what is wrong, in plain words
	Cure  string
	// Warning says that the object is copied all the same, without this.
	Warning bool

	// Err is Salesforce's own error, if there is one.
	Err error
}

// Error is what is wrong, without the cure.
func (e *ObjectError) Error() string { return fmt.Sprintf("lookup: object %s: %s", e.Object, e.Text) }

// Unwrap is Salesforce's own error, if there is one.
func (e *ObjectError) Unwrap() error { return e.Err }
