package items_test

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"loadlab/internal/exitcode"
	"loadlab/internal/testkit"
	"loadlab/services/items"
)

func post(t *testing.T, url, key string) (item items.Item, replayed bool, err error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "POST", url+"/items", strings.NewReader(`{"name":"bolt","quantity":1}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Idempotency-Key", key)
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return item, false, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return item, false, err
	}
	if response.StatusCode != http.StatusCreated {
		t.Fatalf("status %s, body %s", response.Status, body)
	}
	return item, response.Header.Get("Idempotency-Replayed") == "true", json.Unmarshal(body, &item)
}

// The process is killed while requests are in progress. Afterwards each key
// gives the item that was answered before, and no item is there twice.
func TestKeysSurviveAKill(t *testing.T) {
	database := "DATABASE_URL=sqlite:" + filepath.Join(t.TempDir(), "items.db")
	p := testkit.Start(t, "items", database)
	answered := map[string]items.Item{}
	pid := p.Pid() // p itself is replaced below
	time.AfterFunc(300*time.Millisecond, func() { _ = syscall.Kill(pid, syscall.SIGKILL) })
	var sent []string
	for {
		key := `"key ` + time.Now().String() + `"`
		sent = append(sent, key)
		item, _, err := post(t, p.URL, key)
		if err != nil {
			break
		}
		answered[key] = item
	}
	p.Wait()
	if len(answered) == 0 {
		t.Fatal("nothing was answered before the process was killed")
	}
	p = testkit.Start(t, "items", database)
	ids := map[int64]string{}
	for _, key := range sent {
		item, replayed, err := post(t, p.URL, key)
		if err != nil {
			t.Fatal(err)
		}
		if before, ok := answered[key]; ok && (item != before || !replayed) {
			t.Errorf("%s gave %+v before and %+v after the kill", key, before, item)
		}
		if other, twice := ids[item.ID]; twice {
			t.Errorf("%s and %s gave the same item", key, other)
		}
		ids[item.ID] = key
	}
	if newest := ids[int64(len(sent))]; newest == "" {
		t.Errorf("%d keys did not give the items 1 to %d: one was created twice", len(sent), len(sent))
	}
}

func TestDatabaseThatCannotBeUsed(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "text")
	if err := os.WriteFile(text, []byte(strings.Repeat("this is no database. ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct{ name, url string }{
		{"no such folder", "sqlite:" + filepath.Join(dir, "none", "items.db")},
		{"a folder", "sqlite:" + dir},
		{"not a database", "sqlite:" + text},
		{"no path", "sqlite:"},
		{"in memory", "sqlite::memory:"},
		{"another system", "mysql://user:hush-hush@localhost/items"},
		{"no host", "postgres:///items"},
		{"a wrong port", "postgres://user:hush-hush@localhost:port/items"},
		{"a wrong parameter", "postgres://user:hush-hush@localhost/items?sslmode=hush-hush"},
		{"not a URL", "postgres://user:hush-hush%zz@localhost/items"},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := testkit.Launch(t, "items", nil, "LISTEN_ADDR=127.0.0.1:0", "ADMIN_ADDR=127.0.0.1:0", "DATABASE_URL="+row.url)
			if code := p.Wait().ExitCode(); code != exitcode.Usage {
				t.Errorf("exit code %d", code)
			}
			if said := p.Stderr(); !strings.Contains(said, "DATABASE_URL: ") || strings.Count(said, "\n") != 1 ||
				strings.Contains(said+p.Stdout(), "hush-hush") {
				t.Errorf("stderr %q", said)
			}
		})
	}
}

// Without requests in progress the end takes the delay of a quarter of a second
// and little more, though a client keeps its connection.
func TestAnIdleServiceEndsSoon(t *testing.T) {
	testkit.RequireQuiet(t)
	p := testkit.Start(t, "items", "DATABASE_URL=sqlite:"+filepath.Join(t.TempDir(), "items.db"))
	for range 10 {
		if _, _, err := post(t, p.URL, `"key `+time.Now().String()+`"`); err != nil {
			t.Fatal(err)
		}
	}
	began := time.Now()
	if code := p.Stop(); code != exitcode.Pass {
		t.Errorf("exit code %d", code)
	}
	took := time.Since(began)
	t.Logf("the end took %v", took)
	if took > 500*time.Millisecond {
		t.Errorf("the end took %v", took)
	}
}
