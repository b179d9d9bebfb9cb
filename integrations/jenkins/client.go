// Package jenkins reads what was deployed from a Jenkins job, has one release
// deployed, and follows that order to its end. It stands on gojenkins for the
// reads and the types of builds; what that library does unsafely is done here,
// each time with the reason. It neither retries nor remembers anything, and it
// does not decide which release to go back to.
//
// Addresses that Jenkins reports are for people only. Jenkins builds them from the
// root URL in its own settings, which need not be reachable from here.
package jenkins

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/bndr/gojenkins"

	"github.com/seed-44180607/lastgood/integrations/rest"
)

const (
	vendor = "jenkins"
	// defaultTimeout bounds a call when no client is given.
	defaultTimeout = 10 * time.Second
	// orderPatience is how many times as long as other calls the order of a build may
	// take. Given up early, it is still carried out, and nobody knows where it is.
	orderPatience = 3
	// maxPage is how much of a refusal is searched for the word crumb, in bytes.
	maxPage = 64 << 10
	// noCrumb is the code of a refusal that a crumb mends.
	noCrumb = "no-crumb"
	// crumbFailed is the code of a crumb that was not to be had: the order was not sent with one.
	crumbFailed = "crumb-refused"
)

// Config says where Jenkins is and who asks.
type Config struct {
	// URL is the address of Jenkins, with its path if it has one.
	URL string
	// User and Token are a Jenkins user and one of their API tokens. A password
	// works as well, at the price of two more calls for each order.
	User  string
	Token string
	// HTTP makes the calls; its timeout counts three times for the order of a build. Nil
	// means a client of its own with 10 s for each call.
	HTTP *http.Client
}

// Client talks to one Jenkins. Any number of goroutines may use it. Every error of
// its methods is a *rest.Error.
type Client struct {
	base  string
	user  string
	token string
	reads gojenkins.JenkinsRequester
	// writes sends what changes something, orders what orders a build.
	writes, orders *http.Client
}

// New makes a client. It makes no call; it fails when a setting cannot be used.
func New(c Config) (*Client, error) {
	base, err := baseOf(c.URL)
	if err != nil {
		return nil, fmt.Errorf("jenkins: %w", err)
	}
	if c.User == "" || c.Token == "" {
		return nil, errors.New("jenkins: user and API token are both needed")
	}
	if c.HTTP == nil {
		c.HTTP = rest.NewClient(defaultTimeout)
	}
	writes := *c.HTTP
	writes.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	orders := writes
	orders.Timeout *= orderPatience
	reads := writes
	reads.Transport = answers{transportOf(c.HTTP)}
	return &Client{
		base:   base,
		user:   c.User,
		token:  c.Token,
		reads:  gojenkins.CreateJenkins(&reads, base, c.User, c.Token).Requester,
		writes: &writes,
		orders: &orders,
	}, nil
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

func transportOf(c *http.Client) http.RoundTripper {
	if c.Transport == nil {
		return http.DefaultTransport
	}
	return c.Transport
}

// answers lets only JSON of a successful call through to gojenkins, which shows no
// status code (a 401 without a body is no error to it, an HTML page only an invalid
// character) and follows redirects to login pages.
type answers struct{ next http.RoundTripper }

func (a answers) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := a.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, rest.FromResponse(vendor, "read", response)
	}
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	if !json.Valid(body) {
		unusable := rest.FromResponse(vendor, "read", response)
		unusable.Err = errors.New("the answer is not JSON: does the URL lead to Jenkins itself?")
		return nil, unusable
	}
	response.Body = io.NopCloser(bytes.NewReader(body))
	return response, nil
}

// read decodes what the API tells of the thing at the path, the named fields only.
func (c *Client) read(ctx context.Context, attempted, path, tree string, into any) error {
	response, err := c.reads.GetJSON(ctx, path, into, map[string]string{"tree": tree})
	if err != nil {
		return failed(attempted, err)
	}
	return response.Body.Close()
}

// failed leaves err as it is: two calls at the same time may share it, as one that is
// broken off fails with what the other one failed with.
func failed(attempted string, err error) *rest.Error {
	e := *rest.FromTransport(vendor, attempted, err)
	e.Attempted = attempted
	return &e
}

// reply is what matters of the answer to a POST.
type reply struct {
	status   int
	location string
	redirect error
}

// led says where an answer that names no queue item leads.
func (r reply) led() string {
	if r.redirect == nil {
		return "it leads nowhere"
	}
	return r.redirect.Error()
}

// post sends a form. It does without gojenkins, whose POSTs fetch a crumb first,
// from an address with /api/json twice, and panic when that call fails; they also
// follow the 303 of an order that is queued already into a page of plain text. An
// API token needs no crumb: one is fetched only when Jenkins asks for it.
func (c *Client) post(ctx context.Context, by *http.Client, attempted, path string, form url.Values) (reply, error) {
	got, err := c.send(ctx, by, attempted, path, form, nil)
	if refused, ok := errors.AsType[*rest.Error](err); !ok || refused.Code != noCrumb {
		return got, err
	}
	crumb, err := c.crumb(ctx, attempted)
	if err != nil {
		return reply{}, err
	}
	return c.send(ctx, by, attempted, path, form, crumb)
}

func (c *Client) send(ctx context.Context, by *http.Client, attempted, path string, form url.Values, crumb http.Header) (reply, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		return reply{}, failed(attempted, err)
	}
	maps.Copy(request.Header, crumb)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.SetBasicAuth(c.user, c.token)
	response, err := by.Do(request)
	if err != nil {
		return reply{}, failed(attempted, err)
	}
	defer response.Body.Close()
	// An error here means that the piece is short, and that is all it is.
	page, _ := io.ReadAll(io.LimitReader(response.Body, maxPage))
	if response.StatusCode < http.StatusBadRequest {
		return reply{
			status: response.StatusCode, location: response.Header.Get("Location"),
			redirect: rest.FromResponse(vendor, attempted, response).Err,
		}, nil
	}
	response.Body = io.NopCloser(bytes.NewReader(page))
	refused := rest.FromResponse(vendor, attempted, response)
	if refused.Status == http.StatusForbidden && bytes.Contains(page, []byte("No valid crumb")) {
		refused.Code = noCrumb
		refused.Err = errors.New("a crumb is wanted and none was taken: JENKINS_TOKEN must be an API token, which needs none")
	}
	return reply{}, refused
}

// crumb fetches the token against forged requests as the header to send it in. It
// is bound to the session, so the cookies go along.
func (c *Client) crumb(ctx context.Context, attempted string) (http.Header, error) {
	var issued struct {
		Crumb string `json:"crumb"`
		Field string `json:"crumbRequestField"`
	}
	response, err := c.reads.GetJSON(ctx, "/crumbIssuer", &issued, nil)
	if err != nil {
		refused := failed(attempted+": fetch a crumb for it", err)
		// Jenkins has said no to what the crumb is for, so that nothing of it was done.
		refused.Code, refused.Maybe = crumbFailed, false
		if refused.Refused() {
			refused.Err = errors.New("a crumb is wanted and none is given: use an API token as JENKINS_TOKEN, which needs none, or let /crumbIssuer through")
		}
		return nil, refused
	}
	defer response.Body.Close()
	if issued.Field == "" {
		return nil, failed(attempted, errors.New("the crumb issuer names no header"))
	}
	header := http.Header{}
	header.Set(issued.Field, issued.Crumb)
	for _, cookie := range response.Cookies() {
		header.Add("Cookie", cookie.Name+"="+cookie.Value)
	}
	return header, nil
}
