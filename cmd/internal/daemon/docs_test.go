package daemon

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/lookup"
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
			for _, text := range documentsOf(t, string(page)) {
				checkDocument(t, text)
			}
		})
	}
}

// TestDocsOrg: the document in docs/salesforce.md is one that config import takes,
// and the page names all that can be said of an org.
func TestDocsOrg(t *testing.T) {
	file, err := os.ReadFile("../../../docs/salesforce.md")
	if err != nil {
		t.Fatal(err)
	}
	page := string(file)
	for _, text := range documentsOf(t, page) {
		if doc := readDocument(t, text); len(doc.Orgs) == 0 {
			t.Errorf("no org in\n%s", text)
		}
	}
	names := lookup.Targets()
	for _, part := range []any{lookup.OrgConfig{}, lookup.SignIn{}, lookup.Connection{}, lookup.ObjectConfig{}, lookup.Schedule{}, lookup.Usage{}} {
		for f := range reflect.TypeOf(part).Fields() {
			name, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
			names = append(names, name)
		}
	}
	for _, name := range names {
		if !regexp.MustCompile(`\b` + name + `\b`).MatchString(page) {
			t.Errorf("the page does not name %s", name)
		}
	}
}

// documentsOf are the configuration documents of a page.
func documentsOf(t *testing.T, page string) (texts []string) {
	t.Helper()
	for _, block := range strings.Split(page, "\n```yaml\n")[1:] {
		text, _, _ := strings.Cut(block, "\n```")
		texts = append(texts, text)
	}
	if len(texts) == 0 {
		t.Fatal("no configuration document")
	}
	return texts
}

func readDocument(t *testing.T, text string) bridge.Document {
	t.Helper()
	doc, err := bridge.ParseDocument(strings.NewReader(text), func(string) string { return "a secret" })
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	if err := doc.Validate(bridge.Document{}); err != nil {
		t.Errorf("%v in\n%s", err, text)
	}
	return doc
}

func checkDocument(t *testing.T, text string) {
	t.Helper()
	doc := readDocument(t, text)
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
