package lookup

import "strings"

// part is the digits of groups from to to, and where they end.
func (u *run) part(from, to int) string {
	end := u.n
	if to < u.parts {
		end = u.groups[to].start
	}
	return string(u.digits[u.groups[from].start:end])
}

// resolve reads groups from to to as one number, or as several:
//
//	030 23125101 / 0172 9925904   two numbers
//	030/23125-29/30               one number and another ending
//	030/23125-0 DW 29             a number whose direct dial replaces the 0
func (f *field) resolve(u *run, from, to int, extension []byte) {
	plus := u.plus && from == 0
	whole := u.part(from, to)
	got := f.w.written(f.r, whole, plus, u.marked)
	if at := f.second(u, from, to, plus, got); at > 0 {
		f.resolve(u, from, at, nil)
		f.resolve(u, at, to, extension)
		return
	}
	if at := f.endings(u, from, to, plus); at > 0 {
		f.alternates(u, from, at, to, plus)
		return
	}
	if at := f.late(u, from, to, got); at > 0 {
		f.resolve(u, at, to, extension)
		return
	}
	if len(extension) > 0 {
		n, dial, sure := f.direct(u, from, to, whole, plus, string(extension), got)
		f.keep(n, dial, sure)
		if !got.is(n) && len(got.national) >= usualNational { // whole by itself: the extension may not be dialled
			f.or(got.number())
		}
		return
	}
	dial, sure := f.directDial(u, from, to, plus)
	if got.quality != valid && f.span(u, from, to, plus) {
		return
	}
	f.keep(got.number(), dial, sure)
	if dial > 0 && got.quality == valid {
		f.root, f.rootPlus = whole[:len(whole)-dial], plus
	}
	if !plus && to-from == 1 && whole[0] != '0' && got.quality == valid {
		f.or(f.w.otherwise(f.r, whole, got.number()))
	}
}

// second finds the group that begins a second number, 0 if none does. Both
// must be whole. A blank parts two numbers only if no slash does and the whole
// reads as none.
func (f *field) second(u *run, from, to int, plus bool, whole reading) int {
	for _, slash := range []bool{true, false} {
		for k := from + 1; k < to; k++ {
			if sep := u.groups[k].sep; sep&sepSlash != 0 != slash || !slash && (sep&sepSpace == 0 || whole.quality == valid) {
				continue
			}
			if f.begins(u.part(k, to), slash) && f.ends(u, from, k, plus, whole) && f.opens(u, k, to) {
				return k
			}
		}
	}
	return 0
}

// begins: a second number bears its prefix, in countries that have one; US
// numbers mostly go without, and so do those of spreadsheets behind a slash.
func (f *field) begins(digits string, slash bool) bool {
	trunk := f.r.trunk
	return len(digits) >= 7 && (trunk == "" || trunk == "1" || digits[0] == '0' || strings.HasPrefix(digits, trunk)) ||
		slash && len(digits) >= minBareOpen && f.w.bare(f.r, digits, false).quality == valid
}

// ends: groups from to to are a number by themselves.
func (f *field) ends(u *run, from, to int, plus bool, whole reading) bool {
	left := f.w.written(f.r, u.part(from, to), plus, u.marked)
	return len(left.national) >= 7 && (left.quality == valid || left.quality == possible && whole.quality == refused)
}

// opens: some groups from k on are a whole number.
func (f *field) opens(u *run, k, to int) bool {
	for end := k + 1; end <= to; end++ {
		if got := f.w.written(f.r, u.part(k, end), false, u.marked); got.quality == valid && len(got.national) >= 7 {
			return true
		}
	}
	return false
}

// late finds the group where the number begins if something short that is
// none stands before it ("1) 030 23125101", "24/7 0172 9925904"), else 0.
func (f *field) late(u *run, from, to int, whole reading) int {
	if whole.quality != refused || u.plus {
		return 0
	}
	for k := from + 1; k < to && u.groups[k].start-u.groups[from].start <= 4; k++ {
		if right := u.part(k, to); right[0] == '0' && f.w.written(f.r, right, false, u.marked).quality == valid {
			return k
		}
	}
	return 0
}

// endings finds the first group that is only another ending of the number
// before it, 0 if none is: short, after a slash, and what stands before it is
// whole, that is, has a direct dial of its own or nine digits.
func (f *field) endings(u *run, from, to int, plus bool) int {
	for k := from + 1; k < to; k++ {
		if u.groups[k].sep&sepSlash == 0 || k == from+1 && len(u.part(from, k)) < 9 {
			continue
		}
		left := f.w.written(f.r, u.part(from, k), plus, true)
		if size := len(u.part(k, k+1)); size > 4 {
			if k+1 == to && size <= maxSubscriber && left.quality == valid && len(left.national) >= size+2 && len(left.national) >= minBareOpen {
				return k // "030 23125101/23125102": the area code is not written again
			}
			continue
		}
		dashed := u.groups[k-1].sep&sepDash != 0 && len(u.part(k-1, k)) <= 4
		if left.quality == valid && (dashed || len(left.national) >= 9 && len(u.part(k, k+1)) <= 3) {
			return k
		}
	}
	return 0
}

// alternates keeps the number before group at and, for each group from there
// on, the number with that ending.
func (f *field) alternates(u *run, from, at, to int, plus bool) {
	base := u.part(from, at)
	dial, sure := f.directDial(u, from, at, plus)
	f.keep(f.w.written(f.r, base, plus, true).number(), dial, sure)
	for k := at; k < to; k++ {
		ending := u.part(k, k+1)
		root := base[:len(base)-min(len(ending), len(base))]
		if u.groups[at-1].sep&sepDash != 0 {
			root = u.part(from, at-1)
		}
		if got := f.w.written(f.r, root+ending, plus, true); got.quality == valid {
			f.keep(got.number(), len(ending)*min(dial, 1), sure)
		}
	}
}

// span reads "030 23125-101-105", from one direct dial to another.
func (f *field) span(u *run, from, to int, plus bool) bool {
	last := to - 1
	if last-from < 2 || u.groups[last].sep&sepDash == 0 || u.groups[last-1].sep&sepDash == 0 || len(u.part(last, to)) != len(u.part(last-1, last)) {
		return false
	}
	if f.w.written(f.r, u.part(from, last), plus, true).quality != valid {
		return false
	}
	f.alternates(u, from, last, to, plus)
	return true
}

// ending keeps the last number with another direct dial.
func (f *field) ending(dial string) {
	if got := f.w.written(f.r, f.root+dial, f.rootPlus, true); got.quality == valid {
		f.keep(got.number(), len(dial), false)
	}
}

// direct joins a direct dial to its number: it replaces the 0 of the
// switchboard ("-0"), else it follows. Closed plans know no such thing, and
// what grows too long was no direct dial: there the number stands alone. With
// the number comes how many digits of it are the direct dial.
func (f *field) direct(u *run, from, to int, whole string, plus bool, extension string, alone reading) (n Number, dial int, sure bool) {
	p := alone.plan
	if p != nil && !p.dialIn || p == nil && !f.r.plan.dialIn || len(extension) > maxDirectDial {
		return alone.number(), 0, false
	}
	if last := u.groups[to-1]; to-1 > from && last.sep&sepDash != 0 && u.part(to-1, to) == "0" {
		whole = u.part(from, to-1)
	}
	if joined := f.w.written(f.r, whole+extension, plus, u.marked); joined.quality == valid {
		return joined.number(), len(extension), true
	}
	return alone.number(), 0, false
}

// date: three groups that are day, month and year in some order, perhaps with
// more behind ("12.03.2024 14"). Telephone numbers are not grouped so.
func (u *run) date() bool {
	if u.plus || u.parts < 3 || u.parts > 4 {
		return false
	}
	sep := u.groups[1].sep
	if sep != u.groups[2].sep || sep&(sepDot|sepDash|sepSlash) == 0 || u.parts == 4 && u.groups[3].sep != sepSpace {
		return false
	}
	a, b, c := u.part(0, 1), u.part(1, 2), u.part(2, 3)
	year := func(s string) bool { return len(s) == 4 && (s[:2] == "19" || s[:2] == "20") }
	small := func(s, most string) bool { return len(s) <= 2 && (len(s) < 2 || s <= most) }
	if len(a) == 4 {
		return year(a) && small(b, "12") && small(c, "31")
	}
	return (year(c) || len(c) == 2 && u.parts == 3) && small(a, "31") && small(b, "31")
}
