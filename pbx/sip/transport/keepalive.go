package transport

import (
	"errors"
	"math/rand/v2"
	"time"
)

// Times of keep-alives. A pong is insisted on once as many came as pongsShown:
// not every PBX answers (RFC 5626 §3.5.1 is for those that say so, which no PBX
// does outside of a registration).
const (
	pingLeast   = 20 * time.Second
	pingMost    = 30 * time.Second
	pongTimeout = 10 * time.Second
	pongsShown  = 2
	udpSilence  = 25 * time.Second
)

var errNoPong = errors.New("the PBX does not answer keep-alives any more")

// keepStream pings the switch on the connection until the layer ends.
func (l *Layer) keepStream() {
	s := l.stream
	for shown := 0; l.pause(pingLeast + rand.N(pingMost-pingLeast)); {
		before := s.reads.Load()
		s.pinged.Store(true)
		if s.send([]byte("\r\n\r\n")) != nil {
			return // the read loop says why
		}
		switch ponged := l.awaitPong(s); {
		case ponged:
			shown++
		case l.Stalled():
			continue // it may lie there unread
		case shown >= pongsShown && s.reads.Load() == before:
			s.giveUp(errNoPong)
			return
		}
		s.pinged.Store(false)
	}
}

// awaitPong waits for the answer to a ping.
func (l *Layer) awaitPong(s *stream) bool {
	timer := time.NewTimer(pongTimeout)
	defer timer.Stop()
	select {
	case <-s.pong:
		return true
	case <-l.done:
	case <-timer.C:
	}
	return false
}

// keepUDP sends a line end when nothing else was sent for a while, so that a NAT
// between us and the switch does not forget us.
func (l *Layer) keepUDP() {
	for wait := udpSilence; l.pause(wait); {
		quiet := time.Since(time.Unix(0, l.sent.Load()))
		if wait = udpSilence - quiet; wait > 0 {
			continue
		}
		_ = l.sendUDP([]byte("\r\n"), l.target.Addr)
		wait = udpSilence
	}
}

// pause waits for d; it is false if the layer ended first.
func (l *Layer) pause(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-l.done:
		return false
	}
}
