package lookup

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// parserVersion is raised whenever ParseField reads a field otherwise than
// before: all records are then read again.
const parserVersion = 2

// Reading is how all records of an object of an org were read, as SetReading
// noted it; empty if they were not all read alike.
func (d *Directory) Reading(ctx context.Context, org, object string) (string, error) {
	var reading string
	err := d.db.QueryRowContext(ctx, `SELECT s.reading FROM sync s JOIN org o ON o.key = s.org
		WHERE o.name = $1 AND s.object = $2`, org, object).Scan(&reading)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("lookup: reading of %s: %w", object, err)
	}
	return reading, nil
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

// Pauses between two full runs of an object of which the org sent less than it
// counts: all of it may be a million records.
const (
	firstShortPause = 15 * time.Minute
	lastShortPause  = 6 * time.Hour
)

// shortRun is a full run that got less than the org counts. What is new since is
// read meanwhile; the directory has no watermark for it.
type shortRun struct {
	newest   time.Time // the newest stamp when it began
	next     time.Time // when to try again
	pause    time.Duration
	warnings []string
}

// short is the short run of an object that is not to be tried again yet.
func (r *Replica) short(object string) (run shortRun, waits bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	run, known := r.shorts[object]
	return run, known && time.Now().Before(run.next)
}

// noteShort remembers a short run.
func (r *Replica) noteShort(object string, newest time.Time, warnings []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	pause := firstShortPause
	if before, again := r.shorts[object]; again {
		pause = min(2*before.pause, lastShortPause)
	}
	r.shorts[object] = shortRun{newest: newest, next: time.Now().Add(pause), pause: pause, warnings: warnings}
	delete(r.settled, object)
}

// forgetShort is called when a full run was whole.
func (r *Replica) forgetShort(object string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.shorts, object)
}
