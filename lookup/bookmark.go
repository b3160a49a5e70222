package lookup

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"time"
)

// What a replica notes of its reading beside the records, so that it goes on where it was.

// Reading is how all records of an object of an org were read, as SetReading
// noted it; empty if they were not all read alike.
func (d *Directory) Reading(ctx context.Context, org, object string) (string, error) {
	return d.bookmark(ctx, "reading", `SELECT s.reading FROM sync s JOIN org o ON o.key = s.org
		WHERE o.name = $1 AND s.object = $2`, org, object)
}

// SetReading notes how all records of an object were read; empty says that they
// were not all read alike.
func (d *Directory) SetReading(ctx context.Context, org, object, reading string) error {
	return d.commit(ctx, object, func(t *transaction) error {
		if err := t.begin(org, object, 0); err != nil {
			return err
		}
		_, err := t.tx.ExecContext(ctx, `UPDATE sync SET reading = $3 WHERE org = $1 AND object = $2`, t.org, object, reading)
		return err
	})
}

// Load is how far the full run of an object of an org has come that has not ended,
// as Changes.Load noted it; empty if there is none.
func (d *Directory) Load(ctx context.Context, org, object string) (string, error) {
	return d.bookmark(ctx, "load", `SELECT s.load FROM sync s JOIN org o ON o.key = s.org
		WHERE o.name = $1 AND s.object = $2`, org, object)
}

// bookmark is what query says is noted of an object, empty if nothing is.
func (d *Directory) bookmark(ctx context.Context, what, query, org, object string) (text string, err error) {
	err = d.db.QueryRowContext(ctx, query, org, object).Scan(&text)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("lookup: %s of %s: %w", what, object, err)
	}
	return text, nil
}

// ForgetLoad notes that there is no such run.
func (d *Directory) ForgetLoad(ctx context.Context, org, object string) error {
	return d.commit(ctx, object, func(t *transaction) error {
		if err := t.begin(org, object, 0); err != nil {
			return err
		}
		return t.noteLoad("")
	})
}

func (t *transaction) noteLoad(load string) error {
	_, err := t.tx.ExecContext(t.ctx, `UPDATE sync SET load = $3 WHERE org = $1 AND object = $2`, t.org, t.object, load)
	return err
}

// LastFull is when the last full run of an object began that came to its end;
// zero if there was none.
func (d *Directory) LastFull(ctx context.Context, org, object string) (time.Time, error) {
	var run int64
	err := d.db.QueryRowContext(ctx, `SELECT COALESCE(MAX(s.run), 0) FROM sync s JOIN org o ON o.key = s.org
		WHERE o.name = $1 AND s.object = $2 AND s.load = ''`, org, object).Scan(&run)
	if err != nil {
		return time.Time{}, fmt.Errorf("lookup: last full run of %s: %w", object, err)
	}
	if run == 0 {
		return time.Time{}, nil
	}
	return time.Unix(0, run), nil
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
	var err error
	d.read.withoutSnapshots(func() { // which would keep the log from being begun anew
		_, err = d.db.ExecContext(ctx, `INSERT INTO replay (org, topic, id) VALUES ($1, $2, $3)
			ON CONFLICT (org, topic) DO UPDATE SET id = excluded.id`, org, topic, hex.EncodeToString(id))
	})
	if err != nil {
		return fmt.Errorf("lookup: keep the replay id of %s: %w", topic, err)
	}
	return nil
}
