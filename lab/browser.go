package lab

import (
	"context"
	"os/exec"
	"runtime"
)

// show opens the console in the user's browser, if it is wanted. Without a
// browser the lab goes on.
func (l *running) show(ctx context.Context) {
	if !l.options.open {
		return
	}
	name, args := opener(runtime.GOOS)
	// The browser is the user's: it stays when the lab ends.
	command := exec.CommandContext(context.WithoutCancel(ctx), name, append(args, "http://"+loopback(l.cfg.Console))...)
	if err := command.Start(); err != nil {
		l.printer.noBrowser(err)
		return
	}
	go func() {
		if err := command.Wait(); err != nil {
			l.printer.noBrowser(err)
		}
	}()
}

// opener is the program of a system that opens an address.
func opener(system string) (name string, args []string) {
	switch system {
	case "darwin":
		return "open", nil
	case "windows":
		return "rundll32", []string{"url.dll,FileProtocolHandler"}
	}
	return "xdg-open", nil
}
