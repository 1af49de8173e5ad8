// Command lab runs the whole of loadlab on one machine without containers.
package main

import "loadlab/lab"

func main() { lab.Main() }
