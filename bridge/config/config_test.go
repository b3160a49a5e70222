package config

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

func noEnv(string) string { return "" }

// fixtures names for each testdata/conf.<what>.yml the words that its error,
// of Load or Validate, must contain; none for a good one.
var fixtures = map[string][]string{
	"full":               nil,
	"empty":              nil,
	"only-comments":      nil,
	"behind-proxy":       nil,
	"ipv6-loopback":      nil,
	"public-url-slashes": nil,
	"unknown-key":        {"line 2", `"lissten"`},
	"duplicate-key":      {"line 2", `"log_level"`},
	"wrong-type":         {"line 2", "text is expected"},
	"syntax":             {"line 1"},
	"list":               {"line 1", "mapping"},
	"two-documents":      {"line 3", "second document"},
	"secret-on-bad-line": {"line 1"},
	"open-without-tls":   {"listen", "set tls_cert and tls_key", "behind_proxy", "127.0.0.1"},
	"name-without-tls":   {"listen", "set tls_cert and tls_key"},
	"port-only":          {"listen", "host:port"},
	"bad-port":           {"listen", "65535"},
	"cert-without-key":   {"needs both"},
	"files-without-pair": {"needs both"},
	"off-with-pair":      {"tls_mode", "would not be used"},
	"unknown-tls-mode":   {"letsencrypt", "behind_proxy"},
	"no-public-url":      {"public_url", "must be set"},
	"public-url-bare":    {"public_url", "https://cti.example.com"},
	"public-url-path":    {"public_url", "root of its host"},
	"public-url-http":    {"public_url", "must begin with https://"},
	"postgres":           {"database_url", "not supported yet"},
	"no-data":            {"data", "folder"},
	"log":                {"log_level", "log_format"},
}

func TestFixtures(t *testing.T) {
	files, err := filepath.Glob("testdata/conf.*.yml")
	if err != nil || len(files) != len(fixtures) {
		t.Fatalf("%d files for %d fixtures, %v", len(files), len(fixtures), err)
	}
	for what, words := range fixtures {
		t.Run(what, func(t *testing.T) {
			s, err := Load("testdata/conf."+what+".yml", noEnv, Flags{})
			if err == nil {
				err = s.Validate()
			}
			if (err == nil) != (words == nil) {
				t.Fatalf("error %v, want words %q", err, words)
			}
			for _, w := range words {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("error %q does not say %q", err, w)
				}
			}
			if err != nil && (strings.Contains(err.Error(), "0123456789") || strings.Contains(err.Error(), "geheim")) {
				t.Errorf("error %q tells a secret", err)
			}
		})
	}
}

func TestLoadFull(t *testing.T) {
	s, err := Load("testdata/conf.full.yml", noEnv, Flags{})
	if err != nil {
		t.Fatal(err)
	}
	want := Settings{
		Listen: "0.0.0.0:8443", Data: "/var/lib/ctibridge", PublicURL: "https://cti.example.com",
		TLSCert: "/etc/ctibridge/tls.crt", TLSKey: "/etc/ctibridge/tls.key", TLSMode: TLSFiles,
		LogLevel: "debug", LogFormat: "json", SecretKeyFile: "/etc/ctibridge/secret.key",
	}
	if s != want {
		t.Fatalf("got %+v\nwant %+v", s, want)
	}
	if s.Level() != slog.LevelDebug {
		t.Errorf("level %v", s.Level())
	}
}

func TestLaterWins(t *testing.T) {
	env := map[string]string{"CTIBRIDGE_LISTEN": "127.0.0.1:2", "CTIBRIDGE_LOG_LEVEL": "warn", "CTIBRIDGE_DATA": ""}
	flag := "127.0.0.1:3"
	s, err := Load("testdata/conf.full.yml", func(k string) string { return env[k] }, Flags{Listen: &flag})
	if err != nil {
		t.Fatal(err)
	}
	if s.Listen != flag || s.LogLevel != "warn" || s.LogFormat != "json" || s.Data != "/var/lib/ctibridge" {
		t.Fatalf("flags over environment over file over defaults: got %+v", s)
	}
}

func TestEveryNameWorksInTheEnvironment(t *testing.T) {
	for _, name := range []string{"LISTEN", "DATA", "DATABASE_URL", "PUBLIC_URL", "TLS_CERT", "TLS_KEY", "TLS_MODE", "LOG_LEVEL", "LOG_FORMAT", "SECRET_KEY", "SECRET_KEY_FILE"} {
		s, err := Load("", func(k string) string {
			if k == "CTIBRIDGE_"+name {
				return "x"
			}
			return ""
		}, Flags{})
		if err != nil {
			t.Fatal(err)
		}
		plain := Defaults()
		plain.complete()
		if s == plain {
			t.Errorf("CTIBRIDGE_%s changes nothing", name)
		}
	}
}

func TestFlagsSuitKong(t *testing.T) {
	var cli struct {
		Flags
		Config string
	}
	parser, err := kong.New(&cli)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse([]string{"--listen=:1", "--public-url=https://cti.example.com", "--tls-cert=/a", "--log-level", "debug", "--secret-key-file=/k"}); err != nil {
		t.Fatal(err)
	}
	s, err := Load("", noEnv, cli.Flags)
	if err != nil {
		t.Fatal(err)
	}
	want := Defaults()
	want.Listen, want.PublicURL, want.TLSCert, want.TLSMode, want.LogLevel, want.SecretKeyFile = ":1", "https://cti.example.com", "/a", TLSFiles, "debug", "/k"
	if s != want {
		t.Errorf("got %+v\nwant %+v", s, want)
	}
}

func TestMissingFile(t *testing.T) {
	if _, err := Load("testdata/none.yml", noEnv, Flags{}); err == nil || !strings.Contains(err.Error(), "cannot read the settings") {
		t.Fatalf("got %v", err)
	}
}

func TestBaseURL(t *testing.T) {
	addr := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8080}
	for _, c := range []struct {
		s    Settings
		want string
	}{
		{Settings{PublicURL: "https://cti.example.com"}, "https://cti.example.com"},
		{Settings{TLSMode: TLSOff}, "http://127.0.0.1:8080"},
		{Settings{TLSMode: TLSFiles}, "https://127.0.0.1:8080"},
	} {
		if got := c.s.BaseURL(addr); got != c.want {
			t.Errorf("%+v: got %s, want %s", c.s, got, c.want)
		}
	}
}

func TestSecretHides(t *testing.T) {
	s := Settings{SecretKey: "geheim"}
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("start", "settings", s, "key", s.SecretKey)
	js, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	all := fmt.Sprintf("%v %+v %#v %s %q %x", s, s, s, s.SecretKey, s.SecretKey, s.SecretKey) + log.String() + string(js)
	if strings.Contains(all, "geheim") || strings.Contains(all, fmt.Sprintf("%x", "geheim")) {
		t.Errorf("a secret shows: %s", all)
	}
	if !strings.Contains(all, "…") || Secret("").String() != "" {
		t.Errorf("a secret leaves no sign: %s", all)
	}
}

func FuzzLoad(f *testing.F) {
	files, err := filepath.Glob("testdata/conf.*.yml")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range files {
		raw, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(raw))
	}
	f.Fuzz(func(t *testing.T, text string) {
		s := Defaults()
		if err := s.read(strings.NewReader(text)); err != nil {
			return
		}
		s.complete()
		if s.Validate() == nil && s.TLSMode == TLSOff {
			if host, _, err := net.SplitHostPort(s.Listen); err != nil || !loopback(host) {
				t.Fatalf("%q listens on %s without TLS", text, s.Listen)
			}
		}
	})
}
