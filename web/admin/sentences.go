package admin

import (
	"fmt"
	"strings"
)

// Links say what is wrong, what helps and what they cannot tell in plain
// English: pbx.Status is for check, for logs and for machines as well. The panel
// knows these sentences and says them in German, names and numbers filled in.
// One that it does not know stays English, and is marked so on the page.

// sentence is one with blanks, written %s, cut at the blanks.
type sentence struct {
	parts []string
	in    string // the other language's, with %[1]s for the first blank
}

// sentences translates what links say.
type sentences struct {
	fixed  map[string]string
	blanks []sentence
}

func newSentences(texts map[string]string) *sentences {
	s := &sentences{fixed: make(map[string]string)}
	for english, other := range texts {
		if parts := strings.Split(english, "%s"); len(parts) > 1 {
			s.blanks = append(s.blanks, sentence{parts, other})
		} else {
			s.fixed[english] = other
		}
	}
	return s
}

// said is a sentence on a page.
type said struct {
	Text string
	Lang lang
}

// say puts an English sentence into the language, as far as it is known.
func (s *sentences) say(l lang, english string) said {
	if l == german {
		if text, ok := s.german(english); ok {
			return said{text, german}
		}
	}
	return said{english, "en"}
}

func (s *sentences) german(english string) (text string, ok bool) {
	if text, ok := s.fixed[english]; ok {
		return text, true
	}
	best := -1
	for i, p := range s.blanks {
		// The longest text between the blanks wins: "%s is no list on the PBX."
		// must not swallow a sentence that says more.
		if _, fits := p.fill(english); fits && (best < 0 || p.size() > s.blanks[best].size()) {
			best = i
		}
	}
	if best < 0 {
		return "", false
	}
	args, _ := s.blanks[best].fill(english)
	for i, arg := range args { // a sentence may hold another
		if text, ok := s.german(arg.(string)); ok {
			args[i] = text
		}
	}
	return fmt.Sprintf(s.blanks[best].in, args...), true
}

func (p sentence) size() (n int) {
	for _, part := range p.parts {
		n += len(part)
	}
	return n
}

// fill finds what stands in the blanks of a text.
func (p sentence) fill(text string) (args []any, fits bool) {
	rest, fits := strings.CutPrefix(text, p.parts[0])
	last := len(p.parts) - 1
	for i := 1; fits && i <= last; i++ {
		var arg string
		if i == last {
			arg, fits = strings.CutSuffix(rest, p.parts[i])
		} else {
			arg, rest, fits = strings.Cut(rest, p.parts[i])
		}
		args = append(args, arg)
	}
	return args, fits
}
