// Package jira keeps the record of an incident as a Jira issue: one issue, found
// again by its label, kept current, and closed at the end. It stands on go-jira and
// speaks version 2 of the API, whose texts are wiki markup, to Jira Cloud and to
// Jira on one's own servers. It neither retries nor remembers anything; what the
// record says is the caller's.
package jira

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/andygrunwald/go-jira"

	"github.com/seed-44180607/lastgood/integrations/rest"
)

const (
	vendor = "jira"
	// defaultTimeout bounds a call when no client is given. Jira takes seconds for
	// a write on a busy day.
	defaultTimeout = 20 * time.Second
)

// Config says where Jira is and who asks.
type Config struct {
	// URL is the address of the site, with its path if it has one. Scoped tokens of
	// Cloud work only at https://api.atlassian.com/ex/jira/<cloud ID>.
	URL string
	// User is the e-mail address of the account on Cloud. Own servers need none.
	User string
	// Token is an API token on Cloud, a personal access token on own servers.
	Token string
	// DataCenter is true for Jira on one's own servers.
	DataCenter bool
	// HTTP makes the calls. Nil means a client of its own with 20 s for each call.
	HTTP *http.Client
}

// Client talks to one Jira. Any number of goroutines may use it. Every error of its
// methods is a *rest.Error.
type Client struct {
	base       string
	dataCenter bool
	lib        *jira.Client
}

// New makes a client. It makes no call; it fails when a setting cannot be used.
func New(c Config) (*Client, error) {
	base, err := baseOf(c.URL)
	switch {
	case err != nil:
		return nil, fmt.Errorf("jira: %w", err)
	case c.Token == "":
		return nil, errors.New("jira: a token is needed")
	case c.User == "" && !c.DataCenter:
		return nil, errors.New("jira: a user is needed on Cloud")
	}
	lib, err := jira.NewClient(clientOf(c), base)
	if err != nil {
		return nil, errors.New("jira: the URL cannot be read")
	}
	return &Client{base: base, dataCenter: c.DataCenter, lib: lib}, nil
}

// clientOf signs each request and checks each answer. It never follows a redirect,
// which would take the signature to another host.
func clientOf(c Config) *http.Client {
	if c.HTTP == nil {
		c.HTTP = rest.NewClient(defaultTimeout)
	}
	checked := answers{c.HTTP.Transport}
	if checked.next == nil {
		checked.next = http.DefaultTransport
	}
	signing := *c.HTTP
	signing.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	if c.DataCenter {
		signing.Transport = &jira.BearerAuthTransport{Token: c.Token, Transport: checked}
	} else {
		signing.Transport = &jira.BasicAuthTransport{Username: c.User, Password: c.Token, Transport: checked}
	}
	return &signing
}

func baseOf(raw string) (string, error) {
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return "", errors.New("the URL cannot be read")
	case (u.Scheme != "http" && u.Scheme != "https") || u.Host == "":
		return "", errors.New("the URL must begin with http:// or https:// and a host")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return "", errors.New("the URL must have no user, query or fragment")
	}
	return strings.TrimRight(u.String(), "/"), nil
}

// answers reads each answer to its end and lets only usable ones through to
// go-jira, which forgets to close what it does not decode, hides the status of a
// failure, and shows one message of many, by chance.
type answers struct{ next http.RoundTripper }

func (a answers) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := a.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	response.Body = io.NopCloser(bytes.NewReader(body))
	if response.StatusCode < 200 || response.StatusCode > 299 {
		return nil, refusal(response, body)
	}
	if len(body) > 0 && !json.Valid(body) || len(body) == 0 && r.Method == http.MethodGet {
		unusable := rest.FromResponse(vendor, "call", response)
		unusable.Err = errors.New("the answer is not JSON: does the URL lead to Jira itself?")
		return nil, unusable
	}
	return response, nil
}

// failed makes the error of a call of go-jira, which wraps what answers says.
func failed(attempted string, err error) *rest.Error {
	e := rest.FromTransport(vendor, attempted, err)
	e.Attempted = attempted
	return e
}

// call makes a request for which go-jira has no method, or none that Jira accepts.
func (c *Client) call(ctx context.Context, attempted, method, path string, send, into any) error {
	request, err := c.lib.NewRequestWithContext(ctx, method, path, send)
	if err != nil {
		return failed(attempted, err)
	}
	response, err := c.lib.Do(request, into)
	if err != nil {
		return failed(attempted, err)
	}
	return response.Body.Close()
}
