// Package rlmi reads what a telephone system reports on a resource list
// (RFC 4662): a multipart/related body whose root is an RLMI document
// (application/rlmi+xml), which names the resources and refers by Content-ID to
// the parts that hold their documents.
//
//	Content-Type, body ──► parts by Content-ID ──► RLMI ──► Notification{Lists{Resources{Instances}}}
//	                            └── a part that is multipart again: a list in the list ──┘
//
// It is pure and bounded by the constants below: parts and resources over the
// limits are left out, and Truncated says so. Addresses are hostile text.
package rlmi

import (
	"bytes"
	"errors"
)

// The limits of a notification.
const (
	MaxBody      = 256 << 10
	MaxParts     = 2048
	MaxResources = 2048
	MaxDepth     = 4 // of lists in lists
	MaxURI       = 512
)

// The errors of Parse.
var (
	// ErrTooLarge: the body is longer than MaxBody.
	ErrTooLarge = errors.New("rlmi: body too large")
	// ErrNotMultipart: the body is not multipart/related, or has no boundary.
	ErrNotMultipart = errors.New("rlmi: not a multipart/related body")
	// ErrNoList: there is no RLMI document in the body.
	ErrNoList = errors.New("rlmi: no RLMI document")
)

// State is the state of an instance (RFC 4662 §5.5).
type State uint8

// The states. StatePending is also what we do not know.
const (
	StatePending State = iota
	StateActive
	StateTerminated
)

// Notification is the body of one NOTIFY: the list that was subscribed to, and
// behind it those in it, as far as it holds their documents.
type Notification struct {
	Lists []List
	// Truncated says that something was left out or could not be read: a
	// resource that is missing in a full list may be there all the same.
	Truncated bool
}

// List is one list (RFC 4662 §5.2).
type List struct {
	URI string
	// Version goes up by one with each NOTIFY; HasVersion says whether it was
	// given.
	Version    uint32
	HasVersion bool
	// Full says that all resources are named, and not only those that changed.
	Full      bool
	Resources []Resource
}

// Resource is one entry of a list (RFC 4662 §5.3).
type Resource struct {
	URI       string
	Instances []Instance
}

// Instance is one subscription that the server of the list has to the resource
// (RFC 4662 §5.5).
type Instance struct {
	ID    string
	State State
	// Reason is why it was terminated, in the words of Subscription-State.
	Reason string
	// Body is the resource's document, as part of the body given to Parse; nil
	// if none came with it. ContentType is its media type in lower case.
	ContentType string
	Body        []byte
}

// Parse reads a NOTIFY's body. contentType is the value of its header field. What
// it returns points into body.
func Parse(contentType string, body []byte) (Notification, error) {
	if len(body) > MaxBody {
		return Notification{}, ErrTooLarge
	}
	r := reader{parts: MaxParts, resources: MaxResources}
	err := r.list(contentType, body, 0)
	return Notification{Lists: r.lists, Truncated: r.truncated}, err
}

// reader gathers the lists of a notification.
type reader struct {
	lists     []List
	parts     int // how many more may come
	resources int
	truncated bool
}

// list reads one multipart body and those in it.
func (r *reader) list(contentType string, body []byte, depth int) error {
	kind, boundary, start := mediaType(contentType)
	if kind != "multipart/related" || boundary == "" {
		return ErrNotMultipart
	}
	parts, whole := split(body, boundary, r.parts)
	r.parts -= len(parts)
	r.truncated = r.truncated || !whole
	root := rootOf(parts, start)
	if root == nil {
		return ErrNoList
	}
	l, whole, ok := decode(root.body, r.resources)
	if !ok {
		return ErrNoList
	}
	r.truncated = r.truncated || !whole
	r.resources -= len(l.Resources)
	byID := make(map[string]*part, len(parts))
	for i := range parts {
		if id := parts[i].id; id != "" {
			byID[id] = &parts[i]
		}
	}
	at := len(r.lists)
	r.lists = append(r.lists, List{})
	for i := range l.Resources {
		for j := range l.Resources[i].Instances {
			r.fill(&l.Resources[i].Instances[j], byID, depth)
		}
	}
	r.lists[at] = l
	return nil
}

// fill gives an instance its part. The ID of a part is used up by it, so that no
// document counts for two resources.
func (r *reader) fill(in *Instance, byID map[string]*part, depth int) {
	cid := string(in.Body) // decode leaves it there
	in.Body = nil
	p := byID[cid]
	if cid == "" {
		return
	}
	if p == nil {
		r.truncated = true
		return
	}
	delete(byID, cid)
	kind, _, _ := mediaType(p.contentType)
	in.ContentType = kind
	if kind != "multipart/related" {
		in.Body = p.body
		return
	}
	if depth+1 >= MaxDepth || r.list(p.contentType, p.body, depth+1) != nil {
		r.truncated = true
	}
}

// rootOf is the part that start names, else the first (RFC 2387 §3.2).
func rootOf(parts []part, start string) *part {
	for i := range parts {
		if start != "" && parts[i].id == start {
			return &parts[i]
		}
	}
	if len(parts) == 0 {
		return nil
	}
	return &parts[0]
}

// trimID takes the angle brackets off a Content-ID.
func trimID(value []byte) string {
	value = bytes.TrimSpace(value)
	value = bytes.TrimSuffix(bytes.TrimPrefix(value, []byte{'<'}), []byte{'>'})
	if len(value) > MaxURI {
		return ""
	}
	return string(value)
}
