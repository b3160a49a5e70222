package ecma323

import (
	"errors"
	"strings"

	"github.com/ctibridge/ctibridge/pbx/internal/text"
)

// Limits of a document.
const (
	maxDepth      = 48
	maxElements   = 16 << 10
	maxAttributes = 16 << 10
	maxJoined     = 4 << 10 // text put together from pieces
)

// Errors of Decode.
var (
	// ErrNotXML: there is no element in the message.
	ErrNotXML = errors.New("csta: message is not XML")
	// ErrTruncated: the message is broken off.
	ErrTruncated = errors.New("csta: message is broken off")
	// ErrTooComplex: more elements or levels than any message of CSTA has.
	ErrTooComplex = errors.New("csta: message with too many elements")
	// ErrTooLarge: larger than a frame can be.
	ErrTooLarge = errors.New("csta: message of more than 64 KiB")
)

// node is an element. Its children are a list by index; 0, the root's own
// index, ends one.
type node struct {
	name            string // without prefix
	text            string // the character data, undecoded unless cdata
	textBegin       int32  // where text begins in the document, -1 if put together
	cdata           bool
	attrs, attrsEnd int32
	child, next     int32
}

type attr struct{ name, value string }

// tree is a document. Its memory is reused by the next one.
type tree struct {
	nodes []node
	attrs []attr
}

// treeParser fills a tree in one pass.
type treeParser struct {
	*tree
	text  string
	pos   int
	open  [maxDepth]int32 // the elements around pos
	last  [maxDepth]int32 // their last children so far
	depth int
	done  bool
	err   error
}

// parse reads a document whose strings share text.
func (t *tree) parse(text string) error {
	t.nodes, t.attrs = t.nodes[:0], t.attrs[:0]
	p := treeParser{tree: t, text: text}
	for !p.done && p.err == nil {
		p.step()
	}
	switch {
	case p.err != nil:
		return p.err
	case len(t.nodes) == 0:
		return ErrNotXML
	case p.depth > 1: // only the root's own end may be missing
		return ErrTruncated
	}
	return nil
}

// step handles the text up to the next tag, and that tag.
func (p *treeParser) step() {
	i := strings.IndexByte(p.text[p.pos:], '<')
	if i < 0 {
		p.done = true
		return
	}
	p.characters(p.pos, p.pos+i)
	p.pos += i
	rest := p.text[p.pos:]
	switch {
	case len(rest) > 1 && isNameStart(rest[1]):
		p.start()
	case strings.HasPrefix(rest, "</"):
		p.end()
	case strings.HasPrefix(rest, "<!--"):
		p.skipPast("-->")
	case strings.HasPrefix(rest, "<![CDATA["):
		p.characterData(rest[len("<![CDATA["):])
	case strings.HasPrefix(rest, "<?"):
		p.skipPast("?>")
	case strings.HasPrefix(rest, "<!"):
		p.skipPast(">")
	default: // somebody forgot to escape it, as in N<123>
		p.characters(p.pos, p.pos+1)
		p.pos++
	}
}

func (p *treeParser) skipPast(mark string) {
	i := strings.Index(p.text[p.pos:], mark)
	if i < 0 {
		p.pos = len(p.text)
		p.done = true
		return
	}
	p.pos += i + len(mark)
}

// characters adds text to the open element. Pieces that follow each other are
// one piece; blanks alone count only within one.
func (p *treeParser) characters(begin, end int) {
	if p.depth == 0 || begin == end {
		return
	}
	n, piece := &p.nodes[p.open[p.depth-1]], p.text[begin:end]
	switch {
	case n.text != "" && int(n.textBegin)+len(n.text) == begin && n.textBegin >= 0:
		n.text = p.text[n.textBegin:end]
	case isBlank(piece):
	case n.text == "":
		n.text, n.textBegin = piece, int32(begin)
	case len(n.text)+len(piece) <= maxJoined:
		n.text, n.textBegin = n.text+piece, -1
	}
}

func (p *treeParser) characterData(inner string) {
	value, _, found := strings.Cut(inner, "]]>")
	if !found {
		p.done, p.pos = true, len(p.text)
		return
	}
	p.pos += len("<![CDATA[") + len(value) + len("]]>")
	if p.depth == 0 {
		return
	}
	if n := &p.nodes[p.open[p.depth-1]]; n.text == "" {
		n.text, n.textBegin, n.cdata = value, -1, true
	}
}

// start handles a start tag.
func (p *treeParser) start() {
	p.pos++
	id := int32(len(p.nodes))
	if id >= maxElements || p.depth == maxDepth {
		p.err = ErrTooComplex
		return
	}
	p.nodes = append(p.nodes, node{name: text.LocalName(p.name()), attrs: int32(len(p.attrs))})
	if p.depth > 0 {
		if last := p.last[p.depth-1]; last != 0 {
			p.nodes[last].next = id
		} else {
			p.nodes[p.open[p.depth-1]].child = id
		}
		p.last[p.depth-1] = id
	}
	empty := p.attributes()
	p.nodes[id].attrsEnd = int32(len(p.attrs))
	if empty {
		p.done = p.depth == 0
		return
	}
	p.open[p.depth], p.last[p.depth] = id, 0
	p.depth++
}

// end closes the innermost element of that name; the end tag of one that is not
// open means nothing.
func (p *treeParser) end() {
	p.pos += 2
	name := text.LocalName(p.name())
	p.skipPast(">")
	for d := p.depth - 1; d >= 0; d-- {
		if sameName(p.nodes[p.open[d]].name, name) {
			p.depth = d
			p.done = p.done || d == 0
			return
		}
	}
}

// name reads an element's or attribute's name.
func (p *treeParser) name() string {
	begin := p.pos
	for p.pos < len(p.text) && isNameByte(p.text[p.pos]) {
		p.pos++
	}
	return p.text[begin:p.pos]
}

// attributes reads up to and with the '>' of a start tag, and reports whether
// the element is empty ("/>").
func (p *treeParser) attributes() (empty bool) {
	for p.pos < len(p.text) {
		switch c := p.text[p.pos]; {
		case c == '>':
			p.pos++
			return false
		case c == '/' && strings.HasPrefix(p.text[p.pos:], "/>"):
			p.pos += 2
			return true
		case c == '<': // the tag was never closed
			return false
		case isNameByte(c):
			p.attribute()
		default:
			p.pos++
		}
	}
	p.done = true
	return false
}

// attribute reads name="value"; namespaces are of no interest.
func (p *treeParser) attribute() {
	name := p.name()
	p.spaces()
	if p.pos >= len(p.text) || p.text[p.pos] != '=' {
		return
	}
	p.pos++
	p.spaces()
	if p.pos >= len(p.text) || p.text[p.pos] != '"' && p.text[p.pos] != '\'' {
		return
	}
	quote := p.text[p.pos]
	p.pos++
	i := strings.IndexByte(p.text[p.pos:], quote)
	if i < 0 {
		p.pos = len(p.text)
		return
	}
	value := p.text[p.pos : p.pos+i]
	p.pos += i + 1
	if strings.HasPrefix(name, "xmlns") || len(p.attrs) >= maxAttributes {
		return
	}
	p.attrs = append(p.attrs, attr{text.LocalName(name), value})
}

func (p *treeParser) spaces() {
	for p.pos < len(p.text) && isSpace(p.text[p.pos]) {
		p.pos++
	}
}

// value is an element's own text, decoded and without blanks around it.
func (t *tree) value(id int32) string {
	n := &t.nodes[id]
	if n.cdata {
		return strings.TrimSpace(text.Clean(n.text))
	}
	return strings.TrimSpace(text.Decode(strings.TrimSpace(n.text)))
}

// deepValue is the first text in an element or below it, and where it stands:
// some switches nest <deviceID><deviceIdentifier>.
func (t *tree) deepValue(id int32) (string, int32) {
	if text := t.value(id); text != "" {
		return text, id
	}
	for c := t.nodes[id].child; c != 0; c = t.nodes[c].next {
		if text, at := t.deepValue(c); text != "" {
			return text, at
		}
	}
	return "", id
}

// attribute is an attribute's decoded value.
func (t *tree) attribute(id int32, name string) string {
	n := &t.nodes[id]
	for _, a := range t.attrs[n.attrs:n.attrsEnd] {
		if sameName(a.name, name) {
			return text.Decode(a.value)
		}
	}
	return ""
}

// find is the first child of that name at or after from, else before it; 0 if
// there is none.
func (t *tree) find(parent, from int32, name string) int32 {
	for c := from; c != 0; c = t.nodes[c].next {
		if sameName(t.nodes[c].name, name) {
			return c
		}
	}
	for c := t.nodes[parent].child; c != from && c != 0; c = t.nodes[c].next {
		if sameName(t.nodes[c].name, name) {
			return c
		}
	}
	return 0
}

// sameName compares element names; several switches write callId for callID.
func sameName(a, b string) bool {
	return len(a) == len(b) && (a == b || strings.EqualFold(a, b))
}
