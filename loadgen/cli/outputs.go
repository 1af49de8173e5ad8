package cli

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"

	"loadlab/internal/env"
	"loadlab/internal/telemetry"
	"loadlab/loadgen/output"
)

// Outputs are where results go in addition to the JSON report.
type Outputs struct {
	Log                string `env:"LOADGEN_LOG" value:"FILE" group:"Results" help:"file for a line of JSON for each request that has ended; - means standard output"`
	CSV                string `env:"LOADGEN_CSV" value:"FILE" group:"Results" help:"file for the figures of each target as CSV; - means standard output"`
	HTML               string `env:"LOADGEN_HTML" value:"FILE" group:"Results" help:"file for the report as one HTML page; - means standard output"`
	JUnit              string `env:"LOADGEN_JUNIT" value:"FILE" group:"Results" help:"file for the thresholds and the validity of the measurement as JUnit XML; - means standard output"`
	HDR                string `env:"LOADGEN_HDR" value:"FILE" group:"Results" help:"file for the distributions of times as a HdrHistogram log, in nanoseconds; - means standard output"`
	RemoteWrite        string `env:"LOADGEN_REMOTE_WRITE" value:"URL" group:"Results" help:"URL to which the metrics are sent each 5 s and at the end, by Prometheus Remote-Write 2.0 with native histograms"`
	RemoteWriteHeaders string `env:"LOADGEN_REMOTE_WRITE_HEADERS" value:"LINES" group:"Results" help:"header fields of these requests, written as LOADGEN_HEADERS"`
	Labels             string `env:"LOADGEN_LABELS" value:"LIST" group:"Results" help:"labels of the run in reports and in the metrics that are sent, as key=value pairs separated by commas; run_id is added to metrics"`
}

// outputFile is a file that a variable names.
type outputFile struct {
	variable, path string
	format         output.Format // nil for what is no format of a report
}

// files are all the files for results; the path may be empty or that of the standard output.
func (o *Outputs) files(report string) []outputFile {
	return []outputFile{
		{"LOADGEN_REPORT", report, nil},
		{"LOADGEN_LOG", o.Log, nil},
		{"LOADGEN_CSV", o.CSV, output.CSV},
		{"LOADGEN_HTML", o.HTML, output.HTML},
		{"LOADGEN_JUNIT", o.JUnit, output.JUnit},
		{"LOADGEN_HDR", o.HDR, output.HDRLog},
	}
}

// takesStdout reports whether a result goes to the standard output, so that nothing else may.
func (o *Outputs) takesStdout(report string) bool {
	return slices.ContainsFunc(o.files(report), func(f outputFile) bool { return f.path == stdoutName })
}

func (o *Outputs) outputProblems(report string) []env.Problem {
	var problems problems
	users := map[string]string{}
	for _, f := range o.files(report) {
		if other := users[f.path]; f.path != "" && other != "" {
			problems.add(f.variable, f.path, fmt.Errorf("is what %s names too; each output needs its own", other))
		}
		users[f.path] = f.variable
	}
	if o.RemoteWrite != "" {
		problems.add("LOADGEN_REMOTE_WRITE", o.RemoteWrite, checkURL(o.RemoteWrite))
	}
	_, err := o.remoteHeader()
	problems.add("LOADGEN_REMOTE_WRITE_HEADERS", o.RemoteWriteHeaders, err)
	pairs, err := telemetry.Pairs(o.Labels)
	for _, pair := range pairs {
		if !labelName.MatchString(pair.Key) || slices.Contains(reserved(), pair.Key) {
			err = errors.Join(err, fmt.Errorf("%q is no name for a label: it needs letters, digits and underscores, and is none of %v", pair.Key, reserved()))
		}
	}
	problems.add("LOADGEN_LABELS", o.Labels, err)
	return problems
}

var labelName = regexp.MustCompile(`^[a-zA-Z]\w*$`)

// reserved are the labels that metrics have anyway.
func reserved() []string { return []string{"instance", "job", "le", "quantile", "run_id"} }

func checkURL(text string) error {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return errors.Unwrap(err) // url.Error names the text again
	case u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return errors.New("not a URL such as http://127.0.0.1:9090/api/v1/write")
	}
	return nil
}

// remoteHeader are the fields for the receiver of metrics.
func (o *Outputs) remoteHeader() (http.Header, error) {
	s := Settings{Headers: o.RemoteWriteHeaders}
	var wrong problems
	fields := s.headers(&source{}, &wrong)
	if len(wrong) > 0 {
		return nil, errors.New(wrong[0].Reason)
	}
	header := http.Header{}
	for _, f := range fields {
		header.Add(f.Name, f.Value)
	}
	return header, nil
}

// labels are those that the user gives the run, nil if there are none.
func (o *Outputs) labels() map[string]string {
	var labels map[string]string
	pairs, _ := telemetry.Pairs(o.Labels) // checked by outputProblems
	for _, pair := range pairs {
		if labels == nil {
			labels = map[string]string{}
		}
		labels[pair.Key] = pair.Value
	}
	return labels
}

// labelResource adds the labels to the resource under which metrics are exported, if they are.
func (s *Settings) labelResource(runID string) {
	if !s.export.MetricsByOTLP() {
		return
	}
	labels := maps.Clone(s.labels())
	if labels == nil {
		labels = map[string]string{}
	}
	labels["loadgen.run_id"] = runID
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		s.export.Resource += "," + name + "=" + url.PathEscape(labels[name])
	}
}

// destination is a file, or the standard output.
func destination(path string, stdout io.Writer) (out io.Writer, file *output.File, err error) {
	if path == stdoutName {
		return stdout, nil, nil
	}
	file, err = output.Create(path)
	return file, file, err
}
