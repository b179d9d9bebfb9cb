package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/internal/config"
	"github.com/seed-44180607/lastgood/oncall"
)

// longestAck bounds --ack-at: nobody plans for later.
const longestAck = 7 * 24 * time.Hour

func previewCommand() *cobra.Command {
	var q previewQuestion
	cmd := &cobra.Command{
		Use:   "preview --service SERVICE",
		Short: "Say who would be paged, how and when, by the schedules and overrides as they are now",
		Args:  usageOf(cobra.NoArgs),
	}
	form := addOutput(cmd)
	flags := cmd.Flags()
	flags.StringVar(&q.service, "service", "", "ID of the service")
	flags.StringVar(&q.severity, "severity", "", "SEV1 to SEV4; that of an alert which names none when not given")
	flags.StringVar(&q.at, "at", "", "when the incident opens, RFC 3339; now when not given")
	flags.BoolVar(&q.nobody, "nobody-answers", false, "follow the climb to its end; so it is without --ack-at")
	flags.Var((*lasting)(&q.ackAfter), "ack-at", "how long after the opening somebody acknowledges, as in 7m")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		q.acked = cmd.Flags().Changed("ack-at")
		return q.answer(cmd, form)
	}
	return cmd
}

// previewQuestion is what the flags of a preview ask.
type previewQuestion struct {
	service, severity, at string
	nobody, acked         bool
	ackAfter              time.Duration
}

func (q previewQuestion) answer(cmd *cobra.Command, form *output) error {
	began, err := q.began(time.Now())
	if err != nil {
		return err
	}
	c, err := configured()
	if err != nil {
		return err
	}
	service, severity, err := chosen(c.File, q.service, q.severity)
	if err != nil {
		return err
	}
	p := preview{service: service, severity: severity, policy: service.Policies.For(severity), began: began}
	if p.roster, err = rosterNow(cmd.Context(), cmd.ErrOrStderr()); err != nil {
		return err
	}
	askGroups(cmd.Context(), c, p.policy, &p.roster, cmd.ErrOrStderr())
	if q.acked {
		p.acked = began.Add(q.ackAfter)
	}
	p.climb()
	if why := p.outlook.GaveUp; why != "" && *form == "json" {
		fmt.Fprintln(cmd.ErrOrStderr(), "warning: the preview is not whole:", why)
	}
	return form.print(cmd.OutOrStdout(), p.rows(), p.print)
}

// began reads the flags that can be wrong by themselves.
func (q previewQuestion) began(now time.Time) (time.Time, error) {
	switch {
	case q.service == "":
		return now, usageError{errors.New("name a service with --service")}
	case q.acked && q.nobody:
		return now, usageError{errors.New("give --nobody-answers or --ack-at, not both")}
	case q.acked && (q.ackAfter <= 0 || q.ackAfter > longestAck):
		return now, usageError{fmt.Errorf("--ack-at %s is not above 0 and at most %s after the opening", q.ackAfter, longestAck)}
	case q.at == "":
		return now.Truncate(time.Second), nil
	}
	at, err := time.Parse(time.RFC3339, q.at)
	if err != nil {
		return now, usageError{fmt.Errorf("--at %q is no moment like 2026-01-05T09:00:00Z or 2026-01-05T09:00:00+01:00", q.at)}
	}
	return at, nil
}

// rosterNow is who there is, and who is on call in whose place.
func rosterNow(ctx context.Context, warn io.Writer) (oncall.Roster, error) {
	now, err := readLive(ctx)
	if err != nil {
		return oncall.Roster{}, err
	}
	defer now.close()
	now.warn(warn)
	return now.roster, nil
}

// preview is a climb in thought, ready to be printed.
type preview struct {
	service      config.Service
	severity     incident.Severity
	policy       oncall.Policy
	roster       oncall.Roster
	began, acked time.Time
	// pages is when the climb begins: when nothing keeps the first page back any more.
	pages   time.Time
	outlook oncall.Outlook
}

// climb climbs the policy in thought, from the moment on at which hold_page and maintenance allow the first page. It
// takes for granted that the threshold is reached at once, and that the incident goes on.
func (p *preview) climb() {
	p.pages = p.roster.AfterMaintenance(p.service.ID, p.began.Add(p.service.HoldPage))
	p.outlook = oncall.Preview(p.policy, p.pages, p.roster, oncall.Assumption{AckAt: p.acked})
}

// waits says what the first page waits for.
func (p preview) waits() []string {
	var lines []string
	if hold := p.service.HoldPage; hold > 0 {
		lines = append(lines, fmt.Sprintf("hold_page keeps the first page back for %s: what resolves before pages nobody.", oncall.Written(hold)))
	}
	if t := p.service.Threshold; t != nil {
		lines = append(lines, fmt.Sprintf("Nobody is paged before %d alerts have fired within %s (threshold); here that many fire at once.", t.Alerts, oncall.Written(t.Within)))
	}
	if m, in := p.roster.Maintained(p.service.ID, p.began.Add(p.service.HoldPage)); in {
		lines = append(lines, fmt.Sprintf("%s is in maintenance from %s to %s: nobody is paged before %s.",
			p.service.ID, shown(m.From), shown(m.To), clock(p.pages)))
	}
	return lines
}

// previewRow is one page, as other programs read it.
type previewRow struct {
	After   string        `json:"after"`
	At      time.Time     `json:"at"`
	Step    int           `json:"step"`
	Round   int           `json:"round"`
	Person  string        `json:"person"`
	Via     oncall.Method `json:"via"`
	Channel string        `json:"channel,omitempty"`
}

func (p preview) rows() []previewRow {
	rows := []previewRow{}
	for _, r := range p.outlook.Rows(p.began) {
		rows = append(rows, previewRow{
			After: r.After.String(), At: r.At.UTC(), Step: r.Step, Round: r.Round, Person: r.Person, Via: r.Via, Channel: r.Channel(),
		})
	}
	return rows
}

// print is the preview for people: a table, and under it what ends it and what was found missing.
func (p preview) print(to io.Writer) error {
	how := "if nobody answers"
	if !p.acked.IsZero() {
		how = "if somebody acknowledges after " + p.acked.Sub(p.began).String()
	}
	fmt.Fprintf(to, "%s %s, policy %s, from %s on, %s:\n\n", p.service.ID, p.severity, p.policy.ID,
		p.began.Format("Mon 2 Jan 2006 15:04:05 MST"), how)
	table := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "AFTER\tUTC\tROUND\tSTEP\tHOW\tTHEIR TIME\tWHO")
	for _, v := range p.outlook.Visits {
		p.visit(table, v)
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("print the preview: %w", err)
	}
	fmt.Fprintln(to)
	for _, line := range slices.Concat(p.waits(), p.ending(), p.cuts(), p.notes()) {
		fmt.Fprintln(to, line)
	}
	return nil
}

// visit prints the rows of one step.
func (p preview) visit(to io.Writer, v oncall.Visit) {
	row := func(at time.Time, how, clock, who string) {
		fmt.Fprintf(to, "%s\t%s\t%d\t%d\t%s\t%s\t%s\n", at.Sub(p.began), at.UTC().Format("Mon 15:04:05"),
			v.Position.Round, v.Position.Step, how, clock, who)
	}
	if !v.Opens.IsZero() {
		row(v.At, "waits", "", "until "+v.Opens.Format("Mon 15:04 MST"))
	}
	if v.Passed != "" {
		row(v.Ended, "passed", "", v.Passed)
	}
	for _, page := range v.Pages {
		row(page.At, string(page.Via), p.clock(page), p.who(page))
	}
}

func (p preview) who(page oncall.Page) string {
	switch {
	case page.Person == "":
		return page.Address
	case page.Name == "":
		return page.Person
	default:
		return fmt.Sprintf("%s (%s)", page.Name, page.Person)
	}
}

// clock is what the person's own clock shows; that of the schedule which led there when the person's is not known.
func (p preview) clock(page oncall.Page) string {
	if person, err := p.roster.Person(page.Person); err == nil {
		if local, known := person.In(page.At); known {
			return local.Format("Mon 15:04:05") + " " + person.TimeZone
		}
	}
	id, _ := strings.CutPrefix(page.From, "schedule ")
	if s, err := p.roster.Schedule(id); err == nil {
		if zone, err := time.LoadLocation(s.TimeZone); err == nil && s.TimeZone != "" {
			return page.At.In(zone).Format("Mon 15:04:05") + " " + s.TimeZone + " (the schedule's)"
		}
	}
	return ""
}

// ending says how the climb ends.
func (p preview) ending() []string {
	var lines []string
	if !p.outlook.Exhausted.IsZero() {
		lines = append(lines, p.exhausted())
	}
	if why := p.outlook.GaveUp; why != "" {
		lines = append(lines, "The preview ends here: "+why+".")
	}
	if !p.acked.IsZero() {
		lines = append(lines, p.acknowledged()...)
	}
	return lines
}

// exhausted says what happens when every round went unanswered.
func (p preview) exhausted() string {
	at := p.outlook.Exhausted
	told := p.service.SlackChannel + " is told with @channel"
	if p.service.SlackChannel == "" {
		told = "the timeline says so, as the service has no slack_channel"
	}
	end := p.outlook.Visits[len(p.outlook.Visits)-1].Position
	again := oncall.Position{Step: len(p.policy.Steps), Round: end.Round, Again: 1}
	line := fmt.Sprintf("After %s every round went unanswered: %s, and step %d is paged again every %s until somebody answers or the incident is resolved.",
		at.Sub(p.began), told, again.Step, oncall.AgainEvery)
	if plan := oncall.Resolve(p.policy, again, at.Add(oncall.AgainEvery), p.roster); plan.Passed != "" {
		line += " That reaches nobody: " + plan.Passed + "."
	}
	return line
}

// acknowledged says what an acknowledgement stops, and until when.
func (p preview) acknowledged() []string {
	stops := "the climb stops"
	if len(p.outlook.Stopped) > 0 {
		stops += ", and these are not sent: " + p.list(p.outlook.Stopped)
	}
	first := fmt.Sprintf("After %s somebody acknowledges: %s.", p.acked.Sub(p.began), stops)
	if p.outlook.AckDue.IsZero() {
		return []string{first, "The acknowledgement never runs out."}
	}
	return []string{first, fmt.Sprintf("After %s the acknowledgement runs out, unless something is decided before: step %d is paged, in round %d.",
		p.outlook.AckDue.Sub(p.began), p.outlook.Restart.Step, p.outlook.Restart.Round)}
}

// list names pages in a sentence.
func (p preview) list(pages []oncall.Page) string {
	words := make([]string, len(pages))
	for i, page := range pages {
		words[i] = fmt.Sprintf("%s by %s at %s", p.who(page), page.Via, page.At.Sub(p.began))
	}
	return strings.Join(words, ", ")
}

// cuts names what contact rules ask for in vain, once for each step.
func (p preview) cuts() []string {
	var lines []string
	seen := map[int]bool{}
	for _, v := range p.outlook.Visits {
		if len(v.Cut) > 0 && !seen[v.Position.Step] {
			seen[v.Position.Step] = true
			lines = append(lines, fmt.Sprintf("Step %d ends before these: %s.", v.Position.Step, p.list(v.Cut)))
		}
	}
	return lines
}

// notes are what was found missing, each once.
func (p preview) notes() []string {
	var lines []string
	for _, v := range p.outlook.Visits {
		for _, note := range v.Notes {
			line := fmt.Sprintf("Step %d: %s.", v.Position.Step, note)
			if v.Passed == "" && !slices.Contains(lines, line) {
				lines = append(lines, line)
			}
		}
	}
	return lines
}
