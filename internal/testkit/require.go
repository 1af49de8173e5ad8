// Package testkit runs real programs for tests.
package testkit

import (
	"os"
	"os/exec"
	"strconv"
	"testing"
)

// requireVariable turns skips into failures: set where everything must be there.
const requireVariable = "LAB_REQUIRE"

// Require skips the test, with the reason, unless every binary is on the PATH.
// With LAB_REQUIRE=1 it fails the test instead.
func Require(t testing.TB, binaries ...string) {
	t.Helper()
	for _, binary := range binaries {
		if _, err := exec.LookPath(binary); err != nil {
			missing(t, "needs the program "+binary+": "+err.Error())
		}
	}
}

// RequireFound skips the test if err, the result of a search for something on
// this machine, is not nil. With LAB_REQUIRE=1 it fails the test instead.
func RequireFound(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		missing(t, err.Error())
	}
}

// RequireQuiet skips a measurement of time or memory unless LAB_TIMING=1 is
// set, which says that nothing else runs at the same time.
func RequireQuiet(t testing.TB) {
	t.Helper()
	if testing.Short() {
		t.Skip("a measurement: skipped by -short")
	}
	if os.Getenv("LAB_TIMING") != "1" {
		t.Skip("a measurement: set LAB_TIMING=1 and run it alone, as with go test -p 1")
	}
}

func required() bool { return os.Getenv(requireVariable) == "1" }

func missing(t testing.TB, reason string) {
	t.Helper()
	if required() {
		t.Fatal(reason + " (" + requireVariable + "=1)")
	}
	t.Skip(reason)
}

// Tries is how often a test causes each of its faults: LAB_TRIES, 1 by default.
func Tries(t testing.TB) int {
	t.Helper()
	text := os.Getenv("LAB_TRIES")
	if text == "" {
		return 1
	}
	tries, err := strconv.Atoi(text)
	if err != nil || tries < 1 {
		t.Fatalf("LAB_TRIES=%q: must be a number of at least 1", text)
	}
	return tries
}
