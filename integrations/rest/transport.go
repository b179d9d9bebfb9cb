package rest

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/url"
	"regexp"
	"syscall"
)

// FromTransport makes the error of a call that got no whole answer. Maybe is false
// only when the request cannot have left: no address, no connection, no trusted
// certificate. The cause keeps no URL but host and path, and unwraps to
// context.Canceled or context.DeadlineExceeded alone, because whoever prints the
// chain would print the secrets in it. A *Error stays as it is.
func FromTransport(vendor, attempted string, err error) *Error {
	if already, ok := errors.AsType[*Error](err); ok {
		return already
	}
	return &Error{Vendor: vendor, Attempted: attempted, Maybe: !unsent(err), Err: newCause(err)}
}

// unsent says whether err shows that the request was never sent.
func unsent(err error) bool {
	if broken, ok := errors.AsType[*url.Error](err); ok && broken.Op == "parse" {
		return true
	}
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return true
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return true
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return true
	}
	broken, ok := errors.AsType[*net.OpError](err)
	return ok && broken.Op == "dial"
}

// cause is an error's text without its secrets.
type cause struct {
	text string
	is   error
}

func (c *cause) Error() string { return c.text }

func (c *cause) Unwrap() error { return c.is }

func newCause(err error) error {
	c := &cause{text: short(say(err))}
	for _, known := range []error{context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, known) {
			c.is = known
		}
	}
	return c
}

// say writes a *url.Error again with no more of its URL than host and path. What it says
// stands on cards: that nobody was reached, or did not answer, is told in words.
func say(err error) string {
	broken, ok := errors.AsType[*url.Error](err)
	switch {
	case !ok:
		return err.Error()
	case broken.Op == "parse":
		// The reason quotes pieces of the address, which may be of the password.
		return "the address cannot be read"
	case dialled(broken) != "":
		return host(broken.URL) + " cannot be reached (" + dialled(broken) + ")"
	case broken.Timeout():
		return host(broken.URL) + " did not answer in time"
	default:
		return broken.Op + " " + place(broken.URL) + ": " + broken.Err.Error()
	}
}

// dialled says why no connection was made, "" when one was.
func dialled(err error) string {
	if unknown, ok := errors.AsType[*net.DNSError](err); ok {
		return unknown.Err
	}
	broken, ok := errors.AsType[*net.OpError](err)
	switch {
	case !ok || broken.Op != "dial":
		return ""
	case broken.Timeout():
		return "no answer in time"
	}
	if why, ok := errors.AsType[syscall.Errno](err); ok {
		return why.Error()
	}
	return broken.Err.Error()
}

// The parts of an address that may be secret: what stands before the host, and
// what comes after the path.
var (
	userInfo = regexp.MustCompile(`(\w://)[^\s/?#"']*@`)
	query    = regexp.MustCompile(`(\w://[^\s?#"']*)[?#][^\s"']*`)
)

// redact takes user info, query and fragment out of the addresses in a text.
func redact(text string) string {
	return query.ReplaceAllString(userInfo.ReplaceAllString(text, "$1"), "$1")
}
