package store

import (
	"errors"
	"strings"
	"testing"

	"github.com/ctibridge/ctibridge/bridge"
)

func TestExclusions(t *testing.T) {
	s := newStore(t)
	for _, c := range []struct {
		e    bridge.Exclusion
		good bool
	}{
		{bridge.Exclusion{Number: "+49 30 23125500", Reason: " works council "}, true},
		{bridge.Exclusion{Number: "+49 30 23125500", Reason: "doctor"}, true}, // another reason
		{bridge.Exclusion{Number: "+49 69 90009*"}, true},
		{bridge.Exclusion{Extension: "190"}, true},
		{bridge.Exclusion{}, false},
		{bridge.Exclusion{Number: "030 23125500"}, false},
		{bridge.Exclusion{Number: "+493023125500", Extension: "190"}, false},
		{bridge.Exclusion{Extension: "190", Reason: strings.Repeat("x", 201)}, false},
	} {
		err := s.SaveExclusion(t.Context(), "ada", c.e)
		if errors.As(err, new(bridge.FieldErrors)) == c.good || c.good != (err == nil) {
			t.Errorf("%+v: %v", c.e, err)
		}
	}
	list, err := s.Exclusions(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	same(t, "list", list, []bridge.Exclusion{{Number: "+493023125500", Reason: "doctor"}, {Number: "+496990009*"}, {Extension: "190"}})
	if err := s.DeleteExclusion(t.Context(), "ada", "+493023125500"); err != nil {
		t.Fatal(err)
	}
	if err := s.DeleteExclusion(t.Context(), "ada", "+493023125500"); !errors.Is(err, bridge.ErrNotFound) {
		t.Errorf("deleted twice: %v", err)
	}
	if list, _ = s.Exclusions(t.Context()); len(list) != 2 {
		t.Errorf("left are %v", list)
	}
	trail, err := s.Audit(t.Context(), bridge.AuditFilter{})
	if err != nil {
		t.Fatal(err)
	}
	var rows int
	for _, e := range trail {
		if text := e.Object + e.Detail; strings.Contains(text, "23125500") || strings.Contains(text, "190") || strings.Contains(text, "doctor") {
			t.Errorf("the audit trail says which: %+v", e)
		}
		if strings.HasPrefix(e.Action, "exclusion.") {
			rows++
		}
	}
	if rows != 5 || trail[0].Detail != "entries now: 2" {
		t.Errorf("%d audit rows, the last %+v", rows, trail[0])
	}
}
