package jira

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/andygrunwald/go-jira"
)

// transition is one way out of a status. The type of go-jira has no room for the
// values that a field may take.
type transition struct {
	ID     string           `json:"id"`
	Name   string           `json:"name"`
	To     jira.Status      `json:"to"`
	Fields map[string]field `json:"fields"`
}

// field is one on the screen of a transition.
type field struct {
	Required bool    `json:"required"`
	Allowed  []value `json:"allowedValues"`
}

type value struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// transitions lists the ways out of the status that the issue has.
func (c *Client) transitions(ctx context.Context, key string) ([]transition, error) {
	var list struct {
		Transitions []transition `json:"transitions"`
	}
	path := issuePath(key) + "/transitions?expand=transitions.fields"
	err := c.call(ctx, "read the transitions of ticket "+key, http.MethodGet, path, nil, &list)
	return list.Transitions, err
}

// transit asks for a transition, with a resolution where its screen requires one,
// as Jira's classic workflow does.
func (c *Client) transit(ctx context.Context, key string, t transition) error {
	payload := map[string]any{"transition": map[string]any{"id": t.ID}}
	if id := t.resolution(); id != "" {
		payload["fields"] = map[string]any{"resolution": map[string]any{"id": id}}
	}
	attempted := fmt.Sprintf("make ticket %s %q", key, cmp.Or(t.To.Name, t.Name))
	return c.call(ctx, attempted, http.MethodPost, issuePath(key)+"/transitions", payload, nil)
}

// resolution is the ID of the required resolution that says most plainly that the
// work is done, else of the first; empty when none is required.
func (t transition) resolution() string {
	wanted := t.Fields["resolution"]
	if !wanted.Required || len(wanted.Allowed) == 0 {
		return ""
	}
	for _, name := range []string{"Done", "Fixed", "Resolved"} {
		if at := slices.IndexFunc(wanted.Allowed, func(v value) bool { return named(name, v.Name) }); at >= 0 {
			return wanted.Allowed[at].ID
		}
	}
	return wanted.Allowed[0].ID
}

// names lists where the ways lead.
func names(ways []transition) string {
	if len(ways) == 0 {
		return "nothing"
	}
	list := make([]string, len(ways))
	for i, t := range ways {
		list[i] = fmt.Sprintf("%q", t.To.Name)
	}
	return strings.Join(list, ", ")
}
