package ecma323

import "strings"

// Message is a CSTA message; the concrete types are pointers to the structs of
// this package.
type Message interface {
	// Name is the root element's.
	Name() string
	// fields describes the elements, in the order of the schema.
	fields(c *coder)
}

// Kind is what a message is to its receiver.
type Kind uint8

// The kinds of message.
const (
	KindRequest Kind = iota
	KindResponse
	KindEvent
)

// KindOf tells what m is, by its name: some switches send events with the
// invoke id of a request, and requests with ours.
func KindOf(m Message) Kind {
	name := m.Name()
	switch {
	case strings.HasSuffix(name, "Event"):
		return KindEvent
	case strings.HasSuffix(name, "Response"), name == "CSTAErrorCode", name == "loginResponce", name == "loginFailed":
		return KindResponse
	}
	return KindRequest
}

// OtherMessage is a message that this package has no type for.
type OtherMessage struct {
	// Element is the root element's name.
	Element string
	// MonitorCrossRefID is set if there is one, so for any event.
	MonitorCrossRefID string
}

// Name is the root element's.
func (m *OtherMessage) Name() string { return m.Element }

func (m *OtherMessage) fields(c *coder) { c.id("monitorCrossRefID", &m.MonitorCrossRefID) }

// Decoder reads messages and reuses its memory for the next one; what it
// returns stays valid. It is not for concurrent use.
type Decoder struct {
	tree tree
	code coder
}

// Decode reads one document. A message of a name that it does not know comes as
// *OtherMessage. Errors: ErrNotXML, ErrTruncated, ErrTooComplex, ErrTooLarge.
func (d *Decoder) Decode(body []byte) (Message, error) {
	if len(body) > MaxFrame {
		return nil, ErrTooLarge
	}
	if err := d.tree.parse(string(body)); err != nil {
		return nil, err
	}
	root := &d.tree.nodes[0]
	m := newMessage(root.name)
	d.code = coder{tree: &d.tree, from: root.child}
	m.fields(&d.code)
	return m, nil
}

// Decode reads one document; see Decoder.
func Decode(body []byte) (Message, error) {
	var d Decoder
	return d.Decode(body)
}

// AppendMessage appends m to dst as an XML document.
func AppendMessage(dst []byte, m Message, e Edition) []byte {
	c := coder{writing: true, edition: e, out: append(dst, `<?xml version="1.0" encoding="UTF-8"?>`...)}
	name, namespace := m.Name(), e.Namespace
	if n, own := m.(interface{ namespace() string }); own {
		namespace = n.namespace()
	}
	c.out = append(append(c.out, '<'), name...)
	c.attr("xmlns", namespace)
	if a, has := m.(interface{ rootAttributes(c *coder) }); has {
		a.rootAttributes(&c)
	}
	c.out = append(c.out, '>')
	m.fields(&c)
	c.end(name)
	return c.out
}

// newMessage makes an empty message of that name.
func newMessage(name string) Message {
	if make := messages[name]; make != nil {
		return make()
	}
	for known, make := range messages {
		if strings.EqualFold(known, name) {
			return make()
		}
	}
	return &OtherMessage{Element: name}
}
