package ical

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/seed-44180607/lastgood/integrations/rest"
)

const (
	vendor = "ical"
	// maxBody is the longest file that is read, in bytes; rest bounds answers alike.
	maxBody = 1 << 20
	// within is how long one fetch may take.
	within = 20 * time.Second
)

// Config says where a calendar is.
type Config struct {
	// Name is the schedule's: it stands in errors instead of the address.
	Name string
	// Address is an http, https or webcal URL, a file URL, or a path. Whoever
	// knows the URL of a calendar may read it: no error shows more of it than the host.
	Address string
	// Within is how long one fetch may take; 0 means 20 s.
	Within time.Duration
}

// Client fetches one calendar. It is not for concurrent use.
type Client struct {
	http    *http.Client
	url     *url.URL // Of a calendar on the web.
	path    string   // Of a file.
	attempt string

	// Of the last good answer.
	body               []byte
	etag, lastModified string
}

// New makes the client of a calendar. It connects to nobody. The error is about
// the address.
func New(c Config) (*Client, error) {
	client := &Client{attempt: "read the calendar of " + c.Name}
	u, err := Address(c.Address)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: %w", client.attempt, err)
	case u.Scheme == "file":
		client.path = filepath.FromSlash(u.Path)
	default:
		if c.Within <= 0 {
			c.Within = within
		}
		client.url, client.http = u, rest.NewClient(c.Within)
		client.attempt += " at " + u.Host
	}
	return client, nil
}

// Address reads where a calendar is, and gives it as a URL whose scheme is http,
// https or file. webcal is what calendars' links say for https.
func Address(text string) (*url.URL, error) {
	if !strings.Contains(text, "://") {
		if text == "" {
			return nil, errors.New("there is no address")
		}
		return &url.URL{Scheme: "file", Path: filepath.ToSlash(text)}, nil
	}
	u, err := url.Parse(text)
	if err != nil {
		return nil, errors.New("the address is no URL") // The reason quotes pieces of it.
	}
	if u.Scheme == "webcal" {
		u.Scheme = "https"
	}
	switch {
	case u.Scheme == "file" && (u.Host == "" || u.Host == "localhost") && u.Path != "":
		return &url.URL{Scheme: "file", Path: u.Path}, nil
	case u.Scheme == "file":
		return nil, errors.New("a file URL has three slashes and an absolute path, like file:///etc/lastgood/oncall.ics")
	case (u.Scheme == "http" || u.Scheme == "https") && u.Host != "":
		return u, nil
	default:
		return nil, errors.New("the address is neither an https URL like https://calendar.example.com/oncall.ics nor a file")
	}
}

// OnTheWeb reports whether the calendar is fetched by HTTP.
func (c *Client) OnTheWeb() bool { return c.url != nil }

// Fetch gives the calendar as it is now. One that has not changed since the last
// fetch is not sent again by most servers: then the last answer is given. Every
// failure of a server is a *rest.Error.
func (c *Client) Fetch(ctx context.Context) ([]byte, error) {
	if c.url == nil {
		return c.readFile()
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.url.String(), http.NoBody)
	if err != nil {
		return nil, c.failed(err)
	}
	request.Header.Set("Accept", "text/calendar")
	if c.body != nil && c.etag != "" {
		request.Header.Set("If-None-Match", c.etag)
	}
	if c.body != nil && c.lastModified != "" {
		request.Header.Set("If-Modified-Since", c.lastModified)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return nil, c.failed(err)
	}
	defer func() { _ = response.Body.Close() }()
	return c.answer(response)
}

func (c *Client) answer(response *http.Response) ([]byte, error) {
	switch {
	case response.StatusCode == http.StatusNotModified && c.body != nil:
		return c.body, nil
	case response.StatusCode != http.StatusOK:
		return nil, c.refused(response)
	}
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, c.failed(err)
	}
	c.body = body
	c.etag, c.lastModified = response.Header.Get("ETag"), response.Header.Get("Last-Modified")
	return body, nil
}

// Forget makes the next fetch ask for the whole calendar: the last answer was of no use.
func (c *Client) Forget() { c.body, c.etag, c.lastModified = nil, "", "" }

// failed is a call without a whole answer. The path is part of the secret: only what went wrong is kept.
func (c *Client) failed(err error) error {
	if broken, ok := errors.AsType[*url.Error](err); ok {
		err = broken.Err
	}
	return rest.FromTransport(vendor, c.attempt, err)
}

// refused is an answer that is no calendar. Nothing of its text is kept: error pages show the address that was asked.
func (c *Client) refused(response *http.Response) error {
	failure := rest.FromResponse(vendor, c.attempt, response)
	failure.Err = nil
	if to, err := response.Location(); err == nil && response.StatusCode < http.StatusBadRequest {
		failure.Err = errors.New("redirected to " + to.Host + ", which is not followed: give the address that it leads to")
	}
	return failure
}

func (c *Client) readFile() ([]byte, error) {
	info, err := os.Stat(c.path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.attempt, err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: %s is no file", c.attempt, c.path)
	}
	file, err := os.Open(c.path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.attempt, err)
	}
	defer func() { _ = file.Close() }()
	body, err := io.ReadAll(io.LimitReader(file, maxBody+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: %w", c.attempt, err)
	case len(body) > maxBody:
		return nil, fmt.Errorf("%s: %s is longer than %d bytes", c.attempt, c.path, maxBody)
	default:
		return body, nil
	}
}
