// Command release builds the archives of a release from the commit that is checked out.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"

	"loadlab/tools/release/bundle"
)

func main() {
	var o bundle.Options
	flag.StringVar(&o.Version, "version", "", "version of the release, without a leading v")
	flag.StringVar(&o.Out, "out", "out/release", "folder that the release is written into")
	flag.TextVar(&o.Platforms, "platforms", bundle.AllPlatforms(), "what to build for, as os/arch separated by commas")
	flag.Parse()
	if err := bundle.Release(context.Background(), o, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}
