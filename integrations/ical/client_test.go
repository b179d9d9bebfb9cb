package ical_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/integrations/ical"
	"github.com/seed-44180607/lastgood/integrations/rest"
	"github.com/seed-44180607/lastgood/integrations/rest/resttest"
)

const secret = "private-0123456789abcdef"

func TestTheClientConforms(t *testing.T) {
	resttest.Conformance(t, "ical", func(ctx context.Context, baseURL string) error {
		address := strings.Replace(baseURL, "://", "://user:"+secret+"@", 1) + "/ical/" + secret + "/basic.ics?key=" + secret
		client, err := ical.New(ical.Config{Name: "secondary", Address: address, Within: 400 * time.Millisecond})
		require.NoError(t, err)
		_, err = client.Fetch(ctx)
		return err
	}, secret)
}

// at serves a calendar's URL, with the secret in its path, and gives its client.
func at(t *testing.T, handler http.HandlerFunc) *ical.Client {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	client, err := ical.New(ical.Config{Name: "secondary", Address: server.URL + "/" + secret + "/basic.ics", Within: time.Second})
	require.NoError(t, err)
	return client
}

func TestACalendarThatHasNotChangedIsNotSentAgain(t *testing.T) {
	var asked []string
	client := at(t, func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Header.Get("If-None-Match")+"|"+r.Header.Get("If-Modified-Since"))
		if r.Header.Get("If-None-Match") == `"v1"` {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.Header().Set("ETag", `"v1"`)
		w.Header().Set("Last-Modified", "Mon, 02 Mar 2026 02:10:00 GMT")
		_, _ = w.Write([]byte("the calendar"))
	})
	for range 2 {
		body, err := client.Fetch(t.Context())
		require.NoError(t, err)
		require.Equal(t, "the calendar", string(body))
	}
	client.Forget()
	_, err := client.Fetch(t.Context())
	require.NoError(t, err)
	require.Equal(t, []string{"|", `"v1"|Mon, 02 Mar 2026 02:10:00 GMT`, "|"}, asked)
}

func TestAfterAFailureTheLastAnswerIsStillKnown(t *testing.T) {
	down := false
	client := at(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case down:
			w.WriteHeader(http.StatusBadGateway)
		case r.Header.Get("If-None-Match") != "":
			w.WriteHeader(http.StatusNotModified)
		default:
			w.Header().Set("ETag", `"v1"`)
			_, _ = w.Write([]byte("the calendar"))
		}
	})
	_, err := client.Fetch(t.Context())
	require.NoError(t, err)
	down = true
	_, err = client.Fetch(t.Context())
	require.Error(t, err)
	down = false
	body, err := client.Fetch(t.Context())
	require.NoError(t, err)
	require.Equal(t, "the calendar", string(body))
}

func TestARedirectIsNotFollowedAndOnlyItsHostIsNamed(t *testing.T) {
	client := at(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "https://accounts.example.com/"+secret+"?continue="+secret, http.StatusFound)
	})
	_, err := client.Fetch(t.Context())
	require.ErrorContains(t, err, "302 Found: redirected to accounts.example.com, which is not followed")
	resttest.KeepsSecrets(t, err, secret)
}

func TestAnErrorPageThatShowsTheAddressIsNotRepeated(t *testing.T) {
	client := at(t, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusNotFound)
		_, _ = w.Write([]byte("Cannot GET " + r.URL.Path))
	})
	_, err := client.Fetch(t.Context())
	require.ErrorContains(t, err, "ical: read the calendar of secondary at 127.0.0.1")
	require.ErrorContains(t, err, "404 Not Found")
	resttest.KeepsSecrets(t, err, secret)
}

func TestAnAnswerThatNobodyAskedForIsRefused(t *testing.T) {
	for _, status := range []int{http.StatusNotModified, http.StatusNoContent, http.StatusPartialContent} {
		client := at(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
		_, err := client.Fetch(t.Context())
		failure, ok := errors.AsType[*rest.Error](err)
		require.True(t, ok)
		require.Equal(t, status, failure.Status)
	}
}

func TestAnAnswerOverOneMebibyteIsRefused(t *testing.T) {
	client := at(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 1<<20+1)) })
	_, err := client.Fetch(t.Context())
	require.ErrorContains(t, err, "longer than 1048576 bytes")
	resttest.KeepsSecrets(t, err, secret)
}

func TestWhereACalendarIs(t *testing.T) {
	tests := map[string]struct{ address, want, fault string }{
		"https":               {"https://calendar.example.com/x.ics?key=1", "https://calendar.example.com/x.ics?key=1", ""},
		"webcal":              {"webcal://calendar.example.com/x.ics", "https://calendar.example.com/x.ics", ""},
		"a file URL":          {"file:///etc/lastgood/x.ics", "file:///etc/lastgood/x.ics", ""},
		"a path":              {"/etc/lastgood/x.ics", "file:///etc/lastgood/x.ics", ""},
		"a relative path":     {"calendars/x.ics", "file://calendars/x.ics", ""},
		"nothing":             {"", "", "there is no address"},
		"no host":             {"https:///x.ics", "", "neither an https URL"},
		"ftp":                 {"ftp://calendar.example.com/" + secret, "", "neither an https URL"},
		"a file elsewhere":    {"file://server/x.ics", "", "a file URL has three slashes"},
		"something malformed": {"https://calendar.example.com:" + secret + "/%zz", "", "the address is no URL"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := ical.Address(test.address)
			if test.fault != "" {
				require.ErrorContains(t, err, test.fault)
				resttest.KeepsSecrets(t, err, secret)
				return
			}
			require.NoError(t, err)
			require.Equal(t, test.want, got.String())
		})
	}
}

func TestACalendarFileIsRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.ics")
	require.NoError(t, os.WriteFile(path, []byte("the calendar"), 0o600))
	for _, address := range []string{path, "file://" + path} {
		client, err := ical.New(ical.Config{Name: "secondary", Address: address})
		require.NoError(t, err)
		require.False(t, client.OnTheWeb())
		body, err := client.Fetch(t.Context())
		require.NoError(t, err)
		require.Equal(t, "the calendar", string(body))
	}
}

func TestAFileThatCannotBeReadIsNamed(t *testing.T) {
	dir := t.TempDir()
	long := filepath.Join(dir, "long.ics")
	require.NoError(t, os.WriteFile(long, make([]byte, 1<<20+1), 0o600))
	for path, want := range map[string]string{
		filepath.Join(dir, "gone.ics"): "no such file",
		dir:                            "is no file",
		"/dev/zero":                    "is no file",
		long:                           "is longer than 1048576 bytes",
	} {
		client, err := ical.New(ical.Config{Name: "secondary", Address: path})
		require.NoError(t, err)
		_, err = client.Fetch(t.Context())
		require.ErrorContains(t, err, "read the calendar of secondary")
		require.ErrorContains(t, err, want)
		require.ErrorContains(t, err, path)
	}
}
