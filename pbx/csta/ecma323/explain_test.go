package ecma323

import (
	"strings"
	"testing"
)

func TestExplain(t *testing.T) {
	for text, want := range map[string]Reason{
		"<CSTAErrorCode><operation>invalidMonitorObject</operation></CSTAErrorCode>":                                          ReasonUnknownDevice,
		"<CSTAErrorCode><systemResourceAvailibility>overallMonitorLimitExceeded</systemResourceAvailibility></CSTAErrorCode>": ReasonLicence,
		"<CSTAErrorCode><systemResourceAvailability>somethingElse</systemResourceAvailability></CSTAErrorCode>":               ReasonBusy,
		"<CSTAErrorCode><privateErrorCode>URM Denied</privateErrorCode></CSTAErrorCode>":                                      ReasonNotAllowed,
		"<CSTAErrorCode><stateIncompatibility>noCallToAnswer</stateIncompatibility></CSTAErrorCode>":                          ReasonState,
		"<CSTAErrorCode><systemResourceAvailibility>deviceOutOfService</systemResourceAvailibility></CSTAErrorCode>":          ReasonOutOfService,
		"<CSTAErrorCode><operation><error>requestIncompatibleWithObject</error></operation></CSTAErrorCode>":                  ReasonNotSupported,
		"<CSTAErrorCode><fooBar>17</fooBar></CSTAErrorCode>":                                                                  ReasonOther,
		"<CSTAErrorCode>what</CSTAErrorCode>":                                                                                 ReasonOther,
		"<CSTAErrorCode/>":                                                                                                    ReasonOther,
	} {
		m, err := Decode([]byte(text))
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		refusal := m.(*CSTAErrorCode)
		if e := refusal.Explain(); e.Reason != want || e.Problem == "" || e.Cure == "" || !strings.HasPrefix(refusal.Error(), "the PBX refused") {
			t.Errorf("%s: %+v, %v", text, e, refusal)
		}
	}
	if e := (SessionError{DefinedError: "invalidApplicationInfo"}).Explain(); e.Reason != ReasonNotAllowed {
		t.Errorf("wrong password: %+v", e)
	}
	if e := (SessionError{ApplError: "42"}).Explain(); !strings.Contains(e.Problem, "42") || e.Cure == "" {
		t.Errorf("own word: %+v", e)
	}
}

// TestExplanations: every entry can be found and says what to do.
func TestExplanations(t *testing.T) {
	for _, table := range []map[string]Explanation{explanations, categories} {
		for word, e := range table {
			if word != strings.ToLower(word) || e.Problem == "" || e.Cure == "" {
				t.Errorf("%s: %+v", word, e)
			}
		}
	}
}
