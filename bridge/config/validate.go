package config

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
)

// Validate tells everything that keeps `serve` from starting with these
// settings, each with its cure. It looks at no file and opens nothing.
func (s Settings) Validate() error {
	return errors.Join(
		s.checkDatabase(),
		s.checkTLS(),
		s.checkListen(),
		s.checkPublicURL(),
		s.checkLog(),
	)
}

func (s Settings) checkDatabase() error {
	if s.DatabaseURL != "" {
		return errors.New("database_url: PostgreSQL is not supported yet; remove database_url and set data to a folder")
	}
	if s.Data == "" {
		return errors.New("data: must name the folder of the databases")
	}
	return nil
}

func (s Settings) checkTLS() error {
	switch s.TLSMode {
	case TLSFiles:
		if s.TLSCert == "" || s.TLSKey == "" {
			return errors.New("tls_cert, tls_key: TLS needs both; set the other one, too")
		}
	case TLSBehindProxy, TLSOff:
		if s.TLSCert != "" || s.TLSKey != "" {
			return fmt.Errorf("tls_mode: is %s, so tls_cert and tls_key would not be used; remove them or set tls_mode to files", s.TLSMode)
		}
	default:
		return fmt.Errorf("tls_mode: %q is unknown; use files, behind_proxy or off", s.TLSMode)
	}
	return nil
}

func (s Settings) checkListen() error {
	host, port, err := net.SplitHostPort(s.Listen)
	if err != nil {
		return fmt.Errorf("listen: %q must be host:port, such as 127.0.0.1:8080 or :8443", s.Listen)
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return fmt.Errorf("listen: %q is no port; use a number from 0 to 65535", port)
	}
	if s.TLSMode == TLSOff && !loopback(host) {
		return fmt.Errorf("listen: %s can be reached from other machines, and without TLS everybody on the way can read what passes; "+
			"set tls_cert and tls_key, or tls_mode: behind_proxy if a proxy in front of it speaks TLS, or listen on 127.0.0.1", s.Listen)
	}
	return nil
}

func (s Settings) checkPublicURL() error {
	if s.PublicURL == "" {
		host, _, err := net.SplitHostPort(s.Listen)
		if err == nil && !loopback(host) {
			return errors.New("public_url: must be set, as browsers and Salesforce reach the bridge by it, such as https://cti.example.com")
		}
		return nil
	}
	u, err := url.Parse(s.PublicURL)
	switch {
	case err != nil || u.Host == "" || u.Hostname() == "" || (u.Scheme != "https" && u.Scheme != "http"):
		return errors.New("public_url: must be a URL such as https://cti.example.com")
	case u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || (u.Path != "" && u.Path != "/"):
		return errors.New("public_url: must be scheme and host only, such as https://cti.example.com; the bridge lives at the root of its host")
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return errors.New("public_url: must begin with https://; browsers let a Salesforce page connect to nothing else")
	}
	return nil
}

func (s Settings) checkLog() error {
	var level, format error
	if _, err := parseLevel(s.LogLevel); err != nil {
		level = fmt.Errorf("log_level: %q %w", s.LogLevel, err)
	}
	if s.LogFormat != "text" && s.LogFormat != "json" {
		format = fmt.Errorf("log_format: %q must be text or json", s.LogFormat)
	}
	return errors.Join(level, format)
}
