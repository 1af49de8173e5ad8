// Package affinity keeps threads on chosen cores.
package affinity
