package salesforce

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// transport is what carries the requests, with the proxy and the CA of c.
func (c *Config) transport() (http.RoundTripper, error) {
	base := c.HTTPClient.Transport
	if base == nil {
		base = http.DefaultTransport
	}
	if c.Proxy.URL == "" && c.CA == "" {
		return base, nil
	}
	own, ok := base.(*http.Transport)
	if !ok {
		return nil, errors.New("salesforce: a proxy or a CA needs an *http.Transport")
	}
	own = own.Clone()
	if c.Proxy.URL != "" {
		through, err := c.Proxy.function()
		if err != nil {
			return nil, err
		}
		own.Proxy, own.OnProxyConnectResponse = through, proxyAnswer
	}
	if c.CA == "" {
		return own, nil
	}
	if own.TLSClientConfig == nil {
		own.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	pool, err := ParseCA(own.TLSClientConfig.RootCAs, c.CA)
	own.TLSClientConfig.RootCAs = pool
	return own, err
}

// ParseCA adds certificates (PEM) to those of base, or of the system if nil.
func ParseCA(base *x509.CertPool, text string) (*x509.CertPool, error) {
	if base == nil {
		var err error
		if base, err = x509.SystemCertPool(); err != nil {
			return nil, fmt.Errorf("salesforce: read the system's certificates: %w", err)
		}
	}
	pool := base.Clone()
	if !pool.AppendCertsFromPEM([]byte(strings.ReplaceAll(text, `\n`, "\n"))) {
		return nil, errors.New("salesforce: the CA holds no certificate; paste it as PEM, from -----BEGIN CERTIFICATE----- on")
	}
	return pool, nil
}

// ParseProxy reads a proxy's address; http:// may be left out.
func ParseProxy(text string) (*url.URL, error) {
	text = cleanKey(text)
	if !strings.Contains(text, "://") {
		text = "http://" + text
	}
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https" || strings.Trim(u.Path, "/") != "" {
		return nil, errors.New("salesforce: the proxy's address is not like http://proxy.example.com:3128")
	}
	if u.User != nil {
		return nil, errors.New("salesforce: the proxy's address holds a user name; enter user name and password in their own fields")
	}
	return u, nil
}

func (p *Proxy) function() (func(*http.Request) (*url.URL, error), error) {
	address, err := ParseProxy(p.URL)
	if err != nil {
		return nil, err
	}
	if p.Username != "" {
		address.User = url.UserPassword(p.Username, p.Password)
	}
	around, err := parseExceptions(p.Exceptions)
	if err != nil {
		return nil, err
	}
	return func(r *http.Request) (*url.URL, error) {
		if around.match(r.URL) {
			return nil, nil //nolint:nilnil // net/http's way to say: without a proxy
		}
		return address, nil
	}, nil
}

// proxyAnswer names what a proxy says to CONNECT; net/http would keep only the
// text of its status.
func proxyAnswer(_ context.Context, _ *url.URL, _ *http.Request, reply *http.Response) error {
	if reply.StatusCode == http.StatusOK {
		return nil
	}
	return proxyRefusal(reply.StatusCode)
}

func proxyRefusal(status int) *Error {
	return &Error{Status: status, Code: codeProxy, Message: "the proxy refuses the connection: " + http.StatusText(status)}
}

// exception is one entry of NO_PROXY.
type exception struct {
	all    bool
	prefix netip.Prefix
	name   string // in lower case, without the first dot
	below  bool   // the name's subdomains only
	port   string
}

type exceptions []exception

// CheckProxyException says what is wrong with one of Proxy's Exceptions.
func CheckProxyException(text string) error {
	_, err := parseException(text)
	return err
}

func parseExceptions(list []string) (exceptions, error) {
	var all exceptions
	for _, text := range list {
		e, err := parseException(text)
		if err != nil {
			return nil, err
		}
		all = append(all, e)
	}
	return all, nil
}

func parseException(text string) (e exception, err error) {
	text = strings.ToLower(strings.TrimSpace(text))
	bad := fmt.Errorf("salesforce: %q is no exception from the proxy; write a name, .name, an address or a prefix such as 10.0.0.0/8", clip(text))
	if text == "*" {
		return exception{all: true}, nil
	}
	if e.prefix, err = netip.ParsePrefix(text); err == nil {
		return e, nil
	}
	if host, port, err := net.SplitHostPort(text); err == nil {
		if _, err := strconv.ParseUint(port, 10, 16); err != nil {
			return e, bad
		}
		text, e.port = host, port
	}
	if address, err := netip.ParseAddr(strings.Trim(text, "[]")); err == nil {
		e.prefix = netip.PrefixFrom(address, address.BitLen())
		return e, nil
	}
	text = strings.TrimPrefix(text, "*") // "*.example.com" is ".example.com"
	if e.name, e.below = strings.CutPrefix(text, "."); e.name == "" || strings.ContainsAny(e.name, " \t/:*@,;") {
		return e, bad
	}
	return e, nil
}

func (all exceptions) match(u *url.URL) bool {
	host, port := strings.ToLower(u.Hostname()), u.Port()
	if port == "" {
		port = map[string]string{"https": "443", "http": "80"}[u.Scheme]
	}
	address, err := netip.ParseAddr(host)
	for _, e := range all {
		switch {
		case e.all:
			return true
		case e.port != "" && e.port != port:
		case e.prefix.IsValid():
			if err == nil && e.prefix.Contains(address.Unmap()) {
				return true
			}
		case host == e.name && !e.below, e.name != "" && strings.HasSuffix(host, "."+e.name):
			return true
		}
	}
	return false
}
