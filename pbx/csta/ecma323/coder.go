package ecma323

import (
	"encoding/hex"
	"strconv"
	"strings"
)

// coder takes a message's description both ways: reading, it finds each element
// below at and fills the field; writing, it appends the elements in the order
// they are described.
type coder struct {
	writing bool
	edition Edition

	tree *tree
	at   int32 // the element whose children are read
	from int32 // the child where the next search begins

	out []byte
}

// reads returns the child of that name; 0 if there is none, or when writing.
func (c *coder) reads(name string) int32 {
	if c.writing {
		return 0
	}
	id := c.tree.find(c.at, c.from, name)
	if id != 0 {
		c.from = c.tree.nodes[id].next
	}
	return id
}

func (c *coder) open(name string) {
	c.out = append(c.out, '<')
	c.out = append(c.out, name...)
	c.out = append(c.out, '>')
}

func (c *coder) end(name string) {
	c.out = append(c.out, "</"...)
	c.out = append(c.out, name...)
	c.out = append(c.out, '>')
}

func (c *coder) empty(name string) {
	c.out = append(c.out, '<')
	c.out = append(c.out, name...)
	c.out = append(c.out, "/>"...)
}

func (c *coder) attr(name, value string) {
	if value == "" {
		return
	}
	c.out = append(c.out, ' ')
	c.out = append(c.out, name...)
	c.out = append(c.out, `="`...)
	c.out = append(appendEscaped(c.out, value), '"')
}

func (c *coder) element(name, value string) {
	c.open(name)
	c.out = appendEscaped(c.out, value)
	c.end(name)
}

// text is an element with text; empty is not written.
func (c *coder) text(name string, value *string) {
	if c.writing {
		if *value != "" {
			c.element(name, *value)
		}
		return
	}
	if id := c.reads(name); id != 0 {
		*value, _ = c.tree.deepValue(id)
	}
}

// id is text in which blanks mean nothing.
func (c *coder) id(name string, value *string) {
	c.text(name, value)
	if !c.writing {
		*value = unspaced(*value)
	}
}

// hexText is text that the schema wants as hexBinary, in an element <string>.
func (c *coder) hexText(name string, value *string) {
	if c.writing {
		if *value != "" {
			c.open(name)
			c.element("string", strings.ToUpper(hex.EncodeToString([]byte(*value))))
			c.end(name)
		}
		return
	}
	if id := c.reads(name); id != 0 {
		text, _ := c.tree.deepValue(id)
		*value = fromHex(text)
	}
}

// number is a whole number; zero is not written.
func (c *coder) number(name string, value *int) {
	if c.writing {
		if *value != 0 {
			c.element(name, strconv.Itoa(*value))
		}
		return
	}
	if id := c.reads(name); id != 0 {
		text, _ := c.tree.deepValue(id)
		if n, err := strconv.Atoi(text); err == nil {
			*value = n
		}
	}
}

// flag is a boolean; false is not written.
func (c *coder) flag(name string, value *bool) {
	if c.writing {
		if *value {
			c.element(name, "true")
		}
		return
	}
	if id := c.reads(name); id != 0 {
		text, _ := c.tree.deepValue(id)
		*value = truth(text)
	}
}

func truth(text string) bool { return text == "1" || strings.EqualFold(text, "true") }

// group is an element with elements in it, written if present. It reports
// whether the element was there when reading.
func (c *coder) group(name string, present bool, fields func()) bool {
	if c.writing {
		if present {
			c.open(name)
			fields()
			c.end(name)
		}
		return present
	}
	id := c.reads(name)
	if id != 0 {
		c.within(id, fields)
	}
	return id != 0
}

// within reads the children of another element.
func (c *coder) within(id int32, fields func()) {
	at, from := c.at, c.from
	c.at, c.from = id, c.tree.nodes[id].child
	fields()
	c.at, c.from = at, from
}

// list is any number of elements of that name.
func list[T any](c *coder, name string, items *[]T, fields func(*T)) {
	if c.writing {
		for i := range *items {
			c.open(name)
			fields(&(*items)[i])
			c.end(name)
		}
		return
	}
	for id := c.tree.nodes[c.at].child; id != 0; id = c.tree.nodes[id].next {
		if sameName(c.tree.nodes[id].name, name) {
			var item T
			c.within(id, func() { fields(&item) })
			*items = append(*items, item)
		}
	}
}

// texts is any number of elements of that name with text.
func (c *coder) texts(name string, items *[]string) {
	if c.writing {
		for _, item := range *items {
			c.element(name, item)
		}
		return
	}
	for id := c.tree.nodes[c.at].child; id != 0; id = c.tree.nodes[id].next {
		if sameName(c.tree.nodes[id].name, name) {
			text, _ := c.tree.deepValue(id)
			*items = append(*items, text)
		}
	}
}
