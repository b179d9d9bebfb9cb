package activities_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/activities"
	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/oncall"
)

// staff is the roster of every test; an error stands for a broken one.
type staff struct{ err error }

func (s staff) Roster(context.Context) (oncall.Roster, error) {
	return oncall.Roster{People: []oncall.Person{
		{ID: "sre-1", Slack: "U0SRE1"}, {ID: "sre-2", Name: "Robin", Slack: "U0SRE2"},
	}}, s.err
}

// groups is a Slack that lists the members of every group.
type groups struct {
	asked int
	users []string
	err   error
}

func (g *groups) Members(context.Context, string) ([]string, error) {
	g.asked++
	return g.users, g.err
}

var noon = time.Date(2026, 1, 6, 12, 0, 0, 0, time.UTC)

// climbing asks about the first step of a policy.
func climbing(steps ...oncall.Step) activities.StepQuestion {
	return activities.StepQuestion{
		Policy: oncall.Policy{ID: "p", Steps: steps}, At: oncall.Position{Step: 1, Round: 1}, Now: noon,
	}
}

func paging(target oncall.Target) oncall.Step {
	return oncall.Step{Page: []oncall.Target{target}, AckWithin: 5 * time.Minute}
}

func TestTheAnswerSaysWhoFollows(t *testing.T) {
	one, two, nobody := oncall.Target{Person: "sre-1"}, oncall.Target{Person: "sre-2"}, oncall.Target{Person: "gone"}
	for name, c := range map[string]struct {
		steps []oncall.Step
		want  *incident.Following
	}{
		"the next step": {
			[]oncall.Step{paging(one), paging(two)},
			&incident.Following{At: oncall.Position{Step: 2, Round: 1}, Names: []string{"Robin"}},
		},
		"a step that reaches nobody is passed": {
			[]oncall.Step{paging(one), paging(nobody), paging(two)},
			&incident.Following{At: oncall.Position{Step: 3, Round: 1}, Names: []string{"Robin"}},
		},
		"a channel is everyone in it": {
			[]oncall.Step{paging(one), paging(oncall.Target{SlackChannel: "C0LEADS"})},
			&incident.Following{At: oncall.Position{Step: 2, Round: 1}, Names: []string{"everyone in C0LEADS"}, Channels: []string{"C0LEADS"}},
		},
		"the last step again, after its rest": {
			[]oncall.Step{paging(one)},
			&incident.Following{At: oncall.Position{Step: 1, Round: 1, Again: 1}, Names: []string{"sre-1"}, After: oncall.AgainEvery},
		},
		"nobody can be reached at all": {[]oncall.Step{paging(nobody)}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			onCall := &activities.OnCall{People: staff{}}
			value, err := stage(t, 1, onCall.ResolveStep).ExecuteActivity(onCall.ResolveStep, climbing(c.steps...))

			answer := got[activities.StepAnswer](t, value, err)
			require.Equal(t, c.want, answer.Following)
			require.Equal(t, oncall.Position{Step: 1, Round: 1}, answer.Plan.Position)
		})
	}
}

func TestARosterThatCannotBeReadIsAFailure(t *testing.T) {
	onCall := &activities.OnCall{People: staff{errors.New("database is locked")}}
	_, err := stage(t, 1, onCall.ResolveStep).ExecuteActivity(onCall.ResolveStep, climbing(paging(oncall.Target{Person: "sre-1"})))
	require.ErrorContains(t, err, "database is locked")
}

func TestGroupsAreRememberedForAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slack := &groups{users: []string{"U0SRE1"}}
		onCall := &activities.OnCall{People: staff{}, Groups: slack}
		paged := func() []string {
			answer, err := onCall.ResolveStep(t.Context(), climbing(paging(oncall.Target{SlackGroup: "S0SRE"})))
			require.NoError(t, err)
			var people []string
			for _, p := range answer.Plan.Pages {
				people = append(people, p.Person)
			}
			return people
		}

		require.Equal(t, []string{"sre-1"}, paged())
		slack.users = []string{"U0SRE2"}
		require.Equal(t, []string{"sre-1"}, paged())
		require.Equal(t, 1, slack.asked, "Slack allows few such questions")

		<-time.After(6 * time.Minute)
		require.Equal(t, []string{"sre-2"}, paged(), "it is asked anew in time")

		<-time.After(6 * time.Minute)
		slack.users, slack.err = nil, errAway
		require.Equal(t, []string{"sre-2"}, paged(), "the last answer holds while Slack is away")
		require.Equal(t, 3, slack.asked)
	})
}

func TestAGroupThatIsNotKnownReachesNobody(t *testing.T) {
	for name, onCall := range map[string]*activities.OnCall{
		"Slack is away":         {People: staff{}, Groups: &groups{err: errAway}},
		"there is no Slack":     {People: staff{}},
		"the group is deserted": {People: staff{}, Groups: &groups{}},
	} {
		t.Run(name, func(t *testing.T) {
			answer, err := onCall.ResolveStep(t.Context(), climbing(paging(oncall.Target{SlackGroup: "S0SRE"})))
			require.NoError(t, err)
			require.Empty(t, answer.Plan.Pages)
			require.NotEmpty(t, answer.Plan.Passed)
		})
	}
}

// freezing is the staff while checkout is in maintenance for an hour from noon on.
type freezing struct{ staff }

func (f freezing) Roster(ctx context.Context) (oncall.Roster, error) {
	r, err := f.staff.Roster(ctx)
	r.Maintenance = []oncall.Maintenance{{Service: "checkout", From: "2026-01-06T12:00:00Z", To: "2026-01-06T13:00:00Z"}}
	return r, err
}

func TestInAMaintenanceNobodyIsLookedUp(t *testing.T) {
	g := &groups{users: []string{"U0SRE1"}}
	oc := &activities.OnCall{People: freezing{}, Groups: g}
	q := climbing(paging(oncall.Target{SlackGroup: "S0SRE"}))
	q.Service = "checkout"
	answer, err := oc.ResolveStep(t.Context(), q)
	require.NoError(t, err)
	require.Equal(t, "2026-01-06T13:00:00Z", answer.Maintenance.To)
	require.Empty(t, answer.Plan)
	require.Zero(t, g.asked, "Slack is not asked for nothing")

	for name, change := range map[string]func(*activities.StepQuestion){
		"after it":                    func(q *activities.StepQuestion) { q.Now = noon.Add(time.Hour) },
		"for another service":         func(q *activities.StepQuestion) { q.Service = "basket" },
		"for what is being paged now": func(q *activities.StepQuestion) { q.Service = "" },
	} {
		asked := q
		change(&asked)
		answer, err := oc.ResolveStep(t.Context(), asked)
		require.NoError(t, err)
		require.Nil(t, answer.Maintenance, name)
		require.Len(t, answer.Plan.Pages, 1, name)
	}

	_, err = (&activities.OnCall{People: freezing{staff{errors.New("away")}}}).ResolveStep(t.Context(), q)
	require.EqualError(t, err, "away")
}
