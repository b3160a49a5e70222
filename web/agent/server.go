package agent

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/ctibridge/ctibridge/bridge"
)

// Welcome is the first frame of the bridge: who the agent is and all live calls.
type Welcome struct {
	Agent    Profile              `json:"agent"`
	Settings bridge.PanelSettings `json:"settings"`
	Calls    []bridge.Call        `json:"calls"`
	// Resume opens the next connection of this tab, once. It is left out where
	// the bridge cannot keep sessions; the tab then needs a ticket.
	Resume string `json:"resume,omitempty"`
	Server Server `json:"server"`
}

// Profile is what the panel shows of its agent.
type Profile struct {
	ID      bridge.AgentID  `json:"id"`
	Email   string          `json:"email"`
	Devices []bridge.Device `json:"devices"`
}

// Server tells of the bridge.
type Server struct {
	Version string      `json:"version"`
	Time    bridge.Time `json:"time"`
}

// Result answers a request of the tab.
type Result struct {
	Request string        `json:"request"`
	OK      bool          `json:"ok"`
	Call    bridge.CallID `json:"call,omitempty"`
	// Calls answers a request for the recent calls; nil for any other.
	Calls []bridge.Recent `json:"calls,omitzero"`
	Error *Problem        `json:"error,omitempty"`
}

// Problem says what went wrong: a code for the panel's translations, a message
// in plain words, and what to do about it.
type Problem struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Cure    string `json:"cure"`
}

// Settings tells what changed of what the panel goes by: always all of it.
type Settings struct {
	Settings bridge.PanelSettings `json:"settings"`
}

// Ping keeps the connection, and the tab's trust in it, alive.
type Ping struct {
	Time bridge.Time `json:"time"`
}

// Frame is any frame of the bridge as a client reads it: Type says which of the
// others is set.
type Frame struct {
	Type     string
	Welcome  *Welcome
	Call     *bridge.Call
	Navigate *bridge.Navigation
	Result   *Result
	Settings *Settings
	Error    *Problem
	Ping     *Ping
}

// DecodeFrame reads a frame of the bridge, for clients written in Go.
func DecodeFrame(data []byte) (Frame, error) {
	var head struct {
		Type string `json:"type"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return Frame{}, fmt.Errorf("agent: read frame: %w", err)
	}
	f := Frame{Type: head.Type}
	var into any
	switch head.Type {
	case "welcome":
		f.Welcome = new(Welcome)
		into = f.Welcome
	case "call":
		f.Call = new(bridge.Call)
		into = &struct{ Call *bridge.Call }{f.Call}
	case "navigate":
		f.Navigate = new(bridge.Navigation)
		into = f.Navigate
	case "result":
		f.Result = new(Result)
		into = f.Result
	case "settings":
		f.Settings = new(Settings)
		into = f.Settings
	case "error":
		f.Error = new(Problem)
		into = f.Error
	case "ping":
		f.Ping = new(Ping)
		into = f.Ping
	default:
		return f, errUnsupported
	}
	if err := json.Unmarshal(data, into); err != nil {
		return Frame{}, fmt.Errorf("agent: read %s frame: %w", head.Type, err)
	}
	return f, nil
}

// encode writes a frame with its type first.
func encode(kind string, body any) ([]byte, error) {
	data, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("agent: write %s frame: %w", kind, err)
	}
	if len(data) <= len("{}") {
		return nil, errors.New("agent: empty frame")
	}
	frame := make([]byte, 0, len(data)+len(kind)+len(`{"type":"",`))
	frame = append(append(append(frame, `{"type":"`...), kind...), `",`...)
	return append(frame, data[1:]...), nil
}
