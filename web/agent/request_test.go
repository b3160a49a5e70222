package agent_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/web/agent"
)

func TestFlood(t *testing.T) {
	for name, flood := range map[string]func(*websocket.Conn) error{
		"frames": func(c *websocket.Conn) error { return c.WriteMessage(websocket.TextMessage, []byte(`{"type":"tab"}`)) },
		"pings":  func(c *websocket.Conn) error { return c.WriteMessage(websocket.PingMessage, nil) },
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				s := newStage(t)
				tab := s.signIn("tab-1")
				var writer sync.WaitGroup
				defer writer.Wait()
				writer.Go(func() {
					for range 61 {
						if flood(tab.Conn) != nil {
							return
						}
					}
				})
				if code, _ := tab.Closed(); code != agent.CloseTooFast {
					t.Errorf("closed with %d, want 4429", code)
				}
			})
		})
	}
}

// TestBriskTab: twenty frames a second for long are no flood.
func TestBriskTab(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newStage(t)
		tab := s.signIn("tab-1")
		go func() {
			for range 400 {
				_ = tab.Conn.WriteMessage(websocket.TextMessage, []byte(`{"type":"tab","focused":true}`))
				time.Sleep(50 * time.Millisecond)
			}
			_ = tab.Conn.WriteMessage(websocket.TextMessage, []byte(`{"type":"dial","request":"r","number":"1"}`))
		}()
		if f := tab.Expect("result"); !f.Result.OK {
			t.Errorf("got %+v", f.Result)
		}
	})
}

func TestRequests(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newStage(t)
		s.bridge.act = func(call bridge.CallID, action bridge.Action) error {
			switch action {
			case bridge.ActionHold:
				return fmt.Errorf("hold: %w", pbx.ErrNotSupported)
			case bridge.ActionAnswer:
				return fmt.Errorf("answer: %w", bridge.RequestError{Code: "busy", Message: "You are on the phone.", Cure: "Hang up."})
			case bridge.ActionReject:
				return errors.New("sql: secret at 10.0.0.1")
			default:
			}
			if call != "c-1" {
				return bridge.ErrNotYourCall
			}
			return nil
		}
		tab := s.signIn("tab-1")
		if r := tab.Dial("r-1", "030 23125-101"); !r.OK || r.Call != "c-7" {
			t.Errorf("dial: %+v", r)
		}
		if r := tab.Act("r-2", "c-1", bridge.ActionHangup); !r.OK {
			t.Errorf("hang up: %+v", r)
		}
		for i, c := range []struct {
			call   bridge.CallID
			action bridge.Action
			code   string
		}{
			{"c-9", bridge.ActionHangup, "noCall"},
			{"c-1", bridge.ActionHold, "notSupported"},
			{"c-1", bridge.ActionAnswer, "busy"},
			{"c-1", bridge.ActionReject, "failed"},
		} {
			r := tab.Act(fmt.Sprint("x-", i), c.call, c.action)
			if r.OK || r.Error == nil || r.Error.Code != c.code || r.Error.Cure == "" || strings.Contains(r.Error.Message, "secret") {
				t.Errorf("%s of %s: %+v %+v, want %s", c.action, c.call, r, r.Error, c.code)
			}
		}
		s.expectMetric("ctibridge_agent_foreign_calls_total", "", 1)
		tab.Send(map[string]any{"type": "choose", "call": "c-9", "record": bridge.RecordRef{Object: "Contact", ID: "003000000000001AAA"}})
		if f := tab.Next(); f.Error == nil || f.Error.Code != "noCall" {
			t.Errorf("choose: %+v", f)
		}
		tab.Send(map[string]any{"type": "colleagues", "request": "r-9"})
		if f := tab.Next(); f.Error == nil || f.Error.Code != "unsupported" {
			t.Errorf("unknown type: %+v", f)
		}
		tab.Send("not an object")
		if code, _ := tab.Closed(); code != agent.CloseMalformed {
			t.Errorf("closed with %d, want 4400", code)
		}
	})
}

// TestRequestsAreDoneOnce: the same id within a minute, from whichever tab and
// also while the first is under way, dials once and gets the same answer.
func TestRequestsAreDoneOnce(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newStage(t)
		s.bridge.dial = func(ctx context.Context, _ string) (bridge.CallID, error) {
			select {
			case <-time.After(3 * time.Second):
				return bridge.CallID(fmt.Sprint("c-", len(s.bridge.dialled))), nil
			case <-ctx.Done():
				return "", ctx.Err()
			}
		}
		first, second := s.signIn("tab-1"), s.signIn("tab-2")
		dial := map[string]any{"type": "dial", "request": "r-1", "number": "+493023125101"}
		first.Send(dial)
		first.Close() // the page is gone, the call is not
		second.Send(dial)
		if r := second.Expect("result").Result; !r.OK || r.Call != "c-1" {
			t.Errorf("while under way: %+v", r)
		}
		second.Close()
		time.Sleep(30 * time.Second)
		third := s.signIn("tab-1")
		if r := third.Dial("r-1", "+493023125101"); !r.OK || r.Call != "c-1" {
			t.Errorf("after a reconnect: %+v", r)
		}
		third.Close()
		time.Sleep(time.Minute)
		if r := s.signIn("tab-1").Dial("r-1", "+493023125101"); !r.OK || r.Call != "c-2" {
			t.Errorf("after a minute: %+v", r)
		}
	})
}

func TestTooManyRequests(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newStage(t)
		tab := s.signIn("tab-1")
		for i := range 128 {
			if r := tab.Dial(fmt.Sprint("r-", i), "1"); !r.OK {
				t.Fatalf("request %d: %+v", i, r.Error)
			}
			time.Sleep(100 * time.Millisecond)
		}
		if r := tab.Dial("r-x", "1"); r.OK || r.Error.Code != "tooFast" {
			t.Errorf("one too many: %+v", r)
		}
	})
}
