package lookup

import (
	"slices"
	"time"
)

// graveTime is how long a deleted record keeps older versions of itself out.
// What arrives later than that is a full run, which reads what there is now.
const graveTime = 24 * time.Hour

// Deletion is a record that is gone, and since when, as far as that is known.
type Deletion struct {
	ID    string
	Stamp time.Time // SystemModstamp of the deleted row; zero if unknown
}

// bury leaves a tombstone for a deleted record, so that a version read before
// the deletion and applied after it does not bring the record back. Without any
// stamp nothing could be told apart, and no tombstone is left.
func (t *transaction) bury(id string, stamp int64) error {
	if stamp == 0 {
		return nil
	}
	t.graves = true
	_, err := t.stmt(t.sql.bury).ExecContext(t.ctx, t.org, id, stamp, time.Now().UnixNano())
	return err
}

// sweepGraves forgets old tombstones and sees whether any are left.
func (t *transaction) sweepGraves() error {
	_, err := t.tx.ExecContext(t.ctx, `DELETE FROM tombstone WHERE org = $1 AND died < $2`, t.org, time.Now().Add(-graveTime).UnixNano())
	if err != nil {
		return err
	}
	return t.tx.QueryRowContext(t.ctx, `SELECT EXISTS (SELECT 1 FROM tombstone WHERE org = $1)`, t.org).Scan(&t.graves)
}

// dead are those of up to chunkFind ids that have a tombstone, with its stamp.
func (t *transaction) dead(ids []string) (map[string]int64, error) {
	if !t.graves {
		return nil, nil
	}
	t.args = append(t.args[:0], t.org)
	for i := range chunkFind {
		t.args = append(t.args, ids[min(i, len(ids)-1)]) // the last one fills up
	}
	rows, err := t.stmt(t.sql.buried).QueryContext(t.ctx, t.args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	dead := map[string]int64{}
	for rows.Next() {
		var id string
		var stamp int64
		if err := rows.Scan(&id, &stamp); err != nil {
			return nil, err
		}
		dead[id] = stamp
	}
	return dead, rows.Err()
}

// delete removes records, as far as they are there, and leaves tombstones.
func (t *transaction) delete(gone []Deletion) error {
	for chunk := range slices.Chunk(gone, chunkFind) {
		ids := make([]string, len(chunk))
		for i := range chunk {
			ids[i] = chunk[i].ID
		}
		known, err := t.find(ids)
		if err != nil {
			return err
		}
		for _, d := range chunk {
			stamp := nanos(d.Stamp)
			if old := known[d.ID]; old != nil {
				if stamp != 0 && stamp < old.stamp {
					continue // undeleted since
				}
				stamp = max(stamp, old.stamp)
				if err := t.remove(old); err != nil {
					return err
				}
				delete(known, d.ID) // it may be named twice
			}
			if err := t.bury(d.ID, stamp); err != nil {
				return err
			}
		}
	}
	return t.flush()
}

// leave removes records, as far as they are there, without tombstones.
func (t *transaction) leave(ids []string) error {
	for chunk := range slices.Chunk(ids, chunkFind) {
		known, err := t.find(chunk)
		if err != nil {
			return err
		}
		for _, old := range known {
			if err := t.remove(old); err != nil {
				return err
			}
		}
	}
	return t.flush()
}
