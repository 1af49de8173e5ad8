package cli

import (
	"errors"
	"fmt"
	"io"
	"os"

	"loadlab/loadgen/data"
)

// Feeding are the variables of the data that requests are filled with.
type Feeding struct {
	Data  string `env:"LOADGEN_DATA" value:"FILE" group:"Requests" help:"file of rows, .csv, .tsv, .json or .jsonl, of whose columns {data.COLUMN} in a target is filled in"`
	Order string `env:"LOADGEN_DATA_ORDER" value:"ORDER" group:"Requests" envDefault:"sequential" oneof:"sequential|random|unique" help:"the next row in turn, any row, or each row once; without a row left, a request is dropped (no_resource)"`
}

// Chaining are the variables of virtual users.
type Chaining struct {
	Chain     bool `env:"LOADGEN_CHAIN" group:"Load" envDefault:"false" help:"a virtual user sends the targets in their order, each after the reply to the one before; the rate, concurrency, count or number of requests is that of the users"`
	Cookies   bool `env:"LOADGEN_COOKIES" group:"Requests" envDefault:"false" help:"each virtual user of a chain keeps cookies"`
	Redirects int  `env:"LOADGEN_REDIRECTS" value:"N" group:"Requests" envDefault:"0" min:"0" max:"50" help:"how many redirects in a row are followed"`
}

// source reads the file, if there is one.
func (f *Feeding) source(problems *problems) *data.Source {
	if f.Data == "" {
		return nil
	}
	content, err := readWhole(f.Data, data.MaxFile)
	if err == nil {
		var file *data.File
		if file, err = data.Parse(f.Data, content); err == nil {
			return data.NewSource(file, data.Order(f.Order))
		}
	}
	problems.add("LOADGEN_DATA", f.Data, err)
	return nil
}

// readWhole returns the content of a file, with one byte more than the most if it is longer.
func readWhole(path string, most int64) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // nothing was written
	if info, err := file.Stat(); err == nil && info.IsDir() {
		return nil, errors.New("a folder")
	}
	content, err := io.ReadAll(io.LimitReader(file, most+1))
	if err == nil && int64(len(content)) > most {
		err = fmt.Errorf("more than %d bytes", most)
	}
	return content, err
}
