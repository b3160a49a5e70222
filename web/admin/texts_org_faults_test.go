package admin

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestOrgTextsAreSaid: every sentence that has a German text stands in the source
// of who says it.
func TestOrgTextsAreSaid(t *testing.T) {
	verb := regexp.MustCompile(`%[sdvq]`)
	said := map[string]bool{}
	for _, dir := range []string{"bridge", "lookup", "lookup/replica", "lookup/salesforce", "cmd/internal/daemon", "cmd/internal/outbox", "web/admin"} {
		dir = filepath.Join("..", "..", filepath.FromSlash(dir))
		names, err := fs.Glob(os.DirFS(dir), "*.go")
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if strings.HasPrefix(name, "texts") {
				continue
			}
			f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(dir, name), nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(f, func(n ast.Node) bool {
				if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
					text, _ := strconv.Unquote(lit.Value)
					text = strings.ReplaceAll(text, "%q", `"%s"`)
					text = verb.ReplaceAllString(text, "%s")
					said[text], said[text+"%s"] = true, strings.HasSuffix(text, ": ") // + what somebody else says
				}
				return true
			})
		}
	}
	// Those that are put together of two, or cut in two.
	for _, text := range []string{"The run-as user cannot see %s, so %s", "Check how it is written. %s"} {
		said[text] = true
	}
	if said["The run-as user sees no telephone field of %s, so nobody is found by it. Name its fields with numbers, or switch the object off."] {
		said["The run-as user sees no telephone field of %s, so nobody is found by it"], said["Name its fields with numbers, or switch the object off."] = true, true
	}
	said["%s can be read."], said["there are two certificates with the kid %s; keep one"] = true, true
	for _, texts := range []map[string]string{orgFaultTexts(), orgTryTexts(), orgCureTexts(), signInCureTexts(), apiCureTexts(), orgSyncTexts(), writeCureTexts()} {
		for english := range texts {
			if !said[english] {
				t.Errorf("nobody says %q", english)
			}
		}
	}
}
