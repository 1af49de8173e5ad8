// Package loadlab carries the repository's Prometheus configuration, for the lab that needs no containers.
package loadlab

import "embed"

// Prometheus holds prometheus.yml and the rule files that it names.
//
//go:embed prometheus.yml deploy/prometheus/*.rules.yml
var Prometheus embed.FS
