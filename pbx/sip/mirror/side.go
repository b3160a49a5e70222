package mirror

import (
	"bytes"
	"hash/maphash"
	"strings"
)

// side is which way a request runs as seen from the switch.
type side uint8

const (
	sideUnknown side = iota
	toSwitch
	fromSwitch
)

// Bounds of what is learned about addresses.
const (
	maxHosts = 2048
	maxPeers = 4 // of a host that are told apart
)

// sides tells requests to the switch from requests of the switch by what SIP
// says: who wrote the topmost Via sends, and whom the request line names
// receives. The addresses of the packets themselves are not looked at, as
// Asterisk reports 127.0.0.1 for its own.
//
// Which of the two is the switch is configured, or learned: it is the one with
// many neighbours, where telephones and trunks have one.
type sides struct {
	own   map[string]bool // hosts, or host:port, of the switch
	peers map[string]*neighbours
	seed  maphash.Seed
}

// neighbours are the first few that a host was seen with.
type neighbours struct {
	seen  [maxPeers]uint64
	count int
}

// newSides takes the switch's addresses as far as they are configured.
func newSides(own []string) sides {
	s := sides{own: map[string]bool{}, peers: map[string]*neighbours{}, seed: maphash.MakeSeed()}
	for _, host := range own {
		if host = strings.ToLower(strings.TrimSpace(host)); host != "" {
			s.own[host] = true
		}
	}
	return s
}

// learn notes that two hosts exchange calls.
func (s *sides) learn(a, b string) {
	if a == b {
		return
	}
	s.meet(a, b)
	s.meet(b, a)
}

func (s *sides) meet(host, other string) {
	n := s.peers[host]
	if n == nil {
		if len(s.peers) >= maxHosts {
			clear(s.peers) // what is true is soon learned again
		}
		n = &neighbours{}
		s.peers[host] = n
	}
	h := maphash.String(s.seed, other)
	for _, seen := range n.seen[:n.count] {
		if seen == h {
			return
		}
	}
	if n.count < maxPeers {
		n.seen[n.count] = h
		n.count++
	}
}

// of tells the side of a request by its sender, its receiver and the host in
// From, each as host:port.
func (s *sides) of(sender, receiver, from string) side {
	a, b := s.isOwn(sender), s.isOwn(receiver)
	switch {
	case a: // a proxy may leave its own domain in the request line
		return fromSwitch
	case b:
		return toSwitch
	}
	if a, b := s.degree(sender), s.degree(receiver); a != b && max(a, b) > 1 {
		if a > b {
			return fromSwitch
		}
		return toSwitch
	}
	if from == receiver && from != sender {
		return toSwitch // a telephone of the switch's domain calls
	}
	return sideUnknown
}

func (s *sides) degree(host string) int {
	if n := s.peers[host]; n != nil {
		return n.count
	}
	return 0
}

func (s *sides) isOwn(hostPort string) bool {
	if len(s.own) == 0 {
		return false
	}
	if s.own[hostPort] {
		return true
	}
	i := strings.LastIndexByte(hostPort, ':')
	return i > 0 && s.own[hostPort[:i]]
}

// sentBy is who wrote a Via, as host:port in lower case (RFC 3261 §18.1.1).
func sentBy(via []byte) string {
	via, _, _ = bytes.Cut(via, []byte{';'})
	via = bytes.TrimSpace(via)
	if i := bytes.LastIndexAny(via, " \t"); i >= 0 {
		via = via[i+1:]
	}
	return hostPort(via)
}

// splitURI cuts a URI into the user part without its parameters, and host:port
// as written.
func splitURI(uri []byte) (user, host []byte) {
	if i := bytes.IndexByte(uri, '<'); i >= 0 {
		uri, _, _ = bytes.Cut(uri[i+1:], []byte{'>'})
	}
	scheme, rest, found := bytes.Cut(uri, []byte{':'})
	if !found || len(scheme) > 4 {
		rest = uri
	}
	user, host, found = bytes.Cut(rest, []byte{'@'})
	if !found {
		user, host = nil, rest
		if len(scheme) == 3 && scheme[0]|0x20 == 't' { // tel
			user, host = rest, nil
		}
	}
	if i := bytes.IndexAny(user, ";:"); i >= 0 {
		user = user[:i]
	}
	if i := bytes.IndexAny(host, ";?>"); i >= 0 {
		host = host[:i]
	}
	return user, host
}

// hostPort puts the default port behind a host that has none.
func hostPort(host []byte) string {
	out := strings.ToLower(string(bytes.TrimSpace(host)))
	if out == "" || strings.LastIndexByte(out, ':') > strings.LastIndexByte(out, ']') {
		return out
	}
	return out + ":5060"
}
