// Command console serves the page on which the lab is watched, steered, measured.
package main

import "loadlab/console/cli"

func main() { cli.Main() }
