package bridge

import (
	"errors"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// maxDocument bounds what is read; 10,000 agents take about 2 MiB.
const maxDocument = 16 << 20

// ParseDocument reads a configuration document in YAML. Unknown and repeated
// keys, wrong types, and what Validate finds are FieldErrors with their lines; "env:NAME"
// in place of a secret takes the variable's value. What an entry refers to may
// be stored already, so that is left to Validate with the stored document.
func ParseDocument(r io.Reader, getenv func(string) string) (Document, error) {
	raw, err := io.ReadAll(io.LimitReader(r, maxDocument+1))
	if err != nil {
		return Document{}, fmt.Errorf("bridge: read configuration: %w", err)
	}
	if len(raw) > maxDocument {
		return Document{}, errors.New("bridge: read configuration: larger than 16 MiB: this is not a configuration document")
	}
	d, file, faults := decodeDocument(string(raw))
	if len(faults) > 0 {
		return Document{}, faults
	}
	faults = append(d.resolveSecrets(getenv), d.check(nil)...)
	if len(faults) > 0 {
		locate(faults, file)
		return Document{}, faults
	}
	return d, nil
}

// MarshalDocument writes d as ParseDocument reads it, without the secrets:
// importing the result keeps those that are stored.
func MarshalDocument(w io.Writer, d Document) error {
	d = d.WithoutSecrets()
	d.Version = DocumentVersion
	if _, err := io.WriteString(w, "# Secrets are left out; an import keeps those that are stored.\n"); err != nil {
		return fmt.Errorf("bridge: write configuration: %w", err)
	}
	enc := yaml.NewEncoder(w, yaml.UseLiteralStyleIfMultiline(true), yaml.IndentSequence(true))
	if err := enc.Encode(d); err != nil {
		return fmt.Errorf("bridge: write configuration: %w", err)
	}
	return nil
}

// WithoutSecrets is a copy that can be shown.
func (d Document) WithoutSecrets() Document {
	d.Orgs = append(d.Orgs[:0:0], d.Orgs...)
	for i := range d.Orgs {
		d.Orgs[i].ClientSecret = ""
	}
	d.Links = append(d.Links[:0:0], d.Links...)
	for i := range d.Links {
		d.Links[i].Password = ""
	}
	return d
}

// UnmarshalYAML makes an agent that does not say otherwise an enabled one.
func (a *Agent) UnmarshalYAML(unmarshal func(any) error) error {
	type plain Agent
	p := plain{Enabled: true}
	if err := unmarshal(&p); err != nil {
		return err
	}
	*a = Agent(p)
	return nil
}

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
	if key == nil || key.Value != "version" && key.Value != "internalDigits" {
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

// resolveSecrets replaces "env:NAME" by what the environment holds.
func (d *Document) resolveSecrets(getenv func(string) string) FieldErrors {
	var faults FieldErrors
	resolve := func(path string, secret *string) {
		name, ok := strings.CutPrefix(*secret, "env:")
		if !ok {
			return
		}
		if *secret = getenv(name); *secret == "" {
			faults.add(path, "the environment variable %s is not set; set it or leave the line out to keep the stored secret", name)
		}
	}
	for i := range d.Orgs {
		resolve(fmt.Sprintf("orgs[%d].clientSecret", i), &d.Orgs[i].ClientSecret)
	}
	for i := range d.Links {
		resolve(fmt.Sprintf("links[%d].password", i), &d.Links[i].Password)
	}
	return faults
}

var _ yaml.InterfaceUnmarshaler = (*Agent)(nil)
