package accuracy

import (
	"encoding/csv"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
)

// Row is a record as it stands in an address book.
type Row struct {
	ID, Object, Account, Name, Company, Country string
	Phone, Mobile, Home, Other, Assistant       string
}

// World is customers and calls.
type World struct {
	Rows  []Row
	Calls []Call
	// Fields are typed fields, each with the numbers that are in it.
	Fields []Field

	r      *rand.Rand
	given  allotted
	bears  map[string][]string // ids by E.164
	ids    int
	seen   []number // numbers of records
	firms  []*firm
	secret []number // numbers near which nobody else may be taken for them
}

// Field is a field as typed.
type Field struct {
	Text, Country, Way string
	Want               []string
}

// firm is a company.
type firm struct {
	account string
	board   *number // its switchboard without direct dial, nil if it has none
	digits  int     // of its direct dials
	shown   bool    // some field shows the switchboard
	dials   []string
	members []string // records that stand for it
	own     bool     // it has an account record
}

// Generate makes a world of about so many customers and calls; the same seed
// makes the same world.
func Generate(seed uint64, customers, calls int) *World {
	w := &World{
		r:     rand.New(rand.NewPCG(seed, 1)), //nolint:gosec // nothing secret
		given: allotted{whole: map[string]bool{}, begins: map[string]bool{}}, bears: map[string][]string{},
	}
	for len(w.Rows) < customers {
		switch k := w.r.IntN(100); {
		case k < 30:
			w.company(true)
		case k < 45:
			w.company(false)
		case k < 72:
			w.person("Contact")
		case k < 80:
			w.person("PersonAccount")
		default:
			w.lead()
		}
	}
	for len(w.Calls) < calls {
		w.call()
	}
	return w
}

func (w *World) country() string {
	at := w.r.IntN(106)
	for _, id := range order() {
		if at -= nations()[id].weight; at < 0 {
			return id
		}
	}
	return "DE"
}

func (w *World) id(prefix string) string {
	w.ids++
	return fmt.Sprintf("%s%012dAAA", prefix, w.ids)
}

// line gives out a new number of a country.
func (w *World) line(country string, mobile bool) number {
	c := nations()[country]
	for {
		a := pick(w.r, c.areas)
		if mobile {
			a = pick(w.r, c.mobiles)
		}
		n := number{country: country, area: a.code, base: a.subscriber(w.r), mobile: mobile}
		if alike(n.base) || !w.given.free(n.digits()) {
			continue
		}
		return n
	}
}

// alike: digits that nobody is given: 222222, 234567.
func alike(s string) bool {
	same, up := true, true
	for i := 1; i < len(s); i++ {
		same = same && s[i] == s[0]
		up = up && s[i] == s[i-1]+1
	}
	return same || up
}

// board gives out a switchboard; dial is how many digits its direct dials have.
func (w *World) board(country string) (n number, dial int) {
	n = w.line(country, false)
	switch country {
	case "DE":
		dial = min(2+w.r.IntN(3), 11-len(n.area)-3)
		// In all ten or eleven national digits, as the plan has it.
		keep := max(3, min(len(n.base), 11-len(n.area)-dial))
		if len(n.base) > keep {
			short := n
			short.base = n.base[:keep]
			if !w.given.begins[short.digits()] || !w.regrant(n, short) {
				return w.board(country)
			}
			n = short
		}
	case "AT":
		dial = 2 + w.r.IntN(2)
	default:
		dial = 2
		short := n
		short.base = n.base[:len(n.base)-2]
		if !w.regrant(n, short) {
			return w.board(country)
		}
		n = short
	}
	return n, dial
}

// regrant gives out a whole block instead of one number, if nobody else is in it.
func (w *World) regrant(one, block number) bool {
	delete(w.given.whole, one.digits())
	stem := block.digits()
	for digits := range w.given.whole {
		if len(digits) >= len(stem) && digits[:len(stem)] == stem || len(digits) < len(stem) && stem[:len(digits)] == digits {
			return false
		}
	}
	w.given.whole[stem] = true
	return true
}

// dial is a direct dial of the firm that is not in use.
func (w *World) dial(f *firm) number {
	n := *f.board
	for {
		n.dial = string(byte('1'+w.r.IntN(9))) + randomDigits(w.r, f.digits-1)
		if !slices.Contains(f.dials, n.dial) {
			f.dials = append(f.dials, n.dial)
			return n
		}
	}
}

// fill types n into a field of a record and notes whose it is.
func (w *World) fill(row *Row, n number) (text string, shows bool) {
	home := row.Country != "" && sameCountry(row.Country, n.country) || row.Country == "" && n.country == "DE"
	t := typed(w.r, n, home)
	country := row.Country
	w.Fields = append(w.Fields, Field{Text: t.text, Country: country, Way: t.way, Want: []string{n.e164()}})
	w.note(row, n)
	return t.text, t.shows
}

func (w *World) note(row *Row, n number) {
	if !slices.Contains(w.bears[n.e164()], row.ID) {
		w.bears[n.e164()] = append(w.bears[n.e164()], row.ID)
	}
	w.seen = append(w.seen, n)
}

// pair types two numbers into one field.
func (w *World) pair(row *Row, a, b number) string {
	home := func(n number) bool {
		return row.Country != "" && sameCountry(row.Country, n.country) || row.Country == "" && n.country == "DE"
	}
	first, second := typed(w.r, a, home(a)), typed(w.r, b, home(b))
	sep := pick(w.r, []string{" / ", "; ", ", ", " oder ", " | ", "\n", " und ", " // "})
	w.note(row, a)
	w.note(row, b)
	text := first.text + sep + second.text
	w.Fields = append(w.Fields, Field{Text: text, Country: row.Country, Way: "two numbers", Want: []string{a.e164(), b.e164()}})
	return text
}

func sameCountry(name, id string) bool { return slices.Contains(nations()[id].name, name) }

func (w *World) named(id string) string { return pick(w.r, nations()[id].name) }

// company makes a firm, its account record mostly, and its people.
func (w *World) company(switchboard bool) {
	country := w.country()
	f := &firm{account: w.id("001"), own: w.r.IntN(10) < 8}
	name := fmt.Sprintf("Beispiel %d GmbH", w.ids)
	if switchboard {
		n, digits := w.board(country)
		f.board, f.digits = &n, digits
	}
	row := Row{ID: f.account, Object: "Account", Account: f.account, Name: name, Company: name, Country: w.named(country)}
	if w.r.IntN(2) == 0 {
		row.Account = ""
	}
	main := w.mainLine(f, country)
	if f.own {
		var shows bool
		row.Phone, shows = w.fill(&row, main)
		f.shown, f.dials = shows, append(f.dials, main.dial)
		w.Rows = append(w.Rows, row)
		f.members = []string{row.ID}
	}
	for range w.r.IntN(6) {
		w.employee(f, country, name, main)
	}
	w.firms = append(w.firms, f)
}

func (w *World) mainLine(f *firm, country string) number {
	if f.board == nil {
		return w.line(country, false)
	}
	n := *f.board
	switch {
	case country == "DE" || country == "AT" && w.r.IntN(2) == 0:
		n.dial = "0"
	case country == "AT":
		n.dial = ""
	default:
		n.dial = "00"
	}
	return n
}

func (w *World) employee(f *firm, country, company string, main number) {
	row := Row{ID: w.id("003"), Object: "Contact", Account: f.account, Name: fmt.Sprintf("Berta Beispiel %d", w.ids), Company: company, Country: w.named(country)}
	var shows bool
	switch k := w.r.IntN(10); {
	case f.board != nil && k < 7:
		row.Phone, shows = w.fill(&row, w.dial(f))
	case k < 8:
		row.Phone, shows = w.fill(&row, main)
		f.dials = append(f.dials, main.dial)
	}
	f.shown = f.shown || shows
	switch w.r.IntN(8) {
	case 0, 1, 2:
		row.Mobile, _ = w.fill(&row, w.line(country, true))
	case 3:
		row.Mobile = w.pair(&row, w.line(country, true), w.line(country, true))
	}
	if w.r.IntN(8) == 0 {
		n := w.line(country, false)
		row.Home, _ = w.fill(&row, n)
		w.secret = append(w.secret, n)
	}
	if f.board != nil && w.r.IntN(10) == 0 {
		row.Assistant, shows = w.fill(&row, w.dial(f))
		f.shown = f.shown || shows
	}
	w.Rows = append(w.Rows, row)
	if !f.own {
		f.members = append(f.members, row.ID)
	}
}

// person makes somebody without a company.
func (w *World) person(object string) {
	country := w.country()
	prefix := "003"
	if object == "PersonAccount" {
		prefix = "001"
	}
	row := Row{ID: w.id(prefix), Object: object, Name: fmt.Sprintf("Anna Beispiel %d", w.ids), Country: w.named(country)}
	if w.r.IntN(12) == 0 {
		country = w.country() // lives elsewhere
	}
	n, m := w.line(country, false), w.line(country, true)
	switch w.r.IntN(5) {
	case 0:
		row.Phone = w.pair(&row, n, m)
	case 1:
		row.Phone, _ = w.fill(&row, n)
		row.Mobile, _ = w.fill(&row, m)
	case 2:
		row.Home, _ = w.fill(&row, n)
		row.Mobile, _ = w.fill(&row, m)
	case 3:
		row.Mobile, _ = w.fill(&row, m)
		row.Phone = pick(w.r, Junk())
	default:
		row.Phone, _ = w.fill(&row, n)
	}
	w.secret = append(w.secret, n, m)
	w.Rows = append(w.Rows, row)
}

// lead makes a lead; some are contacts already.
func (w *World) lead() {
	country := w.country()
	row := Row{ID: w.id("00Q"), Object: "Lead", Name: fmt.Sprintf("Carla Beispiel %d", w.ids), Country: w.named(country)}
	n := w.line(country, w.r.IntN(2) == 0)
	row.Phone, _ = w.fill(&row, n)
	w.Rows = append(w.Rows, row)
	if w.r.IntN(4) == 0 {
		twin := Row{ID: w.id("003"), Object: "Contact", Name: row.Name, Country: row.Country}
		twin.Phone, _ = w.fill(&twin, n)
		w.Rows = append(w.Rows, twin)
	}
}

// Junk is what stands in phone fields and is no number.
func Junk() []string {
	return []string{
		"", "-", "k.A.", "n/a", "unbekannt", "keine", "siehe Firma", "03.04.1985", "2024-03-12", "12/03/2024", "01.02.2024 14:30", "4.93023E+12",
		"4,93E+11", "0000000", "1111111111", "0123456789", "123456789", "999999999", "info@example.com", "www.example.com", "29", "DW 29", "10115 Berlin",
		"Kd.-Nr. 3023125101", "DE89 3704 0044 0532 0130 00", "1.234,56 EUR", "HRB 123456", "USt-ID DE123456789", "#N/A", "NULL", "0", "xxx", "?", "00/00/0000",
		"Mo-Fr 8-17 Uhr", "bitte nicht anrufen", "'; DROP TABLE record; --", "=1+1", "12:30", "+", "+49", "0049", "(0)", "030", "+49 30",
	}
}

// CSV writes the records as an address book, with semicolons.
func (w *World) CSV(out io.Writer) error {
	c := csv.NewWriter(out)
	c.Comma = ';'
	lines := [][]string{{"object", "id", "account", "name", "company", "country", "phone", "mobile", "home", "other", "assistant", "fax"}}
	for _, r := range w.Rows {
		lines = append(lines, []string{r.Object, r.ID, r.Account, r.Name, r.Company, r.Country, r.Phone, r.Mobile, r.Home, r.Other, r.Assistant, ""})
	}
	return c.WriteAll(lines)
}
