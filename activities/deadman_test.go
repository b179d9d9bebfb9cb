package activities

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"

	"github.com/seed-44180607/lastgood/incident"
)

// switchboard is the incidents behind heartbeats.
type switchboard struct {
	told []incident.Delivery
	err  error
}

func (s *switchboard) Alert(_ context.Context, service string, d incident.Delivery) (string, error) {
	s.told = append(s.told, d)
	return "incident/" + service, s.err
}

func (s *switchboard) Prove(context.Context) error { return s.err }

func (s *switchboard) Ping(context.Context) error { return s.err }

func TestNewsOfAHeartbeatGoesToTheIncidentOfItsService(t *testing.T) {
	board := &switchboard{}
	d := &Deadman{Alerts: board}
	news := incident.News{Service: "backup", Delivery: incident.Delivery{Source: "heartbeat", Group: "heartbeat/nightly"}}
	id, err := d.TellSilence(t.Context(), news)
	require.NoError(t, err)
	require.Equal(t, "incident/backup", id)
	require.Equal(t, []incident.Delivery{news.Delivery}, board.told)
	board.err = errors.New("temporal is away")
	_, err = d.TellSilence(t.Context(), news)
	require.ErrorIs(t, err, board.err)
}

func TestALookAtLastgoodFindsWhatKeepsItFromPaging(t *testing.T) {
	bad, good := &switchboard{err: errors.New("401")}, &switchboard{}
	for name, tt := range map[string]struct {
		chat    Prover
		outside Outside
		want    Finding
	}{
		"all is well":           {good, good, Finding{Every: time.Minute}},
		"nothing is configured": {nil, nil, Finding{Every: time.Minute}},
		"Slack refuses":         {bad, good, Finding{Every: time.Minute, Fault: "401"}},
		"nobody outside hears":  {good, bad, Finding{Every: time.Minute, Unheard: "401"}},
		"both":                  {bad, bad, Finding{Every: time.Minute, Fault: "401"}},
	} {
		t.Run(name, func(t *testing.T) {
			var suite testsuite.WorkflowTestSuite
			env := suite.NewTestActivityEnvironment()
			d := &Deadman{Chat: tt.chat, Outside: tt.outside, Every: time.Minute}
			env.RegisterActivity(d.CheckSelf)
			got, err := env.ExecuteActivity(d.CheckSelf)
			require.NoError(t, err)
			var found Finding
			require.NoError(t, got.Get(&found))
			require.Equal(t, tt.want, found)
		})
	}
}
