package store

import (
	"context"
	"database/sql"
	"errors"
)

// LinkMemory keeps what links have to know after a restart of the program. It is
// what pbx/sip asks for as its Memory; what it holds is the links' own affair.
type LinkMemory struct{ s *Store }

// LinkMemory is the store as links see it.
func (s *Store) LinkMemory() LinkMemory { return LinkMemory{s} }

// Load returns what the link has saved last, nothing if it has not.
func (m LinkMemory) Load(ctx context.Context, link string) ([]byte, error) {
	var state []byte
	err := m.s.read.QueryRowContext(ctx, `SELECT state FROM link_memory WHERE link = $1`, link).Scan(&state)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return state, inContext("load the memory of link "+link, err)
}

// Save replaces it. A link that has been deleted meanwhile has nothing to
// remember, which is no error.
func (m LinkMemory) Save(ctx context.Context, link string, state []byte) error {
	err := m.s.group.do(ctx, func(ctx context.Context, tx *sql.Tx) (refused, failed error) {
		_, err := tx.ExecContext(ctx, `INSERT INTO link_memory (link, state) SELECT name, $2 FROM links WHERE name = $1
			ON CONFLICT (link) DO UPDATE SET state = excluded.state`, link, state)
		return nil, err
	})
	return inContext("save the memory of link "+link, err)
}
