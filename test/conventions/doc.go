// Package conventions holds spans and metrics of real programs to the semantic conventions of OpenTelemetry.
//
// The registry is read from the source of the Go package of the conventions
// whose version the programs use, which the OpenTelemetry project generates
// from the conventions themselves.
package conventions
