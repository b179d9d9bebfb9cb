// Command devserver is a Temporal cluster for one machine: the server, its database in one SQLite
// file and the Temporal UI, in one process that needs nothing else installed. It exists to develop,
// test and demonstrate lastgood. It listens on the loopback interface only, because it asks nobody
// for credentials, and it is no place for production: its database has no migrations and no replica.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// run returns the exit code: 0 stopped when asked, 1 failed, 2 wrong flags.
func run(args []string, stdout, stderr io.Writer) int {
	s, err := parse(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := serve(ctx, s, stdout); err != nil && ctx.Err() == nil {
		_, _ = fmt.Fprintf(stderr, "devserver: %v\n", err)
		return 1
	}
	return 0
}
