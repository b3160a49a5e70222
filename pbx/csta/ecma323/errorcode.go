package ecma323

import "strings"

// CSTAErrorCode is a refusal (UniversalFailure, ECMA-269 §12.2.13): a category
// and a word within it. It is also an error.
type CSTAErrorCode struct { //nolint:errname // the schema's name
	// Category is the element in it: operation, security, stateIncompatibility,
	// systemResourceAvailibility (the schema's spelling),
	// subscribedResourceAvailability, performanceManagement, privateErrorCode,
	// unspecified.
	Category string
	// Value is its text.
	Value string
}

// Name is the root element's.
func (*CSTAErrorCode) Name() string { return "CSTAErrorCode" }

func (m *CSTAErrorCode) fields(c *coder) {
	if c.writing {
		if m.Category != "" {
			c.element(m.Category, m.Value)
		}
		return
	}
	id := c.tree.nodes[c.at].child
	if id == 0 {
		m.Category, m.Value = "unspecified", c.tree.value(c.at)
		return
	}
	m.Category = c.tree.nodes[id].name
	m.Value, _ = c.tree.deepValue(id)
}

// Error is the refusal in the switch's words.
func (m *CSTAErrorCode) Error() string {
	if m.Value == "" {
		return "the PBX refused: " + m.Category
	}
	return "the PBX refused: " + m.Value + " (" + m.Category + ")"
}

// Reason sorts refusals by what is to be done about them.
type Reason uint8

// The reasons. ReasonOther: nothing more is known.
const (
	ReasonOther Reason = iota
	// ReasonLicence: the switch has no more monitors, sessions or licences.
	ReasonLicence
	// ReasonUnknownDevice: there is no such device.
	ReasonUnknownDevice
	// ReasonNotAllowed: our user may not do this.
	ReasonNotAllowed
	// ReasonNotSupported: the switch cannot do this.
	ReasonNotSupported
	// ReasonState: not in the call's present state.
	ReasonState
	// ReasonBusy: the switch is overloaded, later it may work.
	ReasonBusy
	// ReasonOutOfService: the telephone is not connected.
	ReasonOutOfService
	// ReasonUnknownMonitor: the switch does not know the monitor (any more).
	ReasonUnknownMonitor
	// ReasonUnknownCall: the call is gone.
	ReasonUnknownCall
)

// Explanation is a refusal in plain words.
type Explanation struct {
	Reason        Reason
	Problem, Cure string
}

// Explain says what the refusal means and what helps.
func (m *CSTAErrorCode) Explain() Explanation {
	if e, known := explanations[strings.ToLower(m.Value)]; known {
		return e
	}
	if e, known := categories[strings.ToLower(m.Category)]; known {
		e.Problem += said(m.Value)
		return e
	}
	return Explanation{ReasonOther, "the PBX refused" + said(m.Value+" "+m.Category), "ask whoever runs the PBX what this means"}
}

func said(word string) string {
	if word = strings.TrimSpace(word); word == "" {
		return ""
	}
	return ` ("` + word + `")`
}

// Explain says what the refusal of a session means and what helps.
func (e SessionError) Explain() Explanation {
	if known, ok := explanations[strings.ToLower(e.DefinedError)]; ok && e.DefinedError != "" {
		return known
	}
	return Explanation{ReasonOther, "the PBX refused the session" + said(e.DefinedError+" "+e.ApplError), "check user name and password of its CSTA access"}
}
