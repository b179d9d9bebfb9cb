package app

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
)

// hand is a worker that starts, or fails to, as it is told.
type hand struct{ fails error }

func (h hand) Start() error { return h.fails }

var errGoneAgain = fmt.Errorf("failed reaching server: %w", serviceerror.NewUnavailable("connection refused"))

func TestAWorkerStartsAlthoughTemporalWasGoneForAMomentMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var said bytes.Buffer
		hands, awaited, began := []hand{{errGoneAgain}, {errGoneAgain}, {}}, 0, time.Now()
		w, begun, err := begin(t.Context(), func() hand { h := hands[0]; hands = hands[1:]; return h },
			func(context.Context) error { awaited++; return nil }, slog.New(slog.NewTextHandler(&said, nil)))
		require.NoError(t, err)
		require.True(t, begun)
		require.Equal(t, hand{}, w)
		require.Equal(t, 2, awaited)
		require.Equal(t, 2*time.Second, time.Since(began))
		require.Contains(t, said.String(), "connection refused")
	})
}

func TestAWorkerThatTemporalTurnsDownIsNotTriedAgain(t *testing.T) {
	denied := serviceerror.NewPermissionDenied("not for you", "")
	missing := fmt.Errorf("%w: there is no namespace", ErrConfiguration)
	for name, tt := range map[string]struct{ start, await, want error }{
		"when it starts":   {start: denied, want: denied},
		"while it is away": {start: errGoneAgain, await: missing, want: missing},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				_, begun, err := begin(t.Context(), func() hand { return hand{tt.start} },
					func(context.Context) error { return tt.await }, slog.New(slog.DiscardHandler))
				require.False(t, begun)
				require.ErrorIs(t, err, tt.want)
			})
		})
	}
}

func TestAWorkerThatIsToldToStopBeforeItStartedEndsWithoutAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithTimeout(t.Context(), 90*time.Second)
		defer stop()
		_, begun, err := begin(ctx, func() hand { return hand{errGoneAgain} },
			func(context.Context) error { return nil }, slog.New(slog.DiscardHandler))
		require.NoError(t, err)
		require.False(t, begun)
	})
}
