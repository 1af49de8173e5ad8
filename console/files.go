package console

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"embed"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"time"

	"loadlab/grafana"
	"loadlab/grafana/panelquery"
	"loadlab/internal/httpjson"
)

//go:embed static
var static embed.FS

// mediaTypes are fixed here, since those of the system can be anything. A file
// of another kind is plain text.
var mediaTypes = map[string]string{
	".html": "text/html; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".svg":  "image/svg+xml",
	".json": "application/json",
}

// serveFile serves a file with a tag of its content, so that a browser asks
// each time and is sent only what has changed.
func serveFile(w http.ResponseWriter, r *http.Request, files fs.FS, name string) {
	content, err := fs.ReadFile(files, name)
	if err != nil {
		httpjson.Problem(w, http.StatusNotFound, "there is no file "+name)
		return
	}
	media := mediaTypes[path.Ext(name)]
	if media == "" {
		media = "text/plain; charset=utf-8"
	}
	w.Header().Set("Content-Type", media)
	w.Header().Set("Cache-Control", "no-cache")
	w.Header().Set("ETag", fmt.Sprintf(`"%x"`, sha256.Sum256(content)))
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
}

// board is a dashboard in the list of config.json.
type board struct {
	files fs.FS
	file  string
	model panelquery.Dashboard
	UID   string `json:"uid"`
	Title string `json:"title"`
}

// rank puts the dashboard that is shown first before the others.
func rank(b board) int {
	if b.file == grafana.Home {
		return 0
	}
	return 1
}

// dashboards lists the files, which must be JSON with a uid that is the file's name.
func dashboards(files fs.FS) ([]board, error) {
	models, err := panelquery.Read(files)
	if err != nil {
		return nil, fmt.Errorf("read dashboards: %w", err)
	}
	all := make([]board, 0, len(models))
	for _, model := range models {
		file := model.UID + ".json"
		if _, err := fs.Stat(files, file); err != nil {
			return nil, fmt.Errorf("dashboard %q is not in a file named after its uid: %w", model.Title, err)
		}
		all = append(all, board{files, file, model, model.UID, model.Title})
	}
	slices.SortStableFunc(all, func(a, b board) int { return cmp.Compare(rank(a), rank(b)) })
	return all, nil
}
