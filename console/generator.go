package console

import (
	"fmt"
	"strings"

	"loadlab/internal/exitcode"
	"loadlab/internal/lastexit"
)

// generatorExit says how the load generator ended, as it has left it in the
// folder of its reports. It is empty if that is not known: the generator has never
// ended, was killed, or keeps its reports elsewhere.
func generatorExit(folder, mode string) string {
	if folder == "" {
		return ""
	}
	exit, err := lastexit.Read(folder, "loadgen")
	if err != nil {
		return "" // all that is known is that it does not answer
	}
	said, at := strings.Join(exit.Messages, "; "), exit.Time.UTC().Format("2006-01-02 15:04:05 UTC")
	start := "start the lab again"
	if mode == ModeContainers {
		start = "docker compose up -d"
	}
	switch exit.Code {
	case exitcode.Usage:
		return fmt.Sprintf("the load generator refused to start at %s: %s. Correct the value, then %s", at, said, start)
	case exitcode.Error:
		return fmt.Sprintf("the load generator failed at %s: %s", at, said)
	}
	return fmt.Sprintf("the run ended at %s: %s. For another run: %s", at, said, start)
}
