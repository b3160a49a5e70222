package agent

import (
	"bytes"

	"github.com/ctibridge/ctibridge/bridge"
)

// decodePlain reads the two frames that tabs send by themselves, and so most,
// where they stand as the panel's JSON.stringify writes them: an answer to
// navigate, and a change of visibility or focus. Everything else is
// encoding/json's; a fuzz test compares the two.
func decodePlain(data []byte) (frame any, kind string) {
	if pop, ok := bytes.CutPrefix(data, []byte(`{"type":"navigated","pop":"`)); ok {
		pop, ok = bytes.CutSuffix(pop, []byte(`"}`))
		if ok && len(pop) > 0 && len(pop) <= maxID && isPlain(pop) {
			return &navigatedFrame{Pop: bridge.PopID(pop)}, "navigated"
		}
		return nil, ""
	}
	switch string(data) {
	case `{"type":"tab","visible":true,"focused":true}`:
		return &tabFrame{Visible: true, Focused: true}, "tab"
	case `{"type":"tab","visible":true,"focused":false}`:
		return &tabFrame{Visible: true}, "tab"
	case `{"type":"tab","visible":false,"focused":false}`:
		return &tabFrame{}, "tab"
	}
	return nil, ""
}

// isPlain reports whether text stands in a JSON string as it is.
func isPlain(text []byte) bool {
	for _, c := range text {
		if c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}
