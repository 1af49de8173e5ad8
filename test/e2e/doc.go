// Package e2e tests a running lab, in containers or not, through its URLs alone.
//
// The addresses come from the environment, without a slash at the end:
// E2E_GATEWAY_URL, E2E_PROMETHEUS_URL, E2E_JAEGER_URL (its query API),
// E2E_CONSOLE_URL (the console, which reaches the load generator) and
// E2E_CPUBOUND_ADMIN_URL (metrics and probes of that service). The generator
// must be running the tour.
package e2e
