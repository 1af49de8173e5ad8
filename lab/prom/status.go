package prom

import (
	"errors"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/metadata"
	"github.com/prometheus/prometheus/rules"
	"github.com/prometheus/prometheus/scrape"
)

// target is a scraped address, in the API's form.
type target struct {
	DiscoveredLabels   labels.Labels       `json:"discoveredLabels"`
	Labels             labels.Labels       `json:"labels"`
	ScrapePool         string              `json:"scrapePool"`
	ScrapeURL          string              `json:"scrapeUrl"`
	GlobalURL          string              `json:"globalUrl"`
	LastError          string              `json:"lastError"`
	LastScrape         time.Time           `json:"lastScrape"`
	LastScrapeDuration float64             `json:"lastScrapeDuration"` // seconds
	Health             scrape.TargetHealth `json:"health"`
	ScrapeInterval     string              `json:"scrapeInterval"`
	ScrapeTimeout      string              `json:"scrapeTimeout"`
}

func (e *Engine) targets(*http.Request) (reply, error) {
	active := e.scraper.TargetsActive()
	all := []target{}
	builder := labels.NewBuilder(labels.EmptyLabels())
	for _, pool := range slices.Sorted(maps.Keys(active)) {
		for _, t := range active[pool] {
			lastError := ""
			if err := t.LastError(); err != nil {
				lastError = err.Error()
			}
			all = append(all, target{
				DiscoveredLabels: t.DiscoveredLabels(builder), Labels: t.Labels(builder),
				ScrapePool: pool, ScrapeURL: t.URL().String(), GlobalURL: t.URL().String(),
				LastError: lastError, LastScrape: t.LastScrape(), LastScrapeDuration: t.LastScrapeDuration().Seconds(),
				Health: t.Health(), ScrapeInterval: t.GetValue(model.ScrapeIntervalLabel), ScrapeTimeout: t.GetValue(model.ScrapeTimeoutLabel),
			})
		}
	}
	return reply{data: struct {
		Active  []target       `json:"activeTargets"`
		Dropped []target       `json:"droppedTargets"`
		Counts  map[string]int `json:"droppedTargetCounts"`
	}{all, []target{}, e.scraper.TargetsDroppedCounts()}}, nil
}

func (e *Engine) metadata(r *http.Request) (reply, error) {
	limit, err := formLimit(r, "limit")
	if err != nil {
		return reply{}, err
	}
	found := map[string][]metadata.Metadata{}
	for _, pool := range e.scraper.TargetsActive() {
		for _, t := range pool {
			for _, m := range t.ListMetadata() {
				if only := r.Form.Get("metric"); only != "" && only != m.MetricFamily {
					continue
				}
				if _, known := found[m.MetricFamily]; !known && limit > 0 && len(found) == limit {
					continue
				}
				entry := metadata.Metadata{Type: m.Type, Help: m.Help, Unit: m.Unit}
				if !slices.Contains(found[m.MetricFamily], entry) {
					found[m.MetricFamily] = append(found[m.MetricFamily], entry)
				}
			}
		}
	}
	return reply{data: found}, nil
}

// alert is an active alert, in the API's form.
type alert struct {
	Labels          labels.Labels `json:"labels"`
	Annotations     labels.Labels `json:"annotations"`
	State           string        `json:"state"`
	ActiveAt        *time.Time    `json:"activeAt,omitempty"`
	KeepFiringSince *time.Time    `json:"keepFiringSince,omitempty"`
	Value           string        `json:"value"`
}

func newAlerts(active []*rules.Alert) []alert {
	all := make([]alert, len(active))
	for i, a := range active {
		all[i] = alert{Labels: a.Labels, Annotations: a.Annotations, State: a.State.String(),
			ActiveAt: &a.ActiveAt, Value: strconv.FormatFloat(a.Value, 'e', -1, 64)}
		if !a.KeepFiringSince.IsZero() {
			all[i].KeepFiringSince = &a.KeepFiringSince
		}
	}
	return all
}

func (e *Engine) alerts(*http.Request) (reply, error) {
	all := []alert{}
	for _, rule := range e.rules.AlertingRules() {
		all = append(all, newAlerts(rule.ActiveAlerts())...)
	}
	return reply{data: map[string]any{"alerts": all}}, nil
}

// ruleGroup is a group of rules, in the API's form.
type ruleGroup struct {
	Name           string    `json:"name"`
	File           string    `json:"file"`
	Rules          []rule    `json:"rules"`
	Interval       float64   `json:"interval"` // seconds
	Limit          int       `json:"limit"`
	EvaluationTime float64   `json:"evaluationTime"` // seconds
	LastEvaluation time.Time `json:"lastEvaluation"`
}

// rule is an alerting or a recording rule; the former's fields stay away from the latter.
type rule struct {
	State          string           `json:"state,omitempty"`
	Name           string           `json:"name"`
	Query          string           `json:"query"`
	Duration       *float64         `json:"duration,omitempty"`      // seconds
	KeepFiringFor  *float64         `json:"keepFiringFor,omitempty"` // seconds
	Labels         labels.Labels    `json:"labels"`
	Annotations    *labels.Labels   `json:"annotations,omitempty"`
	Alerts         *[]alert         `json:"alerts,omitempty"`
	Health         rules.RuleHealth `json:"health"`
	LastError      string           `json:"lastError,omitempty"`
	EvaluationTime float64          `json:"evaluationTime"` // seconds
	LastEvaluation time.Time        `json:"lastEvaluation"`
	Type           string           `json:"type"` // alerting or recording
}

func (e *Engine) ruleGroups(r *http.Request) (reply, error) {
	kinds := map[string]string{"": "", "alert": "alerting", "record": "recording"}
	kind, known := kinds[r.Form.Get("type")]
	if !known {
		return reply{}, invalid("type", errors.New("must be alert or record"))
	}
	groups := []ruleGroup{}
	for _, g := range e.rules.RuleGroups() {
		group := ruleGroup{Name: g.Name(), File: g.File(), Rules: []rule{}, Interval: g.Interval().Seconds(), Limit: g.Limit(),
			EvaluationTime: g.GetEvaluationTime().Seconds(), LastEvaluation: g.GetLastEvaluation()}
		for _, evaluated := range g.Rules() {
			if one := newRule(evaluated); kind == "" || one.Type == kind {
				group.Rules = append(group.Rules, one)
			}
		}
		if len(group.Rules) > 0 {
			groups = append(groups, group)
		}
	}
	return reply{data: map[string]any{"groups": groups}}, nil
}

func newRule(evaluated rules.Rule) rule {
	one := rule{Name: evaluated.Name(), Query: evaluated.Query().String(), Labels: evaluated.Labels(), Health: evaluated.Health(),
		EvaluationTime: evaluated.GetEvaluationDuration().Seconds(), LastEvaluation: evaluated.GetEvaluationTimestamp(), Type: "recording"}
	if err := evaluated.LastError(); err != nil {
		one.LastError = err.Error()
	}
	if alerting, ok := evaluated.(*rules.AlertingRule); ok {
		hold, keep := alerting.HoldDuration().Seconds(), alerting.KeepFiringFor().Seconds()
		annotations, alerts := alerting.Annotations(), newAlerts(alerting.ActiveAlerts())
		one.Type, one.State = "alerting", alerting.State().String()
		one.Duration, one.KeepFiringFor, one.Annotations, one.Alerts = &hold, &keep, &annotations, &alerts
	}
	return one
}
