package cli

import (
	"errors"
	"fmt"
	"io"
	"os"

	"loadlab/loadgen/target"
)

// bodies reads the bodies that targets take from files, each file once.
type bodies struct {
	stdin io.Reader // nil if there is none
	known map[string]string
}

// read is a target.ReadFile.
func (b *bodies) read(name string) (string, error) {
	if body, ok := b.known[name]; ok {
		return body, nil
	}
	body, err := b.open(name)
	if err != nil {
		return "", err
	}
	if b.known == nil {
		b.known = map[string]string{}
	}
	b.known[name] = body
	return body, nil
}

func (b *bodies) open(name string) (string, error) {
	switch {
	case name == "":
		return "", errors.New("write the name of the file after @, or @- for standard input")
	case name == "-" && b.stdin == nil:
		return "", errors.New("there is no standard input")
	case name == "-":
		return content(b.stdin)
	}
	file, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer func() { _ = file.Close() }() // nothing was written
	return content(file)
}

// content refuses what is longer than a body may be.
func content(r io.Reader) (string, error) {
	data, err := io.ReadAll(io.LimitReader(r, target.MaxBody+1))
	if err != nil {
		return "", fmt.Errorf("read body: %w", err)
	}
	if len(data) > target.MaxBody {
		return "", fmt.Errorf("it has more than %d bytes", target.MaxBody)
	}
	return string(data), nil
}
