package lookup

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
)

// session is a connection of its own for look-ups, asked by the driver's own
// statements. Through database/sql a look-up costs twice as much: a context that
// can end costs two goroutines a query, every value a lock and a copy by
// reflection. It is used by one goroutine at a time.
type session struct {
	conn       *sql.Conn
	raw        rawConn // the driver's; only within use
	statements map[shape]driver.Stmt
	// snapshot is the read transaction that look-ups share until a commit begins,
	// nil if each statement reads what there is. seen is how many commits had
	// ended when it, or the look-up without it, began.
	snapshot driver.Tx
	seen     uint64
	args     []driver.NamedValue
	value    [1]driver.Value
}

// rawConn is what a session needs of a driver.
type rawConn interface {
	driver.ConnPrepareContext
	driver.ConnBeginTx
}

// maxStatements bounds what a session keeps prepared; scopes take few shapes.
const maxStatements = 64

var errDriver = errors.New("lookup: the SQL driver lacks prepared statements or transactions with context")

func openSession(ctx context.Context, db *sql.DB) (*session, error) {
	ctx, cancel := context.WithTimeout(ctx, queryTimeout)
	defer cancel()
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	s := &session{conn: conn, statements: map[shape]driver.Stmt{}}
	err = conn.Raw(func(c any) (err error) {
		var ok bool
		if s.raw, ok = c.(rawConn); !ok {
			err = errDriver
		}
		return err
	})
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return s, nil
}

// use runs do while nobody else, database/sql included, uses the connection.
func (s *session) use(do func() error) error {
	return s.conn.Raw(func(any) error { return do() })
}

// begin begins a snapshot. What a look-up reads in it is of one moment, and
// SQLite takes its locks, a fifth of the cost of a look-up, once for many.
func (s *session) begin() (err error) {
	s.snapshot, err = s.raw.BeginTx(context.Background(), driver.TxOptions{ReadOnly: true})
	return err
}

// end ends the snapshot, if there is one.
func (s *session) end() error {
	if s.snapshot == nil {
		return nil
	}
	err := s.snapshot.Rollback()
	s.snapshot = nil
	return err
}

// close gives the connection back; after an error it is thrown away.
func (s *session) close(after error) error {
	err := s.use(func() error {
		err := s.end()
		for _, stmt := range s.statements {
			err = errors.Join(err, stmt.Close())
		}
		if after != nil || err != nil {
			return driver.ErrBadConn // database/sql closes it
		}
		return nil
	})
	if errors.Is(err, driver.ErrBadConn) {
		err = nil
	}
	if closed := s.conn.Close(); !errors.Is(closed, sql.ErrConnDone) {
		err = errors.Join(err, closed)
	}
	return err
}

// statement is the prepared statement of a shape, whose text is made at first use.
func (s *session) statement(sh shape, text func() string) (driver.StmtQueryContext, error) {
	stmt := s.statements[sh]
	if stmt == nil {
		if len(s.statements) >= maxStatements {
			for _, old := range s.statements {
				_ = old.Close() // a read statement has nothing to lose
			}
			clear(s.statements)
		}
		var err error
		if stmt, err = s.raw.PrepareContext(context.Background(), text()); err != nil {
			return nil, err
		}
		s.statements[sh] = stmt
	}
	if asked, ok := stmt.(driver.StmtQueryContext); ok {
		return asked, nil
	}
	return nil, errDriver
}

// query runs a query of a shape and gives its rows, packed in one column each, to
// row until that wants no more. ctx is looked at between rows: the driver would
// start a goroutine to watch it, which costs more than the work of most look-ups.
func (s *session) query(ctx context.Context, sh shape, text func() string, args []any, row func(packed string) (more bool, err error)) (err error) {
	stmt, err := s.statement(sh, text)
	if err != nil {
		return err
	}
	s.args = s.args[:0]
	for i, value := range args {
		s.args = append(s.args, driver.NamedValue{Ordinal: i + 1, Value: value})
	}
	rows, err := stmt.QueryContext(context.Background(), s.args)
	if err != nil {
		return err
	}
	defer func() { err = errorsFirst(err, rows.Close()) }()
	for ctx.Err() == nil {
		if err := rows.Next(s.value[:]); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		packed, ok := s.value[0].(string)
		if !ok {
			return fmt.Errorf("%w: a %T", errPacked, s.value[0])
		}
		if more, err := row(packed); err != nil || !more {
			return err
		}
	}
	return context.Cause(ctx)
}
