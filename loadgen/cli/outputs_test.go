package cli_test

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"loadlab/loadgen/report"
)

// outputs makes a run of two targets, one of which always answers 404, with every output in a folder.
func outputs(t *testing.T, more ...string) (folder string, r *report.Report, code int, stderr string) {
	t.Helper()
	folder, url := t.TempDir(), serve(t)
	args := append([]string{"--loop=batch", "--count=20", "--thresholds=error_rate<10%,p99<1m", "--labels=branch=a<b,build=7"}, more...)
	for _, name := range []string{"report", "log", "csv", "html", "junit", "hdr"} {
		args = append(args, "--"+name, filepath.Join(folder, name))
	}
	code, _, stderr = command(t.Context(), args, "LOADGEN_TARGETS=GET "+url+"/;GET "+url+"/missing", "LOADGEN_ADMIN_ADDR=off")
	return folder, parse(t, content(t, folder, "report")), code, stderr
}

func content(t *testing.T, folder, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(folder, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// Every output of a run says the same.
func TestOutputsAgree(t *testing.T) {
	folder, r, code, stderr := outputs(t)
	if code != 3 || r.Completed != 40 || r.Failed() != 20 || r.Labels["branch"] != "a<b" || r.Labels["build"] != "7" {
		t.Fatalf("exit code %d, %d completed, %d failed, labels %v:\n%s", code, r.Completed, r.Failed(), r.Labels, stderr)
	}
	t.Run("log", func(t *testing.T) { checkLog(t, content(t, folder, "log"), r) })
	t.Run("csv", func(t *testing.T) { checkCSV(t, content(t, folder, "csv"), r) })
	t.Run("hdr", func(t *testing.T) { checkHDR(t, content(t, folder, "hdr"), r) })
	t.Run("junit", func(t *testing.T) { checkJUnit(t, content(t, folder, "junit")) })
	t.Run("html", func(t *testing.T) {
		page := content(t, folder, "html")
		for _, want := range []string{"error_rate&lt;10% failed", "404: 20", "GET /missing", r.RunID, "branch", "a&lt;b", "</html>"} {
			if !strings.Contains(page, want) {
				t.Errorf("the page lacks %q", want)
			}
		}
		for _, outside := range []string{"<script", "http://", "https://", "@import", "url("} {
			if strings.Contains(page, outside) {
				t.Errorf("the page needs something else: %q", outside)
			}
		}
	})
}

func checkLog(t *testing.T, text string, r *report.Report) {
	hdr := hdrhistogram.New(1, int64(time.Hour), 3)
	statuses := map[int]int{}
	lines := bufio.NewScanner(strings.NewReader(text))
	for lines.Scan() {
		var line struct {
			Time     time.Time
			Target   string
			Outcome  string
			Status   int
			Response time.Duration `json:"response_ns"`
			Service  time.Duration `json:"service_ns"`
		}
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			t.Fatalf("%v in %s", err, lines.Text())
		}
		statuses[line.Status]++
		_ = hdr.RecordValue(int64(line.Response))
		if line.Time.Before(r.Started.Add(-time.Millisecond)) || line.Time.After(r.Ended) || line.Service > line.Response || (line.Outcome == "ok") != (line.Status == 200) {
			t.Errorf("%s, in a run from %v to %v", lines.Text(), r.Started, r.Ended)
		}
	}
	if statuses[200] != 20 || statuses[404] != 20 || len(statuses) != 2 {
		t.Errorf("statuses %v, want 20 each of 200, 404", statuses)
	}
	if mine, theirs := float64(hdr.Max()), float64(r.Response.Max()); mine < .99*theirs || mine > 1.01*theirs {
		t.Errorf("the longest response of the log is %v, of the report %v", mine, theirs)
	}
}

func checkCSV(t *testing.T, text string, r *report.Report) {
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || len(rows) != 4 {
		t.Fatalf("%d rows, want a header, 2 targets, all of them: %v", len(rows), err)
	}
	column := map[string]int{}
	for i, name := range rows[0] {
		column[name] = i
	}
	last := rows[3]
	p99, err := strconv.ParseFloat(last[column["p99_seconds"]], 64)
	if err != nil || p99 != r.Response.Quantile(.99).Seconds() || last[column["target"]] != "all" || last[column["completed"]] != "40" || last[column["http_error"]] != "20" {
		t.Errorf("row %q below %q; the report has a p99 of %v", last, rows[0], r.Response.Quantile(.99))
	}
}

// The library that wrote the log is that of others too; what it reads back has to be the report's distribution.
func checkHDR(t *testing.T, text string, r *report.Report) {
	log := hdrhistogram.NewHistogramLogReader(strings.NewReader(text))
	found := map[string]*hdrhistogram.Histogram{}
	for {
		h, err := log.NextIntervalHistogram()
		if err != nil && !errors.Is(err, io.EOF) {
			t.Fatal(err)
		}
		if h == nil {
			break
		}
		found[h.Tag()] = h
	}
	for tag, want := range map[string]report.Times{"response": r.Response, "response_ok": r.ResponseOK, "service": r.Service, "response:GET_/missing": r.Targets[1].Response} {
		h := found[tag]
		if h == nil {
			t.Errorf("no interval with the tag %s", tag)
			continue
		}
		if h.TotalCount() != int64(want.Count()) || time.Duration(h.ValueAtQuantile(99)) != want.Quantile(.99) || h.StartTimeMs() != r.Started.UnixMilli() {
			t.Errorf("%s: %d values from %d ms, p99 %v; the report has %d, p99 %v", tag, h.TotalCount(), h.StartTimeMs(), time.Duration(h.ValueAtQuantile(99)), want.Count(), want.Quantile(.99))
		}
	}
}

// The form is that of Ant's JUnit task, which the readers of CI systems follow.
func checkJUnit(t *testing.T, text string) {
	var suites struct {
		XMLName  xml.Name `xml:"testsuites"`
		Tests    int      `xml:"tests,attr"`
		Failures int      `xml:"failures,attr"`
		Suite    []struct {
			Name     string `xml:"name,attr"`
			Tests    int    `xml:"tests,attr"`
			Failures int    `xml:"failures,attr"`
			Errors   int    `xml:"errors,attr"`
			Property []struct {
				Name  string `xml:"name,attr"`
				Value string `xml:"value,attr"`
			} `xml:"properties>property"`
			Case []struct {
				Name    string    `xml:"name,attr"`
				Class   string    `xml:"classname,attr"`
				Failure *struct{} `xml:"failure"`
				Error   *struct{} `xml:"error"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	if err := xml.Unmarshal([]byte(text), &suites); err != nil {
		t.Fatal(err)
	}
	if len(suites.Suite) != 1 || suites.Suite[0].Tests != len(suites.Suite[0].Case) || suites.Suite[0].Tests != suites.Tests {
		t.Fatalf("counts disagree: %+v", suites)
	}
	suite, failed := suites.Suite[0], map[string]bool{}
	for _, c := range suite.Case {
		failed[c.Name] = c.Failure != nil || c.Error != nil
	}
	for name, want := range map[string]bool{"threshold error_rate<10%": true, "threshold p99<1m": false, "requests succeeded": false} {
		if got, known := failed[name]; !known || got != want {
			t.Errorf("test %q: there is %v, failed %v, want %v", name, known, got, want)
		}
	}
	if suite.Failures != 1 || !strings.Contains(fmt.Sprint(suite.Property), "{label.branch a<b}") {
		t.Errorf("%d failures, properties %v", suite.Failures, suite.Property)
	}
}

// An output that cannot be written is named, keeps the old file, ends with 1, and keeps no other output from being whole.
func TestOutputsOnAFullDisk(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("there is no /dev/full")
	}
	for _, name := range []string{"log", "csv", "html", "junit", "hdr"} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			whole := filepath.Join(folder, "report.json")
			code, _, stderr := command(t.Context(), []string{"--loop=batch", "--count=2", "--" + name + "=/dev/full", "--report=" + whole},
				"LOADGEN_TARGETS=GET "+serve(t), "LOADGEN_ADMIN_ADDR=off")
			if code != 1 || !strings.Contains(stderr, "/dev/full") || !strings.Contains(stderr, "no space left") || !strings.Contains(stderr, name) {
				t.Errorf("exit code %d:\n%s", code, stderr)
			}
			if r := parse(t, content(t, folder, "report.json")); r.Completed != 2 {
				t.Errorf("the report has %d requests, want 2", r.Completed)
			}
		})
	}
}

func TestOutputOnStandardOutputIsAlone(t *testing.T) {
	code, stdout, stderr := command(t.Context(), []string{"--loop=batch", "--count=3", "--log=-"}, "LOADGEN_TARGETS=GET "+serve(t), "LOADGEN_ADMIN_ADDR=off")
	lines := strings.Split(strings.TrimSpace(stdout), "\n")
	for _, line := range lines {
		if !json.Valid([]byte(line)) {
			t.Errorf("no JSON: %s", line)
		}
	}
	if code != 0 && code != 4 || len(lines) != 3 || !strings.Contains(stderr, "3 completed") {
		t.Errorf("exit code %d, %d lines:\n%s", code, len(lines), stderr)
	}
}

func TestOutputsThatCannotBeUsed(t *testing.T) {
	for _, row := range []struct{ name, arg, want string }{
		{"two on standard output", "--csv=-", "needs its own"},
		{"no folder", "--html=/no/such/folder/a.html", "--html"},
		{"no URL", "--remote-write=127.0.0.1:9090", "--remote-write"},
		{"label of another kind", "--labels=a-b=1", `"a-b" is no name for a label`},
		{"label that metrics have", "--labels=run_id=1", `"run_id" is no name for a label`},
		{"label without a value", "--labels=a", "--labels=\"a\""},
		{"header", "--remote-write-headers=a", "--remote-write-headers"},
	} {
		t.Run(row.name, func(t *testing.T) {
			code, _, stderr := command(t.Context(), []string{"--loop=batch", "--log=-", row.arg}, "LOADGEN_TARGETS=GET "+serve(t), "LOADGEN_ADMIN_ADDR=off")
			if code != 2 || !strings.Contains(stderr, row.want) {
				t.Errorf("exit code %d:\n%s", code, stderr)
			}
		})
	}
}
