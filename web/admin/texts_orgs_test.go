package admin

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestOrgsSpeakGerman: every sentence about an org that the overview shows has a
// German text, and none is left over.
func TestOrgsSpeakGerman(t *testing.T) {
	texts, found := orgTexts(), map[string]bool{}
	for _, name := range []string{"lookup/org_status.go", "lookup/replica/pace.go", "lookup/replica/events_status.go", "lookup/salesforce/pubsub/errors.go", "cmd/internal/daemon/org_client.go"} {
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", "..", filepath.FromSlash(name)), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			lit, ok := n.(*ast.BasicLit)
			if !ok || lit.Kind != token.STRING {
				return true
			}
			text, err := strconv.Unquote(lit.Value)
			if err != nil {
				t.Fatal(err)
			}
			if strings.HasSuffix(text, ".") && strings.Count(text, " ") > 3 {
				found[text] = true
			}
			return true
		})
	}
	for english := range found {
		// What is said by check alone.
		if texts[english] == "" && !strings.Contains(english, "config import") {
			t.Errorf("no German text in texts_orgs.go for:\n\t%q", english)
		}
	}
	for english := range texts {
		if !found[english] {
			t.Errorf("nobody says %q any more", english)
		}
	}
	if len(found) < 14 {
		t.Errorf("only %d sentences found", len(found))
	}
}
