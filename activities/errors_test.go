package activities_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"github.com/seed-44180607/lastgood/activities"
	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/integrations/rest"
)

func TestWhatIsWorthAnotherAttempt(t *testing.T) {
	status := func(code int, after time.Duration) error {
		return &rest.Error{Vendor: "slack", Attempted: "whisper", Status: code, RetryAfter: after}
	}
	benign, unspecified := temporal.ApplicationErrorCategoryBenign, temporal.ApplicationErrorCategoryUnspecified
	for name, c := range map[string]struct {
		err      error
		kind     string
		final    bool
		after    time.Duration
		category temporal.ApplicationErrorCategory
	}{
		"refused":                {status(http.StatusForbidden, 0), activities.Refused, true, 0, unspecified},
		"not found":              {status(http.StatusNotFound, 0), activities.Refused, true, 0, unspecified},
		"too many":               {status(http.StatusTooManyRequests, 7*time.Second), activities.Unavailable, false, 7 * time.Second, benign},
		"away":                   {status(http.StatusServiceUnavailable, 0), activities.Unavailable, false, 0, unspecified},
		"away for a known time":  {status(http.StatusServiceUnavailable, time.Minute), activities.Unavailable, false, time.Minute, unspecified},
		"in conflict":            {status(http.StatusConflict, 0), activities.Unavailable, false, 0, unspecified},
		"no answer":              {errLost, activities.Unavailable, false, 0, unspecified},
		"of another kind, plain": {errors.New("odd"), "", false, 0, unspecified},
	} {
		t.Run(name, func(t *testing.T) {
			announcer := &activities.Announcer{Whisperer: &chat{send: c.err}}
			order := activities.WhisperOrder{To: incident.Reply{User: "U0SRE1"}, Text: "hear"}
			_, err := stage(t, 1, announcer.Whisper).ExecuteActivity(announcer.Whisper, order)

			failure := failed(t, err)
			if c.kind != "" {
				require.Equal(t, c.kind, failure.Type())
			}
			require.Equal(t, c.final, failure.NonRetryable())
			require.Equal(t, c.after, failure.NextRetryDelay())
			require.Equal(t, c.category, failure.Category())
			require.Contains(t, failure.Message(), c.err.Error())
		})
	}
}
