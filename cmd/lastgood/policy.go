package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/integrations/slack"
	"github.com/seed-44180607/lastgood/internal/config"
	"github.com/seed-44180607/lastgood/internal/spelling"
	"github.com/seed-44180607/lastgood/oncall"
)

func policyCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "policy",
		Short: "See what an escalation policy does before the night that needs it",
		Args:  usageOf(cobra.NoArgs),
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(previewCommand(), expectCommand())
	return cmd
}

// configured is the configuration of a command: the environment and the file that LASTGOOD_CONFIG names.
func configured() (config.Config, error) {
	c, err := config.Load(config.Worker)
	if err != nil {
		return config.Config{}, usageError{err}
	}
	return c, nil
}

// severities are all of them, the worst first.
var severities = []string{string(incident.SEV1), string(incident.SEV2), string(incident.SEV3), string(incident.SEV4)}

// chosen finds a service by its ID, or the one whose incidents it joins, and its policy for a severity: the one of an
// alert that names none when it is empty.
func chosen(file config.File, service, severity string) (config.Service, incident.Severity, error) {
	s, exists := file.Service(service)
	if !exists {
		return s, "", usageError{fmt.Errorf("there is no service %q%s", service, spelling.DidYouMean(service, file.ServiceIDs()))}
	}
	if owner, shares := file.Owner(s.ID); shares {
		s, _ = file.Service(owner)
	}
	level := incident.Severity(severity)
	switch {
	case severity == "":
		level = file.Severity("")
	case !level.Valid():
		return s, "", usageError{fmt.Errorf("there is no severity %q, only %s%s",
			severity, strings.Join(severities, ", "), spelling.DidYouMean(strings.ToUpper(severity), severities))}
	}
	return s, level, nil
}

// askGroups fills in the members of the Slack groups that a policy pages. A group that Slack does not tell is left out,
// and said.
func askGroups(ctx context.Context, c config.Config, p oncall.Policy, r *oncall.Roster, warn io.Writer) {
	for _, group := range groupsOf(p) {
		if _, known := r.Groups[group]; known {
			continue
		}
		if !c.Slack.On() {
			fmt.Fprintf(warn, "warning: the members of the Slack group %s are not known without SLACK_BOT_TOKEN\n", group)
			continue
		}
		members, err := askGroup(ctx, c, group)
		if err != nil {
			fmt.Fprintf(warn, "warning: the members of the Slack group %s are not known: %v\n", group, err)
			continue
		}
		if r.Groups == nil {
			r.Groups = map[string][]string{}
		}
		r.Groups[group] = members
	}
}

func askGroup(ctx context.Context, c config.Config, group string) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	return slack.New(slack.Config{Token: c.Slack.BotToken.Reveal(), APIURL: c.Slack.APIURL}).Members(ctx, group)
}

func groupsOf(p oncall.Policy) []string {
	var groups []string
	for _, step := range p.Steps {
		for _, target := range step.Page {
			if target.SlackGroup != "" {
				groups = append(groups, target.SlackGroup)
			}
		}
	}
	return groups
}
