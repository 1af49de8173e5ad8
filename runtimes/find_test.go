package runtimes

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

// An interpreter that is not there is named with the packages of the whole server.
func TestAMissingInterpreterIsNamed(t *testing.T) {
	const nowhere = "/nowhere/interpreter"
	for _, s := range All() {
		if s.InThisBinary() {
			continue
		}
		_, err := s.find(t.Context(), []string{nowhere, nowhere})
		var missing *MissingError
		if !errors.As(err, &missing) || !slices.Equal(missing.Packages, s.Packages) {
			t.Fatalf("%s: %v", s.Name, err)
		}
		packages := s.Title + " needs the Debian package" + map[bool]string{true: "s "}[len(s.Packages) > 1]
		if !strings.HasPrefix(err.Error(), packages) || !strings.Contains(err.Error(), nowhere) {
			t.Errorf("%s: %v", s.Name, err)
		}
	}
}

// A program that starts but is not Python is named.
func TestAnInterpreterThatFailsIsNamed(t *testing.T) {
	s, _ := Named("asyncio")
	_, err := s.find(t.Context(), []string{"false"})
	var missing *MissingError
	if !errors.As(err, &missing) || !slices.Equal(missing.Packages, s.Packages) || !strings.Contains(err.Error(), "false: exit status 1") {
		t.Error(err)
	}
}
