package main

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/seed-44180607/lastgood/oncall"
)

func oncallCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "oncall",
		Short: "Who is on call, and who takes over for a while",
		Args:  usageOf(cobra.NoArgs),
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(
		shiftsCommand("now", "Who is on call", oncall.Roster.Shift),
		shiftsCommand("next", "Who follows on those who are on call", oncall.Roster.ShiftAfter),
		overrideCommand(), swapCommand(),
	)
	return cmd
}

// shiftRow is a row of `oncall now` and `oncall next`. A moment that is left out does not exist, or lies more than a
// year away.
type shiftRow struct {
	Schedule string    `json:"schedule"`
	Person   string    `json:"person"`
	Since    time.Time `json:"since,omitzero"`
	Until    time.Time `json:"until,omitzero"`
}

// shiftsCommand prints one shift of each schedule.
func shiftsCommand(use, short string, which func(oncall.Roster, string, time.Time) (oncall.Shift, error)) *cobra.Command {
	var schedule, at string
	cmd := &cobra.Command{Use: use, Short: short, Args: usageOf(cobra.NoArgs)}
	form := addOutput(cmd)
	cmd.Flags().StringVar(&schedule, "schedule", "", "one schedule (default all)")
	cmd.Flags().StringVar(&at, "at", "", "a moment, RFC 3339 or 2006-01-02T15:04 on the clock of the schedule's zone (default now)")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		now, err := readLive(cmd.Context())
		if err != nil {
			return err
		}
		defer now.close()
		rows, err := now.shifts(cmd.ErrOrStderr(), schedule, at, which)
		if err != nil {
			return err
		}
		now.warn(cmd.ErrOrStderr())
		return form.print(cmd.OutOrStdout(), rows, func(to io.Writer) error { return now.printShifts(to, rows) })
	}
	return cmd
}

// shifts are the rows. What cannot be read of a schedule is a warning; the rest of it answers.
func (l live) shifts(
	warnings io.Writer, only, at string, which func(oncall.Roster, string, time.Time) (oncall.Shift, error),
) ([]shiftRow, error) {
	rows := []shiftRow{}
	schedules, err := l.schedules(only)
	if err != nil {
		return nil, err
	}
	for _, s := range schedules {
		moment, err := momentOf(s, at)
		if err != nil {
			return nil, usageError{fmt.Errorf("--at: %w", err)}
		}
		shift, err := which(l.roster, s.ID, moment)
		if err != nil {
			fmt.Fprintln(warnings, "warning:", err)
		}
		rows = append(rows, shiftRow{Schedule: s.ID, Person: shift.Person, Since: shift.Since, Until: shift.Until})
	}
	return rows, nil
}

// momentOf reads a moment as it is written on the command line: empty means now.
func momentOf(s oncall.Schedule, text string) (time.Time, error) {
	if text == "" {
		return time.Now(), nil
	}
	return s.Moment(text)
}

func (l live) printShifts(to io.Writer, rows []shiftRow) error {
	table := tabwriter.NewWriter(to, 0, 0, 3, ' ', 0)
	fmt.Fprintln(table, "SCHEDULE\tPERSON\tSINCE\tUNTIL\tTHERE UNTIL")
	for _, row := range rows {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", row.Schedule, l.roster.Named(row.Person), clock(row.Since), clock(row.Until), l.there(row.Person, row.Until))
	}
	return table.Flush()
}

// there is a moment on the person's own clock.
func (l live) there(id string, t time.Time) string {
	p, err := l.roster.Person(id)
	if err != nil || t.IsZero() {
		return "-"
	}
	local, known := p.In(t)
	if !known {
		return "-"
	}
	return clock(local)
}

// clock shows a moment on the clock of its zone.
func clock(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.Format(oncall.Clock)
}
