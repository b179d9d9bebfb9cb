// Package slack is the way to Slack and back: it draws and posts the messages of
// an incident, finds them again by their marker, answers one person privately,
// lists groups, and reads signed clicks. It does not retry, does not remember what
// it posted, and does not know which person stands behind a Slack user.
package slack

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/integrations/rest"
)

const (
	vendor = "slack"
	// DefaultURL is where Slack's Web API is.
	DefaultURL = "https://slack.com/api/"
	// timeout is that of one call, unless the caller brings a client.
	timeout = 5 * time.Second
	// eventType marks the metadata of our messages.
	eventType = "lastgood"
)

// Config says how to reach Slack. Only the bot token is required.
type Config struct {
	Token  string
	APIURL string
	HTTP   *http.Client
}

// Client calls Slack's Web API. Every error of its methods is a *rest.Error.
type Client struct {
	api   *slack.Client
	http  doer
	url   string
	token string
}

// New makes a client. It makes no call.
func New(c Config) *Client {
	if c.APIURL == "" {
		c.APIURL = DefaultURL
	}
	if c.HTTP == nil {
		c.HTTP = rest.NewClient(timeout)
	}
	// slack-go puts base and method together without a slash of its own.
	base := strings.TrimSuffix(c.APIURL, "/") + "/"
	http := doer{c.HTTP}
	return &Client{
		api:  slack.New(c.Token, slack.OptionAPIURL(base), slack.OptionHTTPClient(http)),
		http: http, url: base, token: c.Token,
	}
}

// Post sends a message to a channel, or to one person by the user ID, and says
// where it lies. It is one HTTP call; Slack opens the direct message by itself.
func (c *Client) Post(ctx context.Context, to string, m incident.Message) (incident.Receipt, error) {
	options := content(m)
	if m.Marker != "" || len(m.Merged) > 0 {
		options = append(options, slack.MsgOptionMetadata(metadata(m)))
	}
	if m.Thread != "" {
		options = append(options, slack.MsgOptionTS(m.Thread))
	}
	attempted := "post to " + to
	channel, ts, err := c.api.PostMessageContext(ctx, to, options...)
	if err == nil && (channel == "" || ts == "") {
		err = errNoMessage
	}
	if err != nil {
		return incident.Receipt{}, failure(attempted, err)
	}
	return incident.Receipt{Channel: channel, TS: ts}, nil
}

// Edit puts the message in the place of the one that lies there. Slack keeps the
// metadata that the message was posted with.
func (c *Client) Edit(ctx context.Context, at incident.Receipt, m incident.Message) error {
	_, ts, _, err := c.api.UpdateMessageContext(ctx, at.Channel, at.TS, content(m)...)
	if err == nil && ts == "" {
		err = errNoMessage
	}
	if err != nil {
		return failure("edit message "+at.TS+" in "+at.Channel, err)
	}
	return nil
}

// Whisper shows one person a text that nobody else sees. It is not kept, and not
// delivered to somebody who is away from Slack.
func (c *Client) Whisper(ctx context.Context, to incident.Reply, text string) error {
	options := []slack.MsgOption{slack.MsgOptionText(escape(text, maxSection), false), slack.MsgOptionParse(false)}
	if to.Thread != "" {
		options = append(options, slack.MsgOptionTS(to.Thread))
	}
	ts, err := c.api.PostEphemeralContext(ctx, to.Channel, to.User, options...)
	if err == nil && ts == "" {
		err = errNoMessage
	}
	if err != nil {
		return failure("whisper to "+to.User+" in "+to.Channel, err)
	}
	return nil
}

// errNoMessage is an answer without the message: slack-go takes ok:false without
// an error for a success.
var errNoMessage = errors.New("the answer names no message")

// content is what a message shows. Text and blocks are always sent both: what
// chat.update leaves as it was, when one is left out, differs.
func content(m incident.Message) []slack.MsgOption {
	blocks, fallback := Draw(m)
	return []slack.MsgOption{
		slack.MsgOptionText(fallback, false),
		slack.MsgOptionBlocks(blocks...),
		// Nothing but what Draw wrote becomes a mention or a link.
		slack.MsgOptionParse(false),
		slack.MsgOptionDisableLinkUnfurl(),
		slack.MsgOptionDisableMediaUnfurl(),
	}
}
