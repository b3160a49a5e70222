package daemon

import (
	"context"
	"database/sql"
	"fmt"
	"os"

	_ "modernc.org/sqlite" // the driver of both databases

	"github.com/ctibridge/ctibridge/bridge/config"
	"github.com/ctibridge/ctibridge/bridge/store"
	"github.com/ctibridge/ctibridge/lookup"
)

// data is the opened data folder: its lock, the state and the directory.
type data struct {
	lock      *store.Lock
	store     *store.Store
	directory *lookup.Directory
	sql       *sql.DB // of the directory
}

// openData locks the folder and opens both databases; whatever fails, nothing
// stays open.
func openData(ctx context.Context, s config.Settings) (_ *data, err error) {
	d := &data{}
	defer func() {
		if err != nil {
			d.close()
		}
	}()
	if err := os.MkdirAll(s.Data, 0o700); err != nil {
		return nil, fmt.Errorf("create the data folder: %w", err)
	}
	key, err := s.Key()
	if err != nil {
		return nil, err
	}
	if d.lock, err = store.LockData(s.Data); err != nil {
		return nil, err
	}
	if d.store, err = store.Open(ctx, s.StatePath(), key); err != nil {
		return nil, err
	}
	if err = createPrivate(s.DirectoryPath()); err != nil {
		return nil, err
	}
	if d.sql, err = sql.Open("sqlite", lookup.DirectoryDSN(s.DirectoryPath())); err != nil {
		return nil, fmt.Errorf("open the directory: %w", err)
	}
	d.directory, err = lookup.OpenDirectory(ctx, d.sql, lookup.DirectoryOptions{})
	return d, err
}

// createPrivate makes sure that a database file is there and nobody else's to
// read: SQLite gives the files beside it the same mode.
func createPrivate(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("create %s: %w", path, err)
	}
	return f.Close()
}

func (d *data) close() {
	if d.directory != nil {
		_ = d.directory.Close()
	}
	if d.sql != nil {
		_ = d.sql.Close()
	}
	if d.store != nil {
		_ = d.store.Close()
	}
	if d.lock != nil {
		_ = d.lock.Close()
	}
}
