package store

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/gofrs/flock"
)

// Lock keeps other processes out of a data folder. It ends with the process,
// however that ends.
type Lock struct{ file *flock.Flock }

// LockData creates the data folder (mode 0700) if it is missing and takes its
// lock, or says which process has it.
func LockData(dir string) (*Lock, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("store: data folder: %w", err)
	}
	path := filepath.Join(dir, "lock")
	file := flock.New(path, flock.SetPermissions(0o600))
	ok, err := file.TryLock()
	if err != nil {
		return nil, fmt.Errorf("store: lock the data folder: %w", err)
	}
	if !ok {
		return nil, fmt.Errorf("store: the data folder %s is in use by another ctibridge%s; stop that one, or choose another folder with --data", dir, holder(path))
	}
	// Only for the message above; without it the lock holds all the same.
	_ = os.WriteFile(path, fmt.Appendf(nil, "%d\n", os.Getpid()), 0o600)
	return &Lock{file}, nil
}

func holder(path string) string {
	pid, err := os.ReadFile(path)
	if text := strings.TrimSpace(string(pid)); err == nil && text != "" && len(text) < 12 {
		return " (process " + text + ")"
	}
	return ""
}

// Close gives the folder free. The file stays: to delete it could take the
// lock from under a process that just opened it.
func (l *Lock) Close() error {
	if err := l.file.Close(); err != nil {
		return fmt.Errorf("store: unlock the data folder: %w", err)
	}
	return nil
}
