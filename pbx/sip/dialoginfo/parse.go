package dialoginfo

import (
	"strings"
	"unsafe"

	"github.com/ctibridge/ctibridge/pbx/internal/text"
	"github.com/ctibridge/ctibridge/pbx/sip/address"
)

// Parse reads body into d, whose Dialogs are overwritten and their memory
// reused. The strings of d share memory of their own, about as large as they are
// together; body is not kept. On error d is empty.
func (d *Document) Parse(body []byte) error {
	*d = Document{Dialogs: d.Dialogs[:0]}
	if len(body) > MaxBody {
		return ErrTooLarge
	}
	// Read in place: most of a document is of no interest, and a copy of it all
	// would be most of what a NOTIFY costs in memory. What goes into d goes there
	// through keep, so nothing of d points into body.
	s := scanner{text: unsafe.String(unsafe.SliceData(body), len(body)), doc: d}
	s.kept.Grow(len(body) / 4)
	for s.next() {
	}
	if !s.root {
		*d = Document{Dialogs: d.Dialogs[:0]}
		return ErrNoDialogInfo
	}
	if !s.closed {
		d.Truncated = true // the open dialog, if any, was never appended
	}
	return nil
}

// scanner walks over the tags of a document. It keeps the little context that
// RFC 4235 needs instead of a stack, so depth costs nothing.
type scanner struct {
	text   string
	kept   strings.Builder // the strings of doc
	pos    int
	doc    *Document
	root   bool // <dialog-info> was seen
	closed bool // … and </dialog-info>
	open   bool // inside <dialog>
	empty  bool // the start tag just read is a whole element
	dialog Dialog
	side   side // inside <local> or <remote>
}

// side is an end of a dialog. It is no pointer, so that the scanner need not
// live on the heap.
type side uint8

const (
	noSide side = iota
	localSide
	remoteSide
)

// identity is that of the side; noSide has none.
func (s *scanner) identity() *Identity {
	if s.side == localSide {
		return &s.dialog.Local
	}
	return &s.dialog.Remote
}

// keep copies what goes into the document.
func (s *scanner) keep(text string) string {
	from := s.kept.Len()
	s.kept.WriteString(text) // which leaves those before it as they are
	return s.kept.String()[from:]
}

// next handles one tag; it is false at the end of the text.
func (s *scanner) next() bool {
	i := strings.IndexByte(s.text[s.pos:], '<')
	if i < 0 || s.closed {
		return false
	}
	s.pos += i + 1
	if s.pos == len(s.text) {
		return false
	}
	switch s.text[s.pos] {
	case '/':
		s.pos++
		s.end(text.LocalName(s.name()))
		return true
	case '?':
		return s.skipPast("?>")
	case '!':
		return s.skipDeclaration()
	}
	return s.start(text.LocalName(s.name()))
}

// skipDeclaration skips a comment, a CDATA section or a declaration.
func (s *scanner) skipDeclaration() bool {
	switch rest := s.text[s.pos:]; {
	case strings.HasPrefix(rest, "!--"):
		return s.skipPast("-->")
	case strings.HasPrefix(rest, "![CDATA["):
		return s.skipPast("]]>")
	}
	return s.skipPast(">")
}

func (s *scanner) skipPast(mark string) bool {
	i := strings.Index(s.text[s.pos:], mark)
	if i < 0 {
		s.pos = len(s.text)
		return false
	}
	s.pos += i + len(mark)
	return true
}

// name reads an element's or attribute's name.
func (s *scanner) name() string {
	rest := s.text[s.pos:]
	end := 0
	for end < len(rest) && isNameByte(rest[end]) {
		end++
	}
	s.pos += end
	return rest[:end]
}

// The ASCII characters of names, as bits: those below 64 and those from there on.
const (
	nameLow  = 1<<'-' | 1<<'.' | 1<<':' | (1<<10-1)<<'0'
	nameHigh = 1<<('_'-64) | (1<<26-1)<<('A'-64) | (1<<26-1)<<('a'-64)
)

func isNameByte(c byte) bool {
	switch {
	case c < 64:
		return uint64(nameLow)>>c&1 != 0
	case c < 128:
		return uint64(nameHigh)>>(c-64)&1 != 0
	}
	return true
}

// start handles a start tag whose name has been read.
func (s *scanner) start(name string) bool {
	switch name {
	case "dialog-info":
		s.startDocument()
	case "dialog":
		s.startDialog()
	case "state":
		s.startState()
	case "local":
		s.startSide(localSide)
	case "remote":
		s.startSide(remoteSide)
	case "identity":
		s.startIdentity()
	case "target":
		s.startTarget()
	case "param":
		s.startParam()
	default:
		s.skipAttributes()
	}
	return s.pos < len(s.text)
}

func (s *scanner) end(name string) {
	switch name {
	case "local", "remote":
		s.side = noSide
	case "dialog":
		s.endDialog()
	case "dialog-info":
		s.closed = s.root
	}
}

func (s *scanner) startDocument() {
	if s.root {
		s.skipAttributes()
		return
	}
	s.root = true
	for name, value, more := s.attribute(); more; name, value, more = s.attribute() {
		switch name {
		case "version":
			s.doc.Version, s.doc.HasVersion = number(value)
		case "state":
			s.doc.Full = strings.EqualFold(value, "full")
		case "entity":
			s.doc.Entity = s.keep(limit(text.Decode(value), MaxURI))
		}
	}
	s.closed = s.empty
}

func (s *scanner) startDialog() {
	if s.open { // the end tag is missing
		s.endDialog()
	}
	s.open, s.dialog, s.side = s.root, Dialog{}, noSide
	for name, value, more := s.attribute(); more; name, value, more = s.attribute() {
		switch name {
		case "id":
			s.dialog.ID = s.keep(text.Decode(value))
		case "call-id":
			s.dialog.CallID = s.keep(limit(text.Decode(value), MaxID))
		case "local-tag":
			s.dialog.LocalTag = s.keep(limit(text.Decode(value), MaxID))
		case "remote-tag":
			s.dialog.RemoteTag = s.keep(limit(text.Decode(value), MaxID))
		case "direction":
			s.dialog.Direction = direction(value)
		}
	}
	if s.empty {
		s.endDialog()
	}
}

// endDialog appends the dialog if one can do something with it.
func (s *scanner) endDialog() {
	if !s.open {
		return
	}
	s.open, s.side = false, noSide
	if s.dialog.State == StateUnknown || len(s.dialog.ID) > MaxID {
		return
	}
	if len(s.doc.Dialogs) == MaxDialogs {
		s.doc.Truncated = true
		return
	}
	s.doc.Dialogs = append(s.doc.Dialogs, s.dialog)
}

// startState reads <state>. The first one counts: FreeSWITCH writes it before
// the names, so nothing in a name can replace it.
func (s *scanner) startState() {
	var event string
	var code uint32
	for name, value, more := s.attribute(); more; name, value, more = s.attribute() {
		switch name {
		case "event":
			event = s.keep(limit(text.Decode(value), MaxID))
		case "code":
			code, _ = number(value)
		}
	}
	if s.empty || !s.open || s.side != noSide || s.dialog.State != StateUnknown {
		return
	}
	s.dialog.State = state(strings.TrimSpace(s.content()))
	s.dialog.Event = event
	if code >= 100 && code <= 699 {
		s.dialog.Code = int(code)
	}
}

func (s *scanner) startSide(which side) {
	if s.skipAttributes(); !s.empty && s.open {
		s.side = which
	}
}

func (s *scanner) startIdentity() {
	if s.ownLineIdentity() {
		return
	}
	var display string
	for name, value, more := s.attribute(); more; name, value, more = s.attribute() {
		if name == "display" {
			display = value
		}
	}
	var uri string
	if !s.empty {
		uri = s.content()
	}
	s.setIdentity(display, uri)
}

// ownLineIdentity reads `<identity display="…">uri</identity>` from both ends
// of the line it has to itself, whatever the name holds.
func (s *scanner) ownLineIdentity() bool {
	tag := strings.LastIndexByte(s.text[:s.pos], '<')
	lineStart := strings.LastIndexByte(s.text[:tag], '\n') + 1
	for _, c := range []byte(s.text[lineStart:tag]) {
		if !isSpace(c) {
			return false
		}
	}
	line := s.text[s.pos:]
	if i := strings.IndexByte(line, '\n'); i >= 0 {
		line = line[:i]
	}
	size := len(line)
	line = strings.TrimRight(line, " \t\r")
	inner, found := strings.CutSuffix(line, ">")
	if !found {
		return false
	}
	slash := strings.LastIndex(inner, "</")
	if slash < 0 || text.LocalName(inner[slash+2:]) != "identity" {
		return false
	}
	inner = strings.TrimLeft(inner[:slash], " \t")
	value, found := strings.CutPrefix(inner, `display="`)
	if !found {
		return false
	}
	quote := strings.LastIndex(value, `">`)
	if quote < 0 {
		return false
	}
	s.setIdentity(value[:quote], value[quote+2:])
	s.pos += size
	return true
}

func (s *scanner) setIdentity(display, uri string) {
	who := s.identity()
	if !s.open || s.side == noSide || who.URI != "" {
		return
	}
	who.URI = s.keep(limit(strings.TrimSpace(text.Decode(uri)), MaxURI))
	who.Display = s.keep(address.Cut(strings.TrimSpace(text.Decode(display)), MaxDisplay))
}

// startTarget reads the address at which an end is reached. It is never who that
// is (on FreeSWITCH it is a pick-up code), but it may say that it is hidden.
func (s *scanner) startTarget() {
	for name, value, more := s.attribute(); more; name, value, more = s.attribute() {
		if name == "uri" && s.open && s.side != noSide && restricted(address.ParseURI(text.Decode(value))) {
			s.identity().Withheld = true
		}
	}
}

// startParam reads <param pname="+sip.rendering" pvalue="no"/> of the local
// target; the old chan_sip writes pval.
func (s *scanner) startParam() {
	var name, value string
	for n, v, more := s.attribute(); more; n, v, more = s.attribute() {
		switch n {
		case "pname":
			name = v
		case "pvalue", "pval":
			value = v
		}
	}
	if !s.open || s.side != localSide || name != "+sip.rendering" {
		return
	}
	switch strings.ToLower(value) {
	case "no":
		s.dialog.Rendering = RenderingNo
	case "yes":
		s.dialog.Rendering = RenderingYes
	}
}

func state(name string) State {
	switch {
	case strings.EqualFold(name, "trying"):
		return StateTrying
	case strings.EqualFold(name, "proceeding"):
		return StateProceeding
	case strings.EqualFold(name, "early"):
		return StateEarly
	case strings.EqualFold(name, "confirmed"):
		return StateConfirmed
	case strings.EqualFold(name, "terminated"):
		return StateTerminated
	}
	return StateUnknown
}

func direction(name string) Direction {
	switch {
	case strings.EqualFold(name, "initiator"):
		return DirectionInitiator
	case strings.EqualFold(name, "recipient"):
		return DirectionRecipient
	}
	return DirectionUnknown
}
