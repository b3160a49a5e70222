package agent

import (
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/ctibridge/ctibridge/bridge"
)

// maxFrame is the most a tab may send in one frame.
const maxFrame = 32 << 10

// maxID bounds the ids a tab chooses: tab, request, pop, call.
const maxID = 64

// maxDevice bounds a device's id: the names of a link and of an extension.
const maxDevice = 160

// maxNumber bounds a number as a person wrote it.
const maxNumber = 256

// Authenticate is the first frame of a connection. Exactly one of Ticket and
// Resume is set.
type Authenticate struct {
	Ticket string     `json:"ticket,omitempty"`
	Resume string     `json:"resume,omitempty"`
	Tab    bridge.Tab `json:"tab"`
	Client Client     `json:"client"`
}

// Client names the program in the tab, for the log, and the agent's language, as
// BCP 47 has it: English unless it is German.
type Client struct {
	Name     string `json:"name"`
	Version  string `json:"version"`
	Language string `json:"language,omitempty"`
}

// tabFrame tells that the tab's visibility or focus changed.
type tabFrame struct {
	Visible bool `json:"visible"`
	Focused bool `json:"focused"`
}

// dialFrame asks to call a number, written in any notation.
type dialFrame struct {
	Request string            `json:"request"`
	Number  string            `json:"number"`
	Record  *bridge.RecordRef `json:"record,omitempty"`
}

// actionFrame asks the switch to do something with a call.
type actionFrame struct {
	Request string        `json:"request"`
	Call    bridge.CallID `json:"call"`
	Action  bridge.Action `json:"action"`
	To      string        `json:"to,omitempty"`
}

// chooseFrame says which record the far end of a call is; without one, that it is
// none. With a Request it is answered.
type chooseFrame struct {
	Request string            `json:"request,omitempty"`
	Call    bridge.CallID     `json:"call"`
	Record  *bridge.RecordRef `json:"record,omitempty"`
}

// record is the record chosen, the zero one for none.
func (f *chooseFrame) record() bridge.RecordRef {
	if f.Record == nil {
		return bridge.RecordRef{}
	}
	return *f.Record
}

// noteFrame is what the agent writes on a call, in place of what was there. With
// a Request it is answered.
type noteFrame struct {
	Request string        `json:"request,omitempty"`
	Call    bridge.CallID `json:"call"`
	bridge.Note
}

// deviceFrame chooses the agent's device for the day; an empty id gives it back.
type deviceFrame struct {
	ID string `json:"id"`
}

// recentFrame asks for the agent's recent calls; Seen says that they are shown.
type recentFrame struct {
	Request string `json:"request"`
	Seen    bool   `json:"seen,omitempty"`
}

// navigatedFrame confirms that the tab followed a navigate frame.
type navigatedFrame struct {
	Pop bridge.PopID `json:"pop"`
}

// unsupported counts the frames of other types.
const unsupported = "unsupported"

// clientTypes are the types of frames that decodeClient names.
var clientTypes = [...]string{
	"authenticate", "tab", "dial", "callAction", "choose", "note", "device", "recent", "navigated", unsupported,
}

// errUnsupported: a well-formed frame of a type this bridge does not know; the
// panel may be newer.
var errUnsupported = errors.New("agent: unknown frame type")

// decodeClient reads one frame of a tab and checks it. It returns one of the
// types above, and the type's name.
func decodeClient(data []byte) (frame any, kind string, err error) {
	if frame, kind = decodePlain(data); frame != nil {
		return frame, kind, nil
	}
	return decodeJSON(data)
}

// decodeJSON is decodeClient for whatever JSON it is.
func decodeJSON(data []byte) (frame any, kind string, err error) {
	var head struct {
		Type string `json:"type"`
	}
	if !utf8.Valid(data) {
		return nil, "", errors.New("agent: frame is not UTF-8")
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return nil, "", fmt.Errorf("agent: read frame: %w", err)
	}
	switch head.Type {
	case "authenticate":
		frame, err = read[Authenticate](data)
	case "tab":
		frame, err = read[tabFrame](data)
	case "dial":
		frame, err = read[dialFrame](data)
	case "callAction":
		frame, err = read[actionFrame](data)
	case "choose":
		frame, err = read[chooseFrame](data)
	case "note":
		frame, err = read[noteFrame](data)
	case "device":
		frame, err = read[deviceFrame](data)
	case "recent":
		frame, err = read[recentFrame](data)
	case "navigated":
		frame, err = read[navigatedFrame](data)
	case "":
		return nil, "", errors.New("agent: frame has no type")
	default:
		return nil, unsupported, errUnsupported
	}
	if err != nil {
		return nil, head.Type, fmt.Errorf("agent: read %s frame: %w", head.Type, err)
	}
	return frame, head.Type, nil
}

// checker is a frame that knows what it must hold.
type checker interface{ check() error }

func read[T any](data []byte) (*T, error) {
	f := new(T)
	if err := json.Unmarshal(data, f); err != nil {
		return nil, err
	}
	if c, ok := any(f).(checker); ok {
		return f, c.check()
	}
	return f, nil
}

func (f *Authenticate) check() error {
	if (f.Ticket == "") == (f.Resume == "") {
		return errors.New("either a ticket or a resume token")
	}
	return checkID("tab", string(f.Tab.ID))
}

func (f *dialFrame) check() error {
	if len(f.Number) > maxNumber { // an empty one is a person's mistake: the bridge says so
		return errors.New("too long a number")
	}
	return errors.Join(checkID("request", f.Request), checkOptionalRecord(f.Record))
}

func (f *actionFrame) check() error {
	switch f.Action {
	case bridge.ActionAnswer, bridge.ActionReject, bridge.ActionHangup, bridge.ActionHold, bridge.ActionRetrieve,
		bridge.ActionTransfer, bridge.ActionConsult, bridge.ActionComplete, bridge.ActionSwap,
		bridge.ActionPrivate:
	default:
		return fmt.Errorf("unknown action %.20q", f.Action)
	}
	if len(f.To) > maxNumber {
		return errors.New("too long a destination")
	}
	return errors.Join(checkID("request", f.Request), checkID("call", string(f.Call)))
}

func (f *chooseFrame) check() error {
	return errors.Join(checkOptional("request", f.Request), checkID("call", string(f.Call)), checkOptionalRecord(f.Record))
}

func (f *noteFrame) check() error {
	return errors.Join(checkOptional("request", f.Request), checkID("call", string(f.Call)))
}

func (f *deviceFrame) check() error {
	if len(f.ID) > maxDevice {
		return errors.New("too long a device id")
	}
	return nil
}

func (f *recentFrame) check() error { return checkID("request", f.Request) }

func (f *navigatedFrame) check() error { return checkID("pop", string(f.Pop)) }

func checkOptional(name, id string) error {
	if id == "" {
		return nil
	}
	return checkID(name, id)
}

func checkID(name, id string) error {
	if id == "" || len(id) > maxID {
		return fmt.Errorf("no %s id, or too long a one", name)
	}
	return nil
}

func checkOptionalRecord(r *bridge.RecordRef) error {
	if r == nil {
		return nil
	}
	return checkRecord(*r)
}

// checkRecord checks the form of a reference: what goes into URLs and queries
// later must be letters and digits from the start.
func checkRecord(r bridge.RecordRef) error {
	if len(r.ID) != 15 && len(r.ID) != 18 || !isWord(r.ID) || r.Object == "" || len(r.Object) > 80 || !isWord(r.Object) {
		return errors.New("not a record")
	}
	return nil
}

// isWord reports whether s is letters, digits and underscores only.
func isWord(s string) bool {
	for i := range len(s) {
		c := s[i]
		if c != '_' && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') {
			return false
		}
	}
	return true
}
