package web

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

// Times of a server. Upgraded connections are exempt from all of them: the hub
// sets its own deadlines.
const (
	headerWithin  = 10 * time.Second
	requestWithin = time.Minute
	answerWithin  = 5 * time.Minute
	idleFor       = 2 * time.Minute
	maxHeader     = 32 << 10
	// DrainWithin is how long Run waits for requests that are under way.
	DrainWithin = 5 * time.Second
)

// ServerOptions say where and how a Server listens.
type ServerOptions struct {
	// Address is host:port; port 0 takes a free one.
	Address string
	Handler http.Handler
	// CertFile and KeyFile switch TLS on; they are read again when they change.
	CertFile, KeyFile string
	Logger            *slog.Logger
	// Draining, if set, is called when Run ends, before open requests are
	// waited for: the hub's Shutdown, for instance, which http.Server does not
	// know the connections of.
	Draining func(ctx context.Context)
}

// Server serves one handler on one address.
type Server struct {
	o        ServerOptions
	http     *http.Server
	listener net.Listener
}

// Listen binds the address, so that a port that is taken, or a certificate that
// cannot be read, is known before anything else starts.
func Listen(ctx context.Context, o ServerOptions) (*Server, error) {
	s := &Server{o: o, http: &http.Server{
		Handler:           o.Handler,
		ReadHeaderTimeout: headerWithin,
		ReadTimeout:       requestWithin,
		WriteTimeout:      answerWithin,
		IdleTimeout:       idleFor,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          slog.NewLogLogger(o.Logger.Handler(), slog.LevelDebug), // broken handshakes, mostly
	}}
	var config *tls.Config
	if o.CertFile != "" || o.KeyFile != "" {
		c, err := newCertificate(o.CertFile, o.KeyFile, o.Logger)
		if err != nil {
			return nil, err
		}
		// WebSockets of today's browsers come by HTTP/1.1.
		config = &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: c.get, NextProtos: []string{"h2", "http/1.1"}}
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", o.Address)
	if err != nil {
		return nil, fmt.Errorf("web: listen on %s: %w", o.Address, err)
	}
	if config != nil {
		s.http.TLSConfig = config
		l = tls.NewListener(l, config)
	}
	s.listener = l
	return s, nil
}

// Addr is the address as bound.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// Run serves until ctx ends, then lets requests under way finish. It returns nil
// after ctx, an error if serving failed by itself.
func (s *Server) Run(ctx context.Context) error {
	var serving sync.WaitGroup
	failed := make(chan error, 1)
	serving.Go(func() { failed <- s.http.Serve(s.listener) })
	defer serving.Wait()
	select {
	case err := <-failed:
		return fmt.Errorf("web: serve: %w", err)
	case <-ctx.Done():
	}
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), DrainWithin)
	defer cancel()
	_ = s.listener.Close() // nobody new while the tabs are told
	if s.o.Draining != nil {
		s.o.Draining(drain)
	}
	if err := s.http.Shutdown(drain); err != nil && !errors.Is(err, net.ErrClosed) {
		s.o.Logger.Warn("requests cut off", "err", err)
		_ = s.http.Close()
	}
	return nil
}

// Close frees the address of a server that was never run.
func (s *Server) Close() error { return s.listener.Close() }
