package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"

	"github.com/gorilla/websocket"
)

// floorServer is the --serve value of the server that does no work: it finds
// agent and number by searching for bytes, answers 200 and writes a frame of
// fixed text. What is above its figures is ours.
const floorServer = "floor"

type floor struct {
	mu    sync.Mutex
	queue map[string]chan []byte // by extension
}

func serveFloor(ctx context.Context) error {
	f := &floor{queue: make(map[string]chan []byte)}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	c, err := lc.ListenPacket(ctx, "udp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	udp := c.(*net.UDPConn)
	_ = udp.SetReadBuffer(4 << 20)
	go func() { _ = http.Serve(l, f) }() //nolint:gosec // ends with the process
	go f.read(udp)
	fmt.Printf("ready %s %s\n", l.Addr(), udp.LocalAddr())
	_, _ = os.Stdin.Read(make([]byte, 1)) // until the driver closes the pipe
	return nil
}

// ServeHTTP gives an agent, named in the query, its frames.
func (f *floor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	up := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	c, err := up.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	frames := make(chan []byte, 16)
	f.mu.Lock()
	f.queue[r.URL.Query().Get("ext")] = frames
	f.mu.Unlock()
	go func() {
		for {
			if _, _, err := c.ReadMessage(); err != nil {
				return
			}
		}
	}()
	for frame := range frames {
		if c.WriteMessage(websocket.TextMessage, frame) != nil {
			return
		}
	}
}

func (f *floor) read(udp *net.UDPConn) {
	buf := make([]byte, 64<<10)
	for {
		n, from, err := udp.ReadFromUDPAddrPort(buf)
		if err != nil {
			return
		}
		msg := buf[:n]
		if head := bytes.Index(msg, []byte("Via:")); head >= 0 {
			end := bytes.Index(msg, []byte("Contact:"))
			out := append([]byte("SIP/2.0 200 OK\r\n"), msg[head:max(head, end)]...)
			_, _ = udp.WriteToUDPAddrPort(append(out, "Content-Length: 0\r\n\r\n"...), from)
		}
		state := "ringing"
		if !bytes.Contains(msg, []byte("<state>early")) {
			state = "connected"
		}
		_, rest, _ := bytes.Cut(msg, []byte("From: <sip:"))
		ext, _, _ := bytes.Cut(rest, []byte("@"))
		_, rest, _ = bytes.Cut(msg, []byte("sip:"+numberPrefix))
		if len(rest) < 6 {
			rest = []byte("000000")
		}
		f.mu.Lock()
		to := f.queue[string(ext)]
		f.mu.Unlock()
		if to == nil {
			continue
		}
		select {
		case to <- fmt.Appendf(nil, `{"type":"call","call":{"id":"c-1","state":"%s","party":{"number":"%s%s"},"matches":[{"id":"003000000000001AAA","object":"Contact","name":"Record","match":"exact"}],"actions":[]}}`, state, numberPrefix, rest[:6]):
		default:
		}
	}
}

// floorSubscriptions stand for those that a bridge would have made.
func (p *notifier) floorSubscriptions(agents int, to *net.UDPAddr) {
	for i := range agents {
		ext := extensionOf(i)
		p.subs[ext] = &subscription{
			ext: ext, to: to, target: "sip:load@" + to.String(), callID: "floor-" + ext,
			head: "From: <sip:" + ext + "@" + p.addr + ">;tag=load\r\nTo: <sip:cti@" + p.addr + ">;tag=" + strconv.Itoa(i) + "\r\nCall-ID: floor-" + ext + "\r\n",
		}
	}
}
