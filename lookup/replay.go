package lookup

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
)

// replayStore is a target that keeps how far change events have been read;
// *Directory is one.
type replayStore interface {
	ReplayID(ctx context.Context, org, topic string) ([]byte, error)
	SetReplayID(ctx context.Context, org, topic string, id []byte) error
}

// ReplayID is how far the change events of a topic have been read; none if never.
func (d *Directory) ReplayID(ctx context.Context, org, topic string) ([]byte, error) {
	var text string
	err := d.db.QueryRowContext(ctx, `SELECT id FROM replay WHERE org = $1 AND topic = $2`, org, topic).Scan(&text)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("lookup: replay id of %s: %w", topic, err)
	}
	id, err := hex.DecodeString(text)
	if err != nil {
		return nil, nil //nolint:nilerr // what cannot be read is lost, and polling makes up for it
	}
	return id, nil
}

// SetReplayID keeps how far the change events of a topic have been read; an empty
// id forgets it.
func (d *Directory) SetReplayID(ctx context.Context, org, topic string, id []byte) error {
	_, err := d.db.ExecContext(ctx, `INSERT INTO replay (org, topic, id) VALUES ($1, $2, $3)
		ON CONFLICT (org, topic) DO UPDATE SET id = excluded.id`, org, topic, hex.EncodeToString(id))
	if err != nil {
		return fmt.Errorf("lookup: keep the replay id of %s: %w", topic, err)
	}
	return nil
}
