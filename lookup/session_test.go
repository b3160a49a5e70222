package lookup

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// hangingDB is a database whose queries hang while hang is locked.
func hangingDB(t *testing.T, path string) (db *sql.DB, hang *sync.RWMutex) {
	t.Helper()
	c := &hangingConnector{dsn: DirectoryDSN(path), driver: openDB(t, path).Driver()}
	db = sql.OpenDB(c)
	t.Cleanup(func() { _ = db.Close() })
	return db, &c.hang
}

type hangingConnector struct {
	dsn    string
	driver driver.Driver
	hang   sync.RWMutex
}

func (c *hangingConnector) Driver() driver.Driver { return c.driver }

func (c *hangingConnector) Connect(context.Context) (driver.Conn, error) {
	conn, err := c.driver.Open(c.dsn)
	if err != nil {
		return nil, err
	}
	return hangingConn{conn.(sqliteConn), &c.hang}, nil
}

type sqliteConn interface {
	driver.Conn
	driver.ConnPrepareContext
	driver.ConnBeginTx
	driver.ExecerContext
	driver.QueryerContext
}

type hangingConn struct {
	sqliteConn
	hang *sync.RWMutex
}

func (c hangingConn) PrepareContext(ctx context.Context, text string) (driver.Stmt, error) {
	stmt, err := c.sqliteConn.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	return hangingStmt{stmt.(sqliteStmt), c.hang}, nil
}

type sqliteStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

type hangingStmt struct {
	sqliteStmt
	hang *sync.RWMutex
}

func (s hangingStmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	s.hang.RLock()
	defer s.hang.RUnlock()
	return s.sqliteStmt.QueryContext(ctx, args)
}

// An answer whose look-up a commit overtakes is given and not kept: it may hold the
// place of before with the epoch of after.
func TestOvertakenAnswerIsNotKept(t *testing.T) {
	t.Parallel()
	d := newDirectory(t)
	put(t, d, orgA, firm("Contact", "C", "A", "030 23125101"), firm("Contact", "D", "A", "030 23125230"))
	ask := func(meanwhile func()) (current bool) {
		places := 0
		found, current, err := d.read.find(t.Context(), &Scope{Org: orgA}, "+493023125177", func(int64) {
			if places++; places == 2 { // the first is the block; now the snapshot is there, and the company is asked for
				meanwhile()
			}
		})
		if err != nil || len(found) == 0 || places < 2 {
			t.Errorf("found %d, %d places, %v", len(found), places, err)
		}
		return current
	}
	if !ask(func() {}) {
		t.Error("undisturbed, and yet not kept")
	}
	if ask(func() { put(t, d, orgA, firm("Account", "A", "A", "030 231250")) }) {
		t.Error("kept, though a commit ended meanwhile")
	}
	if got := ids(t, d, Scope{Org: orgA}, "+493023125177"); got != "A" {
		t.Errorf("afterwards %q is found", got)
	}
}

// Idle look-ups keep their snapshot, but never from a commit, nor from the log.
func TestSnapshotsEndForCommits(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "directory.db")
	d := openDirectory(t, path)
	held := func() (n int) {
		d.read.sessions.mu.Lock()
		defer d.read.sessions.mu.Unlock()
		for _, s := range d.read.idle {
			if s.snapshot != nil {
				n++
			}
		}
		return n
	}
	put(t, d, orgA, firm("Contact", "C", "A", "030 23125101"))
	ids(t, d, Scope{Org: orgA}, berta)
	if held() != 1 {
		t.Errorf("%d snapshots after a look-up, want 1", held())
	}
	d.read.withoutSnapshots(func() {
		if held() != 0 {
			t.Errorf("%d snapshots in a commit", held())
		}
		ids(t, d, Scope{Org: orgA}, number(1))
		if held() != 0 {
			t.Errorf("%d snapshots begun in a commit", held())
		}
	})
	ids(t, d, Scope{Org: orgA}, number(2))
	if held() != 1 {
		t.Errorf("%d snapshots after the commit, want 1", held())
	}
	if _, err := d.Erase(t.Context(), []Number{berta}, ""); err != nil {
		t.Fatal(err)
	}
	if log, err := os.Stat(path + "-wal"); err != nil || log.Size() != 0 {
		t.Errorf("the log is not emptied: %v, %v", log, err)
	}
}

// A session that failed is not asked again.
func TestSessionThatFailedIsReplaced(t *testing.T) {
	t.Parallel()
	d := newDirectory(t)
	put(t, d, orgA, firm("Contact", "C", "A", "030 23125101"))
	ids(t, d, Scope{Org: orgA}, number(1))
	failed := errors.New("failed")
	var bad *session
	if _, err := d.read.ask(t.Context(), func(s *session) error { bad = s; return failed }); !errors.Is(err, failed) {
		t.Errorf("ask = %v", err)
	}
	if got := ids(t, d, Scope{Org: orgA}, berta); got != "C" {
		t.Errorf("then %q is found", got)
	}
	if err := bad.use(func() error { return nil }); !errors.Is(err, sql.ErrConnDone) {
		t.Errorf("the failed one can still be used: %v", err)
	}
}

// What a session keeps prepared is bounded, and so are sessions that nobody needs.
func TestSessionsAreBounded(t *testing.T) {
	t.Parallel()
	d := newDirectory(t)
	put(t, d, orgA, firm("Contact", "C", "A", "030 23125101"))
	s := Scope{Org: orgA}
	for i := range 2 * maxStatements {
		s.Objects = append(s.Objects, fmt.Sprint("Object", i))
		if got := ids(t, d, s, berta); got != "" {
			t.Fatalf("%q is found", got)
		}
	}
	var rush []*session
	for range 5 {
		s, err := d.read.take(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if n := len(s.statements); n > maxStatements {
			t.Errorf("%d statements", n)
		}
		rush = append(rush, s)
	}
	for _, s := range rush {
		d.read.give(s, nil)
	}
	for range 2 * trimAfter {
		s, err := d.read.take(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		d.read.give(s, nil)
	}
	if n := len(d.read.idle); n != 1 {
		t.Errorf("%d sessions are kept for one look-up at a time", n)
	}
}
