package activities_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/activities"
	"github.com/seed-44180607/lastgood/oncall"
)

// slowGroups is a Slack that takes its time over every group.
type slowGroups struct {
	takes time.Duration

	mutex sync.Mutex
	asked map[string]int
}

func (s *slowGroups) Members(ctx context.Context, group string) ([]string, error) {
	s.mutex.Lock()
	s.asked[group]++
	s.mutex.Unlock()
	select {
	case <-time.After(s.takes):
		return []string{"U0SRE2"}, nil
	case <-ctx.Done():
		return nil, errors.New("no answer")
	}
}

func TestASlackThatHangsHoldsUpNobodyWhoIsKnown(t *testing.T) {
	person, one, two := oncall.Target{Person: "sre-1"}, oncall.Target{SlackGroup: "S1"}, oncall.Target{SlackGroup: "S2"}
	for name, c := range map[string]struct {
		steps  []oncall.Step
		within time.Duration
		paged  int
	}{
		"groups of later steps":     {[]oncall.Step{paging(person), paging(one), paging(two)}, 300 * time.Millisecond, 1},
		"a group beside the person": {[]oncall.Step{{Page: []oncall.Target{one, person, two}, AckWithin: time.Minute}}, time.Second, 1},
		"groups alone":              {[]oncall.Step{{Page: []oncall.Target{one, two}, AckWithin: time.Minute}, paging(person)}, 5 * time.Second, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				slack := &slowGroups{takes: time.Hour, asked: map[string]int{}}
				onCall := &activities.OnCall{People: staff{}, Groups: slack}
				began := time.Now()
				answer, err := onCall.ResolveStep(t.Context(), climbing(c.steps...))

				require.NoError(t, err)
				require.Equal(t, c.within, time.Since(began))
				require.Len(t, answer.Plan.Pages, c.paged)
				<-time.After(time.Minute) // Until no question is open.
				synctest.Wait()
				require.Equal(t, map[string]int{"S1": 1, "S2": 1}, slack.asked)
			})
		})
	}
}

func TestTheAnswerOfASlowSlackIsGoodForTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slack := &slowGroups{takes: 3500 * time.Millisecond, asked: map[string]int{}}
		onCall := &activities.OnCall{People: staff{}, Groups: slack}
		question := climbing(oncall.Step{Page: []oncall.Target{{Person: "sre-1"}, {SlackGroup: "S1"}}, AckWithin: time.Minute})
		first, err := onCall.ResolveStep(t.Context(), question)
		require.NoError(t, err)
		require.Equal(t, []string{"slack group S1 is not known: Slack has not answered yet"}, first.Plan.Notes)

		<-time.After(2 * time.Second)
		began := time.Now()
		second, err := onCall.ResolveStep(t.Context(), question)
		require.NoError(t, err)
		require.Equal(t, 500*time.Millisecond, time.Since(began))
		require.Len(t, second.Plan.Pages, 2)
		synctest.Wait()
		require.Equal(t, 1, slack.asked["S1"], "those who come meanwhile wait for the same answer")
	})
}

func TestAGroupThatCannotBeReadSaysWhy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slack := &groups{err: errors.New("missing_scope: usergroups:read")}
		onCall := &activities.OnCall{People: staff{}, Groups: slack}
		question := climbing(paging(oncall.Target{SlackGroup: "S1"}))
		answer, err := onCall.ResolveStep(t.Context(), question)
		require.NoError(t, err)
		require.Equal(t, "nobody on call: slack group S1 is not known: missing_scope: usergroups:read", answer.Plan.Passed)

		slack.err, slack.users = nil, []string{"U0SRE1"}
		answer, err = onCall.ResolveStep(t.Context(), question)
		require.NoError(t, err)
		require.Len(t, answer.Plan.Pages, 1, "what failed is asked again")
		require.Empty(t, answer.Plan.Warnings)

		slack.err = errAway
		<-time.After(6 * time.Minute)
		answer, err = onCall.ResolveStep(t.Context(), question)
		require.NoError(t, err)
		require.Len(t, answer.Plan.Pages, 1)
		require.Equal(t, []string{"the members of slack group S1 may have changed: " + errAway.Error()}, answer.Plan.Warnings)
	})
}
