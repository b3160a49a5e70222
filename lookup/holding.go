package lookup

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
)

// holding is what a record puts into the tables of numbers and stems.
type holding struct {
	site  int64   // the company, 0 if there is none
	lines []int64 // numbers that are the company's lines
	other []int64 // mobile, home and other numbers without a site
	stems []int64
}

// text is how a record row keeps its holding, but for the site, which follows
// from the rest of the row: lines, others and stems, parted by semicolons.
func (h *holding) text() string {
	var room [64]byte
	b := room[:0]
	for part, list := range [][]int64{h.lines, h.other, h.stems} {
		if part > 0 {
			b = append(b, ';')
		}
		for i, n := range list {
			if i > 0 {
				b = append(b, ',')
			}
			b = strconv.AppendInt(b, n, 10)
		}
	}
	return string(bytes.TrimRight(b, ";"))
}

// holds is the holding of a record of an org.
func (r *Record) holds(org int64) holding {
	h := holding{site: siteOf(org, r.Account, r.Company), lines: make([]int64, 0, len(r.Numbers))}
	w := plans()
	for _, n := range r.Numbers {
		key, ok := n.key()
		switch {
		case !ok || slices.Contains(h.lines, key) || slices.Contains(h.other, key):
		case h.site == 0 || slices.Contains(r.Private, n) || w.siteless(n):
			h.other = append(h.other, key)
		default:
			h.lines = append(h.lines, key)
		}
	}
	for _, n := range r.Stems {
		if key, ok := n.key(); ok && !slices.Contains(h.stems, key) {
			h.stems = append(h.stems, key)
		}
	}
	slices.Sort(h.lines)
	slices.Sort(h.other)
	slices.Sort(h.stems)
	return h
}

// holds is what the stored record has put there.
func (s *stored) holds(org int64) holding {
	h := holding{site: siteOf(org, s.account, s.company)}
	lines, rest, _ := strings.Cut(s.numbers, ";")
	other, stems, _ := strings.Cut(rest, ";")
	h.lines, h.other, h.stems = parseKeys(lines), parseKeys(other), parseKeys(stems)
	return h
}

// pairs appends the rows of the table of numbers.
func (h *holding) pairs(list []pair, record int64) []pair {
	for _, n := range h.lines {
		list = append(list, pair{n, record, h.site})
	}
	for _, n := range h.other {
		list = append(list, pair{n, record, 0})
	}
	return list
}

// siteOf names a company in one integer: by the id of its account, else by its
// name. Two companies of one hash would have to share a block of numbers too to
// be taken for one another.
func siteOf(org int64, account, company string) int64 {
	if account == "" {
		if company = strings.ToLower(strings.TrimSpace(company)); company == "" {
			return 0
		}
		account = "name:" + company
	}
	h := fnvOffset ^ uint64(org)*fnvPrime
	for i := range len(account) {
		h = (h ^ uint64(account[i])) * fnvPrime
	}
	return int64(h>>1) | 1
}

// FNV-1a, inline: a hash.Hash64 costs four allocations a record.
const (
	fnvOffset uint64 = 14695981039346656037
	fnvPrime  uint64 = 1099511628211
)

// parseKeys reads numbers parted by commas.
func parseKeys(text string) []int64 {
	var list []int64
	for part := range strings.SplitSeq(text, ",") {
		if key, err := strconv.ParseInt(part, 10, 64); err == nil {
			list = append(list, key)
		}
	}
	return list
}
