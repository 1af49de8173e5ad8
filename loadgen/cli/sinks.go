package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"

	"github.com/prometheus/client_golang/prometheus"

	"loadlab/internal/telemetry"
	"loadlab/loadgen/output"
	"loadlab/loadgen/remotewrite"
	"loadlab/loadgen/report"
	"loadlab/loadgen/requestlog"
)

// sinks are the outputs that take results while a run goes on. None keeps a request waiting.
type sinks struct {
	log    *requestlog.Log // nil if there is none
	file   *output.File    // of the log; nil if it goes to the standard output
	remote *remotewrite.Writer
}

func (s *Settings) openLog(stdout io.Writer) (*sinks, error) {
	if s.Log == "" {
		return &sinks{}, nil
	}
	out, file, err := destination(s.Log, stdout)
	if err != nil {
		return nil, err
	}
	return &sinks{log: requestlog.New(out), file: file}, nil
}

func (k *sinks) openRemote(s *Settings, runID string, id telemetry.Identity, registry *prometheus.Registry) error {
	if s.RemoteWrite == "" {
		return nil
	}
	header, err := s.remoteHeader()
	if err != nil {
		return err
	}
	labels := map[string]string{"job": id.Service, "instance": id.Instance, "run_id": runID}
	maps.Copy(labels, s.labels())
	k.remote, err = remotewrite.Open(remotewrite.Config{URL: s.RemoteWrite, Header: header, Labels: labels}, registry)
	return err
}

// close ends the outputs after the run, and notes in the report what they left out.
func (k *sinks) close(ctx context.Context, r *report.Report) error {
	var errs []error
	lost := map[string]uint64{}
	if k.remote != nil {
		failed, err := k.remote.Close(ctx)
		lost[report.LostWrites] = failed
		errs = append(errs, err)
	}
	if k.log != nil {
		left, err := k.log.Close()
		lost[report.LostLines] = left
		k.log = nil
		if err == nil && k.file != nil {
			err = k.file.Commit()
			k.file = nil
		}
		errs = append(errs, err)
	}
	maps.DeleteFunc(lost, func(_ string, n uint64) bool { return n == 0 })
	if len(lost) > 0 {
		r.Lost = lost
	}
	return errors.Join(errs...)
}

// discard ends a log that has not become whole.
func (k *sinks) discard() {
	if k.log != nil {
		_, _ = k.log.Close() // the run has not begun
	}
	if k.file != nil {
		k.file.Discard()
	}
}

// deliverFormats writes the report in the formats of other tools. One that cannot be written does not keep the others from it.
func (s *Settings) deliverFormats(r *report.Report, stdout io.Writer) error {
	var errs []error
	for _, f := range s.files(s.Report) {
		var err error
		switch {
		case f.path == "" || f.format == nil:
		case f.path == stdoutName:
			err = f.format(stdout, r)
		default:
			err = output.WriteFile(f.path, r, f.format)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", flagName(f.variable), err))
		}
	}
	return errors.Join(errs...)
}
