package yardstick

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// sleep blocks its thread: the runtime's timers round a wait up to 1 ms when the
// process is idle, which would make the known delay an unknown one.
func sleep(d time.Duration) {
	left := unix.NsecToTimespec(max(0, d.Nanoseconds()))
	for unix.Nanosleep(&left, &left) == unix.EINTR {
		continue // left is what remains
	}
}

// peakMemory is the most resident memory that a running process had, in bytes;
// 0 if it is gone. A parent's rusage would not do: it starts at the parent's own size.
func peakMemory(pid int) int64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range bytes.Lines(status) {
		var kib int64
		if _, err := fmt.Sscanf(string(line), "VmHWM: %d kB", &kib); err == nil {
			return kib << 10
		}
	}
	return 0
}

// machine says what the figures were taken on.
func machine() []string {
	release, _ := os.ReadFile("/proc/sys/kernel/osrelease")
	load, _ := os.ReadFile("/proc/loadavg")
	before := "unknown"
	if fields := strings.Fields(string(load)); len(fields) > 0 {
		before = fields[0]
	}
	return []string{
		procField("/proc/cpuinfo", "model name"), "Linux " + strings.TrimSpace(string(release)),
		"memory " + procField("/proc/meminfo", "MemTotal"), "load average before the run " + before,
	}
}

// procField is the value of the first line `name: value`.
func procField(path, name string) string {
	file, err := os.Open(path)
	if err != nil {
		return name + " unknown"
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if key, value, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return name + " unknown"
}
