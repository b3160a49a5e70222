package store

import (
	"context"
	"database/sql"
	"time"

	"github.com/ctibridge/ctibridge/bridge"
)

// SaveDesk implements bridge.Desks. A choice of an agent or link that has been
// deleted meanwhile is dropped, which is no error.
func (s *Store) SaveDesk(ctx context.Context, d bridge.Desk) error {
	err := s.group.do(ctx, func(ctx context.Context, tx *sql.Tx) (refused, failed error) {
		_, err := tx.ExecContext(ctx, `DELETE FROM desks WHERE agent = $1 OR link = $2 AND extension = $3`,
			string(d.Agent), d.Device.Link, d.Device.Extension)
		if err != nil {
			return nil, err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO desks (agent, link, extension, expires)
			SELECT a.id, l.name, $3, $4 FROM agents a, links l WHERE a.id = $1 AND l.name = $2`,
			string(d.Agent), d.Device.Link, d.Device.Extension, d.Until.UnixMilli())
		return nil, err
	})
	return inContext("save the choice of a telephone", err)
}

// EndDesk implements bridge.Desks.
func (s *Store) EndDesk(ctx context.Context, agent bridge.AgentID) error {
	err := s.group.do(ctx, func(ctx context.Context, tx *sql.Tx) (refused, failed error) {
		_, err := tx.ExecContext(ctx, `DELETE FROM desks WHERE agent = $1`, string(agent))
		return nil, err
	})
	return inContext("end the choice of a telephone", err)
}

// Desks implements bridge.Desks.
func (s *Store) Desks(ctx context.Context, now time.Time) ([]bridge.Desk, error) {
	var out []bridge.Desk
	err := each(ctx, s.read, func(r *sql.Rows) error {
		var d bridge.Desk
		var until int64
		if err := r.Scan(&d.Agent, &d.Device.Link, &d.Device.Extension, &until); err != nil {
			return err
		}
		d.Until = toTime(until)
		out = append(out, d)
		return nil
	}, `SELECT agent, link, extension, expires FROM desks WHERE expires > $1 ORDER BY agent`, now.UnixMilli())
	return out, inContext("load the choices of telephones", err)
}
