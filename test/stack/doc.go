// Package stack tests what docker-compose.yml starts, with a project name, ports and volumes of its own.
//
// It runs when LAB_STACK=1 or LAB_REQUIRE=1 is set, needs Docker with Compose,
// and takes some minutes. Grafana takes part where its image is on the machine.
// LAB_TRIES is how often each fault of containers is caused.
package stack
