package cli_test

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"loadlab/loadgen/report"
)

// orders is a shop whose users log in, and whose orders belong to who has made them.
type orders struct {
	*httptest.Server
	mu     sync.Mutex
	logins map[string]int      // by name
	steps  map[string][]string // by token
	owner  map[string]string   // of each order
	wrong  []string            // requests that no user of the chain should send
}

func newOrders(t *testing.T) *orders {
	t.Helper()
	s := &orders{logins: map[string]int{}, steps: map[string][]string{}, owner: map[string]string{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /login", s.login)
	mux.HandleFunc("POST /orders", s.create)
	mux.HandleFunc("GET /orders/{id}", s.own)
	mux.HandleFunc("DELETE /orders/{id}", s.own)
	s.Server = httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

func (s *orders) login(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var user struct{ Name string }
	_ = json.NewDecoder(r.Body).Decode(&user)
	s.logins[user.Name]++
	switch user.Name {
	case "refused":
		w.WriteHeader(http.StatusUnauthorized)
		return
	case "nothing":
		fmt.Fprint(w, `{"token": null}`)
		return
	}
	token := fmt.Sprintf("%d/\"+%d", len(s.steps), len(s.steps)) // is to arrive as it is
	s.steps[token] = []string{"login"}
	http.SetCookie(w, &http.Cookie{Name: "session", Value: fmt.Sprint(len(s.steps))})
	_ = json.NewEncoder(w).Encode(map[string]string{"token": token})
}

// user returns the token of a request.
func (s *orders) user(r *http.Request, step string) (token string, ok bool) {
	token = strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	steps, ok := s.steps[token]
	if !ok {
		s.wrong = append(s.wrong, r.Method+" "+r.URL.Path+" as "+token)
	}
	s.steps[token] = append(steps, step)
	return token, ok
}

func (s *orders) create(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	token, _ := s.user(r, "create")
	id := fmt.Sprintf("o%d", len(s.owner))
	s.owner[id] = token
	w.Header().Set("Location", "/orders/"+id)
	w.WriteHeader(http.StatusCreated)
}

func (s *orders) own(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if token, ok := s.user(r, r.Method); !ok || s.owner[r.PathValue("id")] != token {
		s.wrong = append(s.wrong, r.Method+" "+r.URL.Path+" as "+token)
		w.WriteHeader(http.StatusForbidden)
	}
}

// shopScenario is the scenario of the documentation, for another server.
func shopScenario(t *testing.T, url string, oldnew ...string) string {
	t.Helper()
	page, err := os.ReadFile("../../docs/loadgen.md")
	must(t, err)
	_, text, _ := strings.Cut(string(page), "\n## Chains\n")
	_, text, _ = strings.Cut(text, "```yaml\n")
	text, _, _ = strings.Cut(text, "```\n")
	return file(t, "shop.yaml", strings.NewReplacer(append([]string{"http://127.0.0.1:8080", url}, oldnew...)...).Replace(text))
}

// In every loop each user sends the whole chain, in its order, with its own values.
func TestTheDocumentedChain(t *testing.T) {
	users := file(t, "users.csv", "name\nann\n\"b \"\"o\"\"b\"\n")
	for _, row := range []struct {
		loop string
		args []string
	}{
		{"batch", []string{"--count=5"}},
		{"open", []string{"--loop=open", "--rate=50", "--duration=500ms"}},
		{"closed", []string{"--loop=closed", "--concurrency=3", "--duration=500ms"}},
		{"closed with pauses", []string{"--loop=closed", "--concurrency=3", "--duration=500ms", "--think=1ms"}},
	} {
		t.Run(row.loop, func(t *testing.T) {
			s := newOrders(t)
			line := documented(t, "Chains", "shop.yaml", shopScenario(t, s.URL), "users.csv", users)[0]
			args := append(words(t, line), "--report=-", "--admin-addr=off", "--timeout=1m")
			if row.loop == "batch" {
				args = append(args, "--loop=batch", "--duration=0s")
			}
			code, stdout, stderr := command(t.Context(), append(args, row.args...))
			var r report.Report
			if err := json.Unmarshal([]byte(stdout), &r); err != nil {
				t.Fatalf("exit code %d: %s", code, stderr)
			}
			whole := 0
			for token, steps := range s.steps {
				if want := []string{"login", "create", "GET", "DELETE"}; !slices.Equal(steps, want[:min(len(steps), 4)]) {
					t.Errorf("user %s: %v", token, steps)
				}
				if len(steps) == 4 {
					whole++
				}
			}
			c := r.Chains
			if c == nil || len(s.wrong) > 0 || r.Failed() > 0 || c.Failed > 0 || c.Completed != uint64(whole) || c.Started != uint64(len(s.steps)) || whole == 0 {
				t.Errorf("chains %+v, %d users, %d whole; wrong %v, failures %+v", c, len(s.steps), whole, s.wrong, r.Failures())
			}
			if row.loop == "batch" && (c.Completed != 5 || r.Scheduled != 20) {
				t.Errorf("chains %+v of %d requests, want 5 of 20", c, r.Scheduled)
			}
			if a, b := s.logins["ann"], s.logins["b \"o\"b"]; a+b != len(s.steps) || a-b < 0 || a-b > 1 {
				t.Errorf("logins %v, want both in turn", s.logins)
			}
			for _, client := range r.Clients {
				want := "net/http [extraction]"
				if slices.Contains(client.Targets, "create") {
					want = "net/http [checks extraction]"
				} else if slices.Contains(client.Targets, "read") {
					want = "lean []"
				}
				if got := fmt.Sprint(client.Name, " ", client.Why); got != want {
					t.Errorf("client %s for %v, want %s", got, client.Targets, want)
				}
			}
		})
	}
}

// A chain ends with its first failure, and the rest of it is never sent.
func TestAChainEndsWithAFailure(t *testing.T) {
	for name, want := range map[string]struct{ outcome, cause string }{
		"refused": {"http_error", ""}, "nothing": {"check", "nothing to extract: token from json $.token"},
	} {
		s := newOrders(t)
		r := load(t, "", "--scenario="+shopScenario(t, s.URL, "duration: 30s", ""), "--data="+file(t, "users.csv", "name\n"+name+"\n"))
		failures := r.Failures()
		if c := r.Chains; c == nil || *c != (report.Chains{Started: 3, Failed: 3}) || r.Scheduled != 3 || len(r.Targets) != 1 || !maps.Equal(r.Targets[0].Outcomes, map[string]uint64{want.outcome: 3}) {
			t.Errorf("%s: chains %+v, targets %+v", name, c, r.Targets)
		}
		if want.cause != "" && (len(failures) != 1 || failures[0].Cause != want.cause || !strings.HasPrefix(failures[0].Example, "status 200: the path selects nothing")) {
			t.Errorf("%s: failures %+v", name, failures)
		}
	}
}

// Each user has cookies of its own, and new ones.
func TestCookies(t *testing.T) {
	var mu sync.Mutex
	given, shown := 0, map[string]int{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		cookie, err := r.Cookie("session")
		switch {
		case r.URL.Path == "/login" && err != nil:
			given++
			http.SetCookie(w, &http.Cookie{Name: "session", Value: fmt.Sprint(given)})
		case r.URL.Path == "/login" || err != nil:
			w.WriteHeader(http.StatusForbidden)
		default:
			shown[cookie.Value]++
		}
	}))
	t.Cleanup(server.Close)
	targets := fmt.Sprintf("%[1]s/login; %[1]s/a; %[1]s/b", server.URL)
	r := load(t, targets, "--chain=true", "--cookies=true")
	if want := map[string]int{"1": 2, "2": 2, "3": 2}; r.Succeeded() != 9 || !maps.Equal(shown, want) || r.Chains.Completed != 3 {
		t.Errorf("succeeded %d, chains %+v, cookies %v, want %v", r.Succeeded(), r.Chains, shown, want)
	}
	for _, c := range r.Clients {
		if !slices.Equal(c.Why, []string{"cookies"}) {
			t.Errorf("client %+v", c)
		}
	}
	if r := load(t, targets, "--chain=true"); r.Chains.Failed != 3 {
		t.Errorf("without cookies: chains %+v", r.Chains)
	}
}

func TestRedirects(t *testing.T) {
	var mu sync.Mutex
	var got []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		got = append(got, r.Method+" "+r.URL.Path+" "+string(body))
		to, status := r.URL.Query().Get("to"), http.StatusFound
		switch r.URL.Path {
		case "/end":
			return
		case "/again":
			to = "/again"
		case "/307":
			status = http.StatusTemporaryRedirect
		}
		w.Header().Set("Location", to)
		w.WriteHeader(status)
	}))
	t.Cleanup(server.Close)
	for _, row := range []struct {
		name, target string
		most         string
		want         []string // of one request
		status       int
		cause        string
	}{
		{"off", "GET " + server.URL + "/a?to=/end", "0", []string{"GET /a "}, 302, ""},
		{"followed", "GET " + server.URL + "/a?to=/b?to=/end", "2", []string{"GET /a ", "GET /b ", "GET /end "}, 200, ""},
		{"a POST becomes a GET", "POST " + server.URL + `/a?to=/end {"a":1}`, "1", []string{`POST /a {"a":1}`, "GET /end "}, 200, ""},
		{"307 stays a POST", "POST " + server.URL + `/307?to=/end {"a":1}`, "1", []string{`POST /307 {"a":1}`, `POST /end {"a":1}`}, 200, ""},
		{"307 of a GET", "GET " + server.URL + "/307?to=/end", "1", []string{"GET /307 ", "GET /end "}, 200, ""},
		{"307 of an empty POST", "POST " + server.URL + "/307?to=/end", "1", []string{"POST /307 ", "POST /end "}, 200, ""},
		{"one too many", "GET " + server.URL + "/a?to=/b?to=/end", "1", []string{"GET /a ", "GET /b "}, 302, "redirected again at the limit of 1 in a row"},
		{"a circle", "GET " + server.URL + "/again", "3", []string{"GET /again ", "GET /again ", "GET /again ", "GET /again "}, 302, "redirected again at the limit of 3 in a row"},
		{"a stranger", "GET " + server.URL + "/a?to=http://stranger.example/", "3", []string{"GET /a "}, 302, "redirect to a host that may not be loaded"},
		{"another scheme", "GET " + server.URL + "/a?to=file:///etc/passwd", "3", []string{"GET /a "}, 302, "redirect to a host that may not be loaded"},
	} {
		t.Run(row.name, func(t *testing.T) {
			got = nil
			r := load(t, row.target, "--redirects="+row.most)
			var want []string
			for range 3 {
				want = append(want, row.want...)
			}
			slices.Sort(want)
			slices.Sort(got)
			if !slices.Equal(got, want) || !maps.Equal(r.Targets[0].Status, map[int]uint64{row.status: 3}) || r.Scheduled != 3 || r.Redirects != uint64(3*(len(row.want)-1)) {
				t.Errorf("requests %q, statuses %v, %d redirects; want %q", got, r.Targets[0].Status, r.Redirects, want)
			}
			failures := r.Failures()
			if (row.cause == "") != (len(failures) == 0) || row.cause != "" && (failures[0].Cause != row.cause || failures[0].Outcome != "check") {
				t.Errorf("failures %+v, want %q", failures, row.cause)
			}
		})
	}
}

// Credentials stay with the host, port and scheme for which they were given.
func TestCredentialsDoNotFollowARedirect(t *testing.T) {
	there := newRecorded(t)
	here := httptest.NewServer(http.RedirectHandler(there.URL+"/there", http.StatusTemporaryRedirect))
	t.Cleanup(here.Close)
	r := load(t, "GET "+here.URL+"/", "--redirects=1", "--basic-auth=a:b", "--headers=X-Api-Key: secret\nAccept: text/plain\nCookie: a=b")
	there.mu.Lock()
	defer there.mu.Unlock()
	if r.Succeeded() != 3 || len(there.requests) != 3 {
		t.Fatalf("%d succeeded, %d were redirected, want 3", r.Succeeded(), len(there.requests))
	}
	for _, request := range there.requests {
		h := request.Header
		if h.Get("Authorization") != "" || h.Get("X-Api-Key") != "" || h.Get("Cookie") != "" || h.Get("Accept") != "text/plain" {
			t.Errorf("the other host was sent %v", h)
		}
	}
}

// A connection that ends before a reply is a failure; the request is not sent again.
func TestARequestThatMayBeRedirectedIsSentOnce(t *testing.T) {
	var mu sync.Mutex
	got := uint64(0)
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		mu.Lock()
		got++
		first := got == 1
		mu.Unlock()
		if !first {
			panic(http.ErrAbortHandler) // ends the connection
		}
	}))
	t.Cleanup(server.Close)
	_, stdout, stderr := command(t.Context(), []string{"--redirects=1", "-c", "1", "-n", "4", "--timeout=1m", "--report=-", server.URL + "/a"})
	var r report.Report
	if err := json.Unmarshal([]byte(stdout), &r); err != nil {
		t.Fatalf("no report (%v): %s%s", err, stdout, stderr)
	}
	mu.Lock()
	defer mu.Unlock()
	if got != 4 || r.Completed != 4 || r.Succeeded() != 1 {
		t.Errorf("the server saw %d requests, the report has %d, of which %d succeeded", got, r.Completed, r.Succeeded())
	}
}

// What a reply gives cannot end a header.
func TestAValueForAHeaderHasNoControlCharacters(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, `{"token": "a\r\nX-Admin: 1"}`)
	}))
	t.Cleanup(server.Close)
	const text = "name: a\nphases: [{loop: batch, count: 1, chain: true, targets: [{name: first, url: \"%[1]s/a\", extract: [{name: token, json: $.token}]}, {name: second, url: \"%[1]s/b\", headers: {X-Token: \"{var.token}\"}}]}]"
	code, stdout, stderr := command(t.Context(), []string{"--scenario=" + file(t, "a.yaml", fmt.Sprintf(text, server.URL)), "--admin-addr=off", "--report=-"})
	if !strings.Contains(stdout, "the value has a control character, and is for a header") || code == 0 {
		t.Errorf("exit code %d\n%s\n%s", code, stdout, stderr)
	}
}

// A user that pauses keeps a run of a number of users from its end, although no request is under way.
func TestTheLastUserOfALimitedRunEndsItsChain(t *testing.T) {
	s := newRecorded(t)
	code, stdout, stderr := command(t.Context(), []string{"--chain", "--think=300ms", "-n", "2", "-c", "1", "--timeout=1m", "--report=-", s.URL + "/first", s.URL + "/second"})
	var r report.Report
	if err := json.Unmarshal([]byte(stdout), &r); err != nil {
		t.Fatalf("exit code %d, no report (%v): %s%s", code, err, stdout, stderr)
	}
	if r.Succeeded() != 4 || r.Chains == nil || *r.Chains != (report.Chains{Started: 2, Completed: 2}) {
		t.Errorf("%d requests succeeded, chains %+v; want 4, and 2 completed", r.Succeeded(), r.Chains)
	}
}

func TestWrongChains(t *testing.T) {
	const chain = "name: a\nphases: [{chain: true, targets: [{url: \"http://127.0.0.1:1/\", %s}, {url: \"http://127.0.0.1:1/{var.a}\"}]}]"
	for text, want := range map[string]string{
		fmt.Sprintf(chain, ""):                                "no request before it in a chain extracts",
		fmt.Sprintf(chain, "extract: [{name: b, header: X}]"): "{var.a}",
		"name: a\nphases: [{chain: true, targets: [{url: \"http://127.0.0.1:1/{created}\"}]}]":                   "extract the header Location",
		strings.Replace(fmt.Sprintf(chain, "extract: [{name: a, header: X}]"), "chain: true", "chain: false", 1): "is no chain",
		fmt.Sprintf(chain, "weight: 2, extract: [{name: a, header: X}]"):                                         "no effect in a chain",
		fmt.Sprintf(chain, "extract: [{name: a}]"):                                                               "one of json, header or regexp is needed",
		fmt.Sprintf(chain, "extract: [{name: a, cookie: b}]"):                                                    "cookie",
	} {
		if code, _, stderr := command(t.Context(), []string{"--scenario=" + file(t, "a.yaml", text), "--admin-addr=off"}); code != 2 || !strings.Contains(stderr, want) {
			t.Errorf("%s: exit code %d, %s; want %q", text, code, stderr, want)
		}
	}
	for arg, want := range map[string]string{"--cookies=true": "no phase is one", "--redirects=51": "--redirects=\"51\""} {
		if code, _, stderr := command(t.Context(), []string{"--targets=http://127.0.0.1:1/", "--admin-addr=off", arg}); code != 2 || !strings.Contains(stderr, want) {
			t.Errorf("%s: exit code %d, %s", arg, code, stderr)
		}
	}
}
