package machine_test

import (
	"os"
	"runtime"
	"sync"
	"testing"
	"time"

	"loadlab/bench/machine"
	"loadlab/internal/workmeter"
)

func TestCPUTimeIsThatOfTheProcess(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the CPU time of another process can be read on Linux alone")
	}
	const threads, used = 3, 20 * time.Millisecond
	before, err := machine.CPUTime(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range threads {
		all.Go(func() {
			meter := workmeter.StartReceived(0) // by the clock of its thread
			defer meter.Stop()
			for until := meter.CPU() + used; meter.CPU() < until; {
				continue
			}
		})
	}
	all.Wait()
	after, err := machine.CPUTime(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if after-before < threads*used {
		t.Errorf("%v of CPU time are read as %v", threads*used, after-before)
	}
	if _, err := machine.CPUTime(1 << 22); err == nil { // above the kernel's highest process id
		t.Error("a process that does not exist has a CPU time")
	}
}

func TestMemory(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("reads /proc")
	}
	resident, peak := machine.ResidentMemory(os.Getpid()), machine.PeakMemory(os.Getpid())
	if resident < 1<<20 || peak < resident {
		t.Errorf("resident memory %d, at most %d bytes", resident, peak)
	}
}
