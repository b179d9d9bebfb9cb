package jira

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/andygrunwald/go-jira"

	"github.com/seed-44180607/lastgood/incident"
)

// latestComments is how many comments are searched for a marker.
const latestComments = "20"

// Update writes summary and description and upserts the link: a remote link with a
// global ID that exists is replaced. All of it may be repeated.
func (c *Client) Update(ctx context.Context, key string, view incident.TicketView) error {
	attempted := "update ticket " + key
	if err := c.call(ctx, attempted, http.MethodPut, issuePath(key), map[string]any{"fields": textOf(view)}, nil); err != nil {
		return err
	}
	if view.Link.URL == "" {
		return nil
	}
	return c.call(ctx, "link ticket "+key, http.MethodPost, issuePath(key)+"/remotelink", jira.RemoteLink{
		GlobalID: "incident=" + view.Label,
		Object:   &jira.RemoteLinkObject{URL: view.Link.URL, Title: oneLine(cmp.Or(view.Link.Text, view.Link.URL))},
	}, nil)
}

// Comment adds a comment, unless check is true and one of the latest 20 holds its
// marker. AddComment of go-jira is not used: it sends an empty author, which Cloud
// refuses.
func (c *Client) Comment(ctx context.Context, key string, comment incident.Comment, check bool) error {
	if check {
		there, err := c.commented(ctx, key, comment.Marker)
		if err != nil || there {
			return err
		}
	}
	body := map[string]any{"body": commentText(comment)}
	return c.call(ctx, "comment on ticket "+key, http.MethodPost, issuePath(key)+"/comment", body, nil)
}

func (c *Client) commented(ctx context.Context, key, marker string) (bool, error) {
	query := url.Values{"orderBy": {"-created"}, "maxResults": {latestComments}}
	var page jira.Comments
	path := issuePath(key) + "/comment?" + query.Encode()
	if err := c.call(ctx, "read the comments on ticket "+key, http.MethodGet, path, nil, &page); err != nil {
		return false, err
	}
	for _, comment := range page.Comments {
		if strings.Contains(comment.Body, marker) {
			return true, nil
		}
	}
	return false, nil
}

// commentText is the body; one that has to be cut still ends with its marker.
func commentText(comment incident.Comment) string {
	body := longText(comment.Body)
	if comment.Marker == "" || strings.Contains(body, comment.Marker) {
		return body
	}
	end := cutNote + "\n" + comment.Marker
	return cut(printable(comment.Body), maxText-length(end), "") + end
}

func issuePath(key string) string { return "rest/api/2/issue/" + key }
