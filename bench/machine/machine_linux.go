package machine

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// PeakMemory is the most resident memory that a running process had, in bytes;
// 0 if it is gone. A parent's rusage would not do: it starts at the parent's own size.
func PeakMemory(pid int) int64 { return memory(pid, "VmHWM") }

// ResidentMemory is the resident memory of a running process in bytes; 0 if it is gone.
func ResidentMemory(pid int) int64 { return memory(pid, "VmRSS") }

func memory(pid int, field string) int64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range bytes.Lines(status) {
		var kib int64
		if _, err := fmt.Sscanf(string(line), field+": %d kB", &kib); err == nil {
			return kib << 10
		}
	}
	return 0
}

// CPUTime is the CPU time that a running process has used, with all of its
// threads. The kernel counts it in nanoseconds, finer than /proc/PID/stat.
func CPUTime(pid int) (time.Duration, error) {
	// clock_getcpuclockid(3) makes the number of the clock in this way.
	const ofTheProcess = 2
	var used unix.Timespec
	if err := unix.ClockGettime(int32(^pid)<<3|ofTheProcess, &used); err != nil {
		return 0, fmt.Errorf("read the CPU time of process %d: %w", pid, err)
	}
	return time.Duration(used.Nano()), nil
}

// Description says on what figures are taken, with the load average of now.
func Description() []string {
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
