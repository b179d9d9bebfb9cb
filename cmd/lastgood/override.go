package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/seed-44180607/lastgood/oncall"
	"github.com/seed-44180607/lastgood/signals"
)

const (
	// storeWithin bounds the storing of a change.
	storeWithin = 5 * time.Second
	// takenWithin is how long a command waits to see that a worker has taken a change.
	takenWithin = 2 * time.Second
	takenLook   = 100 * time.Millisecond
)

// entered is an override that was stored. Taken says whether a worker has taken it: it is in force from then on.
type entered struct {
	oncall.Override
	Taken bool `json:"taken"`
}

func overrideCommand() *cobra.Command {
	var wish oncall.Wish
	cmd := &cobra.Command{
		Use:   "override",
		Short: "Put a person on call for a while",
		Args:  usageOf(cobra.NoArgs),
	}
	form := addOutput(cmd)
	cmd.Flags().StringVar(&wish.Schedule, "schedule", "", "the schedule")
	cmd.Flags().StringVar(&wish.Person, "person", "", "who is on call")
	cmd.Flags().StringVar(&wish.From, "from", "", "when it begins, RFC 3339 or 2006-01-02T15:04 on the clock of the schedule's zone (default now)")
	cmd.Flags().StringVar(&wish.To, "to", "", "when it ends, written as --from")
	cmd.Flags().Var((*lasting)(&wish.For), "for", "how long it lasts, in place of --to: 90m, 2h, 3d")
	cmd.Flags().StringVar(&wish.By, "by", "", "who makes it (default $USER)")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if wish.Schedule == "" || wish.Person == "" {
			return usageError{errors.New("name a --schedule and a --person")}
		}
		return change(cmd, func(now live) error {
			by, err := now.by(wish.By)
			if err != nil {
				return err
			}
			wish.By = by
			o, err := now.roster.Override(wish, time.Now())
			if err != nil {
				return usageError{misnamed(err)}
			}
			o.ID = signals.MintOverrideID(rand.Text())
			return now.enter(cmd, form, o.ID, func(ctx context.Context) error { return now.client.Override(ctx, o) }, o)
		})
	}
	cmd.AddCommand(removeCommand(), listCommand())
	return cmd
}

func swapCommand() *cobra.Command {
	var schedule, one, other, by string
	cmd := &cobra.Command{
		Use:   "swap",
		Short: "Exchange two shifts: the person on call in the one takes the whole other, and the other way round",
		Args:  usageOf(cobra.NoArgs),
	}
	form := addOutput(cmd)
	cmd.Flags().StringVar(&schedule, "schedule", "", "the schedule")
	cmd.Flags().StringVar(&one, "shift", "", "a moment in the one shift, RFC 3339 or 2006-01-02T15:04 on the clock of the schedule's zone")
	cmd.Flags().StringVar(&other, "with", "", "a moment in the other shift")
	cmd.Flags().StringVar(&by, "by", "", "who makes it (default $USER)")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if schedule == "" || one == "" || other == "" {
			return usageError{errors.New("name a --schedule, a moment of the one --shift, and one of the shift to swap it --with")}
		}
		return change(cmd, func(now live) error {
			overrides, err := now.swap(schedule, one, other, by)
			if err != nil {
				return err
			}
			s := signals.Swapping{ID: overrides[0].ID, Overrides: overrides}
			return now.enter(cmd, form, s.ID, func(ctx context.Context) error { return now.client.Swap(ctx, s) }, overrides...)
		})
	}
	return cmd
}

// swap makes the overrides of a swap, under one ID.
func (l live) swap(schedule, one, other, by string) ([]oncall.Override, error) {
	s, err := l.roster.Schedule(schedule)
	if err != nil {
		return nil, misnamed(err)
	}
	for flag, moment := range map[string]string{"--shift": one, "--with": other} {
		if _, err := s.Moment(moment); err != nil {
			return nil, usageError{fmt.Errorf("%s: %w", flag, err)}
		}
	}
	if by, err = l.by(by); err != nil {
		return nil, err
	}
	if err := l.reached(); err != nil {
		return nil, err
	}
	overrides, err := l.roster.Swap(schedule, one, other, by, time.Now())
	if err != nil {
		return nil, fmt.Errorf("nothing was swapped: %w", err)
	}
	id := signals.MintOverrideID(rand.Text())
	for i := range overrides {
		overrides[i].ID = id
	}
	return overrides, nil
}

func removeCommand() *cobra.Command {
	return withdrawal{
		use: "remove ID", short: "Take an override back, or both of a swap", by: "who takes it back (default $USER)",
		send: signals.Client.Remove, kept: signals.Kept.Has,
		unknown: signals.ErrNoOverride, none: "there is no override %s: `lastgood oncall override list` shows those that are in force or to come",
		done: "removed", told: "override %s is removed%s\n",
	}.command()
}

func listCommand() *cobra.Command {
	var schedule string
	cmd := &cobra.Command{Use: "list", Short: "The overrides that were entered at run time and are in force or to come", Args: usageOf(cobra.NoArgs)}
	form := addOutput(cmd)
	cmd.Flags().StringVar(&schedule, "schedule", "", "one schedule (default all)")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return change(cmd, func(now live) error {
			if _, err := now.schedules(schedule); err != nil {
				return err
			}
			if err := now.reached(); err != nil {
				return err
			}
			list, err := now.entered(cmd.Context(), schedule)
			if err != nil {
				return err
			}
			return form.print(cmd.OutOrStdout(), list, func(to io.Writer) error { return now.printOverrides(to, list) })
		})
	}
	return cmd
}

// entered are the overrides of a schedule, or of all, that are in force or to come, and after them those that wait for
// a worker.
func (l live) entered(ctx context.Context, schedule string) ([]entered, error) {
	list := []entered{}
	add := func(overrides []oncall.Override, taken bool) {
		for _, o := range oncall.EndingAfter(time.Now(), overrides) {
			if schedule == "" || o.Schedule == schedule {
				list = append(list, entered{o, taken})
			}
		}
	}
	ctx, cancel := context.WithTimeout(ctx, storeWithin)
	defer cancel()
	waiting, err := l.client.Waiting(ctx)
	if err != nil {
		return nil, err
	}
	add(l.roster.Overrides, true)
	add(waiting.Overrides, false)
	return list, nil
}

func (l live) printOverrides(to io.Writer, list []entered) error {
	table := tabwriter.NewWriter(to, 0, 0, 3, ' ', 0)
	fmt.Fprintln(table, "ID\tSCHEDULE\tPERSON\tFROM\tTO\tBY")
	for _, o := range list {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s%s\n", o.ID, o.Schedule, l.roster.Named(o.Person),
			l.roster.Shown(o.Override, o.From), l.roster.Shown(o.Override, o.To), cmp.Or(o.By, "-"), waits(o.Taken))
	}
	return table.Flush()
}

// change reads what there is now and does something to it.
func change(cmd *cobra.Command, do func(live) error) error {
	now, err := readLive(cmd.Context())
	if err != nil {
		return err
	}
	defer now.close()
	return do(now)
}

// reached fails when Temporal cannot be reached: what was entered is not known then, and nothing can be added.
func (l live) reached() error {
	if l.missing == nil {
		return nil
	}
	return fmt.Errorf("nothing was done: %w%s%s", l.missing, reachable, meanwhile)
}

// meanwhile is the way out while Temporal is away.
const meanwhile = " What must hold before that goes into lastgood.yaml, under overrides of the schedule or under maintenance; then restart the workers."

// by is who makes a change: one of the people, or whoever is logged in here.
func (l live) by(named string) (string, error) {
	if named == "" {
		return cmp.Or(os.Getenv("USER"), "the command line"), nil
	}
	p, err := l.roster.Person(named)
	if err != nil {
		return "", misnamed(err)
	}
	return p.ID, nil
}

// enter stores overrides under one ID and prints what came of it.
func (l live) enter(cmd *cobra.Command, form *output, id string, send func(context.Context) error, overrides ...oncall.Override) error {
	if err := l.store(cmd.Context(), send); err != nil {
		return err
	}
	taken := l.taken(cmd.Context(), func(k signals.Kept) bool { return k.Has(id) })
	var rows []entered
	for _, o := range overrides {
		rows = append(rows, entered{o, taken})
	}
	return form.print(cmd.OutOrStdout(), rows, func(to io.Writer) error {
		for _, o := range overrides {
			fmt.Fprintln(to, l.roster.Tell(o))
		}
		_, err := fmt.Fprintf(to, "override %s is stored%s; take it back with: lastgood oncall override remove %s\n", id, waiting(taken), id)
		return err
	})
}

func (l live) store(ctx context.Context, send func(context.Context) error) error {
	err := l.reached()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, storeWithin)
	defer cancel()
	err = send(ctx)
	if err == nil || signals.IsRefusal(err) {
		return err
	}
	return fmt.Errorf("it was not stored, or no answer came: %w%s Look at what `list` shows before you try again", err, reachable)
}

// taken waits a while until a worker has taken a change.
func (l live) taken(ctx context.Context, done func(signals.Kept) bool) bool {
	ctx, cancel := context.WithTimeout(ctx, takenWithin)
	defer cancel()
	look := time.NewTicker(takenLook)
	defer look.Stop()
	for {
		if kept, err := l.client.Roster(ctx); err == nil && done(kept) {
			return true
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			return false
		}
	}
}

// waits marks an override that no worker has taken.
func waits(taken bool) string {
	if taken {
		return ""
	}
	return "   (counts as soon as a worker runs)"
}

// waiting says what a change that no worker has taken waits for.
func waiting(taken bool) string {
	if taken {
		return ""
	}
	return " in Temporal, and counts as soon as a worker runs"
}
