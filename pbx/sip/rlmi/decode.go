package rlmi

import (
	"bytes"
	"encoding/xml"
	"io"
	"strconv"
	"strings"
)

// decode reads an RLMI document with at most limit resources. The Content-ID of
// an instance is left in its Body. whole: it was read to its end.
//
// Unlike dialog-info, which carries what callers call themselves, RLMI is
// written of names that an administrator chose, and the switches that send it
// escape them; so the standard library's decoder does.
func decode(body []byte, limit int) (l List, whole, ok bool) {
	d := xml.NewDecoder(bytes.NewReader(body))
	d.Strict = false
	d.Entity = xml.HTMLEntity
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
	for {
		token, err := d.Token()
		if err != nil {
			return l, false, ok
		}
		switch e := token.(type) {
		case xml.StartElement:
			switch {
			case e.Name.Local == "list" && !ok:
				ok = true
				l.read(e.Attr)
			case !ok:
			case e.Name.Local == "resource":
				if len(l.Resources) >= limit {
					return l, false, ok
				}
				l.Resources = append(l.Resources, Resource{URI: address(attribute(e.Attr, "uri"))})
			case e.Name.Local == "instance" && len(l.Resources) > 0:
				r := &l.Resources[len(l.Resources)-1]
				if len(r.Instances) < maxInstances {
					r.Instances = append(r.Instances, instance(e.Attr))
				}
			}
		case xml.EndElement:
			if e.Name.Local == "list" && ok {
				return l, true, true
			}
		}
	}
}

// maxInstances bounds the instances of a resource; one is usual.
const maxInstances = 16

func (l *List) read(attrs []xml.Attr) {
	l.URI = address(attribute(attrs, "uri"))
	if n, err := strconv.ParseUint(attribute(attrs, "version"), 10, 32); err == nil {
		l.Version, l.HasVersion = uint32(n), true
	}
	full := attribute(attrs, "fullState")
	l.Full = full == "1" || strings.EqualFold(full, "true") // xs:boolean
}

func instance(attrs []xml.Attr) Instance {
	in := Instance{ID: address(attribute(attrs, "id")), Reason: address(attribute(attrs, "reason"))}
	switch strings.ToLower(attribute(attrs, "state")) {
	case "active":
		in.State = StateActive
	case "terminated":
		in.State = StateTerminated
	}
	if cid := attribute(attrs, "cid"); cid != "" {
		in.Body = []byte(trimID([]byte(cid)))
	}
	return in
}

func attribute(attrs []xml.Attr, name string) string {
	for _, a := range attrs {
		if strings.EqualFold(a.Name.Local, name) {
			return strings.TrimSpace(a.Value)
		}
	}
	return ""
}

// address refuses what is longer than any address.
func address(s string) string {
	if len(s) > MaxURI {
		return ""
	}
	return s
}
