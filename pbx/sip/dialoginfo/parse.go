package dialoginfo

import (
	"strings"

	"github.com/ctibridge/ctibridge/pbx/internal/text"
	"github.com/ctibridge/ctibridge/pbx/sip/address"
)

// Parse reads body into d, whose Dialogs are overwritten and their memory
// reused. The strings of d share one copy of body. On error d is empty.
func (d *Document) Parse(body []byte) error {
	*d = Document{Dialogs: d.Dialogs[:0]}
	if len(body) > MaxBody {
		return ErrTooLarge
	}
	s := scanner{text: string(body), doc: d}
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
	pos    int
	doc    *Document
	root   bool // <dialog-info> was seen
	closed bool // … and </dialog-info>
	open   bool // inside <dialog>
	dialog Dialog
	side   *Identity // inside <local> or <remote>
}

// next handles one tag; it is false at the end of the text.
func (s *scanner) next() bool {
	i := strings.IndexByte(s.text[s.pos:], '<')
	if i < 0 || s.closed {
		return false
	}
	s.pos += i + 1
	rest := s.text[s.pos:]
	switch {
	case strings.HasPrefix(rest, "!--"):
		return s.skipPast("-->")
	case strings.HasPrefix(rest, "![CDATA["):
		return s.skipPast("]]>")
	case strings.HasPrefix(rest, "?"):
		return s.skipPast("?>")
	case strings.HasPrefix(rest, "!"):
		return s.skipPast(">")
	case strings.HasPrefix(rest, "/"):
		s.pos++
		s.end(text.LocalName(s.name()))
		return true
	}
	return s.start(text.LocalName(s.name()))
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
	begin := s.pos
	for s.pos < len(s.text) && isNameByte(s.text[s.pos]) {
		s.pos++
	}
	return s.text[begin:s.pos]
}

func isNameByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' ||
		c == '-' || c == '_' || c == ':' || c == '.' || c >= 0x80
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
		s.startSide(&s.dialog.Local)
	case "remote":
		s.startSide(&s.dialog.Remote)
	case "identity":
		s.startIdentity()
	case "target":
		s.startTarget()
	case "param":
		s.startParam()
	default:
		s.attributes(nil)
	}
	return s.pos < len(s.text)
}

func (s *scanner) end(name string) {
	switch name {
	case "local", "remote":
		s.side = nil
	case "dialog":
		s.endDialog()
	case "dialog-info":
		s.closed = s.root
	}
}

func (s *scanner) startDocument() {
	if s.root {
		s.attributes(nil)
		return
	}
	s.root = true
	empty := s.attributes(func(name, value string) {
		switch name {
		case "version":
			s.doc.Version, s.doc.HasVersion = number(value)
		case "state":
			s.doc.Full = strings.EqualFold(value, "full")
		case "entity":
			s.doc.Entity = limit(text.Decode(value), MaxURI)
		}
	})
	s.closed = empty
}

func (s *scanner) startDialog() {
	if s.open { // the end tag is missing
		s.endDialog()
	}
	s.open, s.dialog, s.side = s.root, Dialog{}, nil
	empty := s.attributes(func(name, value string) {
		switch name {
		case "id":
			s.dialog.ID = text.Decode(value)
		case "call-id":
			s.dialog.CallID = limit(text.Decode(value), MaxID)
		case "local-tag":
			s.dialog.LocalTag = limit(text.Decode(value), MaxID)
		case "remote-tag":
			s.dialog.RemoteTag = limit(text.Decode(value), MaxID)
		case "direction":
			s.dialog.Direction = direction(value)
		}
	})
	if empty {
		s.endDialog()
	}
}

// endDialog appends the dialog if one can do something with it.
func (s *scanner) endDialog() {
	if !s.open {
		return
	}
	s.open, s.side = false, nil
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
	empty := s.attributes(func(name, value string) {
		switch name {
		case "event":
			event = limit(text.Decode(value), MaxID)
		case "code":
			code, _ = number(value)
		}
	})
	if empty || !s.open || s.side != nil || s.dialog.State != StateUnknown {
		return
	}
	s.dialog.State = state(strings.TrimSpace(s.content()))
	s.dialog.Event = event
	if code >= 100 && code <= 699 {
		s.dialog.Code = int(code)
	}
}

func (s *scanner) startSide(side *Identity) {
	if empty := s.attributes(nil); !empty && s.open {
		s.side = side
	}
}

func (s *scanner) startIdentity() {
	if s.ownLineIdentity() {
		return
	}
	var display string
	empty := s.attributes(func(name, value string) {
		if name == "display" {
			display = value
		}
	})
	var uri string
	if !empty {
		uri = s.content()
	}
	s.setIdentity(display, uri)
}

// ownLineIdentity reads `<identity display="…">uri</identity>` from both ends
// of the line it has to itself, whatever the name holds.
func (s *scanner) ownLineIdentity() bool {
	tag := strings.LastIndexByte(s.text[:s.pos], '<')
	lineStart := strings.LastIndexByte(s.text[:tag], '\n') + 1
	if strings.TrimLeft(s.text[lineStart:tag], " \t\r") != "" {
		return false
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
	if !s.open || s.side == nil || s.side.URI != "" {
		return
	}
	s.side.URI = limit(strings.TrimSpace(text.Decode(uri)), MaxURI)
	s.side.Display = address.Cut(strings.TrimSpace(text.Decode(display)), MaxDisplay)
}

// startTarget reads the address at which an end is reached. It is never who that
// is (on FreeSWITCH it is a pick-up code), but it may say that it is hidden.
func (s *scanner) startTarget() {
	s.attributes(func(name, value string) {
		if name == "uri" && s.open && s.side != nil && restricted(address.ParseURI(text.Decode(value))) {
			s.side.Withheld = true
		}
	})
}

// startParam reads <param pname="+sip.rendering" pvalue="no"/> of the local
// target; the old chan_sip writes pval.
func (s *scanner) startParam() {
	var name, value string
	s.attributes(func(n, v string) {
		switch n {
		case "pname":
			name = v
		case "pvalue", "pval":
			value = v
		}
	})
	if !s.open || s.side != &s.dialog.Local || name != "+sip.rendering" {
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
