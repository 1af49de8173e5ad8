//go:build linux

package lab

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// What an hour may add, by the slope over the soak.
const (
	mostMemoryAnHour = 100 << 20 // bytes; a noise of 2 MiB within some minutes is as much
	mostDisk         = 150 << 20 // bytes: 64 MB for samples, some more until they are merged, and the logs
	settling         = 2 * time.Minute
)

// TestSoak runs the lab with small bounds for the time of SOAK, such as 10m, and
// fits a line to what it takes after its first two minutes.
func TestSoak(t *testing.T) {
	length, err := time.ParseDuration(os.Getenv("SOAK"))
	if err != nil || length < 3*settling {
		t.Skipf("set SOAK to the time that it shall take, %v at least", 3*settling)
	}
	folder := t.TempDir()
	// What grows up to a bound is to reach it, and each minute is to have the whole tour twice.
	l := start(t, nil, "LAB_DATA="+folder, "LAB_BLOCK=1m", "LAB_DISK_MB=64", "LAB_TRACE_MB=1", "LOADGEN_DURATION=6s")
	time.Sleep(settling)
	var memory, disk line
	for time.Since(l.began) < length {
		least := l.least(t, time.Minute)
		t.Logf("after %v: %s", time.Since(l.began).Round(time.Second), mebibytes(least))
		at := time.Since(l.began).Hours()
		memory.add(at, sum(least))
		disk.add(at, sizeOf(t, folder))
	}
	const mib = 1 << 20
	t.Logf("memory that it keeps: %.0f MiB, %+.0f MiB an hour; disk %.1f MiB, %+.0f MiB an hour",
		memory.last/mib, memory.slope()/mib, disk.last/mib, disk.slope()/mib)
	if memory.slope() > mostMemoryAnHour {
		t.Errorf("memory grows by %.0f MiB an hour, at most %d", memory.slope()/mib, mostMemoryAnHour>>20)
	}
	if all := sum(l.memory(t)); all > mostMemory {
		t.Errorf("memory %.0f MiB, at most %d", all/mib, mostMemory>>20)
	}
	if hour := disk.last + disk.slope(); hour > mostDisk {
		t.Errorf("disk %.0f MiB after an hour more, at most %d", hour/mib, mostDisk>>20)
	}
}

// least is the least that each process kept within the time, without the
// garbage that a busy moment leaves.
func (l *lab) least(t *testing.T, within time.Duration) map[string]float64 {
	t.Helper()
	least := l.kept(t)
	for end := time.Now().Add(within); time.Now().Before(end); time.Sleep(2 * time.Second) {
		for name, bytes := range l.kept(t) {
			least[name] = min(least[name], bytes)
		}
	}
	return least
}

func sum(by map[string]float64) (all float64) {
	for _, bytes := range by {
		all += bytes
	}
	return all
}

func mebibytes(by map[string]float64) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(by)) {
		parts = append(parts, fmt.Sprintf("%s %.0f", name, by[name]/(1<<20)))
	}
	return strings.Join(parts, ", ") + " MiB"
}

// sizeOf is the bytes of all files below folder. Files that go meanwhile do not count.
func sizeOf(t *testing.T, folder string) float64 {
	t.Helper()
	var sum int64
	_ = filepath.WalkDir(folder, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return nil //nolint:nilerr // it has gone
		}
		if info, err := entry.Info(); err == nil {
			sum += info.Size()
		}
		return nil
	})
	return float64(sum)
}

// line is a least-squares fit.
type line struct {
	n, x, y, xx, xy float64
	last            float64
}

func (l *line) add(x, y float64) {
	l.n, l.x, l.y, l.xx, l.xy, l.last = l.n+1, l.x+x, l.y+y, l.xx+x*x, l.xy+x*y, y
}

func (l *line) slope() float64 { return (l.n*l.xy - l.x*l.y) / (l.n*l.xx - l.x*l.x) }
