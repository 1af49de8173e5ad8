package output

import (
	"encoding/xml"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"time"

	"loadlab/loadgen/report"
)

type junitSuites struct {
	XMLName xml.Name `xml:"testsuites"`
	junitCounts
	Suites []junitSuite `xml:"testsuite"`
}

type junitCounts struct {
	Name     string `xml:"name,attr"`
	Tests    int    `xml:"tests,attr"`
	Failures int    `xml:"failures,attr"`
	Errors   int    `xml:"errors,attr"`
	Time     string `xml:"time,attr"` // in seconds
}

type junitSuite struct {
	junitCounts
	Skipped    int             `xml:"skipped,attr"`
	Timestamp  string          `xml:"timestamp,attr"` // UTC, without a zone, as the schema of Ant's JUnit task has it
	Properties []junitProperty `xml:"properties>property"`
	Cases      []junitCase     `xml:"testcase"`
}

type junitProperty struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

type junitCase struct {
	Name    string       `xml:"name,attr"`
	Class   string       `xml:"classname,attr"`
	Time    string       `xml:"time,attr"`
	Error   *junitReason `xml:"error"`
	Failure *junitReason `xml:"failure"`
}

type junitReason struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"`
}

// JUnit writes the verdict of a run as JUnit XML: a test for each threshold, which fails if the threshold does; one
// that some request succeeded; one for the measurement, which has an error if it is invalid.
func JUnit(w io.Writer, r *report.Report) error {
	suite := junitSuite{
		Timestamp: r.Started.UTC().Format("2006-01-02T15:04:05"),
		Properties: []junitProperty{
			{"run_id", r.RunID}, {"loop", r.Loop}, {"completed", strconv.FormatUint(r.Completed, 10)},
			{"achieved_rate", strconv.FormatFloat(r.AchievedRate, 'g', 6, 64)},
		},
	}
	for _, name := range slices.Sorted(maps.Keys(r.Labels)) {
		suite.Properties = append(suite.Properties, junitProperty{"label." + name, r.Labels[name]})
	}
	suite.Name = r.Scenario
	add := func(name, kind, failure, invalid string) {
		test := junitCase{Name: name, Class: "loadgen." + r.Scenario, Time: "0"}
		if failure != "" {
			test.Failure = &junitReason{failure, kind}
			suite.Failures++
		}
		if invalid != "" {
			test.Error = &junitReason{invalid, kind}
			suite.Errors++
		}
		suite.Cases = append(suite.Cases, test)
	}
	invalid := ""
	for _, reason := range r.Validity.Reasons {
		if invalid != "" {
			invalid += "; "
		}
		invalid += reason.Name + ": " + reason.Detail
	}
	add("measurement is valid", "invalid", "", invalid)
	unserved := ""
	if r.Succeeded() == 0 {
		unserved = "no request succeeded"
	}
	add("requests succeeded", "outcome", unserved, "")
	for _, t := range r.Thresholds {
		add("threshold "+t.Text, "threshold", missed(t), "")
	}
	suite.Tests, suite.Time = len(suite.Cases), seconds((r.Elapsed + r.Drained).Round(time.Millisecond))
	suites := junitSuites{junitCounts: suite.junitCounts, Suites: []junitSuite{suite}}
	suites.Name = "loadgen"
	encoder := xml.NewEncoder(w)
	encoder.Indent("", "  ")
	_, err := io.WriteString(w, xml.Header)
	if err == nil {
		err = encoder.Encode(suites)
	}
	if err == nil {
		_, err = io.WriteString(w, "\n")
	}
	if err != nil {
		return fmt.Errorf("write JUnit XML: %w", err)
	}
	return nil
}

// missed says how far a threshold is from holding; it is empty if it holds.
func missed(t report.Threshold) string {
	switch {
	case t.OK:
		return ""
	case t.Reason != "":
		return t.Reason
	}
	return fmt.Sprintf("the value is %.4g, the bound is %.4g (seconds, share or requests per second)", t.Value, t.Bound)
}
