// Package rest is what the adapters of HTTP vendors share: a client with bounds,
// and one typed error by which a failed call is told from a refused one. It does
// not retry, does not log, and knows no vendor.
package rest

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// maxBody is the longest answer that is read, in bytes.
const maxBody = 1 << 20

// NewClient gives a client whose calls end within the timeout, the reading of the
// answer included. Answers over 1 MiB fail while they are read. It follows no
// redirect: an API that redirects is a login page or a wrong base URL, and the
// caller sees that status. Connections are kept, so that a page does not wait for
// a handshake.
func NewClient(timeout time.Duration) *http.Client {
	dialer := net.Dialer{Timeout: timeout / 2, KeepAlive: 15 * time.Second}
	return &http.Client{
		Timeout: timeout,
		Transport: bounded{&http.Transport{
			Proxy: http.ProxyFromEnvironment,
			// Both are shorter than the timeout, so that a vendor that was not
			// reached is told from one that did not answer.
			DialContext:         dialer.DialContext,
			TLSHandshakeTimeout: timeout / 2,
			ForceAttemptHTTP2:   true,
			MaxIdleConns:        256,
			MaxIdleConnsPerHost: 64,
			IdleConnTimeout:     90 * time.Second,
			// Without a ping, a dead HTTP/2 connection fails every call until the
			// kernel gives it up.
			HTTP2: &http.HTTP2Config{SendPingTimeout: 10 * time.Second, PingTimeout: 3 * time.Second},
		}},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// bounded cuts off answers that are too long.
type bounded struct{ *http.Transport }

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := b.Transport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	response.Body = &body{ReadCloser: response.Body, left: maxBody}
	return response, nil
}

type body struct {
	io.ReadCloser
	left int
}

func (b *body) Read(p []byte) (int, error) {
	// One byte more than allowed is asked for: the end and too much then differ.
	if len(p) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.ReadCloser.Read(p)
	if n > b.left {
		return b.left, fmt.Errorf("the answer is longer than %d bytes", maxBody)
	}
	b.left -= n
	return n, err
}
