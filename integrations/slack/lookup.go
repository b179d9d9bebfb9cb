package slack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/integrations/rest"
)

const (
	// lookBack is how many messages are searched: the most that Slack gives to apps
	// under its limits of 2025.
	lookBack = "15"
	// skew is how far Slack's clock may be behind ours.
	skew = time.Minute
)

// Find looks for the message with the marker among the latest 15 since m.Since:
// in the thread when the message has one, else in the channel or the direct
// message. A merged page is found by each of its markers. It is a help against
// doubles, not a proof that nothing was posted.
func (c *Client) Find(ctx context.Context, to string, m incident.Message) (incident.Receipt, bool, error) {
	if m.Marker == "" {
		return incident.Receipt{}, false, nil
	}
	attempted := "look for " + m.Marker + " in " + to
	channel, err := c.conversation(ctx, attempted, to)
	if err != nil {
		return incident.Receipt{}, false, err
	}
	method, form := "conversations.history", url.Values{
		"channel": {channel}, "limit": {lookBack}, "include_all_metadata": {"true"},
	}
	if !m.Since.IsZero() {
		form.Set("oldest", timestamp(m.Since.Add(-skew)))
	}
	if m.Thread != "" {
		method = "conversations.replies"
		form.Set("ts", m.Thread)
	}
	var got history
	if err := c.read(ctx, attempted, method, form, &got); err != nil {
		return incident.Receipt{}, false, err
	}
	for _, message := range got.Messages {
		if with, yes := message.marked(m.Marker); yes {
			return incident.Receipt{Channel: channel, TS: message.TS, With: with}, true, nil
		}
	}
	return incident.Receipt{}, false, nil
}

// Prove says whether Slack takes the bot token now. It posts nothing.
func (c *Client) Prove(ctx context.Context) error {
	if _, err := c.api.AuthTestContext(ctx); err != nil {
		return failure("try the bot token", err)
	}
	return nil
}

// Members lists the user IDs of a user group.
func (c *Client) Members(ctx context.Context, group string) ([]string, error) {
	var got struct {
		outcome
		Users []string `json:"users"`
	}
	err := c.read(ctx, "list the members of "+group, "usergroups.users.list", url.Values{"usergroup": {group}}, &got)
	if err != nil {
		return nil, err
	}
	return got.Users, nil
}

// conversation is the channel to read: a user ID, which is good enough to post
// to, has to be exchanged for the direct message's own.
func (c *Client) conversation(ctx context.Context, attempted, to string) (string, error) {
	if !strings.HasPrefix(to, "U") && !strings.HasPrefix(to, "W") {
		return to, nil
	}
	var got struct {
		outcome
		Channel struct {
			ID string `json:"id"`
		} `json:"channel"`
	}
	err := c.read(ctx, attempted, "conversations.open", url.Values{"users": {to}}, &got)
	return got.Channel.ID, err
}

// outcome is what every answer of Slack begins with.
type outcome struct {
	OK     bool   `json:"ok"`
	Code   string `json:"error"`
	Needed string `json:"needed"`
}

func (o outcome) of() outcome { return o }

type history struct {
	outcome
	Messages []message `json:"messages"`
}

// read makes one call that changes nothing and decodes only what is asked for.
// slack-go decodes whole messages strictly: a single one of another app that it does
// not understand would hide all of ours.
func (c *Client) read(ctx context.Context, attempted, method string, form url.Values, into interface{ of() outcome }) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url+method, strings.NewReader(form.Encode()))
	if err != nil {
		return rest.FromTransport(vendor, attempted, err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Authorization", "Bearer "+c.token)
	response, err := c.http.Do(request)
	if err != nil {
		return failure(attempted, err)
	}
	defer response.Body.Close()
	if err := lenient(json.NewDecoder(response.Body).Decode(into)); err != nil {
		return failure(attempted, fmt.Errorf("decode the answer: %w", err))
	}
	switch got := into.of(); {
	case got.OK:
		return nil
	case got.Code == "":
		return failure(attempted, errNoMessage)
	default:
		return refused(attempted, got.Code, got.Needed, nil)
	}
}

// lenient forgives a value of another type than expected. encoding/json leaves it
// empty and decodes the rest before it says so.
func lenient(err error) error {
	if _, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return nil
	}
	return err
}

// timestamp writes an instant as Slack does: seconds with six decimals.
func timestamp(at time.Time) string {
	return fmt.Sprintf("%d.%06d", at.Unix(), at.Nanosecond()/int(time.Microsecond))
}
