package lookup

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"time"
)

// transaction is one commit under way. Rows go to the database many at a time:
// a call through database/sql costs as much as the row.
type transaction struct {
	// ctx never ends: that of the commit ends the transaction between statements,
	// none of which takes long. To be ended within one, each would cost the driver
	// a goroutine.
	ctx    context.Context //nolint:containedctx // lives as long as the commit
	tx     *sql.Tx
	breath Breath
	filter *filter
	sql    *writeStatements
	bound  map[*sql.Stmt]*sql.Stmt // those of sql that were used, in this transaction

	org       int64
	object    string
	next      int64 // the key of the next new record
	run       int64 // marks new records: this run, else the last one begun
	added     []pair
	removed   []pair
	stemmed   []pair         // rows of stems that came
	unstemmed []pair         // and went
	marked    []int64        // records to be marked as seen, otherwise untouched
	touched   []int64        // numbers whose answers change
	places    []int64        // blocks and companies whose answers change, see place.go
	details   []detailRow    // to be written
	graves    bool           // the org has tombstones
	detailed  bool           // there are details
	deltas    map[string]int // records more or fewer, by object
	args      []any
}

func newTransaction(ctx context.Context, d *Directory, tx *sql.Tx) *transaction {
	return &transaction{
		ctx: context.WithoutCancel(ctx), tx: tx, sql: d.write, filter: d.filter, breath: Breath{traffic: d.traffic, since: time.Now()},
		bound: map[*sql.Stmt]*sql.Stmt{}, deltas: map[string]int{},
	}
}

// pair is one row of the table of numbers.
type pair struct{ number, record, site int64 }

// stored is a record as the database holds it.
type stored struct {
	key     int64
	id      string
	object  string
	name    string
	company string
	account string
	country string
	owner   string
	numbers string
	stamp   int64
	run     int64
	rank    activity
}

// begin finds the org, new or known, and the run that new records belong to.
func (t *transaction) begin(org, object string, run int64) error {
	if _, err := t.tx.ExecContext(t.ctx, `INSERT INTO org (name) VALUES ($1) ON CONFLICT (name) DO NOTHING`, org); err != nil {
		return err
	}
	if err := t.tx.QueryRowContext(t.ctx, `SELECT key FROM org WHERE name = $1`, org).Scan(&t.org); err != nil {
		return err
	}
	if err := t.tx.QueryRowContext(t.ctx, `SELECT COALESCE(MAX(key), 0) + 1 FROM record`).Scan(&t.next); err != nil {
		return err
	}
	t.object = object
	if err := t.sweepGraves(); err != nil {
		return err
	}
	if err := t.beginDetails(); err != nil {
		return err
	}
	// A record that arrives by itself while a full run goes on counts as seen by it.
	return t.tx.QueryRowContext(t.ctx, `INSERT INTO sync (org, object, run) VALUES ($1, $2, $3)
		ON CONFLICT (org, object) DO UPDATE SET run = CASE WHEN excluded.run = 0 THEN sync.run ELSE excluded.run END,
			load = CASE WHEN excluded.run IN (0, sync.run) THEN sync.load ELSE '' END
		RETURNING run`, t.org, object, run).Scan(&t.run)
}

// upsert writes records; seen says that a full run is reading them.
func (t *transaction) upsert(records []Record, seen bool) error {
	ascending, err := t.beyond(records)
	if err != nil {
		return err
	}
	for chunk := range slices.Chunk(records, chunkFind) {
		ids := make([]string, len(chunk))
		for i := range chunk {
			ids[i] = chunk[i].ID
		}
		var known map[string]*stored
		if !ascending {
			if known, err = t.find(ids); err != nil {
				return err
			}
		}
		dead, err := t.dead(ids)
		if err != nil {
			return err
		}
		chunk = slices.DeleteFunc(slices.Clone(chunk), func(r Record) bool {
			stamp, died := dead[r.ID]
			return died && nanos(r.Stamp) <= stamp
		})
		if err := t.write(chunk, known, seen); err != nil {
			return err
		}
	}
	return t.flush()
}

// beyond reports that all records have ids above those that are held, so that
// none of them is known: a first load comes in the order of its ids.
func (t *transaction) beyond(records []Record) (bool, error) {
	if len(records) < chunkFind {
		return false, nil
	}
	least := records[0].ID
	for i := range records {
		least = min(least, records[i].ID)
	}
	var held bool
	err := t.tx.QueryRowContext(t.ctx, `SELECT EXISTS (SELECT 1 FROM record WHERE id >= $1)`, least).Scan(&held)
	return !held, err
}

// write writes one chunk, given what of it is known.
func (t *transaction) write(chunk []Record, known map[string]*stored, seen bool) error {
	var fresh []*Record
	for i := range chunk {
		r := &chunk[i]
		old := known[r.ID]
		switch {
		case old == nil:
			fresh = append(fresh, r)
		case nanos(r.Stamp) < old.stamp:
			if seen {
				t.mark(old)
			}
		default:
			if err := t.replace(r, old); err != nil {
				return err
			}
		}
	}
	return t.insert(fresh)
}

// replace writes r over old and notes the numbers that came and went. Where
// nothing changed that an answer shows, its numbers stay cached.
func (t *transaction) replace(r *Record, old *stored) error {
	now := r.holds(t.org)
	text := now.text()
	t.detail(old.key, r.Details, false)
	same := old.object == r.Object && old.name == r.Name && old.company == r.Company && old.account == r.Account &&
		old.owner == r.Owner && old.numbers == text && old.rank == r.activity()
	if same && old.country == r.Country && old.stamp == nanos(r.Stamp) {
		t.mark(old)
		return nil
	}
	_, err := t.stmt(t.sql.update).ExecContext(t.ctx, old.key, r.Object, r.Name, r.Company, r.Account, r.Country,
		r.Owner, text, nanos(r.Stamp), t.run, int64(r.activity()))
	if err != nil || same {
		return err
	}
	before := old.holds(t.org)
	t.take(&before, &now, old.key)
	t.put(&now, &before, old.key)
	t.touch(&before, old.id, old.account)
	t.touch(&now, r.ID, r.Account)
	t.deltas[old.object]--
	t.deltas[r.Object]++
	return nil
}

// take notes the rows of gone that now lacks.
func (t *transaction) take(gone, now *holding, record int64) {
	has := now.pairs(nil, record)
	for _, p := range gone.pairs(nil, record) {
		if !slices.Contains(has, p) {
			t.removed = append(t.removed, p)
		}
	}
	for _, n := range gone.stems {
		if !slices.Contains(now.stems, n) {
			t.unstemmed = append(t.unstemmed, pair{number: n, record: record})
		}
	}
}

// put notes the rows of now that before lacks.
func (t *transaction) put(now, before *holding, record int64) {
	had := before.pairs(nil, record)
	for _, p := range now.pairs(nil, record) {
		if !slices.Contains(had, p) {
			t.added = append(t.added, p)
		}
	}
	for _, n := range now.stems {
		if !slices.Contains(before.stems, n) {
			t.stemmed = append(t.stemmed, pair{number: n, record: record})
		}
	}
}

// touch notes whose answers a record's holding changes.
func (t *transaction) touch(h *holding, id, account string) {
	t.touched = append(append(t.touched, h.lines...), h.other...)
	for _, list := range [][]int64{h.lines, h.stems} {
		for _, n := range list {
			t.places = append(t.places, block(n))
		}
	}
	if id == account {
		t.places = append(t.places, h.site) // its name stands in answers of all its lines
	}
}

// mark notes that the run has seen a record that needs no other change: most
// of a full re-sync.
func (t *transaction) mark(old *stored) {
	if old.run != t.run {
		t.marked = append(t.marked, old.key)
	}
}

// writeMarks writes what mark noted.
func (t *transaction) writeMarks() error {
	for chunk := range slices.Chunk(t.marked, chunkFind) {
		t.args = append(t.args[:0], t.run)
		for i := range chunkFind {
			t.args = append(t.args, chunk[min(i, len(chunk)-1)]) // the last one fills up
		}
		if _, err := t.stmt(t.sql.mark).ExecContext(t.ctx, t.args...); err != nil {
			return err
		}
	}
	t.marked = t.marked[:0]
	return nil
}

// insert writes new records, as many in one statement as it takes.
func (t *transaction) insert(fresh []*Record) error {
	for chunk := range slices.Chunk(fresh, chunkRows) {
		if len(chunk) == chunkRows {
			if err := t.insertRows(t.sql.insert, chunk); err != nil {
				return err
			}
			continue
		}
		for i := range chunk {
			if err := t.insertRows(t.sql.insertOne, chunk[i:i+1]); err != nil {
				return err
			}
		}
	}
	return nil
}

func (t *transaction) insertRows(stmt *sql.Stmt, fresh []*Record) error {
	t.args = append(t.args[:0], t.org, t.object, t.run, t.next)
	for _, r := range fresh {
		now := r.holds(t.org)
		t.added = now.pairs(t.added, t.next)
		for _, n := range now.stems {
			t.stemmed = append(t.stemmed, pair{number: n, record: t.next})
		}
		t.touch(&now, r.ID, r.Account)
		t.detail(t.next, r.Details, true)
		t.next++
		t.args = append(t.args, r.ID, r.Name, r.Company, r.Account, r.Country, r.Owner, now.text(), nanos(r.Stamp), int64(r.activity()))
	}
	t.deltas[t.object] += len(fresh)
	_, err := t.stmt(stmt).ExecContext(t.ctx, t.args...)
	return err
}

// remove deletes one record and its numbers.
func (t *transaction) remove(old *stored) error {
	if _, err := t.stmt(t.sql.remove).ExecContext(t.ctx, old.key); err != nil {
		return err
	}
	if t.detailed {
		t.details = append(t.details, detailRow{record: old.key})
	}
	before := old.holds(t.org)
	t.take(&before, &holding{}, old.key)
	t.touch(&before, old.id, old.account)
	t.deltas[old.object]--
	return nil
}

// flush writes the rows of numbers noted so far, in the order of the index.
func (t *transaction) flush() error {
	for _, p := range t.removed {
		if _, err := t.stmt(t.sql.removeNumber).ExecContext(t.ctx, p.number, p.record); err != nil {
			return err
		}
	}
	slices.SortFunc(t.added, func(a, b pair) int {
		return cmp.Or(cmp.Compare(a.number, b.number), cmp.Compare(a.record, b.record))
	})
	t.filter.add(t.added)
	for chunk := range slices.Chunk(t.added, chunkNumbers) {
		if err := t.addNumbers(chunk); err != nil {
			return err
		}
	}
	t.added, t.removed = t.added[:0], t.removed[:0]
	if err := t.flushStems(); err != nil {
		return err
	}
	if err := t.writeDetails(); err != nil {
		return err
	}
	if err := t.writeMarks(); err != nil {
		return err
	}
	for object, delta := range t.deltas {
		if delta == 0 {
			continue
		}
		if _, err := t.stmt(t.sql.count).ExecContext(t.ctx, t.org, object, delta); err != nil {
			return err
		}
	}
	clear(t.deltas)
	return nil
}

func (t *transaction) flushStems() error {
	for _, p := range t.unstemmed {
		if _, err := t.stmt(t.sql.removeStem).ExecContext(t.ctx, p.number, p.record); err != nil {
			return err
		}
	}
	for _, p := range t.stemmed {
		if _, err := t.stmt(t.sql.addStem).ExecContext(t.ctx, p.number, p.record); err != nil {
			return err
		}
	}
	t.stemmed, t.unstemmed = t.stemmed[:0], t.unstemmed[:0]
	return nil
}

func (t *transaction) addNumbers(chunk []pair) error {
	t.args = t.args[:0]
	for _, p := range chunk {
		t.args = append(t.args, p.number, p.record, p.site)
	}
	if len(chunk) == chunkNumbers {
		_, err := t.stmt(t.sql.addNumbers).ExecContext(t.ctx, t.args...)
		return err
	}
	for i := 0; i < len(t.args); i += 3 {
		if _, err := t.stmt(t.sql.addNumber).ExecContext(t.ctx, t.args[i:i+3]...); err != nil {
			return err
		}
	}
	return nil
}

// end notes how far the object has been read.
func (t *transaction) end(watermark time.Time) error {
	if watermark.IsZero() {
		return nil
	}
	_, err := t.tx.ExecContext(t.ctx, `UPDATE sync SET watermark = $3, load = '' WHERE org = $1 AND object = $2`, t.org, t.object, nanos(watermark))
	return err
}

// stmt is s in the transaction, after a breath.
func (t *transaction) stmt(s *sql.Stmt) *sql.Stmt {
	t.breath.Take()
	bound := t.bound[s]
	if bound == nil {
		bound = t.tx.StmtContext(t.ctx, s)
		t.bound[s] = bound
	}
	return bound
}

// find reads the records of up to chunkFind ids.
func (t *transaction) find(ids []string) (map[string]*stored, error) {
	t.args = append(t.args[:0], t.org)
	for i := range chunkFind {
		t.args = append(t.args, ids[min(i, len(ids)-1)]) // the last one fills up
	}
	rows, err := t.stmt(t.sql.find).QueryContext(t.ctx, t.args...)
	if err != nil {
		return nil, err
	}
	list, err := scan(rows)
	known := make(map[string]*stored, len(list))
	for i := range list {
		known[list[i].id] = &list[i]
	}
	return known, err
}

// unseen reads records after a key that run has not seen; next is 0 at the end.
func (t *transaction) unseen(after, run int64) (list []stored, next int64, err error) {
	rows, err := t.stmt(t.sql.unseen).QueryContext(t.ctx, after, t.org, t.object, run, sweepRows)
	if err != nil {
		return nil, 0, err
	}
	if list, err = scan(rows); err != nil || len(list) < sweepRows {
		return list, 0, err
	}
	return list, list[len(list)-1].key, nil
}

func scan(rows *sql.Rows) ([]stored, error) {
	defer rows.Close()
	var list []stored
	for rows.Next() {
		var s stored
		if err := rows.Scan(&s.key, &s.id, &s.object, &s.name, &s.company, &s.account, &s.country, &s.owner, &s.numbers, &s.stamp, &s.run, &s.rank); err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	return list, rows.Err()
}

// nanos is t as the database keeps it: 0 for no time.
func nanos(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}
