//go:build unix

package cli_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"loadlab/internal/testkit"
	"loadlab/loadgen/cli"
)

// needs skips the test without a program or file, or fails it with LAB_REQUIRE=1.
func needs(t *testing.T, name string) {
	t.Helper()
	_, err := exec.LookPath(name)
	if filepath.IsAbs(name) {
		_, err = os.Stat(name)
	}
	if err == nil {
		return
	}
	if os.Getenv("LAB_REQUIRE") == "1" {
		t.Fatal(err)
	}
	t.Skip(err)
}

// scripts writes the completion scripts into a folder, by the names under which shells look for them.
func scripts(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	for shell, name := range map[string]string{"bash": "loadgen.bash", "zsh": "_loadgen", "fish": "loadgen.fish"} {
		var script bytes.Buffer
		if err := cli.WriteCompletion(&script, shell); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, name), script.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// What bash and fish offer for what is typed, by the scripts as users install them.
func TestCompletionsInShells(t *testing.T) {
	for _, row := range []struct{ shell, needs, run string }{
		{"bash", "/usr/share/bash-completion/bash_completion", `. /usr/share/bash-completion/bash_completion; . ./loadgen.bash
			COMP_LINE="loadgen $TYPED"; COMP_POINT=${#COMP_LINE}; COMP_TYPE=9; read -ra COMP_WORDS <<<"$COMP_LINE"
			[[ $TYPED == *' ' ]] && COMP_WORDS+=(""); COMP_CWORD=$((${#COMP_WORDS[@]}-1)); __start_loadgen loadgen; printf '%s\n' "${COMPREPLY[@]}"`},
		{"fish", "fish", `source loadgen.fish; complete --do-complete "loadgen $TYPED"`},
	} {
		t.Run(row.shell, func(t *testing.T) {
			t.Parallel()
			needs(t, row.shell)
			needs(t, row.needs)
			folder := scripts(t)
			for typed, want := range map[string][]string{
				"--conc":          {"--concurrency"},
				"--loop ":         {"batch", "closed", "open"},
				"completion ":     {"bash", "fish", "zsh"},
				"rep":             {"report"},
				"--loop open --z": nil,
			} {
				command := exec.Command(row.shell, "-c", row.run)
				command.Dir = folder
				command.Env = []string{"PATH=" + filepath.Dir(testkit.Build(t, "loadgen")) + ":/usr/bin:/bin", "HOME=" + folder, "TERM=dumb", "TYPED=" + typed}
				var warnings bytes.Buffer // bash says that it is not completing, which it is not
				command.Stderr = &warnings
				out, err := command.Output()
				var got []string
				for line := range strings.Lines(string(out)) {
					if fields := strings.Fields(line); len(fields) > 0 {
						got = append(got, fields[0])
					}
				}
				slices.Sort(got)
				if !slices.Equal(got, want) {
					t.Errorf("%q: got %q, want %q: %v\n%s%s", typed, got, want, err, out, &warnings)
				}
			}
		})
	}
}

// zsh completes only while a line is edited, so the line is typed, with the tabulator at its end.
func TestCompletionsInZsh(t *testing.T) {
	t.Parallel()
	needs(t, "zsh")
	folder := scripts(t)
	command := exec.Command("zsh", "-f", "-i")
	command.Dir = folder
	command.Env = []string{"PATH=" + filepath.Dir(testkit.Build(t, "loadgen")) + ":/usr/bin:/bin", "HOME=" + folder, "TERM=xterm"}
	s := startOnTerminal(t, 120, 40, command)
	s.typed(t, "PROMPT='> '; fpath=($PWD $fpath); autoload -Uz compinit && compinit -u -D; print ready$((1+1))\n")
	s.until(t, "ready2")
	for _, row := range []struct{ typed, want string }{
		{"loadgen --conc", "loadgen --concurrency"},
		{"loadgen --loop ", "closed"},
		{"loadgen completion f", "loadgen completion fish"},
		{"loadgen rep", "loadgen report"},
	} {
		s.typed(t, row.typed+"\t")
		s.until(t, row.want)
		s.typed(t, "\x15\x0c") // an empty line on an empty screen
	}
}

func TestAShellWithoutCompletions(t *testing.T) {
	for _, shell := range []string{"", "csh", "bash zsh"} {
		code, _, stderr := command(t.Context(), []string{"completion", shell})
		if code != 2 || !strings.Contains(stderr, "(allowed: one of bash, zsh, fish)") {
			t.Errorf("%q: exit code %d, %s", shell, code, stderr)
		}
	}
}

func TestTheManualHasNoWarnings(t *testing.T) {
	needs(t, "groff")
	var page bytes.Buffer
	if err := cli.WriteMan(&page); err != nil {
		t.Fatal(err)
	}
	command := exec.Command("groff", "-ww", "-man", "-Tutf8")
	command.Stdin = &page
	var out, warnings bytes.Buffer
	command.Stdout, command.Stderr = &out, &warnings
	if err := command.Run(); err != nil || warnings.Len() > 0 {
		t.Fatalf("%v\n%s", err, &warnings)
	}
	// Bold is a letter over itself, or a sequence.
	text := regexp.MustCompile(`.\x08|\x1b\[[0-9;]*m`).ReplaceAllString(out.String(), "")
	for _, want := range []string{"LOADGEN(1)", "-c, --concurrency N", "LOADGEN_ALLOWED_HOSTS", "EXIT STATUS", "p99<250ms,error_rate<1%", "loadgen -c 50 -n 10000"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in the rendered page", want)
		}
	}
}
