package rest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/integrations/rest"
	"github.com/seed-44180607/lastgood/integrations/rest/resttest"
)

const secret = "hush-hush"

func TestTheSharedCallConforms(t *testing.T) {
	client := rest.NewClient(400 * time.Millisecond)
	t.Cleanup(client.CloseIdleConnections)
	resttest.Conformance(t, "vendor", func(ctx context.Context, baseURL string) error {
		address := strings.Replace(baseURL, "://", "://user:"+secret+"@", 1) + "/thing?token=" + secret
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(secret))
		if err != nil {
			return err
		}
		response, err := client.Do(request)
		if err != nil {
			return rest.FromTransport("vendor", "do a thing", err)
		}
		defer response.Body.Close()
		return rest.FromResponse("vendor", "do a thing", response)
	}, secret)
}

func TestRetryAfterIsSecondsOrADate(t *testing.T) {
	header := func(pairs ...string) http.Header {
		h := http.Header{}
		for i := 0; i < len(pairs); i += 2 {
			h.Set(pairs[i], pairs[i+1])
		}
		return h
	}
	tests := map[string]struct {
		header http.Header
		want   time.Duration
	}{
		"none":                     {header(), 0},
		"seconds":                  {header("Retry-After", "30"), 30 * time.Second},
		"negative":                 {header("Retry-After", "-30"), 0},
		"absurd":                   {header("Retry-After", "2000000000"), time.Hour},
		"too large to be a number": {header("Retry-After", "99999999999999999999"), 0},
		"a fraction":               {header("Retry-After", "1.5"), 0},
		"a date on their clock": {header("Retry-After", "Sun, 22 Nov 2026 02:05:30 GMT",
			"Date", "Sun, 22 Nov 2026 02:05:00 GMT"), 30 * time.Second},
		"a date that is over": {header("Retry-After", "Sun, 22 Nov 2026 02:04:00 GMT",
			"Date", "Sun, 22 Nov 2026 02:05:00 GMT"), 0},
		"words": {header("Retry-After", "soon"), 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			response := &http.Response{StatusCode: http.StatusTooManyRequests, Header: tt.header, Body: http.NoBody}
			require.Equal(t, tt.want, rest.FromResponse("v", "call", response).RetryAfter)
		})
	}
}

func TestADateWithoutTheirClockIsComparedWithOurs(t *testing.T) {
	header := http.Header{"Retry-After": {time.Now().Add(10 * time.Minute).UTC().Format(http.TimeFormat)}}
	response := &http.Response{StatusCode: http.StatusServiceUnavailable, Header: header, Body: http.NoBody}
	require.InDelta(t, 10*time.Minute, rest.FromResponse("v", "call", response).RetryAfter, float64(5*time.Second))
}

func TestTheCauseIsAShortPieceOfPlainText(t *testing.T) {
	tests := map[string]struct {
		kind, body, want string
	}{
		"plain text":              {"text/plain", "No valid crumb was included\r\nin the request", "No valid crumb was included in the request"},
		"json":                    {"application/json", `{"errorMessages":["no"]}`, `{"errorMessages":["no"]}`},
		"html by its type":        {"text/html;charset=utf-8", "Oops", ""},
		"html by its looks":       {"", "\n <!DOCTYPE html><html>", ""},
		"nothing":                 {"", "", ""},
		"control characters":      {"text/plain", "a\x00\x1b[31mb", "a [31mb"},
		"an address with secrets": {"text/plain", "try https://u:" + secret + "@h/x?sig=" + secret + " again", "try https://h/x again"},
		"too long":                {"text/plain", strings.Repeat("é", 5000), strings.Repeat("é", 299) + "…"},
		"not text at all":         {"application/octet-stream", "a\xff\xfeb", "a\uFFFDb"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			err := rest.FromResponse("v", "call", &http.Response{
				StatusCode: http.StatusBadRequest,
				Header:     http.Header{"Content-Type": {tt.kind}},
				Body:       io.NopCloser(strings.NewReader(tt.body)),
			})
			require.True(t, err.Refused())
			if tt.want == "" {
				require.NoError(t, err.Err)
				return
			}
			require.EqualError(t, err.Err, tt.want)
		})
	}
}

func TestARedirectIsNotFollowedAndNamesThePlaceOnly(t *testing.T) {
	vendor := httptest.NewServer(http.RedirectHandler("https://login.example.com/in?ticket="+secret, http.StatusFound))
	t.Cleanup(vendor.Close)
	response, err := rest.NewClient(time.Second).Get(vendor.URL)
	require.NoError(t, err)
	t.Cleanup(func() { _ = response.Body.Close() })
	got := rest.FromResponse("v", "call", response)
	require.EqualError(t, got, "v: call: 302 Found: redirected to https://login.example.com/in")
	require.False(t, got.Refused())
}

func TestAnAnswerOfOneMebibyteIsReadAndALongerOneIsNot(t *testing.T) {
	for extra, want := range []string{"", "longer than 1048576 bytes"} {
		vendor := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write(make([]byte, 1<<20+extra))
		}))
		t.Cleanup(vendor.Close)
		response, err := rest.NewClient(5 * time.Second).Get(vendor.URL)
		require.NoError(t, err)
		read, err := io.ReadAll(response.Body)
		require.NoError(t, response.Body.Close())
		require.Len(t, read, 1<<20)
		if want == "" {
			require.NoError(t, err)
			continue
		}
		require.ErrorContains(t, err, want)
	}
}

func TestOnlyARequestThatLeftMayHaveBeenCarriedOut(t *testing.T) {
	within := func(err error) error {
		return &url.Error{Op: "Post", URL: "https://u:" + secret + "@h/p?t=" + secret, Err: err}
	}
	untrusted := httptest.NewTLSServer(http.NotFoundHandler())
	untrusted.Config.ErrorLog = nil
	t.Cleanup(untrusted.Close)
	_, distrust := rest.NewClient(time.Second).Post(untrusted.URL, "", http.NoBody)
	_, unreadable := url.Parse(strings.Replace("https://u:SECRET@h:port/", "SECRET", secret, 1))
	tests := map[string]struct {
		err   error
		maybe bool
	}{
		"end of file":             {within(io.ErrUnexpectedEOF), true},
		"reset while reading":     {within(&net.OpError{Op: "read", Err: errors.New("connection reset by peer")}), true},
		"deadline":                {within(context.DeadlineExceeded), true},
		"cancelled":               {within(context.Canceled), true},
		"something unknown":       {errors.New("who knows"), true},
		"no such host":            {within(&net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "h"}}), false},
		"nobody listens":          {within(&net.OpError{Op: "dial", Err: errors.New("connection refused")}), false},
		"an untrusted server":     {distrust, false},
		"an address that is none": {unreadable, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			require.Error(t, tt.err)
			got := rest.FromTransport("v", "call", fmt.Errorf("while calling: %w", tt.err))
			require.Equal(t, tt.maybe, got.Maybe)
			require.False(t, got.Refused())
			resttest.KeepsSecrets(t, got, secret)
		})
	}
}

func TestThatNobodyWasReachedIsSaidInWords(t *testing.T) {
	vacant := httptest.NewServer(http.NotFoundHandler())
	vacant.Close()
	hanging := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	t.Cleanup(hanging.Close)
	calls := func(to string) error {
		_, err := rest.NewClient(200 * time.Millisecond).Get(strings.Replace(to, "http://", "http://u:"+secret+"@", 1) + "/api?t=" + secret)
		return err
	}
	dials := func(err error) error {
		return &url.Error{Op: "Get", URL: "https://jenkins.example.com/ci/api", Err: &net.OpError{Op: "dial", Net: "tcp", Err: err}}
	}
	at := func(s *httptest.Server) string { return strings.TrimPrefix(s.URL, "http://") }
	for want, err := range map[string]error{
		at(vacant) + " cannot be reached (connection refused)":           calls(vacant.URL),
		at(hanging) + " did not answer in time":                          calls(hanging.URL),
		"jenkins.example.com cannot be reached (no such host)":           dials(&net.DNSError{Err: "no such host", Name: "jenkins.example.com"}),
		"jenkins.example.com cannot be reached (no answer in time)":      dials(context.DeadlineExceeded),
		"jenkins.example.com cannot be reached (network is unreachable)": dials(errors.New("network is unreachable")),
	} {
		require.EqualError(t, rest.FromTransport("jenkins", "read the builds", err), "jenkins: read the builds: "+want)
	}
}

func TestAnErrorThatIsTypedAlreadyStaysAsItIs(t *testing.T) {
	limit := &rest.Error{Vendor: "v", Attempted: "call", Status: http.StatusTooManyRequests}
	require.Same(t, limit, rest.FromTransport("v", "call", &url.Error{Op: "Get", URL: "http://h", Err: limit}))
}

func TestAnErrorSaysWhatWasAttemptedAndWhyItFailed(t *testing.T) {
	err := &rest.Error{
		Vendor: "slack", Attempted: "post to C1", Status: http.StatusNotFound,
		Code: "channel_not_found", Err: errors.New("no such place"),
	}
	require.EqualError(t, err, "slack: post to C1: 404 Not Found (channel_not_found): no such place")
	require.True(t, rest.Is404(fmt.Errorf("page: %w", err)))
	require.False(t, rest.Is404(errors.New("404")))
}
