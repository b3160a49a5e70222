package admin

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func TestSentences(t *testing.T) {
	s := newSentences(linkTexts())
	for _, tt := range []struct {
		l             lang
		english, want string
		in            lang
	}{
		{german, "The link has been stopped.", "Der Link wurde angehalten.", german},
		{english, "The link has been stopped.", "The link has been stopped.", english},
		{
			german, "The PBX at pbx.example.com cannot be reached over UDP: it does not answer.",
			"Die Anlage pbx.example.com ist über UDP nicht erreichbar: sie antwortet nicht.", german,
		},
		{
			german, "2 of 10 extensions cannot be watched; the first is 103: The PBX does not allow this bridge to watch extension 103.",
			"2 von 10 Nebenstellen lassen sich nicht beobachten; die erste ist 103: Die Anlage erlaubt dieser Bridge nicht, die Nebenstelle 103 zu beobachten.", german,
		},
		{german, `The PBX refuses user name "100%s" or its password.`, "Die Anlage lehnt den Benutzernamen „100%s“ oder sein Passwort ab.", german},
		{
			german, `Extension 103 cannot be monitored: the PBX does not take the request ("weird").`,
			"Die Nebenstelle 103 lässt sich nicht überwachen: die Anlage nimmt die Anfrage nicht an („weird“).", german,
		},
		{german, "Nobody knows this sentence.", "Nobody knows this sentence.", english},
		{german, "", "", english},
	} {
		if got := s.say(tt.l, tt.english); got.Text != tt.want || got.Lang != tt.in {
			t.Errorf("%s: %q in %s, want %q", tt.english, got.Text, got.Lang, tt.want)
		}
	}
}

// TestLinksSpeakGerman: every sentence in which a link says what is wrong,
// what helps or what it cannot tell has a German text, and none is left over
// that fills in something else.
func TestLinksSpeakGerman(t *testing.T) {
	texts, s := linkTexts(), newSentences(linkTexts())
	var found []string
	for dir, least := range map[string]int{
		"": 30, "mirror": 15, "transport": 1, "../internal/trust": 15, "../csta": 30, "../csta/ecma323": 60, "../csta/uacsta": 30,
	} {
		in := linkSentences(t, filepath.Join("..", "..", "pbx", "sip", dir))
		if len(in) < least {
			t.Errorf("only %d sentences found in the source of pbx/sip/%s", len(in), dir)
		}
		found = append(found, in...)
	}
	for _, english := range found {
		if _, ok := s.german(english); !ok {
			t.Errorf("no German text in texts_links.go for:\n\t%q", english)
		}
	}
	blank := regexp.MustCompile(`%\[\d\]s`)
	for english, german := range texts {
		if strings.Count(english, "%s") != len(blank.FindAllString(german, -1)) || strings.Contains(blank.ReplaceAllString(german, ""), "%") {
			t.Errorf("the blanks differ: %q, %q", english, german)
		}
	}
}

// linkSentences reads the sentences out of a package's source: what is given to
// fields and variables called problem, cure and Text, and to failed and retry; where
// errors are shown, these; and the refusals of CSTA.
func linkSentences(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	r := sentenceReader{consts: make(map[string]ast.Expr), errors: strings.HasSuffix(dir, "transport") || strings.HasSuffix(dir, filepath.Join("pbx", "csta"))}
	var parsed []*ast.File
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		parsed = append(parsed, f)
		ast.Inspect(f, r.constants)
	}
	for _, f := range parsed {
		ast.Inspect(f, r.visit)
	}
	slices.Sort(r.found)
	return slices.Compact(r.found)
}

type sentenceReader struct {
	consts map[string]ast.Expr
	errors bool // those of the package are sentences as well
	found  []string
}

func (r *sentenceReader) constants(n ast.Node) bool {
	if v, ok := n.(*ast.ValueSpec); ok && len(v.Values) == len(v.Names) {
		for i, name := range v.Names {
			r.consts[name.Name] = v.Values[i]
		}
	}
	return true
}

func (r *sentenceReader) visit(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.KeyValueExpr:
		r.take(n.Key, n.Value)
	case *ast.AssignStmt:
		for i := range min(len(n.Lhs), len(n.Rhs)) {
			r.take(n.Lhs[i], n.Rhs[i])
		}
	case *ast.CompositeLit:
		r.refusal(n.Elts)
	case *ast.FuncDecl:
		r.returned(n)
	case *ast.CallExpr:
		if f, ok := n.Fun.(*ast.SelectorExpr); ok && r.errors && (f.Sel.Name == "New" && len(n.Args) == 1 || f.Sel.Name == "Errorf") {
			if text := r.text(n.Args[0]); !strings.HasPrefix(text, "csta: ") { // those are New's, and no link's
				r.add(n.Args[0])
			}
		}
		if f, ok := n.Fun.(*ast.SelectorExpr); ok && slices.Contains([]string{"failed", "retry", "setState"}, f.Sel.Name) {
			for _, arg := range n.Args {
				r.add(arg)
			}
		}
	}
	return true
}

// refusal adds the problem of a refusal of CSTA, alone and with the PBX's own word,
// and its cure as a sentence; of an alien protocol the cure alone.
func (r *sentenceReader) refusal(fields []ast.Expr) {
	switch first := r.firstName(fields); {
	case len(fields) == 3 && strings.HasPrefix(first, "Reason"):
		r.add(fields[1])
	case len(fields) != 2 || first != "":
		return
	}
	if cure := r.text(fields[len(fields)-1]); cure != "%s" {
		r.add(&ast.BasicLit{Kind: token.STRING, Value: strconv.Quote(strings.ToUpper(cure[:1]) + cure[1:] + ".")})
	}
}

// firstName is the first field's, "" if that is a text.
func (r *sentenceReader) firstName(fields []ast.Expr) string {
	if len(fields) == 0 {
		return "none"
	}
	switch first := fields[0].(type) {
	case *ast.Ident:
		return first.Name
	case *ast.BasicLit:
		return ""
	}
	return "other"
}

// returned adds what a function returns as problem and cure.
func (r *sentenceReader) returned(f *ast.FuncDecl) {
	if f.Type.Results == nil || f.Body == nil {
		return
	}
	var names []ast.Expr
	for _, field := range f.Type.Results.List {
		for _, name := range field.Names {
			names = append(names, name)
		}
	}
	ast.Inspect(f.Body, func(n ast.Node) bool {
		if back, ok := n.(*ast.ReturnStmt); ok && len(back.Results) == len(names) {
			for i, name := range names {
				r.take(name, back.Results[i])
			}
		}
		return true
	})
}

// take adds what is given to something of the right name.
func (r *sentenceReader) take(to, value ast.Expr) {
	name := ""
	switch to := to.(type) {
	case *ast.Ident:
		name = to.Name
	case *ast.SelectorExpr:
		name = to.Sel.Name
	}
	if slices.Contains([]string{"problem", "cure", "Problem", "Cure", "Text"}, name) {
		r.add(value)
	}
}

func (r *sentenceReader) add(value ast.Expr) {
	text := regexp.MustCompile(`%[dqsvw]`).ReplaceAllStringFunc(r.text(value), func(verb string) string {
		return map[string]string{"%q": `"%s"`}[verb] + strings.Repeat("%s", len(verb)-1-strings.Count(verb, "q"))
	})
	if len(strings.Fields(strings.ReplaceAll(text, "%s", ""))) > 1 {
		r.found = append(r.found, text)
	}
}

// text is an expression's value, with %s for what is not known.
func (r *sentenceReader) text(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		if s, err := strconv.Unquote(e.Value); err == nil {
			return s
		}
	case *ast.BinaryExpr:
		return r.text(e.X) + r.text(e.Y)
	case *ast.Ident:
		if c, ok := r.consts[e.Name]; ok {
			return r.text(c)
		}
	case *ast.CallExpr:
		if f, ok := e.Fun.(*ast.SelectorExpr); ok && f.Sel.Name == "Sprintf" {
			return r.text(e.Args[0])
		}
	}
	return "%s"
}
