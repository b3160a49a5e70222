package salesforce

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"
)

// dialTimeout bounds a connection's opening, the proxy's part of it included.
const dialTimeout = 30 * time.Second

// TLSConfig is what endpoints beside the REST API are reached with: it trusts
// what Config says.
func (c *Client) TLSConfig() *tls.Config {
	if c.transport != nil && c.transport.TLSClientConfig != nil {
		own := c.transport.TLSClientConfig.Clone()
		own.NextProtos = nil // the REST API's
		return own
	}
	return &tls.Config{MinVersion: tls.VersionTLS12}
}

// Dial connects to host:port over TCP, through the same proxy as requests.
func (c *Client) Dial(ctx context.Context, address string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	proxy, err := c.proxyOf(address)
	if err != nil {
		return nil, fmt.Errorf("salesforce: connect to %s: %w", address, err)
	}
	var dialer net.Dialer
	if proxy == nil {
		conn, err := dialer.DialContext(ctx, "tcp", address)
		if err != nil {
			return nil, fmt.Errorf("salesforce: connect to %s: %w", address, err)
		}
		return conn, nil
	}
	conn, err := c.dialProxy(ctx, proxy)
	if err != nil {
		return nil, fmt.Errorf("salesforce: connect to the proxy: %w", err)
	}
	through, err := tunnel(ctx, conn, proxy, address)
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("salesforce: connect to %s through the proxy: %w", address, err)
	}
	return through, nil
}

// proxyOf is the proxy to address, nil for none.
func (c *Client) proxyOf(address string) (*url.URL, error) {
	choose := http.ProxyFromEnvironment
	if c.transport != nil {
		choose = c.transport.Proxy
	}
	if choose == nil {
		return nil, nil //nolint:nilnil // net/http's way to say: without a proxy
	}
	return choose(&http.Request{URL: &url.URL{Scheme: "https", Host: address}})
}

func (c *Client) dialProxy(ctx context.Context, proxy *url.URL) (net.Conn, error) {
	port := proxy.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[proxy.Scheme]
	}
	address := net.JoinHostPort(proxy.Hostname(), port)
	switch proxy.Scheme {
	case "http":
		var dialer net.Dialer
		return dialer.DialContext(ctx, "tcp", address)
	case "https":
		return (&tls.Dialer{Config: c.TLSConfig()}).DialContext(ctx, "tcp", address)
	}
	return nil, fmt.Errorf("a proxy of the kind %s:// cannot be used for this; name one that begins with http://", proxy.Scheme)
}

// tunnel asks the proxy at the other end of conn for address (RFC 9110 section
// 9.3.6).
func tunnel(ctx context.Context, conn net.Conn, proxy *url.URL, address string) (net.Conn, error) {
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	ask := &http.Request{Method: http.MethodConnect, URL: &url.URL{Opaque: address}, Host: address, Header: http.Header{}}
	if user := proxy.User; user != nil {
		word, _ := user.Password()
		ask.Header.Set("Proxy-Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(user.Username()+":"+word)))
	}
	if err := ask.Write(conn); err != nil {
		return nil, err
	}
	read := bufio.NewReader(conn)
	reply, err := http.ReadResponse(read, ask) //nolint:bodyclose // a body is of a refusal, and the connection is closed then
	if err != nil {
		return nil, err
	}
	if reply.StatusCode != http.StatusOK {
		return nil, proxyRefusal(reply.StatusCode)
	}
	return &tunnelled{Conn: conn, read: read}, ctx.Err()
}

// tunnelled reads first what came together with the proxy's reply.
type tunnelled struct {
	net.Conn
	read io.Reader
}

func (t *tunnelled) Read(b []byte) (int, error) { return t.read.Read(b) }
