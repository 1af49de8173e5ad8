package cli_test

import (
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"loadlab/loadgen/report"
)

func file(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	must(t, os.WriteFile(path, []byte(content), 0o600))
	return path
}

// Rows reach the server, by both clients, in their order.
func TestRowsReachTheServer(t *testing.T) {
	for _, client := range []string{"lean", "std"} {
		for order, want := range map[string][]string{"sequential": {"a b", "c\"d", "a b"}, "unique": {"a b", "c\"d"}} {
			t.Run(client+", "+order, func(t *testing.T) {
				s := newRecorded(t)
				r := load(t, "POST "+s.URL+`/{data.name}?n={data.name} {"name":"{data.name}","id":"{uuid}"}`, "--client="+client, "--max-connections=1",
					"--headers=X-Name: {data.name}", "--data="+file(t, "users.csv", "name\na b\n\"c\"\"d\"\n"), "--data-order="+order)
				var got []string
				for i, request := range s.requests {
					name := request.URL.Query().Get("n")
					if got = append(got, name); request.URL.Path != "/"+name || request.Header.Get("X-Name") != name || !strings.HasPrefix(s.bodies[i], `{"name":"`+strings.ReplaceAll(name, `"`, `\"`)+`","id":"`) {
						t.Errorf("%s: path %q, header %q, body %s", name, request.URL.Path, request.Header.Get("X-Name"), s.bodies[i])
					}
				}
				slices.Sort(got)
				slices.Sort(want)
				if dropped := r.Dropped["no_resource"]; !slices.Equal(got, want) || dropped != uint64(3-len(want)) || (r.Clients[0].Name == report.LeanClient) != (client == "lean") {
					t.Errorf("got %q, dropped %d, clients %+v; want %q", got, dropped, r.Clients, want)
				}
			})
		}
	}
}

// A target that has no row left does not leave its share to others.
func TestRowsThatAreUsedUpAreNoOtherLoad(t *testing.T) {
	s := newRecorded(t)
	r := load(t, "POST "+s.URL+"/login {\"name\":\"{data.name}\"}; GET "+s.URL+"/x", "--data="+file(t, "users.csv", "name\nann\nbob\n"), "--data-order=unique")
	sent := map[string]int{}
	for _, request := range s.requests {
		sent[request.URL.Path]++
	}
	if sent["/login"] != 2 || sent["/x"] != 3 || r.Dropped["no_resource"] != 1 {
		t.Errorf("sent %v, dropped %v; want 2 and 3, and 1 dropped", sent, r.Dropped)
	}
}

func TestWrongData(t *testing.T) {
	const url = "http://127.0.0.1:1/"
	csv := file(t, "a.csv", "a\n1\n")
	for _, row := range []struct {
		target string
		args   []string
		want   string
	}{
		{url + "{data.a}", nil, "needs rows of data, and there are none"},
		{url, []string{"--data=" + csv}, "no target has a placeholder {data.COLUMN}"},
		{url + "{data.b}", []string{"--data=" + csv}, `no column "b"`},
		{url + "{data.a}", []string{"--data=/nowhere.csv"}, "--data="},
		{url + "{data.a}", []string{"--data=" + t.TempDir()}, "a folder"},
		{url + "{data.a}", []string{"--data=" + file(t, "a.txt", "a\n1")}, "its name ends"},
		{url + "{data.a}", []string{"--data=" + csv, "--data-order=first"}, "--data-order"},
		{url + "{var.a}", nil, "{var.a}"},
	} {
		code, _, stderr := command(t.Context(), append([]string{"--admin-addr=off", "--targets=" + row.target}, row.args...))
		if code != 2 || !strings.Contains(stderr, row.want) {
			t.Errorf("%s %v: exit code %d, %s; want %q", row.target, row.args, code, stderr, row.want)
		}
	}
}

func TestTheDocumentedData(t *testing.T) {
	s := newRecorded(t)
	users := file(t, "users.csv", "name,password\nann,a\nbob,b\ncyd,c\n")
	for _, command := range documented(t, "Templates and data", "http://127.0.0.1:8080", s.URL, "users.csv", users) {
		r := load(t, "", words(t, command)...)
		if r.Succeeded() != 3 || !slices.ContainsFunc(s.requests, func(r *http.Request) bool { return r.URL.Path == "/login" }) {
			t.Errorf("%s: succeeded %d, failures %+v", command, r.Succeeded(), r.Failures())
		}
	}
}
