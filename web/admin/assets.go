package admin

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"mime"
	"net/http"
	"path"
	"strings"
	"time"
)

//go:embed static/*.css static/*.js static/*.svg templates/*.html
var embedded embed.FS

// assets are the files browsers load, each under a path that holds its
// checksum and may hence be kept for ever.
type assets struct {
	byName map[string]*asset
}

type asset struct {
	url         string
	contentType string
	plain, gzip []byte
}

func loadAssets() (*assets, error) {
	entries, err := embedded.ReadDir("static")
	if err != nil {
		return nil, fmt.Errorf("admin: read assets: %w", err)
	}
	a := &assets{byName: make(map[string]*asset, len(entries))}
	for _, e := range entries {
		b, err := embedded.ReadFile("static/" + e.Name())
		if err != nil {
			return nil, fmt.Errorf("admin: read asset %s: %w", e.Name(), err)
		}
		packed, err := pack(b)
		if err != nil {
			return nil, fmt.Errorf("admin: compress asset %s: %w", e.Name(), err)
		}
		sum := sha256.Sum256(b)
		a.byName[e.Name()] = &asset{
			url:         "/admin/static/" + hex.EncodeToString(sum[:6]) + "/" + e.Name(),
			contentType: mime.TypeByExtension(path.Ext(e.Name())),
			plain:       b, gzip: packed,
		}
	}
	return a, nil
}

func pack(b []byte) ([]byte, error) {
	var buf bytes.Buffer
	w, err := gzip.NewWriterLevel(&buf, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(b); err != nil {
		return nil, err
	}
	err = w.Close()
	return buf.Bytes(), err
}

// url is where browsers find the file; templates ask for it by name.
func (a *assets) url(name string) (string, error) {
	f := a.byName[name]
	if f == nil {
		return "", fmt.Errorf("admin: no asset %s", name)
	}
	return f.url, nil
}

// serve answers only the present checksum: an old page must not keep new
// content under its old name.
func (a *assets) serve(w http.ResponseWriter, r *http.Request) {
	f := a.byName[r.PathValue("name")]
	if f == nil || f.url != r.URL.Path {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", f.contentType)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Add("Vary", "Accept-Encoding")
	body := f.plain
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		body = f.gzip
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}
