package lookup

import "bytes"

// ParserVersion is raised whenever ParseField reads a field otherwise than
// before: all records are then read again.
const ParserVersion = 2

// What one field may hold; more is cut off.
const (
	maxDigits = 40 // of one run
	maxGroups = 16 // of one run
	maxFound  = 10 // numbers of one field
)

// What stood between two groups of digits.
const (
	sepSpace uint8 = 1 << iota
	sepDot
	sepDash
	sepSlash
	sepBracket
)

// group is digits written together.
type group struct {
	start int   // index of its first digit in the run
	sep   uint8 // what stood before it
}

// run is a stretch of digits and punctuation that may be one number, or
// several that only blanks or slashes part.
type run struct {
	digits [maxDigits]byte
	n      int
	groups [maxGroups]group
	parts  int   // groups in use
	sep    uint8 // seen since the last digit
	plus   bool
	spoilt bool // glued to letters, or too long: no number
	marked bool // brackets or a slash set the area code off
}

func (u *run) push(c byte) {
	if u.n == maxDigits {
		u.spoilt = true
		return
	}
	if (u.n == 0 || u.sep != 0) && u.parts < maxGroups {
		u.groups[u.parts] = group{start: u.n, sep: u.sep}
		u.parts++
	}
	u.sep = 0
	u.digits[u.n] = c
	u.n++
}

// field reads one field: the scanner of ParseField.
type field struct {
	w     *world
	r     *region
	text  []byte // cleaned
	at    int
	run   run
	next  bool // the run to come is spoilt by the word before it
	open  bool // a bracket is
	found []Line

	root     string // of the last number, up to its direct dial: what "-30" continues
	rootPlus bool
}

// ParseField reads a record's field as a person typed it, in a country given
// by code or name ("DE" if empty or unknown). It returns every number of the
// field once, in the order written, nil if there is none. A written direct
// dial belongs to its number where the numbering plan is open (Germany,
// Austria) and is dropped where it is closed. Dates, amounts, customer numbers
// and spreadsheets' powers of ten are no numbers.
func ParseField(text, country string) []Number {
	lines := ParseLines(text, country)
	if lines == nil {
		return nil
	}
	numbers := make([]Number, len(lines))
	for i := range lines {
		numbers[i] = lines[i].Number
	}
	return numbers
}

func (w *world) parseField(r *region, text string) []Line {
	if r == nil {
		return nil
	}
	var buf [maxField + 8]byte
	f := field{w: w, r: r, text: spreadsheet(clean(buf[:0], text))}
	for f.at < len(f.text) && len(f.found) < maxFound {
		if !f.scan() {
			return nil
		}
	}
	f.flush(nil)
	return f.found
}

// spreadsheet cuts the ".0" off a number that was a cell's value.
func spreadsheet(text []byte) []byte {
	i := bytes.IndexAny(text, ".,")
	if i < 7 || !isDigits(string(text[:i])) || len(bytes.Trim(text[i+1:], "0")) > 0 {
		return text
	}
	return text[:i]
}

// float: ".0" ends a number that was a spreadsheet's and has got company since
// ("1729925904.0 privat"). Numbers parted by dots have more of them.
func (f *field) float() bool {
	rest, u := f.text[f.at+1:], &f.run
	return u.parts > 0 && u.n-u.groups[u.parts-1].start >= minBareOpen && u.sep == 0 && len(rest) > 0 && rest[0] == '0' &&
		(len(rest) == 1 || !isDigit(rest[1]) && rest[1] != '.')
}

// scan reads one character or word; false refuses the whole field.
func (f *field) scan() bool {
	c := f.text[f.at]
	switch {
	case isDigit(c):
		f.run.push(c)
	case c == '+':
		f.flush(nil)
		f.run.plus = !bytes.HasPrefix(bytes.TrimLeft(f.text[f.at+1:], " "), []byte("0")) // "… + 0171 …" adds a number
	case c == '(':
		f.bracket()
	case c == ' ':
		f.run.sep |= sepSpace
	case c == '.' && f.float():
		f.at++ // the 0 as well
	case c == '.':
		f.run.sep |= sepDot
	case c == '-':
		f.run.sep |= sepDash
	case c == '/':
		f.run.sep |= sepSlash
		f.run.marked = f.run.marked || f.run.n >= 2
	case c == ')' && !f.open && f.run.n > 0:
		f.marker()
	case c == ')' || c == '[' || c == ']':
		f.open = f.open && c != ')'
		f.run.sep |= sepBracket
		f.run.marked = f.run.marked || f.run.n >= 2 && !f.run.plus
	case c == ',' && f.run.n <= 5 && f.run.n > 0:
		f.run.sep |= sepSlash // "030, 23125101"
	case c == ';' && f.context():
		return true
	case c == ';' && bytes.HasPrefix(f.text[f.at:], []byte(";ext")): // tel:…;ext=29
	case c == '#' && f.run.n >= 7:
		f.at++
		f.extension()
		return true
	case isLetter(c):
		return f.word()
	default:
		if c == '@' { // an e-mail address, or a SIP one
			f.run.spoilt = f.run.spoilt || !f.run.plus
		}
		f.flush(nil)
		f.next = f.next || c == '@'
	}
	f.at++
	return true
}

// marker ends the number before "2)", which counts numbers and is none.
func (f *field) marker() {
	u := &f.run
	if last := u.groups[u.parts-1]; u.n-last.start <= 2 {
		u.n = last.start
		u.parts--
	}
	f.flush(nil)
}

// bracket reads what opens one. "(0)" after a calling code is the trunk zero that is
// not dialled from abroad; elsewhere it is a digit ("(0)30 …", "…-(0)"). A
// bracket with digits after a whole number begins something else.
func (f *field) bracket() {
	u := &f.run
	if n := bracketedZero(f.text[f.at:]); n > 0 {
		f.at += n - 1
		code := string(u.digits[:u.n])
		switch {
		case u.n > 0 && u.n <= 5 && (u.plus || code == f.r.plan.code || bytes.HasPrefix(u.digits[:u.n], []byte("00"))):
			p, _ := f.w.split(string(bytes.TrimPrefix(u.digits[:u.n], []byte("00"))) + "0")
			u.plus = u.plus || code == f.r.plan.code
			if p != nil && p.zero() {
				u.push('0')
			}
		default:
			u.push('0')
		}
		return
	}
	if rest := bytes.TrimLeft(f.text[f.at+1:], " "); u.n >= 7 && (len(rest) == 0 || !isLetter(rest[0])) {
		f.flush(nil)
	}
	f.open = true
	u.sep |= sepBracket
}

// bracketedZero is the length of "(0)" at the start of text, 0 if it is not there.
func bracketedZero(text []byte) int {
	i := 1
	for i < len(text) && text[i] == ' ' {
		i++
	}
	if i == len(text) || text[i] != '0' && text[i] != 'o' {
		return 0
	}
	for i++; i < len(text) && text[i] == ' '; {
		i++
	}
	if i == len(text) || text[i] != ')' {
		return 0
	}
	return i + 1
}

// context reads the parameters of a tel: URI (RFC 3966 section 3): ext is a
// direct dial, a phone-context that begins with + goes before the number.
func (f *field) context() bool {
	rest := f.text[f.at:]
	if digits, ok := bytes.CutPrefix(rest, []byte(";phone-context=")); ok {
		f.at = len(f.text) - len(digits)
	} else if digits, ok = bytes.CutPrefix(rest, []byte(";phone-context")); ok { // clean drops the '='
		f.at = len(f.text) - len(digits)
	} else {
		return false
	}
	local := f.run
	if f.at == len(f.text) || f.text[f.at] != '+' || local.n == 0 {
		f.skipParameter()
		return true
	}
	f.run = run{plus: true}
	for f.at++; f.at < len(f.text) && f.text[f.at] != ';'; f.at++ {
		if isDigit(f.text[f.at]) {
			f.run.push(f.text[f.at])
		}
	}
	for _, c := range local.digits[:local.n] {
		f.run.push(c)
	}
	return true
}

func (f *field) skipParameter() {
	for f.at < len(f.text) && f.text[f.at] != ';' {
		f.at++
	}
}

// word reads a word and does what it says.
func (f *field) word() bool {
	start := f.at
	for f.at < len(f.text) && isLetter(f.text[f.at]) {
		f.at++
	}
	word := f.text[start:f.at]
	before := start > 0 && isDigit(f.text[start-1])
	after := f.at < len(f.text) && isDigit(f.text[f.at])
	if (before || after) && len(bytes.Trim(word, "o")) == 0 {
		for range word {
			f.run.push('0')
		}
		return true
	}
	if before && len(word) == 1 && word[0] == 'e' && f.exponent() {
		return false
	}
	kind := classify(string(word))
	switch {
	case kind == wordExtension && f.run.n >= 5:
		f.extension()
	case kind == wordOther && f.vanity(word):
	default:
		f.run.spoilt = f.run.spoilt || before && kind == wordOther
		f.flush(nil)
		f.next = kind == wordForeign || f.next && kind == wordLabel || after && kind == wordOther
	}
	return true
}

// exponent: the 'e' just read is that of 4.93023E+12, a number that a
// spreadsheet has rounded for good.
func (f *field) exponent() bool {
	i := f.at
	if i < len(f.text) && (f.text[i] == '+' || f.text[i] == '-') {
		i++
	}
	return i < len(f.text) && isDigit(f.text[i]) && len(f.text)-i <= 3
}

// vanity reads letters as the keys they are on, after a freephone prefix only.
func (f *field) vanity(word []byte) bool {
	u := &f.run
	if u.n < 3 || u.n > 9 || len(word) < 2 || u.spoilt {
		return false
	}
	head := string(bytes.TrimLeft(u.digits[:u.n], "01"))
	if u.plus {
		head = string(bytes.TrimPrefix(u.digits[:u.n], []byte(f.r.plan.code)))
	}
	switch {
	case len(head) < 2 || len(head) > 6:
		return false
	case head[:2] != "80" && head[:2] != "70" && head[:2] != "90" && head[:2] != "88" && head[:2] != "87" && head[:2] != "86":
		return false
	}
	for _, c := range word {
		if keypad(c) == 0 {
			return false
		}
	}
	for _, c := range word {
		if f.r.plan.code == "1" && len(bytes.TrimPrefix(u.digits[:u.n], []byte("1"))) == 10 {
			break // 1-800-FLOWERSS: what is too much is not dialled
		}
		u.push(keypad(c))
	}
	return true
}

// extension reads the direct dial after its word and ends the number.
func (f *field) extension() {
	for f.at < len(f.text) && bytes.IndexByte([]byte(" .:-)/#"), f.text[f.at]) >= 0 {
		f.at++
	}
	start := f.at
	for f.at < len(f.text) && isDigit(f.text[f.at]) {
		f.at++
	}
	f.flush(f.text[start:f.at])
}

// flush reads the run as numbers and begins the next one.
func (f *field) flush(extension []byte) {
	u := &f.run
	switch {
	case u.spoilt, f.next, u.date():
	case u.n >= 5:
		f.root = ""
		f.resolve(u, 0, u.parts, extension)
	case u.parts == 1 && u.groups[0].sep&sepDash != 0 && f.root != "": // "030 23125-29, -30"
		f.ending(string(u.digits[:u.n]))
	}
	if u.n > 0 {
		f.next = false
	}
	f.run = run{}
}

func isDigit(c byte) bool  { return c >= '0' && c <= '9' }
func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c == '_' }
