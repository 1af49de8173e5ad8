package supervise

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"loadlab/internal/testkit"
)

// The test binary is its own child: this variable says what to be.
const roleVariable = "SUPERVISE_TEST_ROLE"

func TestMain(m *testing.M) {
	switch os.Getenv(roleVariable) {
	case "":
		os.Exit(m.Run())
	case "obedient":
		ctx, cancel := Lifeline(context.Background(), os.Getenv, os.Stdin, func() { os.Exit(3) })
		defer cancel()
		fmt.Println("hello")
		<-ctx.Done()
	case "fails":
		os.Exit(1)
	case "misconfigured":
		os.Exit(2)
	case "parent":
		beParent()
	}
}

// beParent supervises an obedient child and says its pid, until it is killed.
func beParent() {
	s := Supervisor{Executable: os.Args[0], Report: func(e Event) {
		if e.Kind == Ready {
			fmt.Println(e.PID)
		}
	}}
	_ = s.Run(context.Background(), child("obedient", nil))
}

func child(role string, log *testkit.Output) Process {
	p := Process{Name: role, Args: nil, Env: append(os.Environ(), roleVariable+"="+role), Fatal: []int{2}}
	if log != nil {
		p.Log = log
	}
	return p
}

// run supervises a child until the test ends or stop is called, and returns
// its events.
func run(t *testing.T, p Process) (events <-chan Event, stop func() error) {
	t.Helper()
	reported := make(chan Event, 100)
	s := &Supervisor{Executable: os.Args[0], Report: func(e Event) { reported <- e }}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx, p) }()
	stop = sync.OnceValue(func() error { cancel(); return <-ended })
	t.Cleanup(func() { _ = stop() })
	return reported, stop
}

func next(t *testing.T, events <-chan Event, kind EventKind) Event {
	t.Helper()
	for {
		select {
		case e := <-events:
			if e.Kind == kind {
				return e
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("no event of kind %d", kind)
		}
	}
}

func TestStopsAChildThatObeys(t *testing.T) {
	var log testkit.Output
	events, stop := run(t, child("obedient", &log))
	next(t, events, Ready)
	for !strings.Contains(log.String(), "hello") {
		time.Sleep(time.Millisecond)
	}
	began := time.Now()
	if err := stop(); err != nil {
		t.Error(err)
	}
	if e := next(t, events, Stopped); e.Cause != nil || time.Since(began) > 5*time.Second {
		t.Errorf("it ended with %v after %v", e.Cause, time.Since(began))
	}
}

func TestStartsAKilledChildAgain(t *testing.T) {
	events, _ := run(t, child("obedient", nil))
	first := next(t, events, Ready)
	process, err := os.FindProcess(first.PID)
	if err != nil {
		t.Fatal(err)
	}
	if err := process.Kill(); err != nil {
		t.Fatal(err)
	}
	ended := next(t, events, Ended)
	if ended.PID != first.PID || ended.Cause == nil || ended.Delay != firstDelay {
		t.Errorf("reported %+v", ended)
	}
	if again := next(t, events, Ready); again.PID == first.PID {
		t.Errorf("process %d is ready again", again.PID)
	}
}

// A restart lets the child end in its own way, and is over when the next one is ready.
func TestRestarts(t *testing.T) {
	reported := make(chan Event, 100)
	s := &Supervisor{Executable: os.Args[0], Report: func(e Event) { reported <- e }}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx, child("obedient", nil)) }()
	for range 2 {
		before := next(t, reported, Ready)
		if err := s.Restart(t.Context(), "obedient"); err != nil {
			t.Fatal(err)
		}
		stopped, after := next(t, reported, Stopped), next(t, reported, Ready)
		if stopped.PID != before.PID || stopped.Cause != nil || after.PID == before.PID {
			t.Errorf("process %d: %+v, then %+v", before.PID, stopped, after)
		}
		reported <- after
	}
	if err := s.Restart(t.Context(), "other"); !errors.Is(err, ErrUnknown) {
		t.Errorf("error %v", err)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if err := s.Restart(t.Context(), "obedient"); !errors.Is(err, ErrUnknown) {
		t.Errorf("after the end: error %v", err)
	}
}

// A child that waits for its next start is started at once.
func TestRestartsWhatBacksOff(t *testing.T) {
	reported := make(chan Event, 100)
	s := &Supervisor{Executable: os.Args[0], Report: func(e Event) { reported <- e }}
	p := child("fails", nil)
	p.Ready = func(context.Context) error { return errors.New("never") }
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx, p) }()
	delay := next(t, reported, Ended).Delay
	for delay < 10*firstDelay {
		delay = next(t, reported, Ended).Delay
	}
	asked, giveUp := context.WithTimeout(t.Context(), delay/2)
	defer giveUp()
	if err := s.Restart(asked, p.Name); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
	select {
	case <-reported: // it was started
	default:
		t.Error("it still waits")
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestBacksOff(t *testing.T) {
	events, _ := run(t, child("fails", nil))
	want := firstDelay
	for range 3 {
		if e := next(t, events, Ended); e.Delay != want || e.Cause == nil {
			t.Errorf("reported %+v, want a delay of %v", e, want)
		}
		want *= 2
	}
}

func TestDoesNotStartAgainWhatIsMisconfigured(t *testing.T) {
	p := child("misconfigured", nil)
	p.Ready = func(context.Context) error { return errors.New("never") }
	s := &Supervisor{Executable: os.Args[0], Report: func(Event) {}}
	var fatal *FatalError
	if err := s.Run(t.Context(), p); !errors.As(err, &fatal) || fatal.Process != "misconfigured" {
		t.Errorf("error %v", err)
	}
}

func TestDoesNotStartAgainWhatIsDone(t *testing.T) {
	p := child("fails", nil)
	p.Done = []int{0, 1}
	var ended []Event
	s := &Supervisor{Executable: os.Args[0], Report: func(e Event) {
		if e.Kind == Ended {
			ended = append(ended, e)
		}
	}}
	if err := s.Run(t.Context(), p); err != nil || len(ended) != 1 || ended[0].Delay != 0 {
		t.Errorf("error %v, reported %+v", err, ended)
	}
}

func TestExecutableThatIsNotThere(t *testing.T) {
	s := &Supervisor{Executable: "/nowhere/at/all"}
	ctx, cancel := context.WithCancel(t.Context())
	s.Report = func(e Event) {
		if e.Kind != Ended || e.Cause == nil {
			t.Errorf("reported %+v", e)
		}
		cancel()
	}
	if err := s.Run(ctx, Process{Name: "none"}); err != nil {
		t.Error(err)
	}
}

// However a parent dies, its child does not outlive it.
func TestChildDiesWithItsParent(t *testing.T) {
	for _, signal := range []os.Signal{syscall.SIGKILL, syscall.SIGTERM} {
		t.Run(signal.String(), func(t *testing.T) {
			parent := exec.Command(os.Args[0])
			parent.Env = append(os.Environ(), roleVariable+"=parent")
			out, err := parent.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := parent.Start(); err != nil {
				t.Fatal(err)
			}
			line := make([]byte, 32)
			n, err := out.Read(line)
			if err != nil {
				t.Fatal(err)
			}
			pid, err := strconv.Atoi(strings.TrimSpace(string(line[:n])))
			if err != nil {
				t.Fatal(err)
			}
			if err := parent.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			_ = parent.Wait()
			for deadline := time.Now().Add(10 * time.Second); alive(pid); time.Sleep(10 * time.Millisecond) {
				if time.Now().After(deadline) {
					t.Fatalf("child %d is still there", pid)
				}
			}
		})
	}
}

// alive says whether the process runs; one that only waits to be reaped by init does not.
func alive(pid int) bool {
	process, err := os.FindProcess(pid)
	if err != nil || process.Signal(syscall.Signal(0)) != nil {
		return false
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err != nil || !strings.Contains(string(status), ") Z ")
}

func TestLifeline(t *testing.T) {
	set := func(string) string { return "stdin" }
	ctx, cancel := Lifeline(t.Context(), set, strings.NewReader(""), func() {})
	defer cancel()
	select {
	case <-ctx.Done():
	case <-time.After(10 * time.Second):
		t.Error("the context does not end with the lifeline")
	}
	unset := func(string) string { return "" }
	ctx, cancel = Lifeline(t.Context(), unset, strings.NewReader(""), func() {})
	defer cancel()
	time.Sleep(20 * time.Millisecond)
	if ctx.Err() != nil {
		t.Error("without a supervisor there is no lifeline, but the context has ended")
	}
}
