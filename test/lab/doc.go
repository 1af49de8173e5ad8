// Package lab tests the lab without containers as its user has it: how soon it
// shows something, what it costs, what is left after any part of it has failed.
package lab
