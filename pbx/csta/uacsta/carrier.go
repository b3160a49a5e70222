package uacsta

import (
	"sync"

	gosip "github.com/emiago/sipgo/sip"

	"github.com/ctibridge/ctibridge/pbx/sip/message"
	"github.com/ctibridge/ctibridge/pbx/sip/transport"
)

// Carrier is the sockets that the associations of many telephones share with
// whoever owns them, such as a link: one address that telephones and firewalls
// have to know, and no goroutine or socket of a telephone's own. Its owner reads,
// and hands on what is theirs.
type Carrier struct {
	wire *transport.Layer
	tx   *transport.Transactions

	mu       sync.Mutex
	sessions map[string]*session // by Call-ID
}

// NewCarrier makes a carrier of one life of the sockets.
func NewCarrier(wire *transport.Layer, tx *transport.Transactions) *Carrier {
	return &Carrier{wire: wire, tx: tx, sessions: map[string]*session{}}
}

// Receive takes and answers a request of a telephone. It is false where the
// request belongs to no association. It is called on the read loop of the
// request's socket, and m is not kept.
func (c *Carrier) Receive(m *message.Message, from transport.Source) bool {
	s := c.find(m.CallID)
	if s == nil {
		return false
	}
	s.receive(m, from)
	return true
}

// Stray takes a success that no transaction waits for: see session.stray.
func (c *Carrier) Stray(res *gosip.Response) {
	if res.CallID() == nil {
		return
	}
	if s := c.find([]byte(*res.CallID())); s != nil {
		s.stray(res)
	}
}

func (c *Carrier) find(callID []byte) *session {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.sessions[string(callID)]
}

func (c *Carrier) add(s *session) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sessions[s.dlg.callID] = s
}

func (c *Carrier) drop(s *session) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.sessions, s.dlg.callID)
}
