package lookup

// activity is what ranks records of the same object, in one integer: the last
// activity in seconds since 1970, and whether something is open in the lowest bit.
type activity int64

func (r *Record) activity() activity {
	var a activity
	if !r.LastActivity.IsZero() {
		a = activity(r.LastActivity.Unix()) << 1
	}
	if r.Open {
		a |= 1
	}
	return a
}

func (a activity) open() bool  { return a&1 != 0 }
func (a activity) last() int64 { return int64(a >> 1) }
