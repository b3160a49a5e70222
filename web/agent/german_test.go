package agent

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestGerman: what stands in brackets, and the far end's code, stay.
func TestGerman(t *testing.T) {
	for text, want := range map[string]string{
		"":                            "",
		"Declined on your telephone.": "An Ihrem Telefon abgewiesen.",
		"Your telephone does not answer (480 Offline). Check that it is on and signed in.": "Ihr Telefon antwortet nicht (480 Offline). Prüfen Sie, ob es eingeschaltet und angemeldet ist.",
		"the number is busy (busy)": "die Nummer ist besetzt (busy)",
		"486 busy":                  "486 besetzt",
		"503 Congestion":            "503 Congestion",
		"Something (new).":          "Something (new).",
		"open (end":                 "open (end",
	} {
		if got := german(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
	for language, want := range map[string]bool{"de": true, "de-AT": true, "en": false, "": false, "den": false} {
		if speaksGerman(language) != want {
			t.Errorf("%q is German: %v", language, !want)
		}
	}
}

// TestGermanIsComplete: each text that an agent can come to read has a German one.
func TestGermanIsComplete(t *testing.T) {
	all, read := germanTexts(), 0
	for _, pattern := range []string{"../../bridge/*.go", "../../pbx/sip/*.go", "../../pbx/csta/calls/*.go", "*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v", pattern, err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") || file == "german.go" {
				continue
			}
			for _, text := range agentTexts(t, file) {
				if read++; all[text] == "" {
					t.Errorf("%s: no German for %q", file, text)
				}
			}
		}
	}
	if read < 100 {
		t.Errorf("only %d texts were found: the test has lost its sources", read)
	}
}

// agentTexts are the texts of refusals and failures in a source file.
func agentTexts(t *testing.T, file string) (texts []string) {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	take := func(list []ast.Expr, from int) {
		for i := from; i < len(list); i++ {
			e := list[i]
			if pair, ok := e.(*ast.KeyValueExpr); ok {
				e = pair.Value
			}
			if s, ok := literal(e); ok && s != "" {
				texts = append(texts, s)
			}
		}
	}
	ast.Inspect(parsed, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CompositeLit:
			switch name, _ := n.Type.(*ast.Ident); {
			case name == nil:
			case name.Name == "RequestError", name.Name == "Problem":
				take(n.Elts, 1)
			case name.Name == "outcome":
				take(n.Elts, 0)
			}
		case *ast.CallExpr:
			if name, ok := n.Fun.(*ast.Ident); ok && name.Name == "failed" {
				take(n.Args, 1)
			}
		case *ast.FuncDecl:
			if name := n.Name.Name; name == "words" || name == "reasonFor" {
				ast.Inspect(n, func(n ast.Node) bool {
					if r, ok := n.(*ast.ReturnStmt); ok {
						take(r.Results, 0)
					}
					return true
				})
			}
		}
		return true
	})
	return texts
}

// literal is a text as it stands in the source, without what the switch said.
func literal(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		s, err := strconv.Unquote(e.Value)
		s, _, _ = strings.Cut(s, " (") // words(): the switch's own follow
		return s, err == nil && e.Kind == token.STRING
	case *ast.BinaryExpr:
		left, ok := literal(e.X)
		right, _ := literal(e.Y)
		if right == ")" {
			right = ""
		}
		return left + right, ok
	}
	return "", false
}
