package jira

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strings"

	"github.com/andygrunwald/go-jira"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/integrations/rest"
)

// productLabel is on every issue, beside the one that names the incident.
const productLabel = "lastgood"

// gateway is where scoped tokens and service accounts of Cloud have to go.
const gateway = "https://api.atlassian.com/"

// Find looks for the oldest issue with the view's label in its project. The index
// of Cloud is behind by seconds to minutes, so an issue that is not found may exist
// all the same.
func (c *Client) Find(ctx context.Context, view incident.TicketView) (incident.TicketRef, bool, error) {
	attempted := "find the ticket of " + view.Label
	jql := fmt.Sprintf("labels = %s AND project = %s ORDER BY created ASC", quoted(view.Label), quoted(view.Plan.Project))
	issues, err := c.search(ctx, jql)
	switch {
	case err != nil:
		return incident.TicketRef{}, false, failed(attempted, err)
	case len(issues) == 0 || issues[0].Key == "":
		return incident.TicketRef{}, false, nil
	}
	return c.ref(issues[0].Key), true, nil
}

// search asks for the first issue only. Cloud has removed the search that own
// servers still have (410, CHANGE-2046), and they do not know the new one, which
// gives no key unless fields are named.
func (c *Client) search(ctx context.Context, jql string) ([]jira.Issue, error) {
	fields := []string{"key", "created"}
	if c.dataCenter {
		issues, _, err := c.lib.Issue.SearchWithContext(ctx, jql, &jira.SearchOptions{MaxResults: 1, Fields: fields})
		return issues, err
	}
	issues, _, err := c.lib.Issue.SearchV2JQLWithContext(ctx, jql, &jira.SearchOptionsV2{MaxResults: 1, Fields: fields})
	return issues, err
}

// quoted is a value in JQL. Even the key of a project may be a reserved word.
func quoted(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// Create opens the issue. Jira has no key that would make a second call harmless:
// when Maybe is true on the error, Find has to answer first, after a while. The
// priority is the project's own unless the plan's fields name one.
func (c *Client) Create(ctx context.Context, view incident.TicketView) (incident.TicketRef, error) {
	attempted := "open the ticket of " + view.Label
	var made jira.Issue
	err := c.call(ctx, attempted, http.MethodPost, "rest/api/2/issue", map[string]any{"fields": fieldsOf(view)}, &made)
	switch {
	case err != nil:
		return incident.TicketRef{}, err
	case made.Key == "":
		return incident.TicketRef{}, &rest.Error{
			Vendor: vendor, Attempted: attempted, Maybe: true,
			Err: errors.New("the answer names no issue"),
		}
	}
	return c.ref(made.Key), nil
}

// fieldsOf is a plain map, because a custom field may be any JSON and the type of
// go-jira has room for few. What the plan says of the fields that are ours does not
// count, its labels apart.
func fieldsOf(view incident.TicketView) map[string]any {
	labels := []any{view.Label, productLabel}
	if more, ok := view.Plan.Fields["labels"].([]any); ok {
		labels = append(labels, more...)
	}
	fields := map[string]any{}
	maps.Copy(fields, view.Plan.Fields)
	maps.Copy(fields, textOf(view))
	fields["project"] = map[string]any{"key": view.Plan.Project}
	fields["issuetype"] = map[string]any{"name": view.Plan.Type}
	fields["labels"] = labels
	return fields
}

func textOf(view incident.TicketView) map[string]any {
	return map[string]any{
		"summary":     cmp.Or(oneLine(view.Summary), view.Label),
		"description": longText(view.Description),
	}
}

// ref names the issue, with its address for people. The gateway of scoped tokens has
// no pages for people and does not say where they are.
func (c *Client) ref(key string) incident.TicketRef {
	if strings.HasPrefix(c.base, gateway) {
		return incident.TicketRef{Key: key}
	}
	return incident.TicketRef{Key: key, URL: c.base + "/browse/" + key}
}
