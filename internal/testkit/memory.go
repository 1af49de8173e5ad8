package testkit

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// LimitMemory puts the process into a control group of its own that may have
// bytes of memory, where the test may make one; the kernel then kills the
// process if it takes more. It returns why there is none.
func (p *Process) LimitMemory(bytes int64) error {
	p.t.Helper()
	for _, kind := range []struct{ root, limit string }{
		{"/sys/fs/cgroup", "memory.max"},                   // version 2
		{"/sys/fs/cgroup/memory", "memory.limit_in_bytes"}, // version 1
	} {
		group := filepath.Join(kind.root, fmt.Sprintf("loadlab-test-%d", p.Pid()))
		if err := os.Mkdir(group, 0o755); err != nil {
			continue
		}
		p.t.Cleanup(func() {
			p.cleanUp() // a group with a process cannot be removed
			_ = os.Remove(group)
		})
		if os.WriteFile(filepath.Join(group, kind.limit), []byte(strconv.FormatInt(bytes, 10)), 0o600) != nil {
			continue // the controller is not in this hierarchy
		}
		if os.WriteFile(filepath.Join(group, "cgroup.procs"), []byte(strconv.Itoa(p.Pid())), 0o600) == nil {
			return nil
		}
	}
	return errors.New("no control group with a limit of memory can be made")
}

// PeakMemory is the largest resident set that the process has had, in bytes. It
// skips the test where the system does not say.
func (p *Process) PeakMemory(t testing.TB) int64 {
	t.Helper()
	file, err := os.Open(fmt.Sprintf("/proc/%d/status", p.Pid()))
	RequireFound(t, err)
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if value, found := strings.CutPrefix(lines.Text(), "VmHWM:"); found {
			kib, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			return kib << 10
		}
	}
	RequireFound(t, fmt.Errorf("/proc/%d/status has no VmHWM", p.Pid()))
	return 0
}
