package smtp

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/textproto"
	"strconv"
	"strings"
	"unicode"

	gomail "github.com/wneessen/go-mail"

	"github.com/seed-44180607/lastgood/integrations/rest"
)

// attempt makes the errors of one mail.
type attempt struct{ what, password string }

// unusable is a mail that no server would take.
func (a attempt) unusable(err error) *rest.Error {
	return &rest.Error{Vendor: vendor, Attempted: a.what, Status: http.StatusBadRequest, Err: err}
}

// notConnected is a dialogue that ended before the mail was named: it was not sent.
func (a attempt) notConnected(ctx context.Context, err error) *rest.Error {
	out := &rest.Error{Vendor: vendor, Attempted: a.what}
	answer, answered := errors.AsType[*textproto.Error](err)
	switch text := err.Error(); {
	case ctx.Err() != nil:
		out = a.late(ctx)
	case answered && strings.Contains(text, "SMTP AUTH failed"):
		// Nothing of the server's text is shown: it may quote what it was sent.
		out.Status, out.Code = statusOf(answer.Code), strconv.Itoa(answer.Code)
		out.Err = errors.New("the server refuses user and password")
	case answered:
		out.Status, out.Code = statusOf(answer.Code), strconv.Itoa(answer.Code)
		out.Err = errors.New(a.clean(answer.Msg))
	case strings.Contains(text, "does not support STARTTLS"):
		out.Status, out.Err = http.StatusForbidden, errors.New("the server offers no STARTTLS, and SMTP_URL asks for it")
	case noLogin(err):
		out.Status, out.Err = http.StatusUnauthorized, errors.New("the server offers no way to log in that is safe on this connection")
	default:
		out = rest.FromTransport(vendor, a.what, errors.New(a.clean(text)))
		if of := rest.FromTransport(vendor, a.what, err); !of.Maybe {
			out = of // It names the address, and no more than that.
		}
	}
	out.Maybe = false
	return out
}

func noLogin(err error) bool {
	return errors.Is(err, gomail.ErrNoSupportedAuthDiscovered) || strings.Contains(err.Error(), "support SMTP AUTH") ||
		strings.Contains(err.Error(), "unencrypted connection")
}

// notTaken is a mail that was named and not taken. Only one whose text was sent
// may have arrived all the same.
func (a attempt) notTaken(ctx context.Context, err error) *rest.Error {
	sent, _ := errors.AsType[*gomail.SendError](err)
	maybe := sent != nil && sent.ErrorCode() == 0 && (sent.Reason == gomail.ErrSMTPDataClose || sent.Reason == gomail.ErrWriteContent)
	var out *rest.Error
	switch {
	case ctx.Err() != nil:
		out = a.late(ctx)
	case sent != nil && sent.ErrorCode() > 0:
		out = &rest.Error{
			Vendor: vendor, Attempted: a.what, Status: statusOf(sent.ErrorCode()), Code: strconv.Itoa(sent.ErrorCode()),
			Err: errors.New(a.clean(said(sent))),
		}
	default:
		out = rest.FromTransport(vendor, a.what, errors.New(a.clean(err.Error())))
	}
	out.Maybe = maybe
	return out
}

// said is the server's own words out of what go-mail wraps around them.
func said(e *gomail.SendError) string {
	text, _, _ := strings.Cut(e.Error(), ", affected ")
	if _, words, found := strings.Cut(text, ": "+strconv.Itoa(e.ErrorCode())+" "); found {
		return strings.Trim(words, `"`)
	}
	return text
}

// late is a dialogue that took too long, or that nobody waits for any more.
func (a attempt) late(ctx context.Context) *rest.Error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return rest.FromTransport(vendor, a.what, fmt.Errorf("the server did not answer in time: %w", ctx.Err()))
	}
	return rest.FromTransport(vendor, a.what, ctx.Err())
}

// statusOf is the HTTP status that a reply code stands for (RFC 5321, 4.2.3 and
// RFC 4954, 6): 4xx is worth another attempt, 5xx is not. By 421, 450 and 451 a server
// has enough for now: of this sender, or of any.
func statusOf(code int) int {
	switch {
	case code == 421 || code == 450 || code == 451:
		return http.StatusTooManyRequests
	case code < 500:
		return http.StatusServiceUnavailable
	case code == 530 || code == 534 || code == 535 || code == 538:
		return http.StatusUnauthorized
	case code == 550 || code == 551 || code == 553:
		return http.StatusNotFound
	default:
		return http.StatusForbidden
	}
}

// clean takes the password out of a text that came from elsewhere.
func (a attempt) clean(text string) string {
	if a.password != "" {
		text = strings.ReplaceAll(text, a.password, "[redacted]")
	}
	return plain(text, 200)
}

// plain makes one line of a text, of at most n characters.
func plain(text string, n int) string {
	line := strings.Join(strings.FieldsFunc(strings.ToValidUTF8(text, "\uFFFD"), func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)
	}), " ")
	if runes := []rune(line); len(runes) > n {
		return string(runes[:n-1]) + "…"
	}
	return line
}
