package main

import (
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/seed-44180607/lastgood/internal/app"
	"github.com/seed-44180607/lastgood/internal/config"
)

// setupWithin bounds the whole setup: a new attribute is visible to all parts of
// a cluster only after a while.
const setupWithin = 2 * time.Minute

func setupCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "setup",
		Short: "Register the search attributes in the Temporal namespace; again and again without harm",
		Args:  usageOf(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			temporal, namespace, err := app.Temporal(app.NewLog(os.Stderr, config.Log{Level: slog.LevelWarn}))
			if err != nil {
				return err
			}
			defer temporal.Close()
			ctx, cancel := withTimeout(cmd, setupWithin)
			defer cancel()
			added, err := app.Setup(ctx, temporal, namespace)
			switch {
			case err != nil:
				return err
			case len(added) == 0:
				fmt.Fprintf(cmd.OutOrStdout(), "namespace %s has every search attribute\n", namespace)
			default:
				fmt.Fprintf(cmd.OutOrStdout(), "namespace %s: registered %s\n", namespace, strings.Join(added, ", "))
			}
			return nil
		},
	}
}
