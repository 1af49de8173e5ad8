package comparison

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"syscall"
	"time"

	"loadlab/bench/machine"
	"loadlab/internal/affinity"
)

const (
	startLimit = 30 * time.Second
	stopLimit  = 20 * time.Second
	pollEvery  = 10 * time.Millisecond
)

// server is the running process of a subject.
type server struct {
	address string
	metrics string    // URL
	command *exec.Cmd // its standard input is open as long as this process lives
	stderr  *bytes.Buffer
	atStart int64 // resident memory in bytes, before the first load
}

func (s *server) pid() int { return s.command.Process.Pid }

// startServer starts a subject on the cores and waits until it serves.
func startServer(ctx context.Context, s *subject, bin string, environment []string, cores []int) (_ *server, err error) {
	address, err := freeAddress(ctx)
	if err != nil {
		return nil, err
	}
	admin, err := freeAddress(ctx)
	if err != nil {
		return nil, err
	}
	running := &server{address: address, metrics: "http://" + address + "/metrics", stderr: new(bytes.Buffer)}
	if s.ownAdmin() {
		running.metrics = "http://" + admin + "/metrics"
	}
	running.command = exec.CommandContext(ctx, filepath.Join(bin, s.command[0]), s.command[1:]...)
	running.command.Env = append(slices.Clone(environment), "LISTEN_ADDR="+address, "ADMIN_ADDR="+admin, "LAB_LIFELINE=stdin")
	running.command.Stderr = running.stderr
	running.command.Cancel = func() error { return running.command.Process.Signal(syscall.SIGTERM) }
	running.command.WaitDelay = stopLimit
	if _, err = running.command.StdinPipe(); err != nil {
		return nil, fmt.Errorf("start %s: %w", s.name, err)
	}
	if err := startOn(running.command, cores); err != nil {
		return nil, fmt.Errorf("start %s: %w", s.name, err)
	}
	limited, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	if _, err = running.settled(limited, 0, 0); err != nil {
		return nil, errors.Join(fmt.Errorf("start %s: %w", s.name, err), running.stop())
	}
	running.atStart = machine.ResidentMemory(running.pid())
	return running, nil
}

// stop ends the process as its supervisor does.
func (s *server) stop() error {
	_ = s.command.Process.Signal(syscall.SIGTERM) // it fails only if the process has ended
	if err := s.command.Wait(); err != nil {
		return fmt.Errorf("stop %s: %w\n%s", s.command, err, s.stderr)
	}
	return nil
}

// startOn starts a command on the cores. A process inherits those of the thread
// that starts it.
func startOn(command *exec.Cmd, cores []int) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	before, err := affinity.Cores()
	if err != nil {
		return err
	}
	if err := affinity.Pin(cores...); err != nil {
		return err
	}
	return errors.Join(command.Start(), affinity.Pin(before...))
}

// freeAddress is a port of loopback that no program uses now.
func freeAddress(ctx context.Context) (string, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	return listener.Addr().String(), listener.Close()
}
