package cli_test

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The listener has been called LOADGEN_CONSOLE_ADDR. An address that is taken shows which value was used.
func TestFormerNameOfTheAdminListener(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	address := taken.Addr().String()
	file := filepath.Join(t.TempDir(), "s.yaml")
	text := "name: s\ndefaults: {console-addr: \"" + address + "\", duration: 100ms}\nphases: [{name: a, targets: [{url: \"" + serve(t) + "\"}]}]\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	target := "LOADGEN_TARGETS=GET " + serve(t)
	for _, row := range []struct {
		name      string
		args      []string
		variables []string
		taken     bool // the address that is taken is used
		warned    bool
	}{
		{"new variable", nil, []string{target, "LOADGEN_ADMIN_ADDR=" + address}, true, false},
		{"new flag", []string{"--admin-addr", address}, []string{target}, true, false},
		{"former variable", nil, []string{target, "LOADGEN_CONSOLE_ADDR=" + address}, true, true},
		{"former flag", []string{"--console-addr=" + address}, []string{target}, true, true},
		{"former default of a scenario", nil, []string{"LOADGEN_SCENARIO=" + file}, true, true},
		{"new variable over former variable", nil, []string{target, "LOADGEN_ADMIN_ADDR=off", "LOADGEN_CONSOLE_ADDR=" + address}, false, true},
		{"new variable over former flag", []string{"--console-addr=" + address}, []string{target, "LOADGEN_ADMIN_ADDR=off"}, false, true},
		{"former variable over former default", nil, []string{"LOADGEN_SCENARIO=" + file, "LOADGEN_CONSOLE_ADDR=off"}, false, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			code, _, stderr := command(t.Context(), append(row.args, "--duration=100ms"), row.variables...)
			if refused := code == 2 && strings.Contains(stderr, `LOADGEN_ADMIN_ADDR="`+address+`"`); refused != row.taken {
				t.Errorf("refused is %v, exit code %d:\n%s", refused, code, stderr)
			}
			if warned := strings.Count(stderr, "LOADGEN_CONSOLE_ADDR is called LOADGEN_ADMIN_ADDR now"); warned != map[bool]int{true: 1}[row.warned] {
				t.Errorf("%d warnings:\n%s", warned, stderr)
			}
		})
	}
}

func TestExperimentsHaveMoved(t *testing.T) {
	for _, row := range []struct {
		name      string
		args      []string
		variables []string
		also      string
	}{
		{"run", []string{"run", "tutorial-io"}, nil, ""},
		{"list", []string{"list"}, nil, ""},
		{"explain", []string{"explain", "tutorial-io"}, nil, ""},
		{"max", []string{"max", "GET http://127.0.0.1:1"}, nil, ""},
		{"variable", nil, []string{"LOADGEN_EXPERIMENT=tutorial-io", "LOADGEN_RATE=-1"}, "LOADGEN_RATE"},
	} {
		t.Run(row.name, func(t *testing.T) {
			code, _, stderr := command(t.Context(), row.args, row.variables...)
			if code != 2 || !strings.Contains(stderr, "console run NAME") || !strings.Contains(stderr, "lab run NAME") || !strings.Contains(stderr, row.also) {
				t.Errorf("exit code %d:\n%s", code, stderr)
			}
		})
	}
}
