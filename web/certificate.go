package web

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// lookEvery is how often handshakes make us look at the certificate's files.
const lookEvery = 5 * time.Second

// certificate is a key pair in two files, read again after they changed. It has
// no goroutine: a handshake that comes looks.
type certificate struct {
	certFile, keyFile string
	log               *slog.Logger

	mu     sync.Mutex
	pair   *tls.Certificate
	stamp  [2]fileStamp
	looked time.Time
}

// fileStamp tells a file from an earlier version of itself.
type fileStamp struct {
	changed time.Time
	size    int64
}

func newCertificate(certFile, keyFile string, log *slog.Logger) (*certificate, error) {
	c := &certificate{certFile: certFile, keyFile: keyFile, log: log}
	if err := c.load(time.Now()); err != nil {
		return nil, err
	}
	return c, nil
}

// get is the certificate for a handshake. While new files cannot be read, as
// between the writing of one and the other, the old certificate serves on.
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := time.Now(); now.Sub(c.looked) >= lookEvery {
		if err := c.load(now); err != nil {
			c.log.Error("new TLS certificate not used; the old one serves on", "err", err)
		}
	}
	return c.pair, nil
}

// load reads the files if they are not those read last.
func (c *certificate) load(now time.Time) error {
	c.looked = now
	var stamp [2]fileStamp
	for i, name := range []string{c.certFile, c.keyFile} {
		info, err := os.Stat(name)
		if err != nil {
			return fmt.Errorf("web: TLS certificate: %w", err)
		}
		stamp[i] = fileStamp{info.ModTime(), info.Size()}
	}
	if stamp == c.stamp {
		return nil
	}
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		return fmt.Errorf("web: TLS certificate %s: %w", c.certFile, err)
	}
	c.pair, c.stamp = &pair, stamp
	return nil
}
