package lookup

import (
	"slices"
	"strings"
)

// maxBetween is how many characters stand between two groups of a number's digits
// at most, as in "+49 (0)30 / 23125-101".
const maxBetween = 3

// In is where a text that somebody wrote names n in one of its Notations, however
// the groups of digits are parted: the beginning and the end of each place, in bytes.
// A number of which n is only a part is another one.
func (n Number) In(text string) (places [][2]int) {
	if !n.Valid() {
		return nil
	}
	var forms []string
	for _, phrase := range n.Notations() {
		if form := strings.ReplaceAll(phrase, " ", ""); !slices.Contains(forms, form) {
			forms = append(forms, form)
		}
	}
	for from := 0; from < len(text); from++ {
		if !digitAt(text, from) || digitAt(text, from-1) {
			continue
		}
		if to := longest(text, from, forms); to > 0 {
			if text[max(from-1, 0)] == '+' {
				from--
			}
			places = append(places, [2]int{from, to})
			from = to
		}
	}
	return places
}

// Without is the text with mark where it names n, and whether it does.
func (n Number) Without(text, mark string) (string, bool) {
	places := n.In(text)
	if len(places) == 0 {
		return text, false
	}
	var out strings.Builder
	done := 0
	for _, p := range places {
		out.WriteString(text[done:p[0]])
		out.WriteString(mark)
		done = p[1]
	}
	return out.String() + text[done:], true
}

// longest is where the longest of the forms ends that begins at from and is a whole
// number there; 0 for none.
func longest(text string, from int, forms []string) (end int) {
	var digits []byte
	between := 0
	for i := from; i < len(text) && between <= maxBetween && len(digits) < 24; i++ {
		switch {
		case digitAt(text, i):
			digits, between = append(digits, text[i]), 0
			if !digitAt(text, i+1) && slices.Contains(forms, string(digits)) {
				end = i + 1
			}
		case strings.IndexByte(" -./()\t\xc2\xa0", text[i]) >= 0: // and the blank that does not break
			between++
		default:
			return end
		}
	}
	return end
}

func digitAt(text string, i int) bool {
	return i >= 0 && i < len(text) && text[i] >= '0' && text[i] <= '9'
}
