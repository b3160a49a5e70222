package softphone

import (
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
)

const (
	assetsPath = "/softphone-assets/"
	immutable  = "public, max-age=31536000, immutable"
	revalidate = "no-cache"
)

// assets serves a tree of files under one checksum of the whole, so that files
// which name each other relatively stay together.
type assets struct {
	files fs.FS
	sum   string
	etags map[string]string // by path
}

// newAssets reads the whole tree once. A file that cannot be read is not
// served; the embedded ones always can.
func newAssets(files fs.FS) *assets {
	a := &assets{files: files, etags: make(map[string]string)}
	tree := sha256.New()
	_ = fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(content)
		a.etags[name] = `"` + hex.EncodeToString(sum[:8]) + `"`
		tree.Write([]byte(name))
		tree.Write(sum[:])
		return nil
	})
	a.sum = hex.EncodeToString(tree.Sum(nil)[:6])
	return a
}

// prefix is the path under which the present files may be kept for ever.
func (a *assets) prefix() string { return assetsPath + a.sum }

func (a *assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(r.URL.Path, assetsPath)
	caching := revalidate
	if rest, ok := strings.CutPrefix(name, a.sum+"/"); ok {
		name, caching = rest, immutable
	}
	etag, ok := a.etags[name]
	if !ok {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Cache-Control", caching)
	h.Set("ETag", etag)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Type", contentType(name))
	http.ServeFileFS(w, r, a.files, name)
}

// contentType does not depend on what the machine knows of file names: a
// module script of another type would not run.
func contentType(name string) string {
	switch path.Ext(name) {
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".txt":
		return "text/plain; charset=utf-8"
	}
	return mime.TypeByExtension(path.Ext(name))
}
