package lookup

import (
	"strconv"
	"strings"
)

// unnamed is an SQL text for SQLite, where $1 is a name like any other: the
// driver asks for the name of each parameter, and SQLite finds it by a walk
// along all of them. Five hundred parameters cost more than the rows they
// carry. A parameter used once, in its turn, needs no name.
func unnamed(text string) string {
	var out strings.Builder
	uses := map[int]int{}
	turn := true // each number is seen first in its turn
	eachParameter(text, func(_, _, n int) {
		turn = turn && n <= len(uses)+1
		uses[n]++
	})
	if !turn {
		return text
	}
	end := 0
	eachParameter(text, func(from, to, n int) {
		if uses[n] == 1 {
			out.WriteString(text[end:from])
			out.WriteByte('?') // counts on from the highest parameter so far
			end = to
		}
	})
	out.WriteString(text[end:])
	return out.String()
}

// eachParameter finds $1, $2 …; no text of ours has a dollar elsewhere.
func eachParameter(text string, do func(from, to, n int)) {
	for i := 0; i < len(text); i++ {
		if text[i] != '$' {
			continue
		}
		to := i + 1
		for to < len(text) && isDigit(text[to]) {
			to++
		}
		if n, err := strconv.Atoi(text[i+1 : to]); err == nil {
			do(i, to, n)
		}
	}
}

// parameters is "$from, …", n of them.
func parameters(from, n int) string {
	list := make([]string, n)
	for i := range list {
		list[i] = "$" + strconv.Itoa(from+i)
	}
	return strings.Join(list, ", ")
}
