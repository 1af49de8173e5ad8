package result

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// maxResult bounds a result file, in bytes.
const maxResult = 16 << 20

// Read reads what WriteJSON wrote. It refuses other versions of the schema
// and files that are no results.
func Read(from io.Reader) (*Result, error) {
	data, err := io.ReadAll(io.LimitReader(from, maxResult+1))
	if err != nil {
		return nil, fmt.Errorf("read result: %w", err)
	}
	if len(data) > maxResult {
		return nil, fmt.Errorf("read result: it has more than %d bytes", maxResult)
	}
	var head struct {
		Schema *int   `json:"schema"`
		Name   string `json:"name"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return nil, fmt.Errorf("read result: it is no JSON of an experiment: %w", err)
	}
	switch {
	case head.Schema == nil || head.Name == "":
		return nil, errors.New("read result: it is no result of an experiment: schema or name is missing")
	case *head.Schema != Schema:
		return nil, fmt.Errorf("read result: it has version %d of the schema, not %d", *head.Schema, Schema)
	}
	var r Result
	if err := json.Unmarshal(data, &r); err != nil {
		return nil, fmt.Errorf("read result: %w", err)
	}
	return &r, nil
}

// WriteJSON writes the result in the form of Schema.
func (r *Result) WriteJSON(w io.Writer) error { return Encode(w, r) }

// Encode writes a result, of whatever kind, as JSON that a person can read.
func Encode(w io.Writer, result any) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(result); err != nil {
		return fmt.Errorf("write result: %w", err)
	}
	return nil
}
