package daemon

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/bridge/config"
	"github.com/ctibridge/ctibridge/bridge/store"
)

// Client does what commands ask for, in the running bridge if there is one.
type Client struct {
	http  *http.Client
	close func()
}

// Connect reaches the bridge that serves from the data folder, or opens the
// folder itself when none does.
func Connect(ctx context.Context, s config.Settings, version string, log *slog.Logger) (*Client, error) {
	path := s.ControlPath()
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", path)
	}
	c := &Client{http: &http.Client{Transport: &http.Transport{DialContext: dial}}, close: func() {}}
	if conn, err := dial(ctx, "", ""); err == nil {
		return c, conn.Close()
	}
	stop, err := serveOffice(ctx, s, version, log)
	if err != nil {
		return nil, err
	}
	c.close = stop
	return c, nil
}

// serveOffice opens the data folder for one command, behind the same socket.
func serveOffice(ctx context.Context, s config.Settings, version string, log *slog.Logger) (stop func(), err error) {
	d, err := openData(ctx, s)
	if err != nil {
		return nil, err
	}
	all := &orgs{directory: d.directory, log: log, version: version, tokens: d.store, running: make(map[string]*runningOrg)}
	o := &office{data: d, orgs: all, findings: func(ctx context.Context) []Finding {
		return checkStopped(ctx, d, all, log)
	}}
	o.reload = func(ctx context.Context) error {
		doc, err := d.store.Document(ctx) // Orgs would leave the secrets out
		all.apply(ctx, doc.Orgs, false)
		return err
	}
	if err := o.reload(ctx); err != nil {
		d.close()
		return nil, err
	}
	c, err := listenControl(ctx, s.ControlPath(), o)
	if err != nil {
		d.close()
		return nil, err
	}
	done := make(chan struct{})
	go func() { c.serve(); close(done) }()
	return func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = c.close(ctx)
		<-done
		d.close()
	}, nil
}

// Close lets go of the data folder, if it was opened.
func (c *Client) Close() {
	c.http.CloseIdleConnections()
	c.close()
}

// Import stores a document and makes it act.
func (c *Client) Import(ctx context.Context, doc bridge.Document, replace bool) (store.ImportReport, error) {
	var report store.ImportReport
	return report, c.do(ctx, http.MethodPost, fmt.Sprintf("/config?replace=%t", replace), doc, &report)
}

// Export writes the stored configuration, secrets left out.
func (c *Client) Export(ctx context.Context, w io.Writer) error {
	body, err := c.send(ctx, http.MethodGet, "/config", nil)
	if err != nil {
		return err
	}
	defer body.Close()
	_, err = io.Copy(w, body)
	return err
}

// Sync runs a sync now and tells its progress line by line.
func (c *Client) Sync(ctx context.Context, req SyncRequest, tell func(SyncLine)) error {
	body, err := c.send(ctx, http.MethodPost, "/sync", req)
	if err != nil {
		return err
	}
	defer body.Close()
	for lines := json.NewDecoder(body); ; {
		var l SyncLine
		switch err := lines.Decode(&l); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		tell(l)
	}
}

// Lookup asks the directory whose the numbers are.
func (c *Client) Lookup(ctx context.Context, org string, numbers []string) ([]Found, error) {
	var out []Found
	q := url.Values{"org": {org}, "number": numbers}
	return out, c.do(ctx, http.MethodGet, "/lookup?"+q.Encode(), nil, &out)
}

// Check tells what works and what does not.
func (c *Client) Check(ctx context.Context) ([]Finding, error) {
	var out []Finding
	return out, c.do(ctx, http.MethodGet, "/check", nil, &out)
}

// SaveAdministrator creates an account of the panel or sets its password.
func (c *Client) SaveAdministrator(ctx context.Context, req AdministratorRequest) error {
	return c.do(ctx, http.MethodPost, "/administrators", req, nil)
}

func (c *Client) do(ctx context.Context, method, path string, in, out any) error {
	body, err := c.send(ctx, method, path, in)
	if err != nil {
		return err
	}
	defer body.Close()
	if out == nil {
		return nil
	}
	return json.NewDecoder(body).Decode(out)
}

func (c *Client) send(ctx context.Context, method, path string, in any) (io.ReadCloser, error) {
	var body bytes.Buffer
	if in != nil {
		if err := json.NewEncoder(&body).Encode(in); err != nil {
			return nil, err
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://bridge"+path, &body)
	if err != nil {
		return nil, err
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("ask the running bridge: %w", err)
	}
	if resp.StatusCode == http.StatusOK {
		return resp.Body, nil
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	return nil, errors.New(strings.TrimSpace(string(text)))
}
