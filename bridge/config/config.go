// Package config holds the few settings that the program needs before it can
// open its database: where to listen, where its data is, and with which key
// the secrets in it are sealed. Everything else is in the database.
//
//	Defaults() ─► YAML file ─► CTIBRIDGE_… ─► flags ─► Settings ─► Validate
//
// Later wins. Load reads and merges, Validate judges, Key fetches the key; the
// three are apart because `version` needs none of them and `number` only the
// first.
package config

import (
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"path/filepath"
)

// The ways in which the listener may be protected.
const (
	// TLSFiles: TLS with the pair of TLSCert and TLSKey.
	TLSFiles = "files"
	// TLSBehindProxy: plain HTTP, and a proxy in front that speaks TLS.
	TLSBehindProxy = "behind_proxy"
	// TLSOff: plain HTTP, on a loopback address only.
	TLSOff = "off"
)

// Settings are the bootstrap settings after merging. The zero value is not of
// use; begin with Defaults.
type Settings struct {
	// Listen is the host:port of the one HTTP listener; port 0 takes a free one.
	Listen string `yaml:"listen"`
	// Data is the folder of the databases and the control socket.
	Data string `yaml:"data"`
	// DatabaseURL will name a PostgreSQL database one day; refused for now.
	DatabaseURL Secret `yaml:"database_url"`
	// PublicURL is what browsers and Salesforce call us by, without a trailing
	// slash. Tickets carry it as their audience.
	PublicURL string `yaml:"public_url"`
	// TLSCert and TLSKey are PEM files, read again when they change.
	TLSCert string `yaml:"tls_cert"`
	TLSKey  string `yaml:"tls_key"`
	// TLSMode is TLSFiles, TLSBehindProxy or TLSOff. Load fills it in: files
	// if there is a certificate, else off.
	TLSMode string `yaml:"tls_mode"`
	// LogLevel is debug, info, warn or error; LogFormat text or json.
	LogLevel  string `yaml:"log_level"`
	LogFormat string `yaml:"log_format"`
	// SecretKey is the base64 of 32 bytes. If it is empty the key is read from
	// SecretKeyFile, which is Data + ".key" if that is empty too; see Key.
	SecretKey     Secret `yaml:"secret_key"`
	SecretKeyFile string `yaml:"secret_key_file"`
}

// Defaults are the settings of a program that nobody has told anything: it
// listens on loopback and keeps its data in the folder "data".
func Defaults() Settings {
	return Settings{
		Listen:    "127.0.0.1:8080",
		Data:      "data",
		LogLevel:  "info",
		LogFormat: "text",
	}
}

// Level is LogLevel for slog; Validate has made sure that it is one.
func (s Settings) Level() slog.Level {
	level, err := parseLevel(s.LogLevel)
	if err != nil {
		return slog.LevelInfo
	}
	return level
}

// BaseURL is PublicURL, or where that is not set the URL of addr, the address
// that the listener got.
func (s Settings) BaseURL(addr net.Addr) string {
	if s.PublicURL != "" {
		return s.PublicURL
	}
	if s.TLSMode == TLSFiles {
		return "https://" + addr.String()
	}
	return "http://" + addr.String()
}

// StatePath is the file of everything that cannot be rebuilt.
func (s Settings) StatePath() string { return filepath.Join(s.Data, "state.db") }

// DirectoryPath is the file of the directory; it can be rebuilt from the orgs.
func (s Settings) DirectoryPath() string { return filepath.Join(s.Data, "directory.db") }

// ControlPath is the 0600 socket over which commands reach a running bridge.
func (s Settings) ControlPath() string { return filepath.Join(s.Data, "control.sock") }

var errLevel = errors.New("must be debug, info, warn or error")

func parseLevel(name string) (slog.Level, error) {
	switch name {
	case "debug":
		return slog.LevelDebug, nil
	case "info":
		return slog.LevelInfo, nil
	case "warn":
		return slog.LevelWarn, nil
	case "error":
		return slog.LevelError, nil
	}
	return 0, errLevel
}

// loopback reports whether host names this machine only. A name other than
// localhost is not resolved: what it means may change after the check.
func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}
