package admin

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestLossesSpeakGerman: what is lost by a field that the run-as user cannot see
// stands amid a sentence, and is German there too.
func TestLossesSpeakGerman(t *testing.T) {
	known, losses := newSentences(linkTexts()), []string{"converted leads keep popping beside their contacts", "city of Contact is read without it"}
	for _, name := range []string{"mapping_defaults.go", "plan.go"} {
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", "..", "lookup", "replica", name), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			list, ok := n.(*ast.CompositeLit)
			if !ok || len(list.Elts) != 2 {
				return true
			}
			if lit, ok := list.Elts[1].(*ast.BasicLit); ok && lit.Kind == token.STRING {
				if text, _ := strconv.Unquote(lit.Value); text != "" {
					losses = append(losses, text)
				}
			}
			return true
		})
	}
	if len(losses) < 15 {
		t.Errorf("only %d losses were found", len(losses))
	}
	for _, loss := range losses {
		german, ok := known.german(loss)
		if !ok {
			t.Errorf("no German text for %q", loss)
			continue
		}
		const what = "The run-as user cannot see Contact.Fax, so %s. Give “Read Access” to the field in a permission set (field permissions)."
		const want = "Der „Ausführen als“-Benutzer sieht Contact.Fax nicht; deshalb %s. Geben Sie in einem Berechtigungssatz „Lesezugriff“ auf das Feld (Feldberechtigungen)."
		if got, _ := known.german(fmt.Sprintf(what, loss)); got != fmt.Sprintf(want, german) {
			t.Errorf("%s\nreads %s", loss, got)
		}
	}
}

// TestAbout: a name before a sentence does not keep it English.
func TestAbout(t *testing.T) {
	pages := &renderer{texts: allTexts(), links: newSentences(linkTexts())}
	for _, c := range []struct{ english, german string }{
		{"Contact: the run-as user cannot see Fax, or it does not exist.", "Contact: der „Ausführen als“-Benutzer"},
		{"Contact: The run-as user cannot see Contact.Fax, so callers are not found by it.", "Contact: Der „Ausführen als“-Benutzer sieht Contact.Fax nicht; deshalb werden Anrufer darüber nicht gefunden."},
		{"Contact can be read.", "Contact ist lesbar."},
		{"salesforce: describe Contact: It is so (CODE), status 400.", ""},
	} {
		got := sayer{pages, german}.about(c.english)
		if c.german == "" && got != (said{c.english, english}) || c.german != "" && (got.Lang != german || !strings.HasPrefix(got.Text, c.german)) {
			t.Errorf("%s\nreads %+v", c.english, got)
		}
		if got := (sayer{pages, english}).about(c.english); got != (said{c.english, english}) {
			t.Errorf("in English %+v", got)
		}
	}
}
