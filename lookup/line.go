package lookup

import "strings"

// maxDirectDial is how many digits a direct dial has at most.
const maxDirectDial = 5

// Line is a number of a field, and what its writing says about the switchboard
// that it belongs to.
type Line struct {
	Number Number
	// Stem is what all direct dials of that switchboard begin with, such as
	// "+493023125" of "030 23125-29"; "" if the writing shows none. Mobile
	// numbers and those of closed plans never show one.
	Stem Number
	// Sure: a switchboard is written out, as "-0" or by a word ("DW 29"). A
	// dash before the last digits mostly means the same, yet some people part
	// any digits by dashes.
	Sure bool
	// Or is the other number that may be meant, "" mostly: bare digits such as
	// "4921795672" (Emden without its 0, or Düsseldorf without its plus), and
	// numbers that are whole without their extension.
	Or Number
}

// ParseLines is ParseField with what the writing says beside each number.
func ParseLines(text, country string) []Line {
	w := plans()
	return w.parseField(w.of(country), text)
}

// keep notes a number once; dial is how many of its last digits are a direct
// dial.
func (f *field) keep(n Number, dial int, sure bool) {
	if n == "" {
		return
	}
	line := Line{Number: n}
	if p, national := f.w.split(string(n[1:])); dial > 0 && p != nil && p.dialIn && len(national)-dial >= minStem && p.sited(national) {
		line.Stem, line.Sure = n[:len(n)-dial], sure
	}
	for i := range f.found {
		if f.found[i].Number == n {
			if f.found[i].Stem == "" {
				f.found[i] = line
			}
			return
		}
	}
	f.found = append(f.found, line)
}

// or notes the other reading of the number kept last.
func (f *field) or(n Number) {
	if len(f.found) > 0 {
		f.found[len(f.found)-1].Or = n
	}
}

// minStem is how many national digits a written stem has at least: an area
// code of two with two more, as in 089 38-0.
const minStem = 4

// directDial is how many digits at the end of groups from to to are written
// as a direct dial:
//
//	030 23125-0, 030/23125 0, 030 23125-(0)   the switchboard: sure
//	030 23125-29                               a direct dial
//	030-23125-29                               so is this: a dash after the area code is usual
//	030-2312-5101, 030 23-12-51-01             groups of digits: none
func (f *field) directDial(u *run, from, to int, plus bool) (digits int, sure bool) {
	last := to - 1
	if last <= from {
		return 0, false
	}
	dial, sep := u.part(last, to), u.groups[last].sep
	base := u.part(from, last)
	national := nationalDigits(f.r, base, plus)
	parts := last - from // groups of country code, area code and base
	if code := strings.TrimPrefix(u.part(from, from+1), "00"); len(code) <= 3 && (plus || strings.HasPrefix(base, "00")) {
		parts-- // the country code stands by itself
	}
	if national < minStem || parts < 2 && national < 7 {
		return 0, false
	}
	switch zeros := strings.Trim(dial, "0") == "" && len(dial) <= 3; {
	case zeros && len(dial) == 1, zeros && sep&sepDash != 0:
		return len(dial), true
	case sep&sepDash == 0 || len(dial) > maxDirectDial || u.dashes(from, last, plus):
		return 0, false
	}
	return len(dial), false
}

// dashes: dashes part more than country code, area code and number, so the
// last one parts digits as well.
func (u *run) dashes(from, last int, plus bool) bool {
	first := from + 2 // after the area code
	if plus {
		first++
	}
	for k := first; k < last; k++ {
		if u.groups[k].sep&sepDash != 0 {
			return true
		}
	}
	before := u.groups[last-1]
	return before.sep&sepDash != 0 && u.groups[last].start-before.start <= 4 && u.n-u.groups[last].start == 4
}

// nationalDigits is how many digits of base stand behind country code or trunk prefix.
func nationalDigits(r *region, base string, plus bool) int {
	if rest, ok := strings.CutPrefix(base, "00"); ok {
		base, plus = rest, true
	}
	if plus {
		rest, ok := strings.CutPrefix(base, r.plan.code)
		if !ok {
			return len(base) - 2
		}
		base = rest
	}
	return len(strings.TrimPrefix(base, "0"))
}
