package jira

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/andygrunwald/go-jira"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/integrations/rest"
)

// maxHops is how many transitions are made to get to a status that counts as done.
const maxHops = 3

// Close brings the issue into the status that counts as done, through up to two
// others where the project's workflow has no direct way. It does nothing when the
// issue is there: a transition that was made already is refused.
func (c *Client) Close(ctx context.Context, key string, plan incident.TicketPlan) error {
	been := map[string]bool{}
	for range maxHops {
		status, err := c.status(ctx, key)
		if err != nil || done(status, plan) {
			return err
		}
		been[status.Name] = true
		next, err := c.next(ctx, key, status, plan, been)
		if err != nil {
			return err
		}
		if err := c.move(ctx, key, status, next); err != nil {
			return err
		}
	}
	status, err := c.status(ctx, key)
	if err != nil || done(status, plan) {
		return err
	}
	return noWay(key, fmt.Errorf("after %d transitions it is %q", maxHops, status.Name))
}

func (c *Client) status(ctx context.Context, key string) (*jira.Status, error) {
	attempted := "read the status of ticket " + key
	issue, _, err := c.lib.Issue.GetWithContext(ctx, key, &jira.GetQueryOptions{Fields: "status"})
	switch {
	case err != nil:
		return nil, failed(attempted, err)
	case issue.Fields == nil || issue.Fields.Status == nil:
		return nil, failed(attempted, errors.New("the answer has no status"))
	}
	return issue.Fields.Status, nil
}

// next chooses the transition: into the status that the plan names, else into any
// that counts as done, else to somewhere new from where there may be a way. The IDs
// of transitions differ from project to project, so they are found by name.
func (c *Client) next(ctx context.Context, key string, from *jira.Status, plan incident.TicketPlan, been map[string]bool) (transition, error) {
	ways, err := c.transitions(ctx, key)
	if err != nil {
		return transition{}, err
	}
	for _, wanted := range []func(transition) bool{
		func(t transition) bool { return named(plan.Done, t.Name) || named(plan.Done, t.To.Name) },
		func(t transition) bool { return t.To.StatusCategory.Key == jira.StatusCategoryComplete },
		func(t transition) bool {
			return t.To.StatusCategory.Key == jira.StatusCategoryInProgress && !been[t.To.Name]
		},
		func(t transition) bool { return !been[t.To.Name] },
	} {
		if at := slices.IndexFunc(ways, wanted); at >= 0 {
			return ways[at], nil
		}
	}
	return transition{}, noWay(key, fmt.Errorf("from %q it may become %s", from.Name, names(ways)))
}

// move makes a transition. A refusal is no failure when somebody else has moved the
// issue meanwhile: the next look at the status decides.
func (c *Client) move(ctx context.Context, key string, from *jira.Status, t transition) error {
	refused := c.transit(ctx, key, t)
	if e, ok := errors.AsType[*rest.Error](refused); !ok || e.Status != http.StatusBadRequest && e.Status != http.StatusConflict {
		return refused
	}
	now, err := c.status(ctx, key)
	if err != nil || now.Name == from.Name {
		return refused
	}
	return nil
}

func done(s *jira.Status, plan incident.TicketPlan) bool {
	return s.StatusCategory.Key == jira.StatusCategoryComplete || named(plan.Done, s.Name)
}

func named(want, got string) bool { return want != "" && strings.EqualFold(want, got) }

func noWay(key string, why error) *rest.Error {
	return &rest.Error{
		Vendor: vendor, Attempted: "close ticket " + key,
		Status: http.StatusUnprocessableEntity, Code: "no-way-to-done", Err: why,
	}
}
