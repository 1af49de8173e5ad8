package items

import (
	"context"
	"errors"
	"time"

	"go.uber.org/zap"
)

// probeLimit bounds the write of one check of readiness. Other writers may hold
// the database for longer: that it is busy says that it works.
const probeLimit = time.Second

// Ready returns why requests cannot be served now, or nil. It writes a row of
// its own and reads the items, because a database on a full disk, or one that
// takes no writes for another reason, still answers every read.
func (d *Database) Ready(ctx context.Context) error {
	if !d.migrated.Load() {
		return errors.New("the database has not been reached yet")
	}
	if err := d.probeWrite(ctx); err != nil {
		d.noticeLostSchema(err)
		d.log.Debug("the database takes no writes", zap.Error(err))
		if isFull(err) {
			return errFull
		}
		return errors.New("the database does not answer, or takes no writes")
	}
	if _, err := d.upkeep.ExecContext(ctx, `SELECT 1 FROM items LIMIT 1`); err != nil {
		d.noticeLostSchema(err)
		d.log.Debug("the database does not answer", zap.Error(err))
		return errors.New("the database does not answer")
	}
	return nil
}

func (d *Database) probeWrite(ctx context.Context) error {
	limited, cancel := context.WithTimeout(ctx, probeLimit)
	defer cancel()
	_, err := d.upkeep.ExecContext(limited, `INSERT INTO write_probe (one, written_at) VALUES (1, $1)
		ON CONFLICT (one) DO UPDATE SET written_at = excluded.written_at`, time.Now().Unix())
	if err != nil && (isLocked(err) || limited.Err() != nil) {
		return nil // whether it answers, the reading shows
	}
	return err
}
