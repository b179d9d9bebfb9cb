package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/seed-44180607/lastgood/internal/spelling"
	"github.com/seed-44180607/lastgood/oncall"
	"github.com/seed-44180607/lastgood/signals"
)

func maintenanceCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "maintenance",
		Short: "Page nobody for a service for a while: its incidents are recorded, and paged at the end if they still fire",
		Args:  usageOf(cobra.NoArgs),
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(addMaintenanceCommand(), listMaintenanceCommand(), endMaintenanceCommand())
	return cmd
}

// maintained is a maintenance in a list. Without an ID it stands in lastgood.yaml. Taken says whether a worker has taken
// it: it is in force from then on.
type maintained struct {
	oncall.Maintenance
	Taken bool `json:"taken"`
}

func addMaintenanceCommand() *cobra.Command {
	var wish oncall.MaintenanceWish
	cmd := &cobra.Command{Use: "add", Short: "Enter a maintenance, for now or ahead", Args: usageOf(cobra.NoArgs)}
	form := addOutput(cmd)
	cmd.Flags().StringVar(&wish.Service, "service", "", `the service, or "*" for all of them`)
	cmd.Flags().StringVar(&wish.From, "from", "", "when it begins, RFC 3339 (default now)")
	cmd.Flags().StringVar(&wish.To, "to", "", "when it ends, RFC 3339")
	cmd.Flags().Var((*lasting)(&wish.For), "for", "how long it lasts, in place of --to: 90m, 2h, 3d")
	cmd.Flags().StringVar(&wish.Reason, "reason", "", "why, for those who see an incident in it")
	cmd.Flags().StringVar(&wish.By, "by", "", "who enters it (default $USER)")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if wish.Service == "" || wish.Reason == "" {
			return usageError{errors.New("name a --service, and say the --reason")}
		}
		return change(cmd, func(now live) error {
			m, err := now.maintenance(wish)
			if err != nil {
				return err
			}
			if err := now.store(cmd.Context(), func(ctx context.Context) error { return now.client.Maintain(ctx, m) }); err != nil {
				return err
			}
			taken := now.taken(cmd.Context(), func(k signals.Kept) bool { return k.HasMaintenance(m.ID) })
			return form.print(cmd.OutOrStdout(), []maintained{{m, taken}}, func(to io.Writer) error {
				_, err := fmt.Fprintf(to, "nobody is paged for %s from %s to %s: %s\nmaintenance %s is stored%s; end it with: lastgood maintenance end %s\n",
					m.Service, shown(m.From), shown(m.To), m.Reason, m.ID, waiting(taken), m.ID)
				return err
			})
		})
	}
	return cmd
}

// maintenance makes what is wished for.
func (l live) maintenance(wish oncall.MaintenanceWish) (oncall.Maintenance, error) {
	if err := l.served(wish.Service); err != nil {
		return oncall.Maintenance{}, err
	}
	by, err := l.by(wish.By)
	if err != nil {
		return oncall.Maintenance{}, err
	}
	wish.By = by
	m, err := wish.Maintenance(time.Now())
	if err != nil {
		return oncall.Maintenance{}, usageError{err}
	}
	m.ID = signals.MintOverrideID(rand.Text())
	return m, nil
}

// served says whether lastgood.yaml has a service.
func (l live) served(id string) error {
	if _, exists := l.file.Service(id); exists || id == oncall.Everywhere {
		return nil
	}
	return usageError{fmt.Errorf("there is no service %q%s", id, spelling.DidYouMean(id, l.file.ServiceIDs()))}
}

func endMaintenanceCommand() *cobra.Command {
	return withdrawal{
		use: "end ID", short: "End a maintenance now, or take back one that has not begun: what still fires is paged within a minute",
		by: "who ends it (default $USER)", send: signals.Client.EndMaintenance, kept: signals.Kept.HasMaintenance,
		unknown: signals.ErrNoMaintenance, none: "there is no maintenance %s that was entered at run time: `lastgood maintenance list` shows those in force and to come",
		done: "ended", told: "the end of maintenance %s is stored%s\n",
	}.command()
}

func listMaintenanceCommand() *cobra.Command {
	var service string
	cmd := &cobra.Command{Use: "list", Short: "The windows that are in force or to come, those of lastgood.yaml among them", Args: usageOf(cobra.NoArgs)}
	form := addOutput(cmd)
	cmd.Flags().StringVar(&service, "service", "", "one service (default all)")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return change(cmd, func(now live) error {
			if service != "" {
				if err := now.served(service); err != nil {
					return err
				}
			}
			if err := now.reached(); err != nil {
				return err
			}
			list, err := now.allMaintenance(cmd.Context(), service)
			if err != nil {
				return err
			}
			return form.print(cmd.OutOrStdout(), list, func(to io.Writer) error { return printMaintenance(to, list) })
		})
	}
	return cmd
}

// allMaintenance is what is in force or to come for a service, or for all, and after it what waits for a worker.
func (l live) allMaintenance(ctx context.Context, service string) ([]maintained, error) {
	list := []maintained{}
	add := func(windows []oncall.Maintenance, taken bool) {
		for _, m := range oncall.MaintenanceEndingAfter(time.Now(), windows) {
			if service == "" || m.Service == service || m.Service == oncall.Everywhere {
				list = append(list, maintained{m, taken})
			}
		}
	}
	ctx, cancel := context.WithTimeout(ctx, storeWithin)
	defer cancel()
	waiting, err := l.client.Waiting(ctx)
	if err != nil {
		return nil, err
	}
	add(l.roster.Maintenance, true)
	add(waiting.Maintenance, false)
	return list, nil
}

func printMaintenance(to io.Writer, list []maintained) error {
	table := tabwriter.NewWriter(to, 0, 0, 3, ' ', 0)
	fmt.Fprintln(table, "ID\tSERVICE\tFROM\tTO\tBY\tREASON")
	for _, m := range list {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s%s\n", cmp.Or(m.ID, "-"), m.Service, shown(m.From), shown(m.To),
			cmp.Or(m.By, "lastgood.yaml"), cmp.Or(m.Reason, "-"), waits(m.Taken))
	}
	return table.Flush()
}

// shown is a moment on the clocks of the zone that it was written in.
func shown(moment string) string {
	t, err := time.Parse(time.RFC3339, moment)
	if err != nil {
		return moment
	}
	return clock(t)
}
