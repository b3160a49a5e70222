package bridge

import (
	"fmt"
	"strings"
)

// Fault is one thing that is wrong with a configuration, for the person who
// wrote it: where it is and what to do about it. It quotes no secret.
type Fault struct {
	// Path leads to the entry, such as "agents[3].devices[0].link".
	Path string
	// Line is its line in the file, 0 where there is no file.
	Line int
	Text string
}

func (f Fault) String() string {
	text := f.Text
	if f.Path != "" {
		text = f.Path + ": " + text
	}
	if f.Line > 0 {
		text = fmt.Sprintf("line %d: %s", f.Line, text)
	}
	return text
}

// Faults are all that is wrong, in the order of the file: one run of import
// tells everything there is to mend.
type Faults []Fault

// shownFaults bounds the text of a hopeless file.
const shownFaults = 25

func (f Faults) Error() string {
	lines := make([]string, 0, shownFaults+1)
	for i, fault := range f {
		if i == shownFaults {
			lines = append(lines, fmt.Sprintf("and %d more", len(f)-i))
			break
		}
		lines = append(lines, fault.String())
	}
	return strings.Join(lines, "\n")
}

// Under drops prefix from all paths, for a form that shows one entry.
func (f Faults) Under(prefix string) Faults {
	out := make(Faults, len(f))
	for i, fault := range f {
		fault.Path = strings.TrimPrefix(fault.Path, prefix)
		out[i] = fault
	}
	return out
}

// add appends a fault at a path given as format and arguments.
func (f *Faults) add(path, text string, args ...any) {
	*f = append(*f, Fault{Path: path, Text: fmt.Sprintf(text, args...)})
}
