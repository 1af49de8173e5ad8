// Command nethttp runs the tutorial's server on Go's net/http.
package main

import "loadlab/runtimes/nethttp"

func main() { nethttp.Main() }
