// Package attack sends a running lab what an attacker would, and expects each attack to be refused.
//
// The lab's processes are real, and on loopback. Every attack is bounded in
// count and in time; all of them together take less than a minute. With
// LAB_ATTACK=1 they run, those from pages only where there is Chromium; with
// LAB_REQUIRE=1 it has to be there.
package attack
