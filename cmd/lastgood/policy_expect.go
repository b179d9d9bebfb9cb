package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/seed-44180607/lastgood/internal/config"
	"github.com/seed-44180607/lastgood/oncall"
)

func expectCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "test FILE",
		Short: "Compare what escalation policies do with what a file expects of them; needs no Temporal",
		Args:  usageOf(cobra.ExactArgs(1)),
	}
	form := addOutput(cmd)
	tested := cmd.Flags().String("config", "", "lastgood.yaml to test; that of LASTGOOD_CONFIG when not given")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		file, err := underTest(*tested)
		if err != nil {
			return err
		}
		tests, err := config.ReadPolicyTests(args[0], file)
		if err != nil {
			return usageError{err}
		}
		all, warnings := verdicts(cmd.Context(), file, tests)
		for _, warning := range warnings {
			fmt.Fprintln(cmd.ErrOrStderr(), "warning:", warning)
		}
		return report(cmd.OutOrStdout(), form, all)
	}
	return cmd
}

// underTest is the lastgood.yaml whose policies are tested.
func underTest(path string) (config.File, error) {
	if path == "" {
		c, err := configured()
		return c.File, err
	}
	file, err := config.ReadFile(path)
	if err != nil {
		return config.File{}, usageError{err}
	}
	return file, nil
}

// verdict is how one test ended.
type verdict struct {
	preview preview
	test    config.PolicyTest
	lines   []oncall.Line
}

func (v verdict) passed() bool {
	return !slices.ContainsFunc(v.lines, func(l oncall.Line) bool { return len(l.Differs) > 0 })
}

// verdicts tries the tests. Calendars that are files are read for the time of each; the warnings, each once, say what of
// them could not be.
func verdicts(ctx context.Context, file config.File, tests []config.PolicyTest) (out []verdict, warnings []string) {
	out = make([]verdict, len(tests))
	for i, test := range tests {
		service, _ := file.Service(test.Service)
		severity := test.Severity
		if severity == "" {
			severity = file.Severity("")
		}
		p := preview{
			service: service, severity: severity, policy: service.Policies.For(severity), roster: file.Roster,
			began: test.At, acked: test.AckAt,
		}
		calendars := checkCalendars(ctx, file, false, test.At)
		for _, warning := range calendars.warnings {
			if !slices.Contains(warnings, warning) {
				warnings = append(warnings, warning)
			}
		}
		p.roster.Overrides, p.roster.Groups, p.roster.Calendars = test.Overrides, test.Groups, calendars.copies
		p.climb()
		out[i] = verdict{preview: p, test: test, lines: test.Expect.Compare(p.outlook.Rows(p.began))}
	}
	return out, warnings
}

// report prints the verdicts. The error says how many tests failed.
func report(to io.Writer, form *output, all []verdict) error {
	failures := 0
	for _, v := range all {
		if !v.passed() {
			failures++
		}
	}
	err := form.print(to, verdictRows(all), func(to io.Writer) error {
		for _, v := range all {
			v.print(to)
		}
		_, err := fmt.Fprintf(to, "%d of %d passed\n", len(all)-failures, len(all))
		return err
	})
	if err != nil {
		return fmt.Errorf("print how the tests ended: %w", err)
	}
	switch failures {
	case 0:
		return nil
	case 1:
		return errors.New("1 policy test failed")
	default:
		return fmt.Errorf("%d policy tests failed", failures)
	}
}

// print is one line, and below it what differs when the test failed.
func (v verdict) print(to io.Writer) {
	if v.passed() {
		fmt.Fprintln(to, "ok   ", v.test.Name)
		return
	}
	fmt.Fprintln(to, "FAIL ", v.test.Name)
	fmt.Fprintf(to, "      %s %s, policy %s, from %s on\n", v.preview.service.ID, v.preview.severity, v.preview.policy.ID,
		v.preview.began.Format("Mon 2 Jan 2006 15:04:05 MST"))
	table := tabwriter.NewWriter(to, 0, 0, 3, ' ', 0)
	fmt.Fprintln(table, "      \tEXPECTED\tACTUAL\tTHEIR TIME\tDIFFERS")
	for _, line := range v.lines {
		mark, expected, actual, clock := "      ok", "nobody else", "nobody", ""
		if len(line.Differs) > 0 {
			mark = "      !="
		}
		if line.Expected != nil {
			expected = line.Expected.String()
		}
		if line.Actual != nil {
			actual, clock = line.Actual.Told().String(), v.preview.clock(line.Actual.Page)
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", mark, expected, actual, clock, strings.Join(line.Differs, ", "))
	}
	table.Flush()
	for _, line := range v.reasons() {
		fmt.Fprintln(to, "     ", line)
	}
}

// reasons are what keeps pages from being made: steps that are passed, and what was found missing.
func (v verdict) reasons() []string {
	var lines []string
	for _, visit := range v.preview.outlook.Visits {
		if line := fmt.Sprintf("Step %d is passed: %s.", visit.Position.Step, visit.Passed); visit.Passed != "" && !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	lines = append(lines, v.preview.waits()...)
	lines = append(lines, v.preview.notes()...)
	if why := v.preview.outlook.GaveUp; why != "" {
		lines = append(lines, "The preview ends here: "+why+".")
	}
	return lines
}

// verdictRow is one test, as other programs read it.
type verdictRow struct {
	Test   string        `json:"test"`
	Passed bool          `json:"passed"`
	Lines  []verdictLine `json:"lines"`
}

type verdictLine struct {
	Expected string   `json:"expected,omitempty"`
	Actual   string   `json:"actual,omitempty"`
	Differs  []string `json:"differs,omitempty"`
}

func verdictRows(all []verdict) []verdictRow {
	rows := []verdictRow{}
	for _, v := range all {
		row := verdictRow{Test: v.test.Name, Passed: v.passed(), Lines: []verdictLine{}}
		for _, l := range v.lines {
			line := verdictLine{Differs: l.Differs}
			if l.Expected != nil {
				line.Expected = l.Expected.String()
			}
			if l.Actual != nil {
				line.Actual = l.Actual.Told().String()
			}
			row.Lines = append(row.Lines, line)
		}
		rows = append(rows, row)
	}
	return rows
}
