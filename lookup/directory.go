package lookup

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Defaults of DirectoryOptions. The cache holds some 22,000 answers, and Go's
// collector lets it take its size once more: an answer that is not held costs
// 20 µs, so that a larger one would buy less than the memory is worth.
const (
	DefaultCacheBytes = 16 << 20
	DefaultQueries    = 8
)

// ErrClosed is what a closed Directory answers.
var ErrClosed = errors.New("lookup: the directory is closed")

// DirectoryOptions are what OpenDirectory may be told; the zero value is good.
type DirectoryOptions struct {
	// CacheBytes bounds the cache, DefaultCacheBytes if 0.
	CacheBytes int64
	// Queries is how many look-ups may ask the database at the same time,
	// DefaultQueries if 0; further ones wait, as long as their context lets them.
	Queries int
	// Logger may be nil.
	Logger *slog.Logger
}

// Changes is one commit to the directory: all of it or nothing.
type Changes struct {
	// Org is the 18-character id of an org, or BookOrg of an address book.
	Org string
	// Object is the kind of all records below.
	Object string
	// Upsert are new and changed records. Their Org and Object may be left
	// empty and must not differ from those above.
	Upsert []Record
	// Delete are ids of records. Versions of them up to the one held do not
	// come back for a day; Gone says more where the stamp of the deletion is known.
	Delete []string
	Gone   []Deletion
	// Leave are ids of records that the mapping leaves out. They may come back as
	// they are, at any time.
	Leave []string
	// Watermark is how far the object has now been read; zero leaves it.
	Watermark time.Time
	// Run, if not 0, marks the upserted records as seen in that full run.
	Run int64
	// Load, if not empty, says how far that run has come; it is kept until a
	// Watermark is set or another run begins.
	Load string
}

// Directory is the index of all records by telephone number, in SQL, with a
// bounded cache in front. It is safe for concurrent use.
type Directory struct {
	db     *sql.DB
	log    *slog.Logger
	cache  *cache
	writer chan struct{} // holds one token: one Apply or Sweep at a time

	read    *finder
	filter  *filter
	write   *writeStatements
	traffic *traffic // what the filter, commits and syncs rest for

	queries chan *query
	stop    context.CancelFunc
	stopped <-chan struct{}
	workers sync.WaitGroup
	closing sync.Once
}

// BookOrg is the Org under which the records of an address book are kept. No
// Salesforce id looks so, and a look-up sees a book only by Scope.Books.
func BookOrg(book string) string { return "book:" + book }

// IsBook reports whether an Org is that of an address book.
func IsBook(org string) bool { return strings.HasPrefix(org, BookOrg("")) }

// DirectoryDSN is the data source name of the SQLite file at path for
// modernc.org/sqlite: write-ahead log, so that look-ups go on during a sync;
// synchronous NORMAL, as all of it can be read again from the orgs; write
// locks taken at BEGIN; 4 MB of pages per connection, the system caches the rest.
// The log is copied back at 64 MB, not at 4: a load writes the same pages of the
// index over and over, and each copy of one costs as much as the rows on it.
// What is deleted is overwritten with zeros: see Erase.
func DirectoryDSN(path string) string {
	q := url.Values{"_pragma": {
		"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(NORMAL)", "cache_size(-4000)",
		"temp_store(MEMORY)", "secure_delete(1)", "journal_size_limit(67108864)", "wal_autocheckpoint(16000)",
	}, "_txlock": {"immediate"}}
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: q.Encode()}).String()
}

// OpenDirectory migrates db to the present schema and starts the goroutines
// that ask it, which Close ends. ctx bounds the opening only. db stays the
// caller's, but for how many idle connections it keeps.
func OpenDirectory(ctx context.Context, db *sql.DB, o DirectoryOptions) (*Directory, error) {
	if o.CacheBytes <= 0 {
		o.CacheBytes = DefaultCacheBytes
	}
	if o.Queries <= 0 {
		o.Queries = DefaultQueries
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if err := migrate(ctx, db); err != nil {
		return nil, err
	}
	d := &Directory{db: db, log: o.Logger, writer: make(chan struct{}, 1), queries: make(chan *query)}
	// What was erased before a crash may stand in SQLite's log still: it is emptied
	// before anybody is answered.
	err := d.scrub(ctx)
	if err != nil {
		return nil, err
	}
	if d.write, err = prepareWrites(ctx, db); err != nil {
		return nil, err
	}
	if d.cache, err = newCache(o.CacheBytes); err != nil {
		d.write.close()
		return nil, err
	}
	d.traffic = newTraffic(d.cache.asked)
	if d.filter, err = d.newFilter(ctx); err != nil {
		d.write.close()
		d.cache.close()
		return nil, fmt.Errorf("lookup: open directory: %w", err)
	}
	d.read = newFinder(db, d.filter)
	d.start(o.Queries)
	return d, nil
}

func migrate(ctx context.Context, db *sql.DB) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return fmt.Errorf("lookup: migrate directory: %w", err)
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, files)
	if err != nil {
		return fmt.Errorf("lookup: migrate directory: %w", err)
	}
	if _, err = provider.Up(ctx); err != nil {
		return fmt.Errorf("lookup: migrate directory: %w", err)
	}
	return nil
}

// start starts the goroutines that query; Close joins them.
func (d *Directory) start(queries int) {
	ctx, cancel := context.WithCancel(context.Background())
	d.stop, d.stopped = cancel, ctx.Done()
	d.workers.Go(func() { d.filter.run(ctx) })
	for range queries {
		d.workers.Go(func() { d.serve(ctx) })
	}
}

// Watermark is how far the object of an org has been read: zero if never.
func (d *Directory) Watermark(ctx context.Context, org, object string) (time.Time, error) {
	var nanos int64
	err := d.db.QueryRowContext(ctx, `SELECT s.watermark FROM sync s JOIN org o ON o.key = s.org
		WHERE o.name = $1 AND s.object = $2`, org, object).Scan(&nanos)
	switch {
	case errors.Is(err, sql.ErrNoRows), err == nil && nanos == 0:
		return time.Time{}, nil
	case err != nil:
		return time.Time{}, fmt.Errorf("lookup: watermark of %s: %w", object, err)
	}
	return time.Unix(0, nanos).UTC(), nil
}

// Count is how many records of the object of an org the directory holds.
func (d *Directory) Count(ctx context.Context, org, object string) (int, error) {
	var n int
	err := d.db.QueryRowContext(ctx, `SELECT s.records FROM sync s JOIN org o ON o.key = s.org
		WHERE o.name = $1 AND s.object = $2`, org, object).Scan(&n)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("lookup: count %s: %w", object, err)
	}
	return n, nil
}

// DirectoryStats is what metrics tell of a Directory.
type DirectoryStats struct {
	Hits, Misses uint64  // look-ups answered by the cache, and by the database
	HitRatio     float64 // hits of all look-ups, 0 to 1
	Entries      int64   // answers held by the cache, about
	Bytes        int64   // what they cost, about
	MaxBytes     int64   // what they may cost
}

// Stats is cheap enough to be asked at every scrape.
func (d *Directory) Stats() DirectoryStats { return d.cache.stats() }

// Close ends queries still running, waits for them and releases the cache; the
// database stays open. Find, Apply and Sweep answer ErrClosed afterwards.
func (d *Directory) Close() error {
	d.closing.Do(func() {
		d.stop()
		d.workers.Wait()
		d.writer <- struct{}{} // an Apply under way ends first; the token is never given back
		d.read.close()
		d.write.close()
		d.cache.close()
	})
	return nil
}

// Breath is for long work beside the look-ups: it steps aside while telephones ring.
func (d *Directory) Breath() Breath { return Breath{traffic: d.traffic, since: time.Now()} }
