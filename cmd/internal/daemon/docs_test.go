package daemon

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/pbx/csta"
	"github.com/ctibridge/ctibridge/pbx/sip"
)

// TestDocsConfigure: each configuration document in docs/pbx is one that config
// import takes, and its links open.
func TestDocsConfigure(t *testing.T) {
	files, err := filepath.Glob("../../../docs/pbx/*.md")
	if err != nil || len(files) < 4 {
		t.Fatalf("%d pages: %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".md"), func(t *testing.T) {
			page, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			blocks := strings.Split(string(page), "\n```yaml\n")[1:]
			if len(blocks) == 0 {
				t.Fatal("no configuration document")
			}
			for _, block := range blocks {
				text, _, _ := strings.Cut(block, "\n```")
				checkDocument(t, text)
			}
		})
	}
}

func checkDocument(t *testing.T, text string) {
	t.Helper()
	doc, err := bridge.ParseDocument(strings.NewReader(text), func(string) string { return "a secret" })
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	if err := doc.Validate(bridge.Document{}); err != nil {
		t.Errorf("%v in\n%s", err, text)
	}
	if len(doc.Links) == 0 {
		t.Errorf("no link in\n%s", text)
	}
	for _, l := range doc.Links {
		var err error
		switch l.Type {
		case "sip":
			_, err = sip.New(l, sip.Options{})
		case "csta":
			_, err = csta.New(l, csta.Options{})
		}
		if err != nil {
			t.Errorf("link %s: %v", l.Name, err)
		}
	}
}
