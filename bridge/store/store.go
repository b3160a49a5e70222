package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // the driver "sqlite", pure Go
)

// readers is the size of the pool of reading connections.
const readers = 4

//go:embed migrations/sqlite/*.sql
var migrations embed.FS

// Store is an open state database. Its methods may be called from any goroutine.
type Store struct {
	write *sql.DB // one connection: SQLite has one writer
	read  *sql.DB
	box   box
	group *committer
	// The statements of a reconnect, prepared: thousands come at once.
	findSession, takeSession *sql.Stmt
	// Those of the journal, and the calls that are not in it yet.
	journal            bulkStatements
	missedOf, callBack *sql.Stmt
	living             living
	outbox             outbox
}

// Open opens the database at path, creates it (mode 0600) or brings it up to
// date, and starts the goroutine of the group commit. The key has 32 bytes; it
// must be the one that the secrets in the file were sealed with. The caller
// holds the lock of the folder.
func Open(ctx context.Context, path string, key []byte) (*Store, error) {
	s := &Store{}
	if err := s.open(ctx, path, key); err != nil {
		return nil, errors.Join(fmt.Errorf("store: open %s: %w", path, err), s.closeFiles())
	}
	s.group = startCommitter(context.WithoutCancel(ctx), s.write)
	return s, nil
}

func (s *Store) open(ctx context.Context, path string, key []byte) (err error) {
	if s.box, err = newBox(key); err != nil {
		return err
	}
	if err := private(path); err != nil {
		return err
	}
	if s.write, err = connect(path, 1, writerOptions()...); err != nil {
		return err
	}
	if err := migrate(ctx, s.write); err != nil {
		return err
	}
	if err := s.checkKey(ctx); err != nil {
		return err
	}
	if s.read, err = connect(path, readers, "_pragma=query_only(1)", "_pragma=cache_size(-1024)"); err != nil {
		return err
	}
	if s.findSession, err = s.read.PrepareContext(ctx, findSession); err != nil {
		return err
	}
	for _, p := range []struct {
		to    **sql.Stmt
		query string
	}{
		{&s.takeSession, takeSession},
		{&s.missedOf, missedOf()},
		{&s.callBack, callBack},
		{&s.journal.many, bulkQuery("journal", journalColumns, atOnce)},
		{&s.journal.one, bulkQuery("journal", journalColumns, 1)},
		{&s.journal.change, changeCall},
		{&s.outbox.rows.many, bulkQuery("activities", newActivity, atOnce)},
		{&s.outbox.rows.one, bulkQuery("activities", newActivity, 1)},
		{&s.outbox.rows.change, changeActivity},
		{&s.outbox.taken, ringTaken},
		{&s.outbox.unwritten, unwritten},
		{&s.outbox.withdrawn, withdrawn},
	} {
		if *p.to, err = s.write.PrepareContext(ctx, p.query); err != nil {
			return err
		}
	}
	s.outbox.bound = &outboxBound{most: maxWaiting}
	if err := s.openLog(ctx); err != nil {
		return err
	}
	// What was erased before a crash may stand in the database's own log still: it is
	// emptied before anybody is answered.
	return s.scrub(ctx)
}

// writerOptions are those of the writing connection. At 1,500 calls/s a transaction
// touches more pages than SQLite's cache of 2 MB holds: it would write them to the
// log before the commit, read them again and do its checksums anew, a third of all
// that keeping a call costs. And a log of 4 MB would be moved into the database
// every second, mostly the same pages.
func writerOptions() []string {
	return []string{"_txlock=immediate", "_pragma=cache_size(-8192)", "_pragma=wal_autocheckpoint(4000)"}
}

// private makes sure that only we can read the file; what SQLite puts beside
// it gets the same mode.
func private(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(f.Chmod(0o600), f.Close())
}

// connect opens a pool. The options come with each connection: WAL lets readers
// go on beside the writer, FULL flushes each commit to the disk, and what is
// deleted is overwritten with zeros.
func connect(path string, size int, more ...string) (*sql.DB, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	options := []string{
		"_pragma=busy_timeout(5000)", "_pragma=journal_mode(WAL)",
		"_pragma=synchronous(FULL)", "_pragma=foreign_keys(1)", "_pragma=secure_delete(1)",
	}
	options = append(options, more...)
	name := url.URL{Scheme: "file", Path: path, RawQuery: strings.Join(options, "&")}
	db, err := sql.Open("sqlite", name.String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(size)
	db.SetMaxIdleConns(size)
	return db, nil
}

func migrate(ctx context.Context, db *sql.DB) error {
	files, err := fs.Sub(migrations, "migrations/sqlite")
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, files)
	if err != nil {
		return err
	}
	have, newest, err := provider.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("read the version of the database: %w", err)
	}
	if have > newest {
		return fmt.Errorf("the database was written by a newer ctibridge (version %d, this one knows %d); install that one again or restore a backup", have, newest)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("bring the database up to date: %w", err)
	}
	return nil
}

// Close writes what waits in the queue, ends the goroutine and closes the
// files. Calls that come later fail.
func (s *Store) Close() error {
	s.group.close()
	return s.closeFiles()
}

func (s *Store) closeFiles() error {
	var errs []error
	for _, db := range []*sql.DB{s.read, s.write} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(errs...)
}

// update runs fn in a transaction of its own; what its error says is undone.
func (s *Store) update(ctx context.Context, fn func(*sql.Tx) error) error {
	return inTx(ctx, s.write, nil, fn)
}

// view runs fn on one snapshot, however many queries it takes.
func (s *Store) view(ctx context.Context, fn func(*sql.Tx) error) error {
	return inTx(ctx, s.read, &sql.TxOptions{ReadOnly: true}, fn)
}

func inTx(ctx context.Context, db *sql.DB, options *sql.TxOptions, fn func(*sql.Tx) error) error {
	tx, err := db.BeginTx(ctx, options)
	if err != nil {
		return err
	}
	if err := fn(tx); err != nil {
		_ = tx.Rollback() // fails only where the transaction is gone already
		return err
	}
	return tx.Commit()
}

// querier is what a transaction and a database have in common.
type querier interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// prepared is a transaction that parses each statement once, for imports of
// thousands of entries. The statements end with the transaction.
type prepared struct {
	*sql.Tx
	statements map[string]*sql.Stmt
}

// ExecContext implements querier.
func (p prepared) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	statement, ok := p.statements[query]
	if !ok {
		var err error
		if statement, err = p.PrepareContext(ctx, query); err != nil {
			return nil, err
		}
		p.statements[query] = statement
	}
	return statement.ExecContext(ctx, args...)
}

// each calls scan for every row of a query.
func each(ctx context.Context, q querier, scan func(*sql.Rows) error, query string, args ...any) error {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	for rows.Next() {
		if err := scan(rows); err != nil {
			return errors.Join(err, rows.Close())
		}
	}
	return errors.Join(rows.Err(), rows.Close())
}

// affected runs a statement and tells how many rows it changed.
func affected(ctx context.Context, q querier, query string, args ...any) (int64, error) {
	res, err := q.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

func toTime(ms int64) time.Time { return time.UnixMilli(ms).UTC() }
