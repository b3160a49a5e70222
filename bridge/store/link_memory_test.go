package store

import (
	"bytes"
	"testing"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/pbx"
)

func TestLinkMemory(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	mustImport(t, s, bridge.Document{Version: 1, Links: []pbx.LinkConfig{{Name: "main", Type: "sip", Server: "pbx.example.com"}}}, false)
	m := s.LinkMemory()
	load := func(link string) []byte {
		t.Helper()
		state, err := m.Load(t.Context(), link)
		if err != nil {
			t.Fatal(err)
		}
		return state
	}
	if got := load("main"); got != nil {
		t.Errorf("a new link remembers %q", got)
	}
	for _, state := range []string{"first", "second", ""} {
		if err := m.Save(t.Context(), "main", []byte(state)); err != nil {
			t.Fatal(err)
		}
		if got := load("main"); !bytes.Equal(got, []byte(state)) {
			t.Errorf("loaded %q, saved %q", got, state)
		}
	}
	if err := m.Save(t.Context(), "nobody", []byte("x")); err != nil {
		t.Errorf("a link that is gone: %v", err)
	}
	if got := load("nobody"); got != nil {
		t.Errorf("a link that is gone remembers %q", got)
	}
	if err := m.Save(t.Context(), "main", []byte("last")); err != nil {
		t.Fatal(err)
	}
	if err := s.DeleteLink(t.Context(), "test", "main"); err != nil {
		t.Fatal(err)
	}
	if got := load("main"); got != nil {
		t.Errorf("after the link was deleted it remembers %q", got)
	}
}
