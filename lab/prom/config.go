package prom

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"slices"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/config"
	"github.com/prometheus/prometheus/discovery/targetgroup"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
)

// Config says what an engine is made of.
type Config struct {
	Dir  string // of the database; made if it is missing
	Name string // of the configuration in Files, prometheus.yml
	// Files holds the configuration and the rule files that it names.
	Files fs.FS
	// Targets replaces the addresses of each job. A job that is not named here
	// is not scraped: what it watches does not run.
	Targets map[string][]string
	// Further are jobs of Targets that the configuration does not have; they are
	// scraped by its defaults.
	Further   []string
	Block     time.Duration // samples go from memory to disk in blocks of this length; 15 minutes unless set
	Retention time.Duration // older samples are deleted
	MaxBytes  int64         // oldest blocks are deleted when the database takes more on disk
	Log       *slog.Logger  // nil for none
}

// load reads the configuration and keeps the jobs that have targets.
func (c *Config) load() (*config.Config, error) {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Block == 0 {
		c.Block = defaultBlock
	}
	text, err := fs.ReadFile(c.Files, c.Name)
	if err != nil {
		return nil, fmt.Errorf("read Prometheus configuration: %w", err)
	}
	parsed, err := config.Load(string(text), c.Log)
	if err != nil {
		return nil, fmt.Errorf("parse %s: %w", c.Name, err)
	}
	// The scraper would look for them in the working directory: they are for containers.
	parsed.ScrapeConfigFiles = nil
	for _, name := range c.Further {
		job := config.DefaultScrapeConfig
		job.JobName = name
		if err := job.Validate(parsed.GlobalConfig); err != nil {
			return nil, fmt.Errorf("job %s: %w", name, err)
		}
		parsed.ScrapeConfigs = append(parsed.ScrapeConfigs, &job)
	}
	parsed.ScrapeConfigs = slices.DeleteFunc(parsed.ScrapeConfigs, func(job *config.ScrapeConfig) bool {
		return len(c.Targets[job.JobName]) == 0
	})
	for name := range c.Targets {
		if !slices.ContainsFunc(parsed.ScrapeConfigs, func(job *config.ScrapeConfig) bool { return job.JobName == name }) {
			return nil, fmt.Errorf("%s has no job %q", c.Name, name)
		}
	}
	return parsed, nil
}

// groups is what service discovery would find.
func (c *Config) groups() map[string][]*targetgroup.Group {
	groups := map[string][]*targetgroup.Group{}
	for job, addresses := range c.Targets {
		group := &targetgroup.Group{Source: job}
		for _, address := range addresses {
			group.Targets = append(group.Targets, model.LabelSet{model.AddressLabel: model.LabelValue(address)})
		}
		groups[job] = []*targetgroup.Group{group}
	}
	return groups
}

// ruleFiles resolves the patterns of the configuration within Files.
func (c *Config) ruleFiles(parsed *config.Config) ([]string, error) {
	var files []string
	for _, pattern := range parsed.RuleFiles {
		found, err := fs.Glob(c.Files, pattern)
		if err != nil {
			return nil, fmt.Errorf("find rule files %s: %w", pattern, err)
		}
		if len(found) == 0 {
			return nil, fmt.Errorf("no rule file matches %s", pattern)
		}
		files = append(files, found...)
	}
	return files, nil
}

// loader reads rule files from a file system that need not be the machine's.
type loader struct {
	files  fs.FS
	parser parser.Parser
	log    *slog.Logger
}

// Load implements rules.GroupLoader.
func (l loader) Load(name string, ignoreUnknown bool, scheme model.ValidationScheme) (*rulefmt.RuleGroups, []error) {
	text, err := fs.ReadFile(l.files, name)
	if err != nil {
		return nil, []error{fmt.Errorf("read rules: %w", err)}
	}
	groups, errs := rulefmt.Parse(text, ignoreUnknown, scheme, l.parser, l.log)
	if err := errors.Join(errs...); err != nil {
		return nil, []error{fmt.Errorf("%s: %w", name, err)}
	}
	return groups, nil
}

// Parse implements rules.GroupLoader.
func (l loader) Parse(query string) (parser.Expr, error) { return l.parser.ParseExpr(query) }
