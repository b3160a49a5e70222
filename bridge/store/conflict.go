package store

import (
	"errors"
	"fmt"

	"github.com/ctibridge/ctibridge/bridge"
)

// conflictError is a bridge.ErrConflict that says in a sentence what clashes and
// what to do; its text is for the person who made the change.
type conflictError string

func conflictf(format string, args ...any) error { return conflictError(fmt.Sprintf(format, args...)) }

func (c conflictError) Error() string { return string(c) }

// Is makes errors.Is(err, bridge.ErrConflict) true.
func (c conflictError) Is(target error) bool { return target == bridge.ErrConflict }

// inContext adds where an error came from, but leaves those alone that a person
// reads: conflicts and faults stand in a form as they are.
func inContext(what string, err error) error {
	var c conflictError
	var f bridge.FieldErrors
	if err == nil || errors.As(err, &c) || errors.As(err, &f) {
		return err
	}
	return fmt.Errorf("store: %s: %w", what, err)
}
