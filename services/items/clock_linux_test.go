package items_test

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"loadlab/internal/testkit"
)

// clock is the wall clock of processes that are started by it. Programs in Go
// read the system's clock without a library that could be replaced, so an
// emulator runs them, and its clock is replaced.
type clock struct {
	t       *testing.T
	program []string
	offset  string // path of the file that says how wrong the clock is
}

func newClock(t *testing.T) *clock {
	t.Helper()
	if testing.Short() || os.Getenv("LAB_REQUIRE") != "1" {
		t.Skip("takes half a minute, since an emulator is slow: set LAB_REQUIRE=1")
	}
	emulator := map[string]string{"amd64": "qemu-x86_64", "arm64": "qemu-aarch64"}[runtime.GOARCH]
	program, err := exec.LookPath(emulator)
	libraries, _ := filepath.Glob("/usr/lib/*/faketime/libfaketimeMT.so.1") // the pattern is well-formed
	if err == nil && len(libraries) == 0 {
		err = errors.New("there is no libfaketime")
	}
	if err != nil {
		err = fmt.Errorf("sets a clock with Debian's packages qemu-user and faketime: %w", err)
	}
	testkit.RequireFound(t, err)
	c := &clock{t: t, offset: filepath.Join(t.TempDir(), "offset")}
	c.set(0)
	c.program = []string{"/usr/bin/env", "LD_PRELOAD=" + libraries[0], "FAKETIME_TIMESTAMP_FILE=" + c.offset,
		"FAKETIME_NO_CACHE=1", "FAKETIME_DONT_FAKE_MONOTONIC=1", program}
	return c
}

// set makes the clock wrong by that much. The file is replaced whole.
func (c *clock) set(offset time.Duration) {
	c.t.Helper()
	young := c.offset + ".new"
	err := os.WriteFile(young, fmt.Appendf(nil, "%+d\n", int64(offset.Seconds())), 0o644)
	if err = errors.Join(err, os.Rename(young, c.offset)); err != nil {
		c.t.Fatal(err)
	}
}

// The wall clock is set while requests arrive: none fails, a key gives the item
// that it gave before, and the service stays ready.
func TestTheClockIsSet(t *testing.T) {
	wall := newClock(t)
	p := testkit.StartUnder(t, wall.program, "items", "DATABASE_URL=sqlite:"+filepath.Join(t.TempDir(), "items.db"))
	first, _, err := post(t, p.URL, `"first"`)
	if err != nil {
		t.Fatal(err)
	}
	ids, requests := map[int64]string{first.ID: "first"}, 0
	for i := range testkit.Tries(t) {
		// Less than IDEMPOTENCY_TTL ahead, since a key is kept that long by this clock.
		for _, offset := range []time.Duration{30 * time.Minute, -24 * time.Hour, 59 * time.Minute, 0} {
			wall.set(offset)
			response, err := http.Get(p.URL + "/items?limit=1")
			if err != nil {
				t.Fatal(err)
			}
			_ = response.Body.Close() // its header is wanted
			if date, err := http.ParseTime(response.Header.Get("Date")); err != nil || date.Sub(time.Now().Add(offset)).Abs() > 10*time.Minute {
				t.Fatalf("the clock should be wrong by %v, and is at %v: %v", offset, date, err)
			}
			for n := range 5 {
				key := fmt.Sprintf(`"%d %v %d"`, i, offset, n)
				item, _, err := post(t, p.URL, key)
				if err != nil {
					t.Fatalf("%v: %v", offset, err)
				}
				if other := ids[item.ID]; other != "" {
					t.Errorf("%s and %s gave the same item", key, other)
				}
				ids[item.ID] = key
				requests++
			}
			if again, replayed, err := post(t, p.URL, `"first"`); err != nil || !replayed || again != first {
				t.Errorf("the first key gives %+v after %v (replayed: %v, %v), not %+v", again, offset, replayed, err, first)
			}
			if status, body := testkit.Get(t, p.AdminURL+"/readyz"); status != http.StatusOK {
				t.Errorf("not ready after %v: %d %s", offset, status, body)
			}
		}
	}
	t.Logf("%d requests, none failed", requests)
}
