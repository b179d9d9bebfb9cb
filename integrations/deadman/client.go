// Package deadman tells a monitor outside of lastgood that lastgood is alive, as services like healthchecks.io, and
// other lastgoods, expect it: by a POST without a body to an address that is a secret. It does not retry, and decides
// nothing.
package deadman

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/seed-44180607/lastgood/integrations/rest"
)

const (
	vendor = "deadman"
	// timeout is that of one call, unless the caller brings a client.
	timeout = 5 * time.Second
)

// Config says where to ping.
type Config struct {
	// URL may carry a user and a password, which are sent as basic auth.
	URL  string
	HTTP *http.Client
}

// Client pings one address. Every error of its methods is a *rest.Error.
type Client struct {
	url  string
	http *http.Client
}

// New makes a client. It makes no call. The error does not repeat the address.
func New(c Config) (*Client, error) {
	u, err := url.Parse(c.URL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, errors.New("deadman: the address cannot be used; write it like https://hc-ping.com/UUID")
	}
	if c.HTTP == nil {
		c.HTTP = rest.NewClient(timeout)
	}
	return &Client{url: c.URL, http: c.HTTP}, nil
}

// attempted is what every call is for. The address is left out: whoever knows it can ping.
const attempted = "say that lastgood is alive"

// Ping says that lastgood is alive. An answer counts that is a success itself: a redirect leads to a page for people.
func (c *Client) Ping(ctx context.Context) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, http.NoBody)
	if err != nil {
		return rest.FromTransport(vendor, attempted, err)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return withoutPath(rest.FromTransport(vendor, attempted, err), err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode < 200 || response.StatusCode > 299 {
		failed := rest.FromResponse(vendor, attempted, response)
		failed.Err = nil // What the answer says may repeat the address.
		return failed
	}
	return nil
}

// withoutPath takes the address out of a failure: here its path is the secret.
func withoutPath(failed *rest.Error, err error) *rest.Error {
	if broken, ok := errors.AsType[*url.Error](err); ok {
		return rest.FromTransport(vendor, attempted, broken.Err)
	}
	return failed
}
