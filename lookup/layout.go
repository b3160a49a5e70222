package lookup

import (
	"errors"
	"fmt"
	"regexp/syntax"
	"strconv"
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// layout is how numbers that begin so, and are that long, are written for
// people: "30 23125101" is two digits, a blank and three to thirteen. The
// metadata of libphonenumber says it by regular expressions, `(\d{2})(\d{3,13})`
// and "$1 $2"; of those it takes only groups of digits, so no more is read.
type layout struct {
	begins         *automaton // nil: in any way
	spans          []span
	least, longest int // digits in all
}

// span is some digits of a number and what stands before them.
type span struct {
	before      string
	least, most int
}

var errLayout = errors.New("lookup: the layout is no groups of digits in their order")

// layouts compiles the layouts of a plan, the first that fits counts. One that
// is not understood is left out: then a later one writes the number, or none.
func layouts(formats []*phonenumbers.NumberFormat) []layout {
	out := make([]layout, 0, len(formats))
	for _, f := range formats {
		if l, err := newLayout(f); err == nil {
			out = append(out, l)
		}
	}
	return out
}

func newLayout(f *phonenumbers.NumberFormat) (layout, error) {
	spans, err := spansOf(f.GetPattern(), f.GetFormat())
	if err != nil {
		return layout{}, err
	}
	l := layout{spans: spans}
	for _, g := range spans {
		l.least, l.longest = l.least+g.least, l.longest+g.most
	}
	// Each pattern of the first digits says more than the one before it.
	if first := f.GetLeadingDigitsPattern(); len(first) > 0 {
		if l.begins, err = compileAutomaton("(?:" + first[len(first)-1] + ")"); err != nil {
			return layout{}, err
		}
	}
	return l, nil
}

// spansOf reads `(\d{2})(\d{3,13})` and "$1 $2".
func spansOf(pattern, format string) ([]span, error) {
	parsed, err := syntax.Parse("(?:)"+pattern, syntax.Perl)
	if err != nil {
		return nil, fmt.Errorf("lookup: layout: %w", err)
	}
	var spans []span
	for _, part := range parsed.Sub {
		if part.Op == syntax.OpEmptyMatch {
			continue
		}
		before, after, ok := strings.Cut(format, "$"+strconv.Itoa(len(spans)+1))
		if !ok || part.Op != syntax.OpCapture || strings.Contains(before, "$") {
			return nil, errLayout
		}
		g := span{before: before, least: 1, most: 1}
		if digits := part.Sub[0]; digits.Op == syntax.OpRepeat {
			g.least, g.most = digits.Min, digits.Max
		} else if digits.Op != syntax.OpCharClass {
			return nil, errLayout
		}
		spans, format = append(spans, g), after
	}
	if format != "" || len(spans) == 0 {
		return nil, errLayout
	}
	return spans, nil
}

// fits reports whether the layout is for this national number.
func (l *layout) fits(national string) bool {
	return len(national) >= l.least && len(national) <= l.longest && (l.begins == nil || l.begins.begins(national))
}

// append writes a national number that fits. Each group takes as many digits as
// it may and the later ones can spare, as in a regular expression.
func (l *layout) append(out []byte, national string) []byte {
	spare := len(national) - l.least
	for _, g := range l.spans {
		n := min(g.least+spare, g.most)
		spare -= n - g.least
		out = append(append(out, g.before...), national[:n]...)
		national = national[n:]
	}
	return out
}

// appendDisplay writes a national number by the first layout that fits, as a
// whole if there is none.
func (p *plan) appendDisplay(out []byte, national string) []byte {
	p.layOut.Do(func() { p.layouts, p.formats = layouts(p.formats), nil })
	for i := range p.layouts {
		if p.layouts[i].fits(national) {
			return p.layouts[i].append(out, national)
		}
	}
	return append(out, national...)
}
