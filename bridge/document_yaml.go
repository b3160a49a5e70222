package bridge

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// decodeDocument does what needs the YAML library. That library panics on some
// malformed input, which must cost no more than an error.
func decodeDocument(text string) (d Document, file *ast.File, faults FieldErrors) {
	defer func() {
		if recover() != nil {
			faults = FieldErrors{{Text: "this is not valid YAML"}}
		}
	}()
	file, err := parseYAML(text)
	if err != nil {
		return d, nil, yamlErrors(err)
	}
	body, faults := onlyBody(file)
	if len(faults) > 0 {
		return d, nil, faults
	}
	var whole wholeNumbers
	ast.Walk(&whole, body)
	if len(whole.faults) > 0 {
		return d, nil, whole.faults
	}
	if err := yaml.NodeToValue(body, &d, yaml.Strict()); err != nil {
		return d, nil, yamlErrors(err)
	}
	return d, file, nil
}

// maxNesting is several times what a document needs; the library's time grows
// with the square of the depth.
const maxNesting = 32

// parseYAML differs from the library in three points. What is written like a
// number but not as a plain decimal stays the text it is: else extension 0103
// would be read as octal and become 67, and 0x10 would become 16. There are no
// tags and no aliases, of which a short file can make a huge one. And nesting
// is bounded.
func parseYAML(text string) (*ast.File, error) {
	tokens := lexer.Tokenize(strings.TrimPrefix(text, "\ufeff"))
	depth := 0
	for _, tk := range tokens {
		switch tk.Type {
		case token.IntegerType, token.BinaryIntegerType, token.OctetIntegerType, token.HexIntegerType, token.FloatType:
			if n, err := strconv.Atoi(tk.Value); err != nil || strconv.Itoa(n) != tk.Value {
				tk.Type = token.StringType
			}
		case token.TagType, token.AliasType, token.AnchorType:
			return nil, faultAt(tk, fmt.Sprintf("%s has a meaning of its own in YAML that is not used here; put the text in quotes", tk.Value))
		case token.SequenceEntryType:
			if tk.Position.Column > 4*maxNesting { // "- - - -" on one line
				return nil, faultAt(tk, "this is nested too deeply")
			}
		case token.SequenceStartType, token.MappingStartType:
			depth++
		case token.SequenceEndType, token.MappingEndType:
			depth--
		default:
		}
		if depth > maxNesting || tk.Position.IndentNum > 4*maxNesting {
			return nil, faultAt(tk, "this is nested too deeply")
		}
	}
	return parser.Parse(tokens, 0)
}

func faultAt(tk *token.Token, text string) FieldErrors {
	return FieldErrors{{Line: tk.Position.Line, Text: text}}
}

// wholeNumbers finds what the library would cut to a whole number in silence,
// such as version: 1.5.
type wholeNumbers struct{ faults FieldErrors }

// Visit implements ast.Visitor.
func (w *wholeNumbers) Visit(n ast.Node) ast.Visitor {
	pair, ok := n.(*ast.MappingValueNode)
	if !ok {
		return w
	}
	key := pair.Key.GetToken()
	if key == nil || !slices.Contains([]string{"version", "internalDigits", "ddiDigits", "dialsPerMinute", "dialsPerTenSeconds", "shiftHours"}, key.Value) {
		return w
	}
	if _, ok := pair.Value.(*ast.IntegerNode); !ok {
		w.faults = append(w.faults, FieldError{Path: key.Value, Line: key.Position.Line, Text: "must be a whole number"})
	}
	return w
}

// onlyBody is the one document of the file. What follows a "---" would
// otherwise be ignored in silence.
func onlyBody(file *ast.File) (ast.Node, FieldErrors) {
	var body ast.Node
	for _, doc := range file.Docs {
		if doc.Body == nil {
			continue
		}
		if body != nil {
			return nil, faultAt(doc.Body.GetToken(), "a second document begins here; keep one")
		}
		body = doc.Body
	}
	if body == nil {
		return nil, FieldErrors{{Line: 1, Text: "the document is empty; begin it with version: 1"}}
	}
	return body, nil
}

// yamlErrors says where and what, without the excerpt of the file that the
// library would print: the line may hold a secret.
func yamlErrors(err error) FieldErrors {
	var faults FieldErrors
	if errors.As(err, &faults) {
		return faults
	}
	var at yaml.Error
	if !errors.As(err, &at) {
		return FieldErrors{{Text: err.Error()}}
	}
	fault := FieldError{Text: at.GetMessage()}
	var wrong *yaml.TypeError
	var node *yaml.UnexpectedNodeTypeError
	var overflow *yaml.OverflowError
	switch {
	case errors.As(err, &wrong):
		fault.Text = "the value must be " + typeWord(wrong.DstType)
	case errors.As(err, &node):
		fault.Text = fmt.Sprintf("a %s stands where a %s is expected", nodeWord(node.Actual), nodeWord(node.Expected))
	case errors.As(err, &overflow):
		fault.Text = "the number is too large"
	}
	if tk := at.GetToken(); tk != nil && tk.Position != nil {
		fault.Line = tk.Position.Line
	}
	return FieldErrors{fault}
}

func nodeWord(t ast.NodeType) string {
	switch t {
	case ast.MappingType, ast.MappingValueType:
		return "mapping of keys to values"
	case ast.SequenceType:
		return "list"
	default:
		return "single value"
	}
}

func typeWord(t reflect.Type) string {
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == nil {
		return "of another type"
	}
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.Int:
		return "a whole number"
	case reflect.String:
		return "a text"
	case reflect.Slice:
		return "a list"
	default:
		return "a mapping of keys to values"
	}
}

// locate fills in the lines of faults. Of a key that is missing it takes the
// entry that should have it.
func locate(faults FieldErrors, file *ast.File) {
	for i := range faults {
		if i == shownErrors {
			return
		}
		for path := faults[i].Path; path != "" && faults[i].Line == 0; path = parentPath(path) {
			if line := lineOf(path, file); line > 0 {
				faults[i].Line = line
			}
		}
	}
}

// lineOf is 0 where the path leads nowhere, and where the library panics on it.
func lineOf(path string, file *ast.File) (line int) {
	defer func() { _ = recover() }()
	p, err := yaml.PathString("$." + path)
	if err != nil {
		return 0
	}
	node, err := p.FilterFile(file)
	if err != nil || node == nil {
		return 0
	}
	if tk := node.GetToken(); tk != nil && tk.Position != nil {
		return tk.Position.Line
	}
	return 0
}

func parentPath(path string) string {
	return path[:max(0, strings.LastIndexAny(path, ".["))]
}
