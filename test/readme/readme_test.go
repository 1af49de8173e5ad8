package readme

import (
	"maps"
	"slices"
	"testing"
)

const page = "A page.\n\n" +
	"    docker compose up            # the lab\n" +
	"    go run ./cmd/iobound &\n" +
	"    go run ./cmd/loadgen --urls 'http://127.0.0.1/a?b=1#c'\n" +
	"    gofmt and other words\n\n" +
	"1. Run `docker compose up`, then\n\n" +
	"       A=1 B='x y' docker compose up -d  # words\n\n" +
	"| `make help` | `LOADGEN_RATE` | `go` |\n"

func TestCommands(t *testing.T) {
	want := []string{
		"docker compose up", "go run ./cmd/iobound &", "go run ./cmd/loadgen --urls 'http://127.0.0.1/a?b=1#c'",
		"A=1 B='x y' docker compose up -d", "make help",
	}
	if got := Commands(page); !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestWords(t *testing.T) {
	variables, words := Words("A=1 B='x y' docker compose up -d --set c=2 &")
	if !maps.Equal(variables, map[string]string{"A": "1", "B": "x y"}) || !slices.Equal(words, []string{"docker", "compose", "up", "-d", "--set", "c=2"}) {
		t.Errorf("got %q, %q", variables, words)
	}
}
