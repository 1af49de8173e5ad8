package lab

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"time"

	"loadlab/internal/env"
	"loadlab/internal/openfiles"
)

// finding is the result of one check.
type finding struct {
	about  string
	result verdict
	text   string // what was seen, and what helps
}

type verdict string

const (
	fine    verdict = "ok"
	poor    verdict = "warn" // it runs, but measurements suffer
	missing verdict = "fail" // it does not run
)

// What the lab needs of a machine.
const (
	wantMemory  = 512 << 20 // bytes; the lab itself takes less than 400 MiB
	wantCores   = 2         // the generator must not compete with the CPU-bound work
	wantFiles   = 4096      // connections of a sweep, twice
	wantDisk    = 1 << 30   // bytes
	wantLatency = 2 * time.Millisecond
)

// runDoctor prints the result of each check of this machine.
func runDoctor(ctx context.Context, with Environment, args []string) error {
	flags := flag.NewFlagSet("doctor", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	data := flags.String("data", "", "folder for metrics, logs and files")
	if err := flags.Parse(args); err != nil || flags.NArg() > 0 {
		return &usageError{"doctor takes no arguments but --data DIR"}
	}
	var findings []finding
	var cfg Config
	if err := env.Parse(with.Getenv, &cfg); err != nil {
		findings = append(findings, problems("configuration", err)...)
	} else {
		findings = append(findings, checkPorts(ctx, cfg)...)
	}
	if *data == "" {
		*data = cfg.Data
	}
	findings = append(findings, checkFolder(*data), checkMemory(), checkCores(runtime.NumCPU()), checkFiles(), checkClock())
	bad := false
	for _, f := range findings {
		fmt.Fprintf(with.Stdout, "%-4s  %-8s  %s\n", f.result, f.about, f.text)
		bad = bad || f.result == missing
	}
	if bad {
		return errUnhealthy
	}
	return nil
}

// problems lists each problem of err as a finding.
func problems(about string, err error) []finding {
	var wrong *env.Error
	if !errors.As(err, &wrong) {
		return []finding{{about, missing, err.Error()}}
	}
	var all []finding
	for _, p := range wrong.Problems {
		all = append(all, finding{about, missing, p.String()})
	}
	return all
}

func checkPorts(ctx context.Context, cfg Config) []finding {
	n := len(cfg.endpoints()) + len(cfg.services())
	if err := cfg.settlePorts(ctx); err != nil {
		return problems("ports", err)
	}
	return []finding{{"ports", fine, fmt.Sprintf("all %d are free", n)}}
}

func checkFolder(path string) finding {
	if path == "" {
		path = os.TempDir()
	}
	if err := tryWrite(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return finding{"folder", missing, err.Error() + "; set --data, LAB_DATA or TMPDIR to a folder that can be written"}
	}
	free, ok := freeDisk(path)
	switch {
	case !ok:
		return finding{"folder", fine, path + " can be written"}
	case free < wantDisk:
		return finding{"folder", poor, fmt.Sprintf("%s has %s free, %s are better; set --data or LAB_DATA to another, or LAB_DISK_MB to less", path, size(free), size(wantDisk))}
	}
	return finding{"folder", fine, fmt.Sprintf("%s can be written and has %s free", path, size(free))}
}

func checkMemory() finding {
	available, ok := availableMemory()
	switch {
	case !ok:
		return finding{"memory", fine, "cannot be found out on this system; the lab takes less than 400 MiB"}
	case available < wantMemory:
		return finding{"memory", poor, fmt.Sprintf("%s are available, %s are better; LAB_TRACE_MB makes the lab smaller", size(available), size(wantMemory))}
	}
	return finding{"memory", fine, size(available) + " are available"}
}

func checkCores(cores int) finding {
	if cores < wantCores {
		return finding{"cores", poor, fmt.Sprintf("%d core: the generator and cpubound share it, so latencies are those of both; see --cores", cores)}
	}
	return finding{"cores", fine, fmt.Sprintf("%d cores, of which cpubound takes as many as --cores says, by default one", cores)}
}

func checkFiles() finding {
	limit, ok := openfiles.Limit()
	switch {
	case !ok:
		return finding{"files", fine, "this system has no limit of open files"}
	case limit < wantFiles:
		return finding{"files", poor, fmt.Sprintf("at most %d open files; many connections need %d: run ulimit -n %d first", limit, wantFiles, wantFiles)}
	}
	return finding{"files", fine, fmt.Sprintf("at most %d open files", limit)}
}

// checkClock measures how late the system wakes a sleeping thread, which delays
// waiting requests too.
func checkClock() finding {
	const rounds, nap = 51, time.Millisecond
	late := make([]time.Duration, rounds)
	for i := range late {
		began := time.Now()
		time.Sleep(nap)
		late[i] = time.Since(began) - nap
	}
	slices.Sort(late)
	median := late[rounds/2].Round(time.Microsecond)
	if median > wantLatency {
		return finding{"clock", poor, fmt.Sprintf("a sleeper wakes %v late; the machine is busy or saves power, and short waits look longer", median)}
	}
	return finding{"clock", fine, fmt.Sprintf("a sleeper wakes %v late", median)}
}

func size(bytes uint64) string { return fmt.Sprintf("%.1f GiB", float64(bytes)/(1<<30)) }
