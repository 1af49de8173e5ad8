package runner

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"loadlab/experiments/result"
)

// Kept is a result in the folder.
type Kept struct {
	ID      string         `json:"id"`
	Name    string         `json:"name"`
	Title   string         `json:"title"`
	Started time.Time      `json:"started"`
	Seconds float64        `json:"seconds"`
	Quick   bool           `json:"quick"`
	Verdict result.Verdict `json:"verdict"`
	Answer  string         `json:"answer"`
}

// maxKept bounds how many results are listed; older ones stay in the folder.
const maxKept = 100

// resultID is the name of a result's file without its ending.
var resultID = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,60}-\d{8}T\d{6}\.\d{3}$`)

// results are the files of a folder. A file is read once: it does not change.
type results struct {
	folder string
	mu     *sync.Mutex
	known  map[string]Kept
}

func newResults(folder string) results {
	return results{folder: folder, mu: &sync.Mutex{}, known: map[string]Kept{}}
}

// list returns the newest results, the newest first.
func (r results) list() ([]Kept, error) {
	files, err := os.ReadDir(r.folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("list results: %w", err)
	}
	var ids []string
	for _, file := range files {
		if id, isJSON := strings.CutSuffix(file.Name(), ".json"); isJSON && resultID.MatchString(id) {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, func(a, b string) int { return cmp.Compare(when(b), when(a)) })
	r.mu.Lock()
	defer r.mu.Unlock()
	kept := []Kept{}
	for _, id := range ids[:min(len(ids), maxKept)] {
		if k, ok := r.summary(id); ok {
			kept = append(kept, k)
		}
	}
	return kept, nil
}

// when is the part of an id that says when the run was started.
func when(id string) string { return id[strings.LastIndex(id, "-")+1:] }

// summary reads a file unless it is known. One that cannot be read, since it is being written, is none yet.
func (r results) summary(id string) (Kept, bool) {
	if k, ok := r.known[id]; ok {
		return k, true
	}
	result, err := r.read(id)
	if err != nil {
		return Kept{}, false
	}
	if len(r.known) > 2*maxKept {
		clear(r.known)
	}
	k := Kept{
		ID: id, Name: result.Name, Title: result.Title, Started: result.Started, Seconds: result.Seconds,
		Quick: result.Quick, Verdict: result.Verdict, Answer: result.Answer(),
	}
	r.known[id] = k
	return k, true
}

// read returns a result; fs.ErrNotExist if there is none with the id.
func (r results) read(id string) (*result.Result, error) {
	if !resultID.MatchString(id) {
		return nil, fs.ErrNotExist
	}
	file, err := os.OpenInRoot(r.folder, id+".json")
	if err != nil {
		return nil, fmt.Errorf("open result: %w", err)
	}
	defer file.Close()
	return result.Read(file)
}
