package main

import (
	"context"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/seed-44180607/lastgood/internal/config"
)

func withTimeout(cmd *cobra.Command, d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(cmd.Context(), d)
}

func checkCommand() *cobra.Command {
	var live bool
	var try trial
	command := &cobra.Command{
		Use:   "check FILE",
		Short: "Check a lastgood.yaml: every fault with its line, and a warning for what is hardly meant",
		Long: `Check a lastgood.yaml: every fault with its line, and a warning for what is hardly meant.
With --source and --body, print the alerts that a mapping makes of a body, and the service each goes to.`,
		Args: usageOf(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			file, err := config.ReadFile(args[0])
			if err != nil {
				return usageError{err}
			}
			if try.asked() {
				return try.run(cmd, file)
			}
			calendars := checkCalendars(cmd.Context(), file, live, time.Now())
			file.Roster.Calendars = calendars.copies
			for _, warning := range slices.Concat(calendars.warnings, file.Unused(), file.Review(time.Now())) {
				fmt.Fprintln(cmd.ErrOrStderr(), "warning:", warning)
			}
			if calendars.fault != nil {
				return calendars.fault
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s: good; services: %d, people: %d, schedules: %d\n",
				args[0], len(file.Services), len(file.Roster.People), len(file.Roster.Schedules))
			if calendars.left > 0 {
				fmt.Fprintf(cmd.OutOrStdout(), "calendars on the web, not read: %d; --live reads them\n", calendars.left)
			}
			return nil
		},
	}
	try.flags(command)
	command.Flags().BoolVar(&live, "live", false, "read the calendars on the web, too")
	return command
}

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  usageOf(cobra.NoArgs),
		Run: func(cmd *cobra.Command, _ []string) {
			fmt.Fprintln(cmd.OutOrStdout(), "lastgood", version())
		},
	}
}

func version() string {
	info, known := debug.ReadBuildInfo()
	if !known || info.Main.Version == "" {
		return "(unknown)"
	}
	return info.Main.Version
}
