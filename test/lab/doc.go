// Package lab tests the lab without containers as its user has it: how soon it
// shows something, what it costs, what a full disk does to it.
package lab
