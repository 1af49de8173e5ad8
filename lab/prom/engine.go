// Package prom runs Prometheus's own engine inside this process.
//
// Storage, scraper, rules and PromQL are the server's packages, configured by
// the same prometheus.yml; only the addresses of the targets and the sizes
// differ. None of that is rewritten here: this package connects the parts and
// answers the part of the HTTP API that dashboards use (docs/adr/0060).
package prom

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/prometheus/config"
	"github.com/prometheus/prometheus/discovery/targetgroup"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/rules"
	"github.com/prometheus/prometheus/scrape"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/util/compression"
)

// Sizes for a lab on one machine.
const (
	defaultBlock     = 15 * time.Minute // not two hours, so that the head in memory and its log on disk stay small
	maxBlockDuration = time.Hour
	walSegment       = 8 << 20 // bytes
	stripes          = 512     // locks over the series, of which there are some thousands
	maxExemplars     = 10_000
	maxQuerySamples  = 5_000_000 // 80 MB
	queryTimeout     = 10 * time.Second
	queriesAtOnce    = 4
	lookback         = 10 * time.Second // a vanished target leaves the charts soon
)

// Engine is a running Prometheus without a listener.
type Engine struct {
	db       *tsdb.DB
	queries  *promql.Engine
	tracker  *promql.ActiveQueryTracker
	scraper  *scrape.Manager
	rules    *rules.Manager
	groups   map[string][]*targetgroup.Group // targets by job
	parser   parser.Parser
	registry *prometheus.Registry
	closing  context.Context // of the rules' queries
	stop     context.CancelFunc
}

// Open reads the configuration and opens the database in cfg.Dir, replaying
// what an earlier run has left there. Nothing is scraped before Run.
func Open(cfg Config) (_ *Engine, err error) {
	parsed, err := cfg.load()
	if err != nil {
		return nil, err
	}
	e := &Engine{parser: parser.NewParser(parser.Options{}), registry: prometheus.NewRegistry(), groups: cfg.groups()}
	e.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	e.closing, e.stop = context.WithCancel(context.Background())
	defer func() {
		if err != nil {
			err = errors.Join(err, e.Close())
		}
	}()
	if e.db, err = tsdb.Open(cfg.Dir, cfg.Log, e.registry, cfg.storage(), nil); err != nil {
		return nil, fmt.Errorf("open metrics database in %s: %w", cfg.Dir, err)
	}
	if e.tracker, err = promql.NewActiveQueryTracker(cfg.Dir, queriesAtOnce, cfg.Log); err != nil {
		return nil, fmt.Errorf("open query tracker: %w", err)
	}
	interval := time.Duration(parsed.GlobalConfig.EvaluationInterval)
	e.queries = promql.NewEngine(promql.EngineOpts{
		Logger: cfg.Log, Reg: e.registry, Parser: e.parser, ActiveQueryTracker: e.tracker,
		MaxSamples: maxQuerySamples, Timeout: queryTimeout, LookbackDelta: lookback,
		EnableAtModifier: true, EnableNegativeOffset: true,
		NoStepSubqueryIntervalFn: func(int64) int64 { return interval.Milliseconds() },
	})
	if err = e.openScraper(cfg, parsed); err != nil {
		return nil, err
	}
	return e, e.openRules(cfg, parsed)
}

func (c *Config) storage() *tsdb.Options {
	options := tsdb.DefaultOptions()
	options.WALSegmentSize = walSegment
	options.WALCompression = compression.Snappy
	options.StripeSize = stripes
	options.MinBlockDuration = c.Block.Milliseconds()
	options.MaxBlockDuration = max(maxBlockDuration, c.Block).Milliseconds()
	options.RetentionDuration = c.Retention.Milliseconds()
	options.MaxBytes = c.MaxBytes
	// After a clock that was ahead has been set back, samples are older than those that are stored.
	options.OutOfOrderTimeWindow = c.Retention.Milliseconds()
	options.EnableExemplarStorage = true
	options.MaxExemplars = maxExemplars
	return options
}

func (e *Engine) openScraper(cfg Config, parsed *config.Config) (err error) {
	options := &scrape.Options{DiscoveryReloadOnStartup: true}
	if e.scraper, err = scrape.NewManager(options, cfg.Log, nil, nil, e.db, e.registry); err != nil {
		return fmt.Errorf("open scraper: %w", err)
	}
	if err = e.scraper.ApplyConfig(parsed); err != nil {
		return fmt.Errorf("configure scraper: %w", err)
	}
	return nil
}

func (e *Engine) openRules(cfg Config, parsed *config.Config) error {
	files, err := cfg.ruleFiles(parsed)
	if err != nil {
		return err
	}
	e.rules = rules.NewManager(&rules.ManagerOptions{
		Appendable: e.db, Queryable: e.db, QueryFunc: rules.EngineQueryFunc(e.queries, e.db),
		NotifyFunc:  func(context.Context, string, ...*rules.Alert) {}, // alerts are read by the API
		GroupLoader: loader{files: cfg.Files, parser: e.parser, log: cfg.Log},
		Context:     e.closing, Logger: cfg.Log, Registerer: e.registry, ExternalURL: &url.URL{}, Parser: e.parser,
	})
	err = e.rules.Update(time.Duration(parsed.GlobalConfig.EvaluationInterval), files, parsed.GlobalConfig.ExternalLabels, "", nil)
	if err != nil {
		return fmt.Errorf("load rules: %w", err)
	}
	return nil
}

// Run scrapes and evaluates rules until ctx ends.
func (e *Engine) Run(ctx context.Context) error {
	targets := make(chan map[string][]*targetgroup.Group, 1)
	targets <- e.groups
	ended := make(chan error, 1)
	go e.rules.Run()
	go func() { ended <- e.scraper.Run(targets) }()
	<-ctx.Done()
	e.scraper.Stop()
	e.rules.Stop()
	if err := <-ended; err != nil {
		return fmt.Errorf("scrape: %w", err)
	}
	return nil
}

// Close ends queries and closes the database; call it after Run has returned.
func (e *Engine) Close() error {
	e.stop()
	var errs []error
	if e.queries != nil {
		errs = append(errs, e.queries.Close())
	} else if e.tracker != nil {
		errs = append(errs, e.tracker.Close())
	}
	if e.db != nil {
		errs = append(errs, e.db.Close())
	}
	return errors.Join(errs...)
}

// Registry is where this process's own metrics are registered; job
// "prometheus" scrapes it.
func (e *Engine) Registry() *prometheus.Registry { return e.registry }
