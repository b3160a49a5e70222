package lookup

// An answer that tells of a company depends on more than its own number: on
// the numbers near it and on the company's record. Both are places, integers
// with an epoch each, as numbers have: a commit advances those that it touches.

// blockDigits is how many digits of E.164 the numbers of a block share. No
// switchboard is looked for with fewer digits before its direct dials.
const (
	blockDigits = 6
	blockLimit  = 1_000_000
)

// block is the place of a number or stem: its first digits.
func block(number int64) int64 {
	for number >= blockLimit {
		number /= 10
	}
	return number
}

// dependency is a place that an answer depends on, at the epoch that it was
// read at.
type dependency struct {
	place int64
	epoch uint32
}

// depend reads the epoch of a place; what is read from the database afterwards
// is no older than it.
func (c *cache) depend(place int64) dependency {
	return dependency{place, c.placed(place).Load()}
}

// holds reports whether nothing that the answer depends on has changed.
func (e *entry) holds(c *cache) bool {
	for _, d := range e.places {
		if c.placed(d.place).Load() != d.epoch {
			return false
		}
	}
	return true
}
