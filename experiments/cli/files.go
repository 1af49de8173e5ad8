package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// writeFile creates the file at path with the output of write.
func writeFile(path string, write func(io.Writer) error) error {
	file, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("keep result: %w", err)
	}
	if err := errors.Join(write(file), file.Close()); err != nil {
		return fmt.Errorf("keep result: %w", err)
	}
	return nil
}
