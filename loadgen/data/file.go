package data

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"
)

// MaxFile bounds a data file, in bytes.
const MaxFile = 256 << 20

// A File is a table of text with named columns and at least one row.
type File struct {
	columns map[string]int
	rows    [][]string
}

// Parse reads the content of a file, whose kind its name says: .csv or .tsv with a first line of names, .json with an array
// of objects, .jsonl or .ndjson with an object a line. All objects have the same names. Of their values, arrays and objects
// are kept as JSON, and null is empty.
func Parse(name string, content []byte) (*File, error) {
	if len(content) > MaxFile {
		return nil, fmt.Errorf("more than %d bytes", MaxFile)
	}
	content = bytes.TrimPrefix(content, []byte("\ufeff"))
	if !utf8.Valid(content) {
		return nil, errors.New("not UTF-8")
	}
	f := &File{columns: map[string]int{}}
	var err error
	switch kind := strings.ToLower(filepath.Ext(name)); kind {
	case ".csv":
		err = f.readCSV(content, ',')
	case ".tsv":
		err = f.readCSV(content, '\t')
	case ".json":
		err = f.readJSON(content)
	case ".jsonl", ".ndjson":
		err = f.readObjects(json.NewDecoder(bytes.NewReader(content)))
	default:
		err = fmt.Errorf("its name ends in %q, not in .csv, .tsv, .json, .jsonl or .ndjson", kind)
	}
	if err == nil && len(f.rows) == 0 {
		err = errors.New("no row")
	}
	if err != nil {
		return nil, err
	}
	return f, nil
}

// names are the columns in their order.
func (f *File) names() []string {
	return slices.SortedFunc(maps.Keys(f.columns), func(a, b string) int { return f.columns[a] - f.columns[b] })
}

func (f *File) addColumn(name string) error {
	if _, twice := f.columns[name]; twice {
		return fmt.Errorf("column %q is there twice", name)
	}
	if name == "" || strings.ContainsAny(name, "{}") {
		return fmt.Errorf("column %d has the name %q, which no placeholder can have", len(f.columns)+1, name)
	}
	f.columns[name] = len(f.columns)
	return nil
}

func (f *File) readCSV(content []byte, comma rune) error {
	r := csv.NewReader(bytes.NewReader(content))
	r.Comma = comma
	header, err := r.Read()
	if errors.Is(err, io.EOF) {
		return errors.New("no line with the names of the columns")
	}
	if err != nil {
		return err
	}
	for _, name := range header {
		if err := f.addColumn(strings.TrimSpace(name)); err != nil {
			return err
		}
	}
	f.rows, err = r.ReadAll()
	return err
}

func (f *File) readJSON(content []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(content))
	if token, err := decoder.Token(); err != nil || token != json.Delim('[') {
		return errors.New("not an array of objects; name a file with an object a line .jsonl")
	}
	if err := f.readObjects(decoder); err != nil {
		return err
	}
	if _, err := decoder.Token(); err != nil {
		return fmt.Errorf("the array does not end: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("text after the array")
	}
	return nil
}

func (f *File) readObjects(decoder *json.Decoder) error {
	for decoder.More() {
		var object map[string]json.RawMessage
		if err := decoder.Decode(&object); err != nil {
			return fmt.Errorf("row %d: %w", len(f.rows)+1, err)
		}
		if len(f.rows) == 0 {
			for _, name := range slices.Sorted(maps.Keys(object)) {
				if err := f.addColumn(name); err != nil {
					return err
				}
			}
		}
		row, err := f.row(object)
		if err != nil {
			return fmt.Errorf("row %d: %w", len(f.rows)+1, err)
		}
		f.rows = append(f.rows, row)
	}
	return nil
}

func (f *File) row(object map[string]json.RawMessage) ([]string, error) {
	if object == nil {
		return nil, errors.New("null is no object")
	}
	row := make([]string, len(f.columns))
	for name, value := range object {
		at, known := f.columns[name]
		if !known {
			return nil, fmt.Errorf("%q is not in the first row", name)
		}
		text, err := plain(value)
		if err != nil {
			return nil, err
		}
		row[at] = text
	}
	if len(object) < len(f.columns) {
		return nil, fmt.Errorf("it has %d of the %d names of the first row", len(object), len(f.columns))
	}
	return row, nil
}

// plain is a JSON value as text.
func plain(value json.RawMessage) (string, error) {
	switch value[0] {
	case '"':
		var text string
		err := json.Unmarshal(value, &text)
		return text, err
	case 'n':
		return "", nil
	}
	var out bytes.Buffer
	err := json.Compact(&out, value)
	return out.String(), err
}
