package lookup

import (
	"math/bits"
	"sync/atomic"
)

// partings is a filter in memory: the beginnings of numbers at which the lines
// of one company part, so that what begins so may be another of its direct
// dials. Most unknown numbers begin like no company's, and are spared the
// search among their neighbours, which costs more than all else in a miss.
//
// It may say yes where nothing is to be found, never no where something is:
// beginnings are only ever added, before COMMIT. Built from the database it is
// exact but for shared hashes; a line that comes later adds all beginnings of
// its number without a look at the company's other lines, so it is built again
// after a while (see filter).
type partings struct {
	words []atomic.Uint64
	shift int
	size  int64        // records, when it was built
	added atomic.Int64 // lines that came after that
}

// How many lines of one company a beginning is known for. A long direct dial
// is taken for one only where three lines show it.
const (
	byTwo   = 2
	byThree = 3
)

// Six bits a record, and two for each beginning: real directories hold fewer
// beginnings than lines, so that one answer in fifteen is yes for nothing, at worst.
const (
	bitsPerRecord = 6
	minPartings   = 1 << 16 // bits
)

func newPartings(records int64) *partings {
	n := max(bits.Len64(uint64(max(records, 0)*bitsPerRecord)), bits.Len(minPartings-1))
	return &partings{words: make([]atomic.Uint64, 1<<(n-6)), shift: 64 - n, size: records}
}

// worth is how many lines may come before the filter is given up, coarse how
// many before it is built anew.
func (p *partings) worth() int64  { return 5000 + p.size/50 }
func (p *partings) coarse() int64 { return 500 + p.size/1000 }

// at are the two bits of a beginning.
func (p *partings) at(stem, lines int64) (a, b uint64) {
	h := uint64(stem)*0x9E3779B97F4A7C15 ^ uint64(lines)*0xBF58476D1CE4E5B9 //nolint:gosec // a hash
	h = (h ^ h>>32) * 0x94D049BB133111EB
	h ^= h >> 29
	return h >> p.shift, bits.RotateLeft64(h, 31) * 0x9E3779B97F4A7C15 >> p.shift
}

func (p *partings) add(stem, lines int64) {
	a, b := p.at(stem, lines)
	p.words[a>>6].Or(1 << (a & 63))
	p.words[b>>6].Or(1 << (b & 63))
}

func (p *partings) has(stem, lines int64) bool {
	a, b := p.at(stem, lines)
	return p.words[a>>6].Load()&(1<<(a&63)) != 0 && p.words[b>>6].Load()&(1<<(b&63)) != 0
}

// line adds a number that came to a company: any of its beginnings may be where
// it parts from another line.
func (p *partings) line(number int64) {
	for range maxCut {
		if number /= 10; number < blockLimit/10 {
			return
		}
		p.add(number, byTwo)
		p.add(number, byThree)
	}
}

// near reports whether the caller's number may be a direct dial by the rules of
// caller.owned, other than of a number that begins it.
func (p *partings) near(c *caller) bool {
	code := len(c.plan.code)
	for cut := 1; cut < maxCut; cut++ {
		length := len(c.text) - cut
		if length < blockDigits || length-code < 5 {
			return false
		}
		lines := int64(byThree)
		if c.needed(cut, length-code) <= byTwo {
			lines = byTwo
		}
		if p.has(c.cut(cut), lines) {
			return true
		}
	}
	return false
}

// company is what a builder knows of the lines of one company that begin alike.
type company struct {
	last   int64 // the line seen last; lines come in order
	digits uint16
	lines  uint8
	zero   bool // the switchboard's own 0 is one of them
}

// partingsBuilder takes the lines of all companies in the order of their
// digits, as text would be sorted: all that begin alike come together.
type partingsBuilder struct {
	to *partings
	// open are the beginnings of the number seen last, by their length, with the
	// companies that have lines there.
	open [16]struct {
		stem  int64
		sites map[int64]company
	}
}

// take takes a line of a site, of so many digits.
func (b *partingsBuilder) take(number, site int64, digits int) {
	stem := number
	for length := digits - 1; length >= max(blockDigits, digits-maxCut); length-- {
		next := stem % 10
		stem /= 10
		o := &b.open[length]
		if o.sites == nil {
			o.sites = map[int64]company{}
		}
		if o.stem != stem {
			o.stem = stem
			clear(o.sites)
		}
		c := o.sites[site]
		if c.lines > 0 && c.last == number {
			continue
		}
		c.last, c.lines, c.digits = number, min(c.lines+1, byThree), c.digits|1<<next
		c.zero = c.zero || number == stem*10
		o.sites[site] = c
		b.note(stem, &c)
	}
}

func (b *partingsBuilder) note(stem int64, c *company) {
	if bits.OnesCount16(c.digits) < 2 {
		return
	}
	b.to.add(stem, byTwo)
	if c.lines >= byThree || c.zero {
		b.to.add(stem, byThree)
	}
}
