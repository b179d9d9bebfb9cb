// Package twilio is the way to people's phones and back: it sends a page as a
// short text, finds it again, and reads what Twilio signs: the answers of people
// and the reports on what became of a text. It does not retry, and does not know
// which person stands behind a number.
package twilio

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/integrations/rest"
)

const (
	vendor = "twilio"
	// DefaultURL is where Twilio's API is.
	DefaultURL = "https://api.twilio.com"
	// sendWithin bounds one call that sends, findWithin the look before it: both
	// fit into the 5 s that a page has.
	sendWithin = 3 * time.Second
	findWithin = 1500 * time.Millisecond
	// lookBack is how many texts to a number are searched.
	lookBack = "20"
	// skew is how far Twilio's clock may be behind ours.
	skew = time.Minute
)

// Config says how to reach Twilio. AccountSID, AuthToken and From are required.
type Config struct {
	AccountSID, AuthToken string
	// From is a number in E.164, or the SID of a Messaging Service (MG…).
	From   string
	APIURL string
	// PublicURL is where Twilio reaches the starter; "" asks for no reports.
	PublicURL string
	HTTP      *http.Client
}

// Client calls Twilio's REST API. Every error of its methods is a *rest.Error.
type Client struct {
	config   Config
	messages string
}

// New makes a client. It makes no call.
func New(c Config) (*Client, error) {
	base, err := url.Parse(c.APIURL)
	switch {
	case c.APIURL == "":
		base, _ = url.Parse(DefaultURL)
	case err != nil || base.Host == "" || base.User != nil:
		return nil, errors.New("twilio: the URL of the API cannot be used; write it like https://api.twilio.com")
	}
	if c.AccountSID == "" || c.AuthToken == "" || c.From == "" {
		return nil, errors.New("twilio: account SID, auth token and sender are needed")
	}
	if c.HTTP == nil {
		c.HTTP = rest.NewClient(sendWithin)
	}
	return &Client{config: c, messages: base.JoinPath("2010-04-01", "Accounts", c.AccountSID, "Messages.json").String()}, nil
}

// Send sends a page to a number, and gives the SID under which Twilio took it.
// That is no promise: what became of the text is told by a report.
func (c *Client) Send(ctx context.Context, to string, m incident.Message) (incident.Receipt, error) {
	attempted := "text " + masked(to)
	if !drawable(m) {
		return incident.Receipt{}, &rest.Error{Vendor: vendor, Attempted: attempted, Status: http.StatusBadRequest, Err: errors.New("there is no card to draw")}
	}
	form := url.Values{"To": {to}, "Body": {Draw(m)}}
	if strings.HasPrefix(c.config.From, "MG") {
		form.Set("MessagingServiceSid", c.config.From)
	} else {
		form.Set("From", c.config.From)
	}
	if report := reportURL(c.config.PublicURL, m); c.config.PublicURL != "" && len(report) <= maxReportURL {
		form.Set("StatusCallback", report)
	}
	var got message
	err := c.call(ctx, attempted, to, http.MethodPost, c.messages, strings.NewReader(form.Encode()), &got)
	if err == nil && got.SID == "" {
		err = &rest.Error{Vendor: vendor, Attempted: attempted, Status: http.StatusBadGateway, Maybe: true, Err: errors.New("the answer names no message")}
	}
	if err != nil {
		return incident.Receipt{}, err
	}
	return got.receipt(), nil
}

func drawable(m incident.Message) bool {
	for _, page := range m.Merged {
		if page.Card == nil {
			return false
		}
	}
	return m.Card != nil || len(m.Merged) > 0
}

// Find looks for the page among the latest 20 texts to the number, also in one that
// carries several: Twilio has no idempotency key. A text that failed is no page.
func (c *Client) Find(ctx context.Context, to string, m incident.Message) (incident.Receipt, bool, error) {
	if m.Card == nil {
		return incident.Receipt{}, false, nil
	}
	texts, err := c.latest(ctx, to)
	if err != nil {
		return incident.Receipt{}, false, err
	}
	for _, there := range texts {
		if with, yes := there.pages(m); yes {
			receipt := there.receipt()
			receipt.With = with
			return receipt, true, nil
		}
	}
	return incident.Receipt{}, false, nil
}

// Alone says whether an answer without a code can be meant for nothing but the incident:
// the latest page that was texted to the number is about it, and none of the latest 20
// texts named it together with others.
func (c *Client) Alone(ctx context.Context, number, incidentID string) (bool, error) {
	texts, err := c.latest(ctx, number)
	if err != nil {
		return false, err
	}
	pages := slices.DeleteFunc(texts, func(m message) bool { return !m.left() || !tagged.MatchString(m.Body) })
	code := incident.Code(incidentID)
	for _, there := range pages {
		if _, tags := readMerged(there.Body); tags[code] != "" {
			return false, nil
		}
	}
	return len(pages) > 0 && strings.Contains(pages[0].Body, toEscalate(code)), nil
}

// latest lists the texts to a number, the newest first.
func (c *Client) latest(ctx context.Context, number string) ([]message, error) {
	ctx, cancel := context.WithTimeout(ctx, findWithin)
	defer cancel()
	query := url.Values{"To": {number}, "PageSize": {lookBack}}
	var got struct {
		Messages []message `json:"messages"`
	}
	err := c.call(ctx, "look for a text to "+masked(number), number, http.MethodGet, c.messages+"?"+query.Encode(), http.NoBody, &got)
	return got.Messages, err
}

// message is the part of Twilio's Message resource that is needed
// (https://www.twilio.com/docs/messaging/api/message-resource).
type message struct {
	SID         string `json:"sid"`
	Body        string `json:"body"`
	Status      string `json:"status"`
	Direction   string `json:"direction"`
	DateCreated string `json:"date_created"`
}

func (m message) receipt() incident.Receipt { return incident.Receipt{Said: "accepted as " + m.SID} }

// left says whether lastgood sent the text, and the networks have not lost it.
func (m message) left() bool { return strings.HasPrefix(m.Direction, "outbound") && !failed(m.Status) }

// pages says whether the text is the page, and with how many others: it carries the
// page's tag.
func (m message) pages(page incident.Message) (with int, yes bool) {
	created, err := time.Parse(time.RFC1123Z, m.DateCreated)
	if err != nil || created.Before(page.Since.Add(-skew)) || !m.left() {
		return 0, false
	}
	code := incident.Code(page.Card.Incident)
	if n, tags := readMerged(m.Body); n > 0 {
		return n - 1, tags[code] == placeTag(page)
	}
	return 0, strings.Contains(m.Body, code) && strings.HasSuffix(m.Body, tag(page.Marker))
}

func failed(status string) bool {
	return status == "failed" || status == "undelivered" || status == "canceled"
}

func (c *Client) call(ctx context.Context, attempted, to, method, address string, body io.Reader, into any) error {
	request, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return rest.FromTransport(vendor, attempted, err)
	}
	request.SetBasicAuth(c.config.AccountSID, c.config.AuthToken)
	request.Header.Set("Accept", "application/json")
	if method == http.MethodPost {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	response, err := c.config.HTTP.Do(request)
	if err != nil {
		return rest.FromTransport(vendor, attempted, err)
	}
	defer response.Body.Close()
	if response.StatusCode < 200 || response.StatusCode > 299 {
		return refusal(attempted, to, response)
	}
	if err := json.NewDecoder(response.Body).Decode(into); err != nil {
		return &rest.Error{Vendor: vendor, Attempted: attempted, Status: http.StatusBadGateway, Maybe: true, Err: errors.New("the answer is not Twilio's JSON")}
	}
	return nil
}

// refusal reads Twilio's own code and words out of an answer
// (https://www.twilio.com/docs/api/errors): 21610 is a number that answered STOP,
// 21211 and 21614 are numbers that take no text.
func refusal(attempted, to string, response *http.Response) *rest.Error {
	body, _ := io.ReadAll(io.LimitReader(response.Body, maxRefusal)) // What was read will do.
	response.Body = io.NopCloser(bytes.NewReader(body))
	out := rest.FromResponse(vendor, attempted, response)
	var said struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
	}
	if json.Unmarshal(body, &said) != nil || said.Code == 0 {
		return out
	}
	out.Code = strconv.Itoa(said.Code)
	out.Err = errors.New(strings.ReplaceAll(said.Message, to, masked(to)))
	if said.Code == queueFull || said.Code == tooManyRequests {
		out.Status = http.StatusTooManyRequests
	}
	return out
}

// maxRefusal is how much of a refusal is read, in bytes.
const maxRefusal = 16 << 10

// Codes of limits, whatever status they come with.
const (
	tooManyRequests = 20429
	queueFull       = 21611
)

// masked is a number that may stand where a whole team reads it: +44…01.
func masked(number string) string {
	if len(number) < 7 {
		return "a phone"
	}
	return fmt.Sprintf("%s…%s", number[:3], number[len(number)-2:])
}
