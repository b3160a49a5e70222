package admin

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// cureFiles say what went wrong with an org and what to do about it, in whole
// sentences that reach a page.
var cureFiles = []string{
	"lookup/salesforce/cure.go", "lookup/salesforce/cure_signin.go", "lookup/salesforce/pubsub/errors.go", "lookup/org_status.go", "lookup/replica/*.go", "lookup/org_check.go", "lookup/mapping*.go", "lookup/schedule*.go", "lookup/object_*.go", "lookup/resolve.go", "lookup/salesforce/*.go",
	"cmd/internal/daemon/org_client.go", "cmd/internal/daemon/panel_orgs.go", "cmd/internal/outbox/*.go",
}

// wholeSentence is what a person reads: it begins with a capital and ends with a
// full stop. Blanks are filled in.
var (
	wholeSentence = regexp.MustCompile(`^(%s|[A-Z“]).* .* .*\.$`)
	blank         = regexp.MustCompile(`%[-+#0-9.]*[sdvq]`)
)

// TestCuresSpeakGerman: whatever cure or warning of an org can reach a page has a
// German text, so that a new one without it fails here.
func TestCuresSpeakGerman(t *testing.T) {
	known, found := newSentences(linkTexts()), 0
	for _, pattern := range cureFiles {
		names, err := filepath.Glob(filepath.Join("..", "..", filepath.FromSlash(pattern)))
		if err != nil || len(names) == 0 {
			t.Fatalf("%s: %v", pattern, err)
		}
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(f, func(n ast.Node) bool {
				lit, ok := n.(*ast.BasicLit)
				if !ok || lit.Kind != token.STRING {
					return true
				}
				english, _ := strconv.Unquote(lit.Value)
				english = strings.ReplaceAll(english, "%q", `"%s"`)
				english = blank.ReplaceAllString(english, "%s")
				if !wholeSentence.MatchString(english) || strings.Contains(english, "config import") { // that is check's
					return true
				}
				found++
				filled := strings.ReplaceAll(english, "%s", "X1")
				if _, ok := known.german(filled); !ok {
					t.Errorf("no German text for:\n%q", english)
				}
				return true
			})
		}
	}
	if found < 90 {
		t.Errorf("only %d sentences were found", found)
	}
}
