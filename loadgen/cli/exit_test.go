package cli_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"loadlab/internal/lastexit"
)

func TestTheEndIsRecorded(t *testing.T) {
	target := "LOADGEN_TARGETS=GET " + serve(t)
	interrupted, cancel := context.WithCancel(t.Context())
	cancel()
	for _, row := range []struct {
		name      string
		ctx       context.Context
		variables []string
		code      int // 0 where the machine decides whether the measurement is valid
		says      []string
	}{
		{"refused", t.Context(), []string{"LOADGEN_RATE=abc", "LOADGEN_LOOP=x"}, 2, []string{`LOADGEN_RATE="abc": not a number`, `LOADGEN_LOOP="x"`}},
		{"refused by its admin listener", t.Context(), []string{target, "LOADGEN_ADMIN_ADDR=192.0.2.1:1"}, 2, []string{`LOADGEN_ADMIN_ADDR="192.0.2.1:1"`}},
		{"ended", t.Context(), []string{"LOADGEN_LOOP=batch", target, "LOADGEN_COUNT=3"}, 0, []string{"batch loop", "sent 3 requests", "3 succeeded"}},
		{"failed a threshold", t.Context(), []string{"LOADGEN_LOOP=batch", target, "LOADGEN_THRESHOLDS=rate>1e9"}, 3, []string{"threshold rate>1e9 failed"}},
		{"interrupted", interrupted, []string{target}, 0, []string{"stopped before its end"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			folder := t.TempDir()
			variables := slices.Concat(row.variables, []string{"LOADGEN_REPORT_DIR=" + folder, "LOADGEN_ADMIN_ADDR=127.0.0.1:0"})
			code, _, stderr := command(row.ctx, nil, variables...)
			exit, err := lastexit.Read(folder, "loadgen")
			if err != nil || exit.Code != code || exit.Time.IsZero() {
				t.Fatalf("exit code %d, recorded %+v, %v:\n%s", code, exit, err, stderr)
			}
			if row.code != 0 && row.code != code {
				t.Errorf("exit code %d, want %d:\n%s", code, row.code, stderr)
			}
			for _, part := range row.says {
				if !strings.Contains(strings.Join(exit.Messages, "; "), part) {
					t.Errorf("%q is not in %q", part, exit.Messages)
				}
			}
		})
	}
}

func TestARunThatStartsForgetsTheLastExit(t *testing.T) {
	folder := t.TempDir()
	known := func() error { _, err := lastexit.Read(folder, "loadgen"); return err }
	set := []string{"LOADGEN_REPORT_DIR=" + folder, "LOADGEN_TARGETS=GET " + serve(t)}
	command(t.Context(), []string{"--rate=abc", "--admin-addr=off"}, set...)
	if err := known(); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a generator that no console watches has recorded its exit: %v", err)
	}
	command(t.Context(), []string{"--rate=abc", "--admin-addr=127.0.0.1:0"}, set...)
	if err := known(); err != nil {
		t.Error(err)
	}
	command(t.Context(), []string{"--duration=100ms", "--admin-addr=off"}, set...)
	if err := known(); err != nil {
		t.Errorf("a generator that no console watches has cleared the record: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		command(ctx, []string{"--duration=1m", "--admin-addr=127.0.0.1:0"}, set...)
	}()
	for deadline := time.Now().Add(20 * time.Second); !errors.Is(known(), fs.ErrNotExist); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Error("the record of the last exit outlives the next start")
			break
		}
	}
	cancel()
	<-ended
}

// A folder that cannot be written must not hide what is wrong.
func TestAFolderThatCannotBeWritten(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	code, _, stderr := command(t.Context(), nil, "LOADGEN_RATE=abc", "LOADGEN_REPORT_DIR="+file, "LOADGEN_ADMIN_ADDR=127.0.0.1:0")
	if code != 2 || !strings.Contains(stderr, `LOADGEN_RATE="abc"`) {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}
