package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"loadlab/experiments/compare"
	"loadlab/experiments/page"
	"loadlab/experiments/result"
	"loadlab/internal/exitcode"
)

// compare puts two result files side by side. It passes whatever it finds.
func (c Command) compare(_ context.Context, args []string) int {
	flags := flag.NewFlagSet(c.Program+" compare", flag.ContinueOnError)
	flags.SetOutput(c.Stderr)
	html := flags.String("html", "", "file for the comparison as a page")
	var files []string
	for len(args) > 0 {
		if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
			return exitcode.Pass
		} else if err != nil {
			return c.wrong(err)
		}
		if args = flags.Args(); len(args) > 0 {
			files, args = append(files, args[0]), args[1:]
		}
	}
	if len(files) != 2 {
		return c.wrong(errors.New("compare takes the JSON files of two results"))
	}
	a, first := readResult(files[0])
	b, second := readResult(files[1])
	if err := errors.Join(first, second); err != nil {
		return c.wrong(err)
	}
	comparison, err := compare.Results(a, b)
	if err != nil {
		return c.wrong(err)
	}
	comparison.WriteText(c.Stdout)
	if *html != "" {
		if err := writeFile(*html, func(w io.Writer) error { return page.WriteComparison(w, comparison) }); err != nil {
			return c.fail(exitcode.Error, err)
		}
	}
	return exitcode.Pass
}

func readResult(path string) (*result.Result, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read result: %w", err)
	}
	defer file.Close()
	r, err := result.Read(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return r, nil
}
