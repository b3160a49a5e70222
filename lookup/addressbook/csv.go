package addressbook

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/ctibridge/ctibridge/lookup"
)

// ErrHeader is wrapped by ReadCSV when the first line is no usable header.
var ErrHeader = errors.New("addressbook: no usable header")

// columns are those that ReadCSV knows; any order, all but id may be missing.
var columns = [...]string{"id", "object", "account", "name", "company", "country", "phone", "mobile", "home", "other", "assistant"}

// phones are the columns with telephone numbers; private ones say nothing
// about the company of the record.
var phones = [...]struct {
	name    string
	private bool
}{{"phone", false}, {"mobile", true}, {"home", true}, {"other", false}, {"assistant", false}}

// ReadCSV reads an address book: a header line, then one record a line, parted
// by comma or semicolon as the header shows, in UTF-8 with or without byte
// order mark. country (alpha-2) reads the numbers of lines without one.
//
// report is called for whatever is wrong; the rest of the file is used. An
// error means that none of it can be. Records come without Org; an Account
// bears its own id as Account unless it is a person.
func ReadCSV(r io.Reader, country string, report func(Problem)) ([]lookup.Record, error) {
	in := bufio.NewReaderSize(r, 1<<16)
	if err := skipMark(in); err != nil {
		return nil, err
	}
	b := &book{lines: lines{in: in}, country: country, report: report, seen: map[string]int{}}
	if err := b.header(); err != nil {
		return nil, err
	}
	for {
		cells, at, fault, err := b.lines.row(b.comma)
		switch {
		case errors.Is(err, io.EOF):
			return b.finish(), nil
		case err != nil:
			return nil, fmt.Errorf("addressbook: %w", err)
		case fault != "":
			report(Problem{Line: at, Text: fault})
		case len(cells) == 1 && strings.TrimSpace(cells[0]) == "":
		default:
			b.take(cells, at)
		}
	}
}

// book is one file being read.
type book struct {
	lines   lines
	country string
	report  func(Problem)
	comma   byte
	width   int            // columns of the header
	at      map[string]int // where each known column is
	seen    map[string]int // ids, and the line of each
	rows    []row
	members map[string]bool // ids that some record gives as its account
}

// row is a record whose numbers are not read yet: whether an account is a
// company shows only at the end of the file.
type row struct {
	record lookup.Record
	fields [len(phones)]string
	line   int
}

func (b *book) header() error {
	text, err := b.lines.next()
	if err == nil && strings.HasPrefix(strings.ToLower(text), "sep=") { // Excel's own line
		text, err = b.lines.next()
	}
	if err != nil {
		return fmt.Errorf("%w: the file is empty", ErrHeader)
	}
	b.comma = separator(text)
	cells, open := split(text, b.comma)
	if open {
		return fmt.Errorf("%w: a quote is never closed", ErrHeader)
	}
	b.width, b.at, b.members = len(cells), map[string]int{}, map[string]bool{}
	for i, cell := range cells {
		b.column(i, strings.ToLower(strings.TrimSpace(cell)))
	}
	if _, ok := b.at["id"]; !ok {
		return fmt.Errorf("%w: line %d has no column “id”; it must name columns such as %s", ErrHeader, b.lines.number, strings.Join(columns[:], ", "))
	}
	return nil
}

func (b *book) column(i int, name string) {
	_, twice := b.at[name]
	problem := Problem{Line: b.lines.number, Column: i + 1, Name: name}
	switch {
	case name == "":
		return
	case !slices.Contains(columns[:], name):
		problem.Text = "unknown column, ignored"
	case twice:
		problem.Text = "the column is there twice; the first one counts"
	default:
		b.at[name] = i
		return
	}
	b.report(problem)
}

// separator is what parts the columns of a header: the more frequent one
// outside quotes.
func separator(header string) byte {
	counts := map[byte]int{}
	inside := false
	for i := range len(header) {
		switch c := header[i]; {
		case c == '"':
			inside = !inside
		case !inside:
			counts[c]++
		}
	}
	if counts[';'] > counts[','] {
		return ';'
	}
	return ','
}

// take reads one line.
func (b *book) take(cells []string, at int) {
	for i := b.width; i < len(cells); i++ {
		if strings.TrimSpace(cells[i]) != "" {
			b.report(Problem{Line: at, Column: i + 1, Text: fmt.Sprintf(
				"the header has only %d columns; put quotes round cells with a separator in them. The line is left out", b.width)})
			return
		}
	}
	w := row{line: at, record: lookup.Record{
		ID: b.cell(cells, at, "id"), Object: object(b.cell(cells, at, "object")), Account: b.cell(cells, at, "account"),
		Name: b.cell(cells, at, "name"), Company: b.cell(cells, at, "company"),
	}}
	first, twice := b.seen[w.record.ID]
	switch {
	case w.record.ID == "":
		b.report(Problem{Line: at, Column: b.at["id"] + 1, Name: "id", Text: "it is empty; the line is left out"})
		return
	case twice:
		b.report(Problem{Line: at, Column: b.at["id"] + 1, Name: "id", Text: fmt.Sprintf("line %d has the same id; this line is left out", first)})
		return
	case len(cells) < b.width:
		b.report(Problem{Line: at, Column: len(cells), Text: fmt.Sprintf("the line ends here, the header has %d columns; the missing ones count as empty", b.width)})
	}
	b.seen[w.record.ID] = at
	w.record.Country = b.countryOf(cells, at)
	for i, phone := range phones {
		w.fields[i] = b.cell(cells, at, phone.name)
	}
	if w.record.Account != "" {
		b.members[w.record.Account] = true
	}
	b.rows = append(b.rows, w)
}

// cell is the text of a known column, "" where the line lacks it.
func (b *book) cell(cells []string, line int, name string) string {
	i, ok := b.at[name]
	if !ok || i >= len(cells) {
		return ""
	}
	text, ok := utf8Cell(cells[i])
	if !ok {
		b.report(Problem{Line: line, Column: i + 1, Name: name, Text: "it is no UTF-8 and was read as Windows-1252; save the file as “CSV UTF-8”"})
	}
	return strings.TrimSpace(text)
}

func (b *book) countryOf(cells []string, line int) string {
	name := b.cell(cells, line, "country")
	if name == "" {
		return b.country
	}
	if code, ok := lookup.Country(name); ok {
		return code
	}
	b.report(Problem{Line: line, Column: b.at["country"] + 1, Name: "country", Text: "no country is called so; the default " + b.country + " was taken"})
	return b.country
}

// Objects by what people write.
func object(name string) string {
	switch strings.ToLower(strings.ReplaceAll(name, " ", "")) {
	case "", "contact":
		return "Contact"
	case "account":
		return "Account"
	case "lead":
		return "Lead"
	case "personaccount":
		return personAccount
	}
	return name
}

const personAccount = "PersonAccount"

// finish reads the numbers, now that it is known who is a company: an Account
// that has a company name, or that others name as their account.
func (b *book) finish() []lookup.Record {
	records := make([]lookup.Record, 0, len(b.rows))
	for i := range b.rows {
		w := &b.rows[i]
		r := w.record
		switch {
		case r.Object == personAccount:
			r.Object, r.Account, r.Company = "Account", "", ""
		case r.Object == "Account" && (r.Company != "" || b.members[r.ID]):
			r.Account = r.ID
		}
		for k, text := range w.fields {
			b.numbers(&r, w, k, text)
		}
		records = append(records, r)
	}
	return records
}

func (b *book) numbers(r *lookup.Record, w *row, k int, text string) {
	if text == "" {
		return
	}
	before := len(r.Numbers)
	r.AddField(text, phones[k].private)
	if len(r.Numbers) == before && lookup.ParseField(text, r.Country) == nil {
		b.report(Problem{Line: w.line, Column: b.at[phones[k].name] + 1, Name: phones[k].name, Text: "no telephone number was found in it"})
	}
}
