package accuracy

import (
	"math/rand/v2"
	"strings"
)

// written is a number as somebody typed it into a field.
type written struct {
	text string
	way  string // how, for the table of notations
	// shows: the writing shows which digits are the direct dial.
	shows bool
}

// typed writes n as people do. home says that the record's country is n's own,
// so that the country code may be missing.
func typed(r *rand.Rand, n number, home bool) written {
	var w written
	if home && r.IntN(100) < 62 {
		w = national(r, n)
	} else {
		w = abroad(r, n)
	}
	switch r.IntN(12) {
	case 0:
		w.text, w.way = label(r, w.text), w.way+", label"
	case 1:
		w.text, w.way = typography(r, w.text), w.way+", typography"
	}
	return w
}

// direct writes base and direct dial so that one sees where it begins.
func direct(r *rand.Rand, n number) string {
	if n.country == "DE" || n.country == "AT" {
		if n.dial != "0" {
			return n.base + pick(r, []string{"-", "-", "-", "-", " - ", " DW ", " Durchwahl ", " DW: ", " App. "}) + n.dial
		}
		return n.base + pick(r, []string{"-", "-", "-", " - ", " "}) + n.dial
	}
	return n.base + n.dial
}

func national(r *rand.Rand, n number) written {
	c := n.nation()
	area, rest := c.trunk+n.area, n.base+n.dial
	if c.id == "US" {
		return american(r, n)
	}
	shows := false
	if n.dial != "" && r.IntN(10) < 6 {
		rest, shows = direct(r, n), c.id == "DE" || c.id == "AT"
	} else if r.IntN(3) == 0 {
		rest = grouped(rest, c.groups, " ")
	}
	switch r.IntN(10) {
	case 0, 1, 2:
		return written{area + " " + rest, "national", shows}
	case 3:
		return written{area + "/" + rest, "slash", shows}
	case 4:
		return written{"(" + area + ") " + rest, "brackets", shows}
	case 5:
		return written{area + "-" + rest, "dash", shows}
	case 6:
		return written{area + " / " + rest, "slash and blanks", shows}
	case 7:
		return written{c.trunk + grouped(n.national(), 2, "."), "dots", false}
	case 8:
		// "4921…" without its 0 is a number in Emden or one without plus: nobody can tell.
		if c.trunk != "" && len(n.national()) >= 9 && !strings.HasPrefix(n.area, c.code) {
			return written{n.national() + pick(r, []string{"", ".0"}), "trunk prefix missing", false}
		}
	}
	return written{n.dialled(), "national, glued", false}
}

func american(r *rand.Rand, n number) written {
	s := n.base + n.dial
	a, b := s[:3], s[3:]
	extension := pick(r, []string{"", "", "", " x204", " ext. 12", " Ext 4711"})
	switch r.IntN(5) {
	case 0:
		return written{"(" + n.area + ") " + a + "-" + b + extension, "American", false}
	case 1:
		return written{n.area + "-" + a + "-" + b + extension, "American", false}
	case 2:
		return written{n.area + "." + a + "." + b, "American, dots", false}
	case 3:
		return written{"1-" + n.area + "-" + a + "-" + b + extension, "American, 1", false}
	}
	return written{n.national(), "American, glued", false}
}

func abroad(r *rand.Rand, n number) written {
	c := n.nation()
	rest, shows := n.base+n.dial, false
	if n.dial != "" && r.IntN(10) < 5 {
		rest, shows = direct(r, n), c.id == "DE" || c.id == "AT"
	} else if r.IntN(3) == 0 {
		rest = grouped(rest, c.groups, " ")
	}
	zero := c.trunk == "0"
	switch r.IntN(14) {
	case 0:
		if zero {
			return written{"+" + c.code + " (0)" + n.area + " " + rest, "+49 (0)", shows}
		}
	case 1:
		if zero {
			return written{"+" + c.code + "(0)" + n.area + "/" + rest, "+49(0)", shows}
		}
	case 2:
		if zero {
			return written{"+" + c.code + " 0" + n.area + " " + rest, "+49 030", shows}
		}
	case 3:
		return written{"00" + c.code + " " + n.area + " " + rest, "0049", shows}
	case 4:
		return written{"00" + n.digits(), "0049, glued", false}
	case 5:
		return written{"+" + c.code + " (" + n.area + ") " + rest, "TAPI canonical", shows}
	case 6:
		return written{"+" + c.code + "-" + n.area + "-" + rest, "+49-30-", shows}
	case 7:
		return written{n.digits() + pick(r, []string{"", ".0"}), "plus missing", false}
	case 8:
		return written{"tel:" + pick(r, []string{n.e164(), "+" + c.code + "-" + n.area + "-" + n.base + n.dial}), "tel: URI", false}
	case 9:
		return written{"(+" + c.code + ") " + n.area + " " + rest, "(+49)", shows}
	case 10:
		return written{"+" + c.code + "/" + n.area + "/" + n.base + n.dial, "+49/30/", false}
	case 11, 12:
		return written{n.e164(), "E.164", false}
	}
	return written{"+" + c.code + " " + n.area + " " + rest, "international", shows}
}

// grouped parts digits from the left, n together.
func grouped(digits string, n int, by string) string {
	var parts []string
	for len(digits) > n+1 {
		parts = append(parts, digits[:n])
		digits = digits[n:]
	}
	return strings.Join(append(parts, digits), by)
}

// label puts words round a number.
func label(r *rand.Rand, text string) string {
	return strings.Replace(pick(r, []string{
		"Tel. %", "Tel.: %", "Telefon: %", "T: %", "Fon %", "Büro: %", "% (Zentrale)", "% (privat)", "% privat", "% geschäftlich", "Phone: %",
		"☎ %", "% (Frau Beispiel)", "% Sekretariat", "tel %", "Ruf: %", "Zentrale %", "% ab 14 Uhr", "% (nur vormittags)", "% / Frau Beispiel", "Work: %", "Tél. %",
	}), "%", text, 1)
}

// typography writes the same with what text processors, spreadsheets and
// foreign keyboards make of it.
func typography(r *rand.Rand, text string) string {
	switch r.IntN(7) {
	case 0:
		return strings.ReplaceAll(text, " ", "\u00a0")
	case 1:
		return strings.ReplaceAll(text, "-", pick(r, []string{"–", "\u2011", "−", "—"}))
	case 2:
		return strings.Map(func(c rune) rune {
			if c >= '0' && c <= '9' {
				return c - '0' + '０'
			}
			return c
		}, text)
	case 3:
		return "'" + text
	case 4:
		return "\u202a" + text + "\u202c"
	case 5:
		return "  " + strings.ReplaceAll(text, " ", "  ") + "\t"
	}
	if !strings.HasSuffix(text, ".0") && !strings.HasPrefix(text, "tel:") {
		if head, rest, ok := strings.Cut(text, "0"); ok && rest != "" {
			return head + "O" + rest // the letter
		}
	}
	return text
}
