package lookup

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// TestErasureCutShort: what was deleted before the process was killed is not in the
// log any more once the directory is open again.
func TestErasureCutShort(t *testing.T) {
	t.Parallel()
	const mark = "Berta Merkmal"
	path, after := filepath.Join(t.TempDir(), "directory.db"), filepath.Join(t.TempDir(), "directory.db")
	d := openDirectory(t, path)
	e := firm("Contact", "C", "A", "030 23125101")
	e.Name = mark
	put(t, d, orgA, e)
	apply(t, d, Changes{Org: orgA, Object: "Contact", Delete: []string{"C"}}) // as Erase does, before it empties the log
	for _, end := range []string{"", "-wal"} {
		data, err := os.ReadFile(path + end)
		if err != nil {
			t.Fatal(err)
		}
		if end == "-wal" && !bytes.Contains(data, []byte(mark)) {
			t.Fatal("the log has nothing of it: the test would see nothing")
		}
		if err := os.WriteFile(after+end, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	openDirectory(t, after)
	for _, end := range []string{"", "-wal"} {
		if data, err := os.ReadFile(after + end); err != nil || bytes.Contains(data, []byte(mark)) {
			t.Errorf("directory.db%s still has it, or %v", end, err)
		}
	}
}
