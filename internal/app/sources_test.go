package app

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/integrations/grafana"
	"github.com/seed-44180607/lastgood/integrations/payload"
	"github.com/seed-44180607/lastgood/internal/api"
	"github.com/seed-44180607/lastgood/internal/config"
	"github.com/seed-44180607/lastgood/internal/mapping"
)

func TestGrafanaIsAdmittedByItsSignature(t *testing.T) {
	body := []byte(`{"status":"firing"}`)
	tokens := []string{"old-token", "new-token"}
	sign := func(secret string, at time.Time) http.Header {
		stamp := strconv.FormatInt(at.Unix(), 10)
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write([]byte(stamp + ":" + string(body)))
		h := http.Header{}
		h.Set(grafana.TimestampHeader, stamp)
		h.Set(grafana.SignatureHeader, hex.EncodeToString(mac.Sum(nil)))
		return h
	}
	admit := served(t, "grafana").Admit
	for name, c := range map[string]struct {
		header http.Header
		want   bool
	}{
		"signed with one token":     {sign("old-token", time.Now()), true},
		"signed with the other":     {sign("new-token", time.Now()), true},
		"nothing":                   {http.Header{}, false},
		"signed with another token": {sign("guess", time.Now()), false},
		"signed long ago":           {sign("new-token", time.Now().Add(-time.Hour)), false},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, c.want, admit(c.header, body, tokens)) })
	}
	require.False(t, admit(sign("", time.Now()), body, nil), "a source without tokens admits nobody")
}

// served is one of those that are served.
func served(t *testing.T, name string) api.Source {
	t.Helper()
	all := sources(config.Config{})
	i := slices.IndexFunc(all, func(s api.Source) bool { return s.Name == name })
	require.GreaterOrEqual(t, i, 0)
	return all[i]
}

func TestAMappedBodyThatTakesTooLongIsToBeSentAgain(t *testing.T) {
	m, faults := mapping.Compile(mapping.Source{
		ID: "slow", When: `all(body.list, !(# in body.other))`, Group: `"g"`, Labels: map[string]string{"service": `"s"`},
	})
	require.Empty(t, faults)
	body := `{"list":[` + strings.Repeat("1,", 9000) + `1],"other":[` + strings.Repeat(`"y",`, 100_000) + `0]}`
	_, err := mapped([]*mapping.Mapping{m}, payload.Terms{})[0].Read([]byte(body))
	require.ErrorIs(t, err, api.ErrLater, "the machine may be busy: the monitor is told 503, as after 400 the alert would be lost")

	_, err = mapped([]*mapping.Mapping{m}, payload.Terms{})[0].Read([]byte(`{"list":1}`))
	require.Error(t, err)
	require.NotErrorIs(t, err, api.ErrLater, "what is wrong now is wrong later, too")
}
