package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// Flags are the settings as command-line flags, ready to be embedded in a
// kong command. One that was not given is nil and changes nothing. There is no
// flag for the key: other users of the machine can read command lines.
type Flags struct {
	Listen        *string `help:"Address to listen on (host:port)." placeholder:"ADDR"`
	Data          *string `help:"Folder of the databases." placeholder:"DIR" type:"path"`
	DatabaseURL   *string `name:"database-url" help:"PostgreSQL URL (not supported yet)." hidden:""`
	PublicURL     *string `name:"public-url" help:"URL that browsers and Salesforce reach the bridge at." placeholder:"URL"`
	TLSCert       *string `name:"tls-cert" help:"Certificate file (PEM)." placeholder:"FILE" type:"path"`
	TLSKey        *string `name:"tls-key" help:"Private key file (PEM)." placeholder:"FILE" type:"path"`
	TLSMode       *string `name:"tls-mode" help:"files, behind_proxy or off." placeholder:"MODE"`
	LogLevel      *string `name:"log-level" help:"debug, info, warn or error." placeholder:"LEVEL"`
	LogFormat     *string `name:"log-format" help:"text or json." placeholder:"FORMAT"`
	SecretKeyFile *string `name:"secret-key-file" help:"File of the key that secrets are sealed with." placeholder:"FILE" type:"path"`
}

// entry is one setting: its name in the file, and CTIBRIDGE_ + upper case in
// the environment.
type entry struct {
	name string
	to   *string
	flag *string
}

func (s *Settings) entries(f Flags) []entry {
	return []entry{
		{"listen", &s.Listen, f.Listen},
		{"data", &s.Data, f.Data},
		{"database_url", (*string)(&s.DatabaseURL), f.DatabaseURL},
		{"public_url", &s.PublicURL, f.PublicURL},
		{"tls_cert", &s.TLSCert, f.TLSCert},
		{"tls_key", &s.TLSKey, f.TLSKey},
		{"tls_mode", &s.TLSMode, f.TLSMode},
		{"log_level", &s.LogLevel, f.LogLevel},
		{"log_format", &s.LogFormat, f.LogFormat},
		{"secret_key", (*string)(&s.SecretKey), nil},
		{"secret_key_file", &s.SecretKeyFile, f.SecretKeyFile},
	}
}

// Load merges the defaults, the YAML file at path (none if path is empty), the
// environment and the flags, later over earlier. An empty variable counts as
// not set. The result is not validated: not every command needs all of it.
func Load(path string, getenv func(string) string, flags Flags) (Settings, error) {
	s := Defaults()
	if path != "" {
		if err := s.readFile(path); err != nil {
			return Settings{}, fmt.Errorf("config: %w", err)
		}
	}
	for _, e := range s.entries(flags) {
		if v := getenv("CTIBRIDGE_" + strings.ToUpper(e.name)); v != "" {
			*e.to = v
		}
		if e.flag != nil {
			*e.to = *e.flag
		}
	}
	s.complete()
	return s, nil
}

// complete derives what was not said and tidies what was.
func (s *Settings) complete() {
	s.PublicURL = strings.TrimRight(s.PublicURL, "/")
	if s.TLSMode == "" {
		s.TLSMode = TLSOff
		if s.TLSCert != "" || s.TLSKey != "" {
			s.TLSMode = TLSFiles
		}
	}
}

// maxFile bounds what is read of a settings file; a real one has ten lines.
const maxFile = 1 << 20

func (s *Settings) readFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("cannot read the settings: %w", err)
	}
	defer func() { _ = f.Close() }()
	if err := s.read(f); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if s.SecretKey != "" {
		// Whoever may read the file has the key.
		return checkPrivate(f)
	}
	return nil
}

func (s *Settings) read(r io.Reader) error {
	raw, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err != nil {
		return err
	}
	if len(raw) > maxFile {
		return errors.New("larger than 1 MiB: this is not a settings file")
	}
	return s.decode(bytes.TrimPrefix(raw, []byte("\ufeff")))
}

// decode does what needs the YAML library. That library panics on some
// malformed input, which must cost no more than an error.
func (s *Settings) decode(text []byte) (err error) {
	defer func() {
		if recover() != nil {
			err = errors.New("this is not valid YAML")
		}
	}()
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		return inWords(err)
	}
	body, err := onlyBody(file)
	if err != nil || body == nil {
		return err
	}
	if err := yaml.NodeToValue(body, s, yaml.Strict()); err != nil {
		return inWords(err)
	}
	return nil
}

// onlyBody is the one document of the file, nil if it is empty. What follows a
// "---" would otherwise be ignored in silence.
func onlyBody(file *ast.File) (ast.Node, error) {
	var body ast.Node
	for _, doc := range file.Docs {
		if doc.Body == nil {
			continue
		}
		if body != nil {
			return nil, fmt.Errorf("line %d: a second document begins here; keep one", doc.Body.GetToken().Position.Line)
		}
		body = doc.Body
	}
	if _, null := body.(*ast.NullNode); null {
		return nil, nil
	}
	return body, nil
}

// inWords says where and what, without the excerpt of the file that the
// library would print: the line may hold the key.
func inWords(err error) error {
	var at yaml.Error
	if !errors.As(err, &at) {
		return err
	}
	msg := at.GetMessage()
	var wrong *yaml.TypeError
	if errors.As(err, &wrong) {
		msg = "the value has the wrong type; a text is expected"
	}
	if tk := at.GetToken(); tk != nil && tk.Position != nil {
		return fmt.Errorf("line %d: %s", tk.Position.Line, msg)
	}
	return errors.New(msg)
}
