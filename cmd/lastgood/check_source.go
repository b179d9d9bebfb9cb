package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/internal/app"
	"github.com/seed-44180607/lastgood/internal/config"
	"github.com/seed-44180607/lastgood/internal/mapping"
	"github.com/seed-44180607/lastgood/internal/spelling"
)

// tryWithin bounds the expressions over a body that is tried.
const tryWithin = 5 * time.Second

// trial is what `lastgood check --source` asks: what a mapping makes of a body.
type trial struct {
	source, body string
	form         *output
}

// triedRow is an alert that a mapping makes, and the service that it would go to, "" for none.
type triedRow struct {
	Service string `json:"service"`
	Group   string `json:"group"`
	incident.Alert
	// StartsAt is left out when the alert starts when it arrives.
	StartsAt time.Time `json:"starts_at,omitzero"`
}

func (t *trial) flags(command *cobra.Command) {
	t.form = addOutput(command)
	command.Flags().StringVar(&t.source, "source", "", "one of sources: print what it makes of --body, and send nothing")
	command.Flags().StringVar(&t.body, "body", "", "file with a body as the monitor sends it, or - for standard input")
}

func (t *trial) asked() bool { return t.source != "" || t.body != "" }

// run reads the body as the starter would, and prints the alerts.
func (t *trial) run(cmd *cobra.Command, file config.File) error {
	if t.source == "" || t.body == "" {
		return usageError{errors.New("--source and --body go together")}
	}
	m, err := sourceNamed(file, t.source)
	if err != nil {
		return usageError{err}
	}
	body, err := saved(t.body, cmd.InOrStdin())
	if err != nil {
		return usageError{err}
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), tryWithin)
	defer cancel()
	deliveries, err := m.Read(ctx, body, app.Terms(file))
	if err != nil {
		return fmt.Errorf("%s would be answered 400: %w", t.source, err)
	}
	rows := triedRows(file, deliveries)
	if err := t.form.print(cmd.OutOrStdout(), rows, func(to io.Writer) error { return printTried(to, rows) }); err != nil {
		return err
	}
	if lost := slices.IndexFunc(rows, func(r triedRow) bool { return r.Service == "" }); lost >= 0 {
		return fmt.Errorf("no service matches the labels %s, and there is no service \"default\"", pairs(rows[lost].Labels))
	}
	return nil
}

func sourceNamed(file config.File, id string) (*mapping.Mapping, error) {
	var ids []string
	for _, m := range file.Sources {
		if m.ID() == id {
			return m, nil
		}
		ids = append(ids, m.ID())
	}
	return nil, fmt.Errorf("sources has no %s%s", id, spelling.DidYouMean(id, ids))
}

func triedRows(file config.File, deliveries []incident.Delivery) []triedRow {
	rows := []triedRow{}
	for _, d := range deliveries {
		for _, a := range d.Alerts {
			service, _ := file.Route(a.Labels)
			rows = append(rows, triedRow{Service: service, Group: d.Group, Alert: a, StartsAt: a.StartsAt})
		}
	}
	return rows
}

func printTried(to io.Writer, rows []triedRow) error {
	if len(rows) == 0 {
		_, err := fmt.Fprintln(to, "nothing is taken of this body")
		return err
	}
	for i, r := range rows {
		if i > 0 {
			fmt.Fprintln(to)
		}
		table := tabwriter.NewWriter(to, 0, 0, 3, ' ', 0)
		line := func(name, text string) {
			if text != "" {
				fmt.Fprintf(table, "%s\t%s\n", name, text)
			}
		}
		line("service", orDash(r.Service))
		line("state", map[bool]string{true: "fires", false: "resolved"}[r.Firing])
		line("severity", string(r.Severity))
		line("name", r.Name)
		line("summary", r.Summary)
		line("labels", pairs(r.Labels))
		line("group", r.Group)
		line("fingerprint", r.Fingerprint)
		line("starts at", startOf(r.Alert))
		line("url", r.URL)
		line("runbook", r.Runbook)
		if err := table.Flush(); err != nil {
			return err
		}
	}
	return nil
}

func startOf(a incident.Alert) string {
	if a.StartsAt.IsZero() {
		return "when it arrives"
	}
	return a.StartsAt.Format(time.RFC3339Nano)
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

// pairs are labels in the order of their names.
func pairs(labels map[string]string) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		parts = append(parts, fmt.Sprintf("%s=%q", name, labels[name]))
	}
	return "{" + strings.Join(parts, ", ") + "}"
}
