package machine_test

import (
	"os"
	"runtime"
	"testing"
	"time"

	"loadlab/bench/machine"
	"loadlab/internal/workmeter"
)

func TestCPUTimeIsThatOfTheProcess(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the CPU time of another process can be read on Linux alone")
	}
	const used = 20 * time.Millisecond
	before, err := machine.CPUTime(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	meter := workmeter.StartReceived(0)
	for until := meter.CPU() + used; meter.CPU() < until; {
		continue
	}
	meter.Stop()
	after, err := machine.CPUTime(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if after-before < used {
		t.Errorf("%v of CPU time are read as %v", used, after-before)
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
