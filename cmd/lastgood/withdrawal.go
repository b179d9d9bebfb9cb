package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/seed-44180607/lastgood/signals"
)

// withdrawal is a command that takes back what was entered at run time, by its ID.
type withdrawal struct {
	use, short string
	// by says who --by names.
	by   string
	send func(signals.Client, context.Context, signals.Removal) error
	// kept says whether a worker still has it.
	kept func(k signals.Kept, id string) bool
	// unknown is the error when there is none of that ID, and none says so of the ID.
	unknown error
	none    string
	// done is the key of the ID in JSON; told says it of the ID, and of what it waits for.
	done, told string
}

func (w withdrawal) command() *cobra.Command {
	var by string
	cmd := &cobra.Command{Use: w.use, Short: w.short, Args: usageOf(cobra.ExactArgs(1))}
	form := addOutput(cmd)
	cmd.Flags().StringVar(&by, "by", "", w.by)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return change(cmd, func(now live) error { return w.carryOut(cmd, form, now, args[0], by) })
	}
	return cmd
}

func (w withdrawal) carryOut(cmd *cobra.Command, form *output, now live, id, by string) error {
	by, err := now.by(by)
	if err != nil {
		return err
	}
	err = now.store(cmd.Context(), func(ctx context.Context) error { return w.send(now.client, ctx, signals.Removal{ID: id, By: by}) })
	if errors.Is(err, w.unknown) {
		return fmt.Errorf(w.none, id)
	}
	if err != nil {
		return err
	}
	taken := now.taken(cmd.Context(), func(k signals.Kept) bool { return !w.kept(k, id) })
	return form.print(cmd.OutOrStdout(), map[string]any{w.done: id, "taken": taken}, func(to io.Writer) error {
		_, err := fmt.Fprintf(to, w.told, id, waiting(taken))
		return err
	})
}
