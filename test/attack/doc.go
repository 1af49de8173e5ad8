// Package attack sends a running lab what an attacker would, and expects each attack to be refused.
//
// The lab's processes are real, and on loopback. Every attack is bounded in
// count and in time; all of them together take less than a minute.
package attack
