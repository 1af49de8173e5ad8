// Package overhead measures what telemetry costs a service, against a bare Echo handler in the same run.
package overhead
