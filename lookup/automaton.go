package lookup

import (
	"errors"
	"fmt"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"
)

// automaton recognises whole strings of digits. The metadata of libphonenumber
// describes valid numbers by regular expressions of a few thousand branches;
// the regexp package walks them in microseconds, a table in nanoseconds, and a
// table can also say how far a string got before no number could start so.
//
// State 0 is dead, state 1 the start.
type automaton struct {
	next   [][10]uint16
	accept []bool
}

// maxStates bounds one automaton; the largest in use (country code 1, 25
// regions) has under 6,000.
const maxStates = 1 << 15

var errTooManyStates = errors.New("lookup: numbering plan has too many states")

// compileAutomaton builds the automaton of a pattern over digits by subset
// construction. Patterns hold literals, classes, alternatives and counted
// repetitions only.
func compileAutomaton(pattern string) (*automaton, error) {
	parsed, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil, fmt.Errorf("lookup: numbering plan: %w", err)
	}
	prog, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		return nil, fmt.Errorf("lookup: numbering plan: %w", err)
	}
	b := &subsets{prog: prog, ids: map[string]uint16{}, marks: make([]int, len(prog.Inst))}
	b.add(nil)
	b.add([]uint32{uint32(prog.Start)})
	for i := 1; i < len(b.sets); i++ {
		if len(b.sets) > maxStates {
			return nil, errTooManyStates
		}
		for digit := range 10 {
			b.out.next[i][digit] = b.add(b.step(b.sets[i], rune('0'+digit)))
		}
	}
	return &b.out, nil
}

// match walks digits. alive is how many of them some valid number begins with.
func (a *automaton) match(digits string) (alive int, ok bool) {
	state := uint16(1)
	for i := range len(digits) {
		if state = a.next[state][digits[i]-'0']; state == 0 {
			return i, false
		}
	}
	return len(digits), a.accept[state]
}

// begins reports whether some beginning of digits is recognised.
func (a *automaton) begins(digits string) bool {
	state := uint16(1)
	for i := 0; state != 0; i++ {
		if a.accept[state] {
			return true
		}
		if i == len(digits) {
			break
		}
		state = a.next[state][digits[i]-'0']
	}
	return false
}

// subsets is the work of one compileAutomaton.
type subsets struct {
	prog  *syntax.Prog
	out   automaton
	sets  [][]uint32
	ids   map[string]uint16
	marks []int // the last closure that saw an instruction
	round int
}

// add returns the state of the closure of seeds, a new one if unseen.
func (b *subsets) add(seeds []uint32) uint16 {
	b.round++
	var set []uint32
	accept := false
	var visit func(pc uint32)
	visit = func(pc uint32) {
		if b.marks[pc] == b.round {
			return
		}
		b.marks[pc] = b.round
		switch in := &b.prog.Inst[pc]; in.Op {
		case syntax.InstAlt, syntax.InstAltMatch:
			visit(in.Out)
			visit(in.Arg)
		case syntax.InstCapture, syntax.InstNop, syntax.InstEmptyWidth:
			visit(in.Out)
		case syntax.InstMatch:
			accept = true
			set = append(set, pc)
		case syntax.InstFail:
		default:
			set = append(set, pc)
		}
	}
	for _, pc := range seeds {
		visit(pc)
	}
	slices.Sort(set)
	var key strings.Builder
	for _, pc := range set {
		key.WriteString(strconv.FormatUint(uint64(pc), 36))
		key.WriteByte(' ')
	}
	if id, known := b.ids[key.String()]; known {
		return id
	}
	id := uint16(len(b.sets))
	b.ids[key.String()] = id
	b.sets = append(b.sets, set)
	b.out.next = append(b.out.next, [10]uint16{})
	b.out.accept = append(b.out.accept, accept)
	return id
}

// step is what set goes to by one digit, before closure.
func (b *subsets) step(set []uint32, digit rune) []uint32 {
	var to []uint32
	for _, pc := range set {
		if in := &b.prog.Inst[pc]; in.Op != syntax.InstMatch && in.MatchRune(digit) {
			to = append(to, in.Out)
		}
	}
	return to
}
