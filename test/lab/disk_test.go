//go:build linux

package lab

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"loadlab/test/observe"
)

// TestAFullDisk fills the disk that the lab's data are on: the services go on,
// the lab says what is wrong, and when there is room again metrics go on too.
func TestAFullDisk(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("makes a small file system, which only root may")
	}
	folder := t.TempDir()
	if err := unix.Mount("tmpfs", folder, "tmpfs", 0, "size=64m"); errors.Is(err, unix.EPERM) {
		t.Skip("makes a small file system, which is not allowed here")
	} else if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(folder, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	l := start(t, nil, "LAB_DATA="+folder)
	scrapedAfter := func(at time.Time) func(context.Context) error {
		return func(ctx context.Context) error {
			series, err := l.prometheus.Query(ctx, `max(timestamp(up{job="gateway"}))`)
			if err == nil && (len(series) != 1 || series[0].Last() < float64(at.Unix()+1)) {
				err = fmt.Errorf("no sample since %v: %v", at, series)
			}
			return err
		}
	}
	must(t, observe.Eventually(t.Context(), time.Minute, scrapedAfter(l.began)))

	filler := filepath.Join(folder, "filler")
	fill(t, filler)
	must(t, observe.Eventually(t.Context(), time.Minute, func(context.Context) error {
		if said := l.Stdout() + l.Stderr(); !strings.Contains(said, "the disk is full") {
			return fmt.Errorf("the lab says nothing of the full disk:\n%s", said)
		}
		return nil
	}))
	for _, target := range []string{"/io/wait?ms=5", "/cpu/spin?ms=2", "/mixed/parallel?io_ms=5&cpu_ms=2"} {
		response, err := http.Get(l.gateway + target)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close() // nothing of it is wanted
		if response.StatusCode != http.StatusOK {
			t.Errorf("%s: %s while the disk is full", target, response.Status)
		}
	}
	must(t, os.Remove(filler))
	must(t, observe.Eventually(t.Context(), time.Minute, scrapedAfter(time.Now())))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// fill writes until nothing more fits.
func fill(t *testing.T, name string) {
	t.Helper()
	file, err := os.Create(name)
	must(t, err)
	defer file.Close()
	for chunk := make([]byte, 4096); ; {
		if _, err := file.Write(chunk); errors.Is(err, unix.ENOSPC) {
			return
		} else if err != nil {
			t.Fatal(err)
		}
	}
}
