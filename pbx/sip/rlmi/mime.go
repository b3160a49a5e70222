package rlmi

import (
	"bytes"
	"mime"
	"strings"
)

// part is one part of a multipart body.
type part struct {
	id, contentType string
	body            []byte
}

// mediaType reads a Content-Type: the media type in lower case, and the
// parameters that matter here.
func mediaType(value string) (kind, boundary, start string) {
	if len(value) > 4*MaxURI {
		return "", "", ""
	}
	kind, params, err := mime.ParseMediaType(value)
	if err != nil { // some parameter is not as it should be
		kind, _, _ = strings.Cut(value, ";")
		return strings.ToLower(strings.TrimSpace(kind)), param(value, "boundary"), trimID([]byte(param(value, "start")))
	}
	return kind, params["boundary"], trimID([]byte(params["start"]))
}

// param finds a parameter where the whole cannot be read by the rules.
func param(value, name string) string {
	for _, p := range strings.Split(value, ";")[1:] {
		key, text, ok := strings.Cut(p, "=")
		if ok && strings.EqualFold(strings.TrimSpace(key), name) {
			return strings.Trim(strings.TrimSpace(text), `"`)
		}
	}
	return ""
}

// split cuts a multipart body into at most limit parts (RFC 2046 §5.1.1). whole:
// the closing boundary came.
func split(body []byte, boundary string, limit int) (parts []part, whole bool) {
	mark := []byte("--" + boundary)
	rest, last, ok := nextBoundary(body, mark)
	for ok && !last {
		if len(parts) >= limit {
			return parts, false
		}
		var p part
		content := rest
		if rest, last, ok = nextBoundary(content, mark); ok {
			content = content[:len(content)-len(rest)]
			content = content[:bytes.LastIndex(content, mark)]
			content = trimLineEnd(content)
		}
		p.read(content)
		parts = append(parts, p)
	}
	return parts, ok && last
}

// nextBoundary finds the next line that is a boundary, and returns what follows
// it. last: it is the closing one.
func nextBoundary(b, mark []byte) (rest []byte, last, ok bool) {
	for at := 0; ; {
		i := bytes.Index(b[at:], mark)
		if i < 0 {
			return nil, false, false
		}
		i += at
		at = i + len(mark)
		if i > 0 && b[i-1] != '\n' {
			continue
		}
		tail := b[at:]
		closing := bytes.HasPrefix(tail, []byte("--"))
		if closing {
			tail = tail[2:]
		}
		line, after, found := bytes.Cut(tail, []byte{'\n'})
		if len(bytes.TrimSpace(line)) > 0 || !found && !closing {
			continue // a longer boundary that begins alike
		}
		return after, closing, true
	}
}

// trimLineEnd takes off the line end that belongs to the boundary behind it.
func trimLineEnd(b []byte) []byte {
	b = bytes.TrimSuffix(b, []byte{'\n'})
	return bytes.TrimSuffix(b, []byte{'\r'})
}

// read takes a part's header fields and body apart.
func (p *part) read(content []byte) {
	for len(content) > 0 {
		line, rest, _ := bytes.Cut(content, []byte{'\n'})
		content = rest
		line = bytes.TrimSuffix(line, []byte{'\r'})
		if len(line) == 0 {
			break
		}
		for len(content) > 0 && (content[0] == ' ' || content[0] == '\t') { // folded
			more, rest, _ := bytes.Cut(content, []byte{'\n'})
			line = append(append(bytes.Clone(line), ' '), bytes.TrimSpace(more)...)
			content = rest
		}
		name, value, _ := bytes.Cut(line, []byte{':'})
		switch name = bytes.TrimSpace(name); {
		case strings.EqualFold(string(name), "Content-ID"):
			p.id = trimID(value)
		case strings.EqualFold(string(name), "Content-Type"):
			p.contentType = string(bytes.TrimSpace(value))
		}
	}
	p.body = content
}
