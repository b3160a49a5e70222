package ecma323

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// goldenMessages are messages that were checked against the schema, by file.
func goldenMessages(t testing.TB) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob("testdata/messages/*.xml")
	if err != nil || len(files) < 54 {
		t.Fatalf("%d golden messages, %v", len(files), err)
	}
	all := map[string][]byte{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all[strings.TrimSuffix(filepath.Base(file), ".xml")] = bytes.TrimSpace(text)
	}
	return all
}

// editionOf is the edition of a message's namespace.
func editionOf(t testing.TB, text []byte) Edition {
	t.Helper()
	if !bytes.Contains(text, []byte("/csta/")) {
		return Edition4
	}
	_, rest, _ := bytes.Cut(text, []byte("/csta/"))
	e, err := ParseEdition(string(rest[:3]))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// TestGolden reads every message and writes it again, which gives the same
// bytes: nothing is lost, and order and namespaces are the schema's.
func TestGolden(t *testing.T) {
	for name, text := range goldenMessages(t) {
		m, err := Decode(text)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if _, other := m.(*OtherMessage); other {
			t.Errorf("%s: has no type", name)
		}
		if want, _, _ := strings.Cut(name, "-"); m.Name() != want {
			t.Errorf("%s: came as %s", name, m.Name())
		}
		if got := AppendMessage(nil, m, editionOf(t, text)); !bytes.Equal(got, text) {
			t.Errorf("%s:\n got %s\nwant %s", name, got, text)
		}
	}
}

// TestEveryMessage writes and reads each message that there is a type for,
// empty, in every edition.
func TestEveryMessage(t *testing.T) {
	for name, makes := range messages {
		for _, e := range []Edition{Edition2, Edition3, Edition4, Edition5, Edition6, EditionAvaya("")} {
			text := AppendMessage(nil, makes(), e)
			m, err := Decode(text)
			if err != nil {
				t.Errorf("%s in %s: %v", name, e.Name, err)
				continue
			}
			if again := AppendMessage(nil, m, e); !bytes.Equal(again, text) && m.Name() != "CSTAErrorCode" {
				t.Errorf("%s in %s:\nfirst %s\n then %s", name, e.Name, text, again)
			}
		}
	}
}
