package ecma323

import "bytes"

// rootName is the name, prefix included, of the first element of a document,
// and where its start tag begins.
func rootName(body []byte) (name []byte, at int) {
	for i := 0; i+1 < len(body); i++ {
		open := bytes.IndexByte(body[i:], '<')
		if open < 0 || i+open+1 >= len(body) {
			return nil, 0
		}
		i += open
		if !isNameStart(body[i+1]) {
			continue // <?xml …?>, a comment
		}
		end := i + 1
		for end < len(body) && isNameByte(body[end]) {
			end++
		}
		return body[i+1 : end], i
	}
	return nil, 0
}

// closed tells whether a document ends with the end of its root element. It
// looks at both ends only.
func closed(body []byte) bool {
	tail := bytes.TrimRight(body, " \t\r\n\x00")
	if len(tail) == 0 || tail[len(tail)-1] != '>' {
		return false
	}
	name, at := rootName(body)
	if name == nil {
		return false
	}
	tail = bytes.TrimRight(tail[:len(tail)-1], " \t\r\n")
	if open, found := bytes.CutSuffix(tail, name); found && bytes.HasSuffix(open, []byte("</")) {
		return true
	}
	// <SystemStatus/> has no end tag: then the last '<' is that of the root.
	return bytes.HasSuffix(tail, []byte("/")) && bytes.LastIndexByte(tail, '<') == at
}

// wholeMessage is the length of the document up to the end of its root element,
// 0 if that is not there.
func wholeMessage(body []byte) int {
	name, at := rootName(body)
	if name == nil {
		return 0
	}
	for i := at; ; {
		end := bytes.Index(body[i:], []byte("</"))
		if end < 0 {
			break
		}
		i += end + 2
		rest, found := bytes.CutPrefix(body[i:], name)
		if !found {
			continue
		}
		rest = bytes.TrimLeft(rest, " \t\r\n")
		if len(rest) > 0 && rest[0] == '>' {
			return len(body) - len(rest) + 1
		}
	}
	tag := bytes.IndexByte(body[at:], '>')
	if tag > 0 && body[at+tag-1] == '/' {
		return at + tag + 1
	}
	return 0
}
