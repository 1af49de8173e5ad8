package items

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"hash/crc32"
)

// A cursor is the id of the last item of a page and a checksum, so that only
// cursors that the service has made are accepted. It keeps nothing secret.
const (
	cursorID    = 8
	cursorBytes = cursorID + crc32.Size
)

var errCursor = errors.New("must be a next_cursor of an earlier reply")

// encodeCursor returns the cursor of the page that follows id.
func encodeCursor(id int64) string {
	b := binary.BigEndian.AppendUint64(make([]byte, 0, cursorBytes), uint64(id))
	b = binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b))
	return base64.RawURLEncoding.EncodeToString(b)
}

// decodeCursor returns the id in a cursor that encodeCursor made, and an error for any other text.
func decodeCursor(text string) (int64, error) {
	if len(text) != base64.RawURLEncoding.EncodedLen(cursorBytes) {
		return 0, errCursor
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(b) != cursorBytes || crc32.ChecksumIEEE(b[:cursorID]) != binary.BigEndian.Uint32(b[cursorID:]) {
		return 0, errCursor
	}
	id := int64(binary.BigEndian.Uint64(b))
	if id < 1 {
		return 0, errCursor
	}
	return id, nil
}
