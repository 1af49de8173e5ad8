package stack

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The preparation waits for an engine that it has started. A signal ends that wait,
// and the engine, which would otherwise stay without anyone who knows of it.
func TestASignalEndsTheWaitForTheEngine(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can start an engine")
	}
	// The client finds no engine, and the engine never answers.
	programs, cache := t.TempDir(), t.TempDir()
	for name, script := range map[string]string{"docker": "exit 1", "dockerd": "exec sleep 600", "iptables": "exit 1", "update-ca-certificates": "exit 1"} {
		if err := os.WriteFile(filepath.Join(programs, name), []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	var output strings.Builder
	command := exec.CommandContext(context.WithoutCancel(t.Context()), "../../deploy/offline/engine.sh")
	command.Env = append(os.Environ(), "PATH="+programs+":"+os.Getenv("PATH"), "LOADLAB_CACHE="+cache)
	command.Stdout, command.Stderr = &output, &output
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = command.Wait() // ended by the signal, which is an error
	}()
	engine := 0
	eventually(t, time.Minute, func(context.Context) error {
		text, err := os.ReadFile(filepath.Join(cache, "dockerd.pid"))
		if err == nil {
			engine, err = strconv.Atoi(strings.TrimSpace(string(text)))
		}
		return err
	})
	if engine == 0 {
		t.Fatal("no engine was started")
	}
	defer func() { _ = syscall.Kill(engine, syscall.SIGKILL) }()
	if err := command.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case <-ended:
	case <-time.After(30 * time.Second): // half of what the engine is given
		_ = command.Process.Kill()
		<-ended
		t.Errorf("the wait goes on after a signal: %s", output.String())
	}
	eventually(t, 30*time.Second, func(context.Context) error {
		// Of a process that has ended and has not been waited for, the command is empty.
		if words, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", engine)); err == nil && len(words) > 0 {
			return fmt.Errorf("the engine is still there, as process %d", engine)
		}
		return nil
	})
}
