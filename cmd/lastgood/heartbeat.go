package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/oncall"
)

func heartbeatCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "heartbeat",
		Short: "What is expected to say again and again that it is alive",
		Args:  usageOf(cobra.NoArgs),
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(listHeartbeatsCommand())
	return cmd
}

// heartbeatRow is a heartbeat in a list.
type heartbeatRow struct {
	Name     string    `json:"name"`
	Service  string    `json:"service"`
	Every    string    `json:"every"`
	Grace    string    `json:"grace"`
	Severity string    `json:"severity"`
	State    string    `json:"state"`
	Last     time.Time `json:"last,omitzero"`
	Due      time.Time `json:"due,omitzero"`
}

// States of a heartbeat in a list.
const (
	beats     = "beats"
	awaited   = "awaited"   // Never heard of, and there is time.
	silent    = "silent"    // Its service's incident knows, or is being told.
	unwatched = "unwatched" // It stands in lastgood.yaml alone: no starter has it yet.
)

func listHeartbeatsCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "list", Short: "The heartbeats that are watched, when each last beat and when it is called silent", Args: usageOf(cobra.NoArgs)}
	form := addOutput(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return change(cmd, func(now live) error {
			list, err := now.heartbeats(cmd.Context())
			if err != nil {
				return fmt.Errorf("%w%s", err, reachable)
			}
			return form.print(cmd.OutOrStdout(), list, func(to io.Writer) error { return printHeartbeats(to, list) })
		})
	}
	return cmd
}

// heartbeats are those that are watched, and those of lastgood.yaml that are not, by name.
func (l live) heartbeats(ctx context.Context) ([]heartbeatRow, error) {
	ctx, cancel := context.WithTimeout(ctx, storeWithin)
	defer cancel()
	watches, err := l.client.Watches(ctx)
	if err != nil {
		return nil, err
	}
	list := []heartbeatRow{}
	for _, w := range watches {
		list = append(list, rowOf(w, time.Now()))
	}
	for _, h := range l.file.Heartbeats {
		if !slices.ContainsFunc(watches, func(w incident.Watch) bool { return w.Heartbeat.Name == h.Name }) {
			row := rowOf(incident.Watch{Heartbeat: h}, time.Time{})
			row.State, row.Due = unwatched, time.Time{}
			list = append(list, row)
		}
	}
	slices.SortFunc(list, func(a, b heartbeatRow) int { return strings.Compare(a.Name, b.Name) })
	return list, nil
}

func rowOf(w incident.Watch, now time.Time) heartbeatRow {
	h := w.Heartbeat
	row := heartbeatRow{
		Name: h.Name, Service: h.Service, Every: oncall.Written(h.Every), Grace: oncall.Written(h.Grace), Severity: string(h.Severity),
		State: beats, Last: w.Last, Due: w.Due(),
	}
	switch {
	case !w.At(now).Silent.IsZero():
		row.State = silent
	case w.Last.IsZero():
		row.State = awaited
	}
	return row
}

func printHeartbeats(to io.Writer, list []heartbeatRow) error {
	table := tabwriter.NewWriter(to, 0, 0, 3, ' ', 0)
	fmt.Fprintln(table, "NAME\tSERVICE\tEVERY\tGRACE\tSEVERITY\tSTATE\tLAST BEAT\tSILENT AT")
	for _, r := range list {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", r.Name, r.Service, r.Every, r.Grace, r.Severity, r.State, toTheSecond(r.Last), toTheSecond(r.Due))
	}
	return table.Flush()
}

// toTheSecond is a moment as those need it who watch what beats more than once a minute.
func toTheSecond(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.Format("Mon 2 Jan 2006 15:04:05 MST")
}
