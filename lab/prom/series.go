package prom

import (
	"errors"
	"net/http"
	"slices"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/util/annotations"
)

// errTruncated is the warning with a list that a limit has cut.
var errTruncated = errors.New("results truncated due to limit")

// selection is what the endpoints over series have in common.
type selection struct {
	querier  storage.Querier
	matchers [][]*labels.Matcher // at least one set
	limit    int
	hints    *storage.SelectHints
}

func (e *Engine) newSelection(r *http.Request) (*selection, error) {
	start, end, err := formRange(r)
	if err != nil {
		return nil, err
	}
	limit, err := formLimit(r, "limit")
	if err != nil {
		return nil, err
	}
	matchers, err := formMatchers(r, e.parser)
	if err != nil {
		return nil, err
	}
	if len(matchers) == 0 {
		matchers = [][]*labels.Matcher{nil}
	}
	querier, err := e.db.Querier(start.UnixMilli(), end.UnixMilli())
	if err != nil {
		return nil, err
	}
	return &selection{querier: querier, matchers: matchers, limit: limit,
		hints: &storage.SelectHints{Start: start.UnixMilli(), End: end.UnixMilli(), Func: "series"}}, nil
}

func (e *Engine) series(r *http.Request) (reply, error) {
	if len(r.Form["match[]"]) == 0 {
		return reply{}, badData{errors.New("no match[] parameter provided")}
	}
	s, err := e.newSelection(r)
	if err != nil {
		return reply{}, err
	}
	defer s.querier.Close()
	sets := make([]storage.SeriesSet, len(s.matchers))
	for i, matchers := range s.matchers {
		sets[i] = s.querier.Select(r.Context(), true, s.hints, matchers...)
	}
	merged := storage.NewMergeSeriesSet(sets, 0, storage.ChainedSeriesMerge)
	found := reply{}
	series := []labels.Labels{}
	for merged.Next() {
		if s.limit > 0 && len(series) == s.limit {
			found.warnings = found.warnings.Add(errTruncated)
			break
		}
		series = append(series, merged.At().Labels())
	}
	found.data = series
	found.warnings = found.warnings.Merge(merged.Warnings())
	return found, merged.Err()
}

func (e *Engine) labelNames(r *http.Request) (reply, error) {
	return e.names(r, func(s *selection, matchers []*labels.Matcher) ([]string, annotations.Annotations, error) {
		return s.querier.LabelNames(r.Context(), &storage.LabelHints{}, matchers...)
	})
}

func (e *Engine) labelValues(r *http.Request) (reply, error) {
	return e.names(r, func(s *selection, matchers []*labels.Matcher) ([]string, annotations.Annotations, error) {
		return s.querier.LabelValues(r.Context(), r.PathValue("name"), &storage.LabelHints{}, matchers...)
	})
}

// names collects what look finds for each set of matchers.
func (e *Engine) names(r *http.Request, look func(*selection, []*labels.Matcher) ([]string, annotations.Annotations, error)) (reply, error) {
	s, err := e.newSelection(r)
	if err != nil {
		return reply{}, err
	}
	defer s.querier.Close()
	found := reply{}
	all := []string{}
	for _, matchers := range s.matchers {
		names, warnings, err := look(s, matchers)
		if err != nil {
			return reply{}, err
		}
		all = append(all, names...)
		found.warnings = found.warnings.Merge(warnings)
	}
	slices.Sort(all)
	all = slices.Compact(all)
	if s.limit > 0 && len(all) > s.limit {
		all = all[:s.limit]
		found.warnings = found.warnings.Add(errTruncated)
	}
	found.data = all
	return found, nil
}
