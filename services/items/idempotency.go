package items

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"net/http"
	"strconv"
	"time"

	"loadlab/internal/web/problem"
)

// maxKey is the length of the longest Idempotency-Key, in bytes.
const maxKey = 255

// readKey reads the header Idempotency-Key, which may be absent.
func readKey(header http.Header, v *violations) string {
	const name = "Idempotency-Key"
	values := header.Values(name)
	if len(values) == 0 {
		return ""
	}
	if len(values) > 1 || !isKey(values[0]) {
		v.add(name, "must be given once, as 1 to "+strconv.Itoa(maxKey)+" printable ASCII characters")
		return ""
	}
	return values[0]
}

func isKey(text string) bool {
	for _, c := range []byte(text) {
		if c < ' ' || c > '~' {
			return false
		}
	}
	return text != "" && len(text) <= maxKey
}

// digest identifies fields. The quantity has no comma, so no two can be mixed up.
func (f Fields) digest() string {
	sum := sha256.Sum256([]byte(strconv.FormatInt(f.Quantity, 10) + "," + f.Name))
	return hex.EncodeToString(sum[:])
}

var errKeyTaken = errors.New("another request has used the key meanwhile")

// createOnce creates an item, or returns the one that the key created before as
// it was then. Key and item are written in one transaction, so after a crash
// either both are there or neither is.
func createOnce(ctx context.Context, conn *sql.Conn, key string, fields Fields, now time.Time) (item Item, replayed bool, err error) {
	if item, err = replay(ctx, conn, key, fields); !errors.Is(err, sql.ErrNoRows) {
		return item, true, err
	}
	if item, err = insertBoth(ctx, conn, key, fields, now); !errors.Is(err, errKeyTaken) {
		return item, false, err
	}
	item, err = replay(ctx, conn, key, fields)
	return item, true, err
}

// replay returns the item that the key has created, or sql.ErrNoRows.
func replay(ctx context.Context, conn *sql.Conn, key string, fields Fields) (Item, error) {
	var digest string
	item := Item{Fields: fields, Version: 1}
	err := conn.QueryRowContext(ctx, `SELECT digest, item_id FROM idempotency_keys WHERE key = $1`, key).
		Scan(&digest, &item.ID)
	if err == nil && digest != fields.digest() {
		return Item{}, problem.New(http.StatusUnprocessableEntity, "the Idempotency-Key was used with another body")
	}
	return item, err
}

func insertBoth(ctx context.Context, conn *sql.Conn, key string, fields Fields, now time.Time) (item Item, err error) {
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return Item{}, err
	}
	defer func() {
		if err != nil {
			// A connection that cannot roll back is closed, which rolls back too.
			_ = tx.Rollback()
		}
	}()
	if item, err = insertItem(ctx, tx, fields); err != nil {
		return Item{}, err
	}
	// PostgreSQL waits here for another transaction with the same key to end.
	result, err := tx.ExecContext(ctx, `INSERT INTO idempotency_keys (key, digest, item_id, created_at)
		VALUES ($1, $2, $3, $4) ON CONFLICT (key) DO NOTHING`, key, fields.digest(), item.ID, now.Unix())
	if err != nil {
		return Item{}, err
	}
	written, err := result.RowsAffected()
	if err == nil && written == 0 {
		err = errKeyTaken
	}
	if err != nil {
		return Item{}, err
	}
	return item, tx.Commit()
}
