// Package addressbook reads address books that are no Salesforce org.
//
//	CSV file ─► ReadCSV ─► []lookup.Record ─► Directory.Apply under lookup.BookOrg
//	               └─► Problem: line, column and what is wrong; the good lines are used
package addressbook

import "fmt"

// Problem is something wrong at one place of a file.
type Problem struct {
	Line   int    // from 1
	Column int    // from 1, of the cells of the line; 0 is the whole line
	Name   string // the column's, "" if it has none
	Text   string // what is wrong and what became of it; never the cell itself
}

func (p Problem) String() string {
	switch {
	case p.Column == 0:
		return fmt.Sprintf("line %d: %s", p.Line, p.Text)
	case p.Name == "":
		return fmt.Sprintf("line %d, column %d: %s", p.Line, p.Column, p.Text)
	}
	return fmt.Sprintf("line %d, column %d (%s): %s", p.Line, p.Column, p.Name, p.Text)
}
