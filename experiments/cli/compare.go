package cli

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"loadlab/experiments/compare"
	"loadlab/experiments/page"
	"loadlab/experiments/result"
)

// compare puts two result files side by side. It exits with 0 whatever it finds.
func (c Command) compare(args []string) int {
	flags := flag.NewFlagSet(c.Program+" compare", flag.ContinueOnError)
	flags.SetOutput(c.Stderr)
	html := flags.String("html", "", "file for the comparison as a page")
	var files []string
	for len(args) > 0 {
		if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
			return 0
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
			return c.fail(couldNotRun, err)
		}
	}
	return 0
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
