package web

import (
	"compress/gzip"
	"mime"
	"net/http"
	"strings"
	"sync"
)

// gzips are compressors at rest: setting one up takes most of a megabyte.
type gzips struct{ pool sync.Pool }

func (g *gzips) get(w http.ResponseWriter) *gzip.Writer {
	z, ok := g.pool.Get().(*gzip.Writer)
	if !ok {
		return gzip.NewWriter(w)
	}
	z.Reset(w)
	return z
}

// compress sends scripts, styles and drawings as gzip to browsers that take it.
// Pages stay as they are: they are short, and compression next to a secret tells
// of it (BREACH).
func compress(next http.Handler) http.Handler {
	if next == nil {
		return nil
	}
	pool := new(gzips)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet || r.Header.Get("Range") != "" || !acceptsGzip(r.Header.Get("Accept-Encoding")) {
			next.ServeHTTP(w, r)
			return
		}
		c := &compressor{ResponseWriter: w, pool: pool}
		defer c.close()
		next.ServeHTTP(c, r)
	})
}

// acceptsGzip reads an Accept-Encoding header (RFC 9110 §12.5.3) as far as
// browsers write it.
func acceptsGzip(header string) bool {
	for part := range strings.SplitSeq(header, ",") {
		coding, q, _ := strings.Cut(part, ";")
		if strings.TrimSpace(coding) == "gzip" {
			return strings.ReplaceAll(q, " ", "") != "q=0"
		}
	}
	return false
}

// compressor decides by the answer's type, when its header is written.
type compressor struct {
	http.ResponseWriter
	pool    *gzips
	gzip    *gzip.Writer
	decided bool
}

// WriteHeader implements http.ResponseWriter.
func (c *compressor) WriteHeader(status int) {
	if !c.decided && status >= http.StatusOK {
		c.decided = true
		h := c.Header()
		if compressible(h.Get("Content-Type")) {
			h.Add("Vary", "Accept-Encoding")
			if status == http.StatusOK && h.Get("Content-Encoding") == "" {
				h.Set("Content-Encoding", "gzip")
				h.Del("Content-Length")
				weaken(h)
				c.gzip = c.pool.get(c.ResponseWriter)
			}
		}
	}
	c.ResponseWriter.WriteHeader(status)
}

// weaken makes a strong ETag a weak one: the bytes are not the same any more
// (RFC 9110 §8.8.3).
func weaken(h http.Header) {
	if tag := h.Get("ETag"); strings.HasPrefix(tag, `"`) {
		h.Set("ETag", "W/"+tag)
	}
}

func compressible(contentType string) bool {
	kind, _, _ := mime.ParseMediaType(contentType)
	switch kind {
	case "text/javascript", "application/javascript", "text/css", "image/svg+xml", "application/json", "application/manifest+json":
		return true
	}
	return false
}

// Write implements http.ResponseWriter.
func (c *compressor) Write(b []byte) (int, error) {
	if !c.decided {
		if c.Header().Get("Content-Type") == "" {
			c.Header().Set("Content-Type", http.DetectContentType(b))
		}
		c.WriteHeader(http.StatusOK)
	}
	if c.gzip != nil {
		return c.gzip.Write(b)
	}
	return c.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController through.
func (c *compressor) Unwrap() http.ResponseWriter { return c.ResponseWriter }

func (c *compressor) close() {
	if c.gzip != nil {
		_ = c.gzip.Close()
		c.pool.pool.Put(c.gzip)
	}
}
