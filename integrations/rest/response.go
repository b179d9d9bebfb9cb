package rest

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"
)

const (
	// maxPiece is how much of a failed answer is looked at, in bytes.
	maxPiece = 4 << 10
	// maxCause is how much of it is shown, in runes.
	maxCause = 300
	// maxRetryAfter bounds what a vendor, or a broken proxy, may ask for.
	maxRetryAfter = time.Hour
)

// FromResponse makes the error of an answer that is not the expected one. The
// cause is a short piece of the body when that is plain text or JSON; nothing is
// taken from HTML. The body is read, not closed.
func FromResponse(vendor, attempted string, r *http.Response) *Error {
	return &Error{
		Vendor:     vendor,
		Attempted:  attempted,
		Status:     r.StatusCode,
		RetryAfter: retryAfter(r.Header, time.Now()),
		// A success that cannot be used was carried out, for all that is known.
		Maybe: r.StatusCode >= 500 || (r.StatusCode >= 200 && r.StatusCode < 300),
		Err:   causeOf(r),
	}
}

// retryAfter reads Retry-After, which is whole seconds or a date (RFC 9110,
// 10.2.3). A date is compared with the vendor's own clock if the answer tells it.
func retryAfter(h http.Header, now time.Time) time.Duration {
	value := strings.TrimSpace(h.Get("Retry-After"))
	if seconds, err := strconv.ParseInt(value, 10, 32); err == nil {
		return min(max(time.Duration(seconds)*time.Second, 0), maxRetryAfter)
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		now = date
	}
	return min(max(at.Sub(now), 0), maxRetryAfter)
}

func causeOf(r *http.Response) error {
	if to := r.Header.Get("Location"); r.StatusCode >= 300 && r.StatusCode < 400 && to != "" {
		return errors.New("redirected to " + place(to))
	}
	piece, err := io.ReadAll(io.LimitReader(r.Body, maxPiece))
	if err != nil && len(piece) == 0 {
		return nil
	}
	text := strings.TrimSpace(string(piece))
	if text == "" || strings.HasPrefix(text, "<") || strings.Contains(r.Header.Get("Content-Type"), "html") {
		return nil
	}
	return errors.New(short(text))
}

// place is a URL without whatever may be secret in it.
func place(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return "an unreadable address"
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}

// host is that of a URL, with its port.
func host(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" {
		return "an unreadable address"
	}
	return u.Host
}

// short makes one line of a text, without addresses' secrets, of at most maxCause runes.
func short(text string) string {
	line := strings.Join(strings.FieldsFunc(strings.ToValidUTF8(text, "\uFFFD"), func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r)
	}), " ")
	line = redact(line)
	if runes := []rune(line); len(runes) > maxCause {
		return string(runes[:maxCause-1]) + "…"
	}
	return line
}
