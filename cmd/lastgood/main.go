// Command lastgood is the operator's command line.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/seed-44180607/lastgood/internal/app"
)

// Exit codes: 0 done, 1 refused or failed, 2 usage or configuration.
const (
	failed = 1
	usage  = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	root := rootCommand()
	root.SetOut(visibleOn(os.Stdout))
	root.SetErr(visibleOn(os.Stderr))
	err := root.ExecuteContext(ctx)
	if err == nil {
		return
	}
	fmt.Fprintln(root.ErrOrStderr(), "lastgood:", err)
	os.Exit(exitCode(err))
}

func rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:           "lastgood",
		Short:         "From a production alert to a verified restore",
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          usageOf(cobra.NoArgs),
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.AddCommand(setupCommand(), demoCommand(), simulatorCommand(), checkCommand(), oncallCommand(), policyCommand(), maintenanceCommand(), heartbeatCommand(), fireCommand(), versionCommand())
	return root
}

// usageOf makes what is wrong with the arguments an error of usage.
func usageOf(args cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, given []string) error {
		if err := args(cmd, given); err != nil {
			return usageError{fmt.Errorf("%w; see %s --help", err, cmd.CommandPath())}
		}
		return nil
	}
}

// usageError is a command line that cannot be understood.
type usageError struct{ error }

func exitCode(err error) int {
	var wrong usageError
	if errors.As(err, &wrong) || errors.Is(err, app.ErrConfiguration) {
		return usage
	}
	return failed
}
