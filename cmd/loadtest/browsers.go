package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"golang.org/x/sync/errgroup"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/web/agent/agenttest"
)

// connectAtOnce bounds how many sockets are opened at the same time.
const connectAtOnce = 64

// browsers are the agents' tabs.
type browsers struct {
	url, origin string
	conns       []*websocket.Conn
	resumes     []string
	wg          sync.WaitGroup
}

func tabOf(i int) bridge.Tab {
	return bridge.Tab{ID: bridge.TabID("tab-" + strconv.Itoa(i)), Visible: true, Focused: true}
}

// connect signs all agents in with tickets signed beforehand.
func (b *browsers) connect(ctx context.Context, tickets []string) error {
	return b.all(ctx, connectAtOnce, func(i int) agenttest.Options {
		return agenttest.Options{URL: b.url, Origin: b.origin, Tab: tabOf(i), Ticket: tickets[i]}
	})
}

// reconnect closes all sockets and opens all again at once, by resume. It tells
// how long it took from the first connection attempt to the last snapshot.
func (b *browsers) reconnect(ctx context.Context) (time.Duration, error) {
	for _, c := range b.conns {
		_ = c.Close()
	}
	b.wg.Wait()
	resumes := append([]string(nil), b.resumes...)
	time.Sleep(2 * time.Second) // let the server take note
	begin := time.Now()
	err := b.all(ctx, len(b.conns), func(i int) agenttest.Options {
		return agenttest.Options{URL: b.url, Origin: b.origin, Tab: tabOf(i), Resume: resumes[i]}
	})
	return time.Since(begin), err
}

func (b *browsers) all(ctx context.Context, atOnce int, how func(i int) agenttest.Options) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(atOnce)
	for i := range b.conns {
		g.Go(func() error {
			c, err := agenttest.SignIn(ctx, how(i))
			if err == nil {
				b.conns[i] = c
				b.resumes[i], err = readWelcome(c)
			}
			if err != nil {
				return fmt.Errorf("agent %d: %w", i, err)
			}
			return nil
		})
	}
	return g.Wait()
}

func readWelcome(c *websocket.Conn) (resume string, err error) {
	_, frame, err := c.ReadMessage()
	if err != nil {
		return "", err
	}
	var w struct{ Type, Resume string }
	if err := json.Unmarshal(frame, &w); err != nil {
		return "", err
	}
	if w.Type != "welcome" {
		return "", fmt.Errorf("the first frame is %s", frame)
	}
	return w.Resume, nil
}

var navigate = []byte(`{"type":"navigate","pop":"`)

// listen reads every socket until it closes, and answers requests to navigate
// as a panel does.
func (b *browsers) listen(l *ledger, failed func(error)) {
	for i, c := range b.conns {
		b.wg.Go(func() {
			for {
				_, frame, err := c.ReadMessage()
				if err != nil {
					var closed *websocket.CloseError
					if errors.As(err, &closed) {
						failed(fmt.Errorf("agent %d was closed: %w", i, err))
					}
					return
				}
				if pop, ok := bytes.CutPrefix(frame, navigate); ok {
					pop, _, _ = bytes.Cut(pop, []byte(`"`))
					_ = c.WriteMessage(websocket.TextMessage, fmt.Appendf(nil, `{"type":"navigated","pop":"%s"}`, pop))
					continue
				}
				l.read(i, frame)
			}
		})
	}
}

func (b *browsers) close() {
	for _, c := range b.conns {
		if c != nil {
			_ = c.Close()
		}
	}
	b.wg.Wait()
}
