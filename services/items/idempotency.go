package items

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/dunglas/httpsfv"

	"loadlab/internal/web/problem"
)

// The header Idempotency-Key is that of draft-ietf-httpapi-idempotency-key-header-07.

const (
	keyHeader = "Idempotency-Key"
	maxKey    = 255 // characters
)

// readKey reads the key, which is a String of a structured field (RFC 9651).
// It returns "" if there is none.
func readKey(header http.Header, required bool, v *violations) string {
	values := header.Values(keyHeader)
	if len(values) == 0 {
		if required {
			v.add(keyHeader, "is missing, and this service requires it")
		}
		return ""
	}
	item, err := httpsfv.UnmarshalItem(values)
	key, isString := item.Value.(string)
	if err != nil || !isString || key == "" || len(key) > maxKey {
		v.add(keyHeader, `must be given once, as 1 to `+strconv.Itoa(maxKey)+` printable ASCII characters in quotes, such as "order-1"`)
	}
	return key
}

// digest identifies fields. The quantity has no comma, so no two can be mixed up.
func (f Fields) digest() string {
	sum := sha256.Sum256([]byte(strconv.FormatInt(f.Quantity, 10) + "," + f.Name))
	return hex.EncodeToString(sum[:])
}

// keysInUse holds the keys of the requests that this process is serving.
type keysInUse struct {
	mu   sync.Mutex
	keys map[string]struct{}
}

// claim takes a key until release is called. The error is the answer to a request whose key is taken.
func (k *keysInUse) claim(key string) (release func(), err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if _, taken := k.keys[key]; taken {
		return nil, inProgress()
	}
	if k.keys == nil {
		k.keys = map[string]struct{}{}
	}
	k.keys[key] = struct{}{}
	return func() {
		k.mu.Lock()
		defer k.mu.Unlock()
		delete(k.keys, key)
	}, nil
}

func inProgress() error {
	return problem.New(http.StatusConflict, "a request with this Idempotency-Key is in progress; repeat the request when it has ended")
}

// errKeyTaken means that another transaction has used the key or is using it.
var errKeyTaken = errors.New("the key is taken")

// createOnce creates an item, or returns the one that the key created before as
// it was then. Key and item are written in one transaction, so after a crash
// either both are there or neither is.
func (d *Database) createOnce(ctx context.Context, conn *sql.Conn, key string, fields Fields, now time.Time) (item Item, replayed bool, err error) {
	expired := now.Add(-d.cfg.KeyTTL).Unix()
	if item, err = replay(ctx, conn, key, fields, expired); !errors.Is(err, sql.ErrNoRows) {
		return item, true, err
	}
	if item, err = d.insertBoth(ctx, conn, key, fields, now, expired); !errors.Is(err, errKeyTaken) {
		return item, false, err
	}
	if item, err = replay(ctx, conn, key, fields, expired); errors.Is(err, sql.ErrNoRows) {
		err = inProgress()
	}
	return item, true, err
}

// replay returns the item that the key has created, or sql.ErrNoRows. Keys from
// before expired are as good as deleted.
func replay(ctx context.Context, conn *sql.Conn, key string, fields Fields, expired int64) (Item, error) {
	var digest string
	item := Item{Fields: fields, Version: 1}
	err := conn.QueryRowContext(ctx, `SELECT digest, item_id, created_at FROM idempotency_keys WHERE key = $1 AND created_at >= $2`,
		key, expired).Scan(&digest, &item.ID, &item.modified)
	if err == nil && digest != fields.digest() {
		return Item{}, problem.New(http.StatusUnprocessableEntity, "the Idempotency-Key was used with another body")
	}
	return item, err
}

func (d *Database) insertBoth(ctx context.Context, conn *sql.Conn, key string, fields Fields, now time.Time, expired int64) (item Item, err error) {
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
	if item, err = insertItem(ctx, tx, fields, now); err != nil {
		return Item{}, err
	}
	result, err := tx.ExecContext(ctx, `INSERT INTO idempotency_keys (key, digest, item_id, created_at)
		SELECT CAST($1 AS text), CAST($2 AS text), CAST($3 AS bigint), CAST($4 AS bigint) WHERE `+d.keyIsFree()+`
		ON CONFLICT (key) DO UPDATE SET digest = excluded.digest, item_id = excluded.item_id, created_at = excluded.created_at
		WHERE idempotency_keys.created_at < $5`, key, fields.digest(), item.ID, item.modified, expired)
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

// keyIsFree is an expression that is false while another replica's transaction
// uses the key of the first argument. Without it PostgreSQL would wait for that
// transaction to end. A SQLite file has one writer at a time.
func (d *Database) keyIsFree() string {
	if d.isFile() {
		return `true`
	}
	return `pg_try_advisory_xact_lock(hashtextextended(CAST($1 AS text), 0))`
}
