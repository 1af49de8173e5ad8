package iobound

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"syscall"

	"loadlab/internal/web"
	"loadlab/internal/web/input"
	"loadlab/internal/web/problem"
	"loadlab/internal/workmeter"
)

type written struct {
	Bytes  int    `json:"bytes"`
	Synced bool   `json:"synced"`
	SHA256 string `json:"sha256"` // of what was read back
}

// disk writes kb KiB to a new file in dir, syncs it to the device, reads it
// back and removes it.
func disk(dir string) web.Work {
	return func(in *input.Reader) web.Do {
		size := in.Int("kb", 64, 1, 16384) << 10
		sync := in.Bool("sync", true)

		return func(ctx context.Context, m *workmeter.Meter) (any, error) {
			data := pattern(size)
			var back []byte
			err := m.Wait("disk", func() (err error) {
				back, err = writeAndRead(ctx, dir, data, sync)
				return err
			})
			if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.EFBIG) {
				return nil, problem.New(http.StatusInsufficientStorage,
					"the disk has no room for "+strconv.Itoa(size>>10)+" KiB").Because(err)
			}
			if err != nil {
				return nil, err
			}
			sum := sha256.Sum256(back)
			return written{Bytes: len(back), Synced: sync, SHA256: hex.EncodeToString(sum[:])}, nil
		}
	}
}

// pattern returns size bytes that a caller can make too: the line below, over and over.
func pattern(size int) []byte {
	const line = "loadlab writes this line to the disk and reads it back again.\n"
	return bytes.Repeat([]byte(line), size/len(line)+1)[:size]
}

func writeAndRead(ctx context.Context, dir string, data []byte, sync bool) (back []byte, err error) {
	file, err := os.CreateTemp(dir, "io-disk-")
	if err != nil {
		return nil, fmt.Errorf("create file: %w", err)
	}
	defer func() {
		err = errors.Join(err, file.Close(), os.Remove(file.Name()))
	}()
	if _, err := file.Write(data); err != nil {
		return nil, fmt.Errorf("write file: %w", err)
	}
	if sync {
		if err := file.Sync(); err != nil {
			return nil, fmt.Errorf("sync file: %w", err)
		}
	}
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	back = make([]byte, len(data))
	if _, err := file.ReadAt(back, 0); err != nil {
		return nil, fmt.Errorf("read file back: %w", err)
	}
	return back, nil
}
