package mirror

import (
	"bytes"
	"strconv"
	"strings"
	"time"

	"github.com/ctibridge/ctibridge/pbx/sip/message"
)

// Telephones may register under another user than their extension (a random one
// for each, as WebRTC clients do), and the switch then calls that one. The 200 to
// a REGISTER lists all contacts of an extension (RFC 3261 §10.3), so it is read,
// of watched extensions only and only where its request was seen as well.
const (
	maxContacts = 8192
	maxBindings = 16 // of an extension
	// usualExpiry is what a registrar means that does not say (RFC 3261 §10.3).
	usualExpiry = time.Hour
	maxExpiry   = 24 * time.Hour
)

// contacts are where the watched devices are registered.
type contacts struct {
	at    map[string]binding  // by user@host:port
	of    map[string][]string // keys of a device
	asked gone                // REGISTERs seen, without an answer yet
}

// binding is one contact of a device.
type binding struct {
	device string
	until  time.Time
}

// register notes a REGISTER, so that its answer is believed.
func (f *follower) register(m *message.Message) reason {
	if f.aor(m) == "" {
		return dropUnwatched
	}
	f.contacts.asked.add(f.hash(m.CallID, message.Param(m.Via(), "branch")))
	return dropNothing
}

// registered reads the contacts out of the answer.
func (f *follower) registered(m *message.Message) reason {
	device := f.aor(m)
	switch {
	case device == "":
		return dropUnwatched
	case m.Status < 200 || m.Status >= 300, !f.contacts.asked.has(f.hash(m.CallID, message.Param(m.Via(), "branch"))):
		return dropNothing
	}
	f.contacts.forget(device)
	otherwise := usualExpiry
	if n, said := m.Number(message.Expires); said {
		otherwise = time.Duration(n) * time.Second
	}
	for value := range m.Values(message.Contact) {
		life := otherwise
		if n, err := strconv.ParseUint(string(message.Param(value, "expires")), 10, 32); err == nil {
			life = time.Duration(n) * time.Second
		}
		if life > 0 {
			f.contacts.add(contactKey(value), binding{device, f.now.Add(min(life, maxExpiry))})
		}
	}
	return dropNothing
}

// aor is the watched device whose address a REGISTER is about.
func (f *follower) aor(m *message.Message) string {
	if !f.inDomain(m.To) {
		return ""
	}
	user, _ := splitURI(m.To)
	return f.devices[string(user)]
}

// contactKey is a contact as user@host:port.
func contactKey(uri []byte) string {
	user, host := splitURI(uri)
	return string(user) + "@" + hostPort(host)
}

func (r *contacts) add(key string, b binding) {
	if r.at == nil {
		r.at, r.of = map[string]binding{}, map[string][]string{}
	}
	if old, known := r.at[key]; known && old.device != b.device {
		r.drop(key, old.device) // the telephone is somebody else's now
	}
	if len(r.of[b.device]) >= maxBindings || len(r.at) >= maxContacts {
		return
	}
	r.at[key], r.of[b.device] = b, append(r.of[b.device], key)
}

// forget drops all contacts of a device.
func (r *contacts) forget(device string) {
	for _, key := range r.of[device] {
		delete(r.at, key)
	}
	delete(r.of, device)
}

func (r *contacts) drop(key, device string) {
	delete(r.at, key)
	list := r.of[device]
	for i, k := range list {
		if k == key {
			list = append(list[:i], list[i+1:]...)
			break
		}
	}
	if r.of[device] = list; len(list) == 0 {
		delete(r.of, device)
	}
}

// device is whose contact an address is: the very one, or behind a NAT that
// changes ports the only one with that user.
func (r *contacts) device(uri []byte, now time.Time) string {
	if len(r.at) == 0 {
		return ""
	}
	if b, known := r.at[contactKey(uri)]; known && now.Before(b.until) {
		return b.device
	}
	user, _ := splitURI(uri)
	if len(bytes.TrimSpace(user)) == 0 {
		return ""
	}
	found := ""
	for key, b := range r.at {
		if !now.Before(b.until) || len(key) <= len(user) || key[len(user)] != '@' || !strings.HasPrefix(key, string(user)) {
			continue
		}
		if found != "" && found != b.device {
			return ""
		}
		found = b.device
	}
	return found
}

// sweep forgets what has run out.
func (r *contacts) sweep(now time.Time) {
	for key, b := range r.at {
		if !now.Before(b.until) {
			r.drop(key, b.device)
		}
	}
}
