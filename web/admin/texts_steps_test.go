package admin

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/ctibridge/ctibridge/bridge"
)

// TestStepsAreTranslated: every step of a trace has its words here, the English
// ones those of `ctibridge why`.
func TestStepsAreTranslated(t *testing.T) {
	texts, steps := stepTexts(), 0
	for code := bridge.StepDelivered; code.String() != ""; code++ {
		steps++
		key := "step." + code.String()
		english := bridge.Step{Code: code, Arg: "%s"}.Words()
		if texts[key].en != english {
			t.Errorf("%s: %q here, %q in why", key, texts[key].en, english)
		}
	}
	if steps != len(texts) {
		t.Errorf("%d steps, %d texts", steps, len(texts))
	}
	pop, err := os.ReadFile(filepath.Join("..", "..", "bridge", "pop.go"))
	if err != nil {
		t.Fatal(err)
	}
	for key, text := range callTexts() {
		if strings.HasPrefix(key, "matches.") && !strings.Contains(string(pop), strconv.Quote(text.en)) {
			t.Errorf("the trace does not say %q any more", text.en)
		}
	}
}

// TestElsewhereIsTranslated: what `ctibridge privacy` says it cannot reach has a
// German text, and none is left over.
func TestElsewhereIsTranslated(t *testing.T) {
	texts, found := elsewhereTexts(), map[string]bool{}
	f, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", "..", "cmd", "internal", "daemon", "privacy.go"), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(f, func(n ast.Node) bool {
		fn, ok := n.(*ast.FuncDecl)
		if ok && fn.Name.Name != "elsewhere" {
			return false
		}
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			if s, err := strconv.Unquote(lit.Value); err == nil && strings.HasSuffix(s, ".") {
				found[s] = true
			}
		}
		return true
	})
	for english := range found {
		if texts[english] == "" {
			t.Errorf("no German text for %q", english)
		}
	}
	for english := range texts {
		if !found[english] {
			t.Errorf("nobody says %q any more", english)
		}
	}
}
