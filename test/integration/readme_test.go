package integration

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"loadlab/experiments/catalog"
	"loadlab/internal/testkit"
	"loadlab/services/cpubound"
	"loadlab/services/iobound"
	"loadlab/test/readme"
)

const (
	root         = "../.."
	commandLimit = 3 * time.Minute
)

type readmeCheck struct {
	name    string
	pattern *regexp.Regexp
	check   func(t *testing.T, commands []string)
}

// readmeChecks run the commands of README.md that need no containers, and look
// at what the text promises. Each command belongs to the first check whose pattern it matches.
func readmeChecks() []readmeCheck {
	return []readmeCheck{
		{"the lesson in one minute", regexp.MustCompile(`^(LOG_LEVEL=warn )?go run \./cmd/(iobound|cpubound|loadgen)\b`), checkLesson},
		{"experiments", regexp.MustCompile(`^go run \./cmd/lab run `), checkExperiments},
		{"list", regexp.MustCompile(`^go run \./cmd/lab list$`), checkList},
		{"doctor and help", regexp.MustCompile(`^go run \./cmd/lab (doctor|--help)$`), checkDoctorAndHelp},
		{"lab", regexp.MustCompile(`^go run \./cmd/lab( --open)?$`), checkLab},
		{"make", regexp.MustCompile(`^make `), checkMake},
		{"the tests themselves", regexp.MustCompile(`^go test \./\.\.\.$`), checkTests},
	}
}

// A command of the README without a check is one that may have become wrong unseen.
func TestREADMECommandsDoWhatTheySay(t *testing.T) {
	text, err := readme.Text(root)
	if err != nil {
		t.Fatal(err)
	}
	checks := readmeChecks()
	commands := make([][]string, len(checks))
	for _, command := range readme.Commands(text) {
		if readme.OfCompose(command) {
			continue // test/stack runs those
		}
		at := slices.IndexFunc(checks, func(c readmeCheck) bool { return c.pattern.MatchString(command) })
		if at < 0 {
			t.Errorf("no check runs the command %q", command)
			continue
		}
		commands[at] = append(commands[at], command)
	}
	for i, c := range checks {
		t.Run(c.name, func(t *testing.T) {
			if len(commands[i]) == 0 {
				t.Fatalf("the README has no command like %s", c.pattern)
			}
			c.check(t, commands[i])
		})
	}
}

// goRun runs the program of a command "go run ./cmd/NAME ..." until it ends.
func goRun(t *testing.T, command string, edit func(string) string) (out string, code int) {
	t.Helper()
	_, words := readme.Words(command)
	for i := range words {
		words[i] = edit(words[i])
	}
	ctx, cancel := context.WithTimeout(t.Context(), commandLimit)
	defer cancel()
	run := exec.CommandContext(ctx, testkit.Build(t, filepath.Base(words[2])), words[3:]...)
	run.Dir = t.TempDir()
	run.Env = append(os.Environ(), "LOADGEN_ADMIN_ADDR=off")
	text, err := run.CombinedOutput()
	if err != nil && run.ProcessState == nil {
		t.Fatal(err)
	}
	return string(text), run.ProcessState.ExitCode()
}

func asWritten(word string) string { return word }

// checkLesson starts the services on free ports instead of those in the text,
// which have to be the services' own.
func checkLesson(t *testing.T, commands []string) {
	testkit.RequireQuiet(t)
	at := strings.NewReplacer()
	var addresses []string
	took := map[string]time.Duration{}
	for _, command := range commands {
		_, words := readme.Words(command)
		if name := filepath.Base(words[2]); name != "loadgen" {
			own := map[string]int{"iobound": iobound.Builder().Port, "cpubound": cpubound.Builder().Port}[name]
			addresses = append(addresses, fmt.Sprintf("http://127.0.0.1:%d", own), testkit.Start(t, name).URL)
			at = strings.NewReplacer(addresses...)
			continue
		}
		if edited := at.Replace(command); edited == command {
			t.Fatalf("%q asks neither of %q", command, addresses)
		}
		began := time.Now()
		out, code := goRun(t, command, at.Replace)
		kind := regexp.MustCompile(`/(io|cpu)/`).FindStringSubmatch(command)[1]
		took[kind] = time.Since(began)
		t.Logf("%s took %v", kind, took[kind])
		if code != 0 || !strings.Contains(out, "100 scheduled = 100 completed") || !regexp.MustCompile(`(?m) ok 100$`).MatchString(out) {
			t.Errorf("%s: exit code %d\n%s", command, code, out)
		}
	}
	const one = 200 * time.Millisecond
	if took["io"] < one || took["io"] > 10*one {
		t.Errorf("a hundred waits took %v, want about as long as one", took["io"])
	}
	if all := 100 * one / time.Duration(runtime.NumCPU()); took["cpu"] < all*9/10 {
		t.Errorf("a hundred computations took %v, want %v at least", took["cpu"], all)
	}
}

func checkExperiments(t *testing.T, commands []string) {
	testkit.RequireQuiet(t)
	for _, command := range commands {
		_, words := readme.Words(command)
		holds(t, func() error {
			out, code := goRun(t, command, asWritten)
			if code != 0 {
				return fmt.Errorf("%s: exit code %d\n%s", command, code, out)
			}
			for _, name := range words[4:] {
				if !regexp.MustCompile(`(?m)^` + name + ` +holds`).MatchString(out) {
					return fmt.Errorf("%s does not hold:\n%s", name, out)
				}
			}
			return nil
		})
	}
}

func checkList(t *testing.T, commands []string) {
	out, code := goRun(t, commands[0], asWritten)
	if code != 0 {
		t.Fatalf("exit code %d:\n%s", code, out)
	}
	all, err := catalog.List()
	if err != nil {
		t.Fatal(err)
	}
	for _, experiment := range all {
		if !regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(experiment.Name) + ` `).MatchString(out) {
			t.Errorf("%s is not listed:\n%s", experiment.Name, out)
		}
	}
}

func checkDoctorAndHelp(t *testing.T, commands []string) {
	for _, command := range commands {
		out, code := goRun(t, command, asWritten)
		wanted := []string{"CONSOLE_PORT", "LAB_DATA", "-open"} // of the help
		if strings.HasSuffix(command, " doctor") {
			wanted = []string{"ports", "memory", "cores"}
		}
		for _, want := range wanted {
			if !strings.Contains(out, want) {
				t.Errorf("%s does not name %s:\n%s", command, want, out)
			}
		}
		if code > 1 || strings.HasSuffix(command, "--help") && code != 0 {
			t.Errorf("%s: exit code %d\n%s", command, code, out)
		}
	}
}

// checkLab starts the lab on free ports, with a program in the place of the browser.
func checkLab(t *testing.T, commands []string) {
	for _, command := range commands {
		t.Run(command, func(t *testing.T) {
			browser := t.TempDir()
			for _, name := range []string{"xdg-open", "open"} {
				if err := os.WriteFile(filepath.Join(browser, name), []byte("#!/bin/sh\necho \"$1\" >"+browser+"/opened\n"), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			environment := []string{"PATH=" + browser + ":" + os.Getenv("PATH")}
			for _, name := range []string{"GATEWAY", "IOBOUND", "CPUBOUND", "MIXED", "ITEMS", "LOADGEN", "PROMETHEUS", "JAEGER", "OTLP", "CONSOLE"} {
				environment = append(environment, name+"_PORT=0")
			}
			_, words := readme.Words(command)
			lab := testkit.Launch(t, filepath.Base(words[2]), words[3:], environment...)
			console := eventuallyMatches(t, lab.Stdout, `loadlab is up.*open (http://\S+)`)
			eventuallyMatches(t, func() string { return body(console + "/generator/api/v1/run") }, `"scenario":"(tour)"`)
			if slices.Contains(words, "--open") {
				eventuallyMatches(t, func() string {
					opened, _ := os.ReadFile(browser + "/opened") // not there yet
					return string(opened)
				}, "("+regexp.QuoteMeta(console)+")")
			}
		})
	}
}

// eventuallyMatches waits until the text matches, and returns the group.
func eventuallyMatches(t *testing.T, text func() string, pattern string) string {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if found := regexp.MustCompile(pattern).FindStringSubmatch(text()); found != nil {
			return found[1]
		}
	}
	t.Fatalf("nothing matches %s:\n%s", pattern, text())
	return ""
}

// body is the reply to a GET, empty if there is none.
func body(url string) string {
	response, err := http.Get(url)
	if err != nil {
		return ""
	}
	defer response.Body.Close()
	text, _ := io.ReadAll(response.Body)
	return string(text)
}

// checkMake looks at what each target would run: the checks run this test.
func checkMake(t *testing.T, commands []string) {
	testkit.Require(t, "make")
	for _, command := range commands {
		_, words := readme.Words(command)
		promised, known := map[string][]string{
			"help":      {"list the targets"},
			"check":     {"gofmt", "golangci-lint", "test -p 4 -race"},
			"check-all": {"gofmt", "-race", "./services/items/", "LAB_TIMING=1", "./test/browser", "./test/stack"},
		}[words[1]]
		if !known {
			t.Errorf("no check knows what %s promises", command)
		}
		arguments := []string{"--dry-run", words[1]}
		if words[1] == "help" {
			arguments = arguments[1:]
		}
		run := exec.CommandContext(t.Context(), "make", arguments...)
		run.Dir = root
		out, err := run.CombinedOutput()
		for _, want := range promised {
			if err != nil || !strings.Contains(string(out), want) {
				t.Errorf("%s: %v, no %q in\n%s", command, err, want, out)
			}
		}
	}
}

// checkTests relies on .ci/run to have run the command, which this test is a part of.
func checkTests(t *testing.T, commands []string) {
	script, err := os.ReadFile(root + "/.ci/run")
	if err != nil {
		t.Fatal(err)
	}
	for _, command := range commands {
		if !strings.Contains(string(script), "step "+command+"\n") {
			t.Errorf(".ci/run does not run %q", command)
		}
	}
}
