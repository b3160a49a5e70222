package bridge

import (
	"fmt"
	"strings"
)

// FieldError is one thing that is wrong with a configuration, for the person who
// wrote it: where it is and what to do about it. It quotes no secret.
type FieldError struct {
	// Path leads to the entry, such as "agents[3].devices[0].link".
	Path string
	// Line is its line in the file, 0 where there is no file.
	Line int
	Text string
}

func (f FieldError) Error() string {
	text := f.Text
	if f.Path != "" {
		text = f.Path + ": " + text
	}
	if f.Line > 0 {
		text = fmt.Sprintf("line %d: %s", f.Line, text)
	}
	return text
}

// FieldErrors are all that is wrong, in the order of the file: one run of import
// tells everything there is to mend.
type FieldErrors []FieldError

// shownErrors bounds the text of a hopeless file.
const shownErrors = 25

func (f FieldErrors) Error() string {
	lines := make([]string, 0, shownErrors+1)
	for i, fault := range f {
		if i == shownErrors {
			lines = append(lines, fmt.Sprintf("and %d more", len(f)-i))
			break
		}
		lines = append(lines, fault.Error())
	}
	return strings.Join(lines, "\n")
}

// Under drops prefix from all paths, for a form that shows one entry.
func (f FieldErrors) Under(prefix string) FieldErrors {
	out := make(FieldErrors, len(f))
	for i, fault := range f {
		fault.Path = strings.TrimPrefix(fault.Path, prefix)
		out[i] = fault
	}
	return out
}

// add appends a fault at a path given as format and arguments.
func (f *FieldErrors) add(path, text string, args ...any) {
	*f = append(*f, FieldError{Path: path, Text: fmt.Sprintf(text, args...)})
}
