// Package cgroup reads the limits of this process's control group, by cgroup v2 or v1 files.
package cgroup

import (
	"bufio"
	"bytes"
	"io/fs"
	"path"
	"strconv"
	"strings"
	"time"
)

// CPU is the limit of a control group and its effect so far.
type CPU struct {
	Cores     float64       // CPU time per second that the group may use
	Throttled time.Duration // for which the group was stopped because its quota was spent
}

// ReadCPU reads the limit of this process's control group below root, which is
// the file system's. It is false where there is no limit, or none can be read.
//
// The process's own group is tried first. In a container only the mount's root
// is visible, and it is the process's group.
func ReadCPU(root fs.FS) (CPU, bool) {
	groups := ownGroups(root)
	for _, dir := range []string{path.Join("sys/fs/cgroup", groups[""]), "sys/fs/cgroup"} {
		if limit, ok := readV2(root, dir); ok {
			return limit, true
		}
	}
	for _, mount := range []string{"sys/fs/cgroup/cpu", "sys/fs/cgroup/cpu,cpuacct"} {
		for _, dir := range []string{path.Join(mount, groups["cpu"]), mount} {
			if limit, ok := readV1(root, dir); ok {
				return limit, true
			}
		}
	}
	return CPU{}, false
}

// ownGroups maps each controller to the process's group; the unified hierarchy's key is empty.
func ownGroups(root fs.FS) map[string]string {
	groups := map[string]string{}
	text, err := fs.ReadFile(root, "proc/self/cgroup")
	if err != nil {
		return groups
	}
	lines := bufio.NewScanner(bytes.NewReader(text))
	for lines.Scan() {
		parts := strings.SplitN(lines.Text(), ":", 3)
		if len(parts) < 3 {
			continue
		}
		for controller := range strings.SplitSeq(parts[1], ",") {
			groups[controller] = parts[2]
		}
	}
	return groups
}

// readV2 reads "quota period" of cpu.max, where the quota "max" is none, in microseconds.
func readV2(root fs.FS, dir string) (CPU, bool) {
	text, err := fs.ReadFile(root, path.Join(dir, "cpu.max"))
	if err != nil {
		return CPU{}, false
	}
	quota, period, _ := strings.Cut(strings.TrimSpace(string(text)), " ")
	return newCPU(quota, period, time.Duration(stat(root, dir, "throttled_usec"))*time.Microsecond)
}

// readV1 reads the pair of files in microseconds, where a negative quota is none.
func readV1(root fs.FS, dir string) (CPU, bool) {
	quota, err := fs.ReadFile(root, path.Join(dir, "cpu.cfs_quota_us"))
	if err != nil {
		return CPU{}, false
	}
	period, err := fs.ReadFile(root, path.Join(dir, "cpu.cfs_period_us"))
	if err != nil {
		return CPU{}, false
	}
	return newCPU(string(quota), string(period), time.Duration(stat(root, dir, "throttled_time")))
}

func newCPU(quota, period string, throttled time.Duration) (CPU, bool) {
	q, err := strconv.ParseFloat(strings.TrimSpace(quota), 64)
	if err != nil || q <= 0 {
		return CPU{}, false
	}
	p, err := strconv.ParseFloat(strings.TrimSpace(period), 64)
	if err != nil || p <= 0 {
		return CPU{}, false
	}
	return CPU{Cores: q / p, Throttled: throttled}, true
}

func stat(root fs.FS, dir, key string) int64 {
	text, err := fs.ReadFile(root, path.Join(dir, "cpu.stat"))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), " "); ok && name == key {
			n, _ := strconv.ParseInt(value, 10, 64)
			return n
		}
	}
	return 0
}
