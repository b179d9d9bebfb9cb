package activities_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"

	"github.com/seed-44180607/lastgood/activities"
	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/oncall"
)

func page(again bool) activities.PageOrder {
	return activities.PageOrder{
		Page: oncall.Page{Via: oncall.Slack, Address: "U0SRE1"}, Again: again,
		Message: incident.Message{Card: &incident.Card{}, Page: true, Marker: "m"},
	}
}

func TestAPageIsLookedForBeforeItIsSentAgain(t *testing.T) {
	for name, c := range map[string]struct {
		attempt int32
		again   bool
		chat    chat
		asked   []string
		at      incident.Receipt
	}{
		"the first time it is posted at once":   {1, false, chat{found: true}, []string{"post"}, anew},
		"the second attempt adopts it":          {2, false, chat{found: true}, []string{"find", "edit"}, there},
		"an order given again adopts it":        {1, true, chat{found: true}, []string{"find", "edit"}, there},
		"it is posted when it is not there":     {2, false, chat{}, []string{"find", "post"}, anew},
		"it is posted when the look-up fails":   {2, false, chat{find: errAway}, []string{"find", "post"}, anew},
		"also when the look-up is refused":      {2, false, chat{find: errRefused}, []string{"find", "post"}, anew},
		"it is posted when it was deleted":      {2, false, chat{found: true, edit: errGone}, []string{"find", "edit", "post"}, anew},
		"it is there though the edit goes awry": {2, false, chat{found: true, edit: errAway}, []string{"find", "edit"}, there},
		"also when the edit's answer is lost":   {2, false, chat{found: true, edit: errLost}, []string{"find", "edit"}, there},
		"also when the edit is refused":         {2, false, chat{found: true, edit: errRefused}, []string{"find", "edit"}, there},
		"it is there though no edit is taken":   {2, false, chat{found: true, edit: errFull}, []string{"find", "edit"}, there},
		"a look-up that hangs is given up":      {2, false, chat{hangs: true}, []string{"find", "post"}, anew},
	} {
		t.Run(name, func(t *testing.T) {
			pager := &activities.Pager{Chat: &c.chat}
			value, err := stage(t, c.attempt, pager.Page).ExecuteActivity(pager.Page, page(c.again))

			require.Equal(t, c.at, got[incident.Receipt](t, value, err))
			require.Equal(t, c.asked, c.chat.asked)
		})
	}
}

func TestAMergedPageThatIsFoundBelongsToOthersAndIsLeftAsItIs(t *testing.T) {
	slack := &chat{found: true, with: 3}
	pager := &activities.Pager{Chat: slack}
	value, err := stage(t, 2, pager.Page).ExecuteActivity(pager.Page, page(false))

	require.Equal(t, incident.Receipt{Channel: "D1", TS: "1", With: 3}, got[incident.Receipt](t, value, err))
	require.Equal(t, []string{"find"}, slack.asked)
}

func TestAPageThatOnlyWaitedForItsTurnIsNotLookedFor(t *testing.T) {
	slack := &chat{found: true, post: limit(10 * time.Second)}
	pager := &activities.Pager{Chat: slack, Outbox: activities.NewOutbox()}
	attempt := func(n int32) *temporal.ApplicationError {
		_, err := stage(t, n, pager.Page).ExecuteActivity(pager.Page, page(false))
		return failed(t, err)
	}
	require.Equal(t, activities.Limited, attempt(1).Type())
	require.Equal(t, activities.Limited, attempt(2).Type())
	require.Equal(t, []string{"post"}, slack.asked, "Slack is not asked again before it allows it")

	value, err := stage(t, 4, pager.Page).ExecuteActivity(pager.Page, page(false))
	require.Equal(t, there, got[incident.Receipt](t, value, err), "what became of attempt 3 is not known here")
	require.Equal(t, []string{"post", "find", "edit"}, slack.asked)
}

func TestAPageThatMayHaveBeenSentIsLookedForUntilItIsKnown(t *testing.T) {
	slack := &chat{found: true, find: errAway, post: limit(10 * time.Second)}
	pager := &activities.Pager{Chat: slack, Outbox: activities.NewOutbox()}
	_, err := stage(t, 2, pager.Page).ExecuteActivity(pager.Page, page(false))
	require.Equal(t, activities.Limited, failed(t, err).Type())

	slack.find = nil
	value, err := stage(t, 3, pager.Page).ExecuteActivity(pager.Page, page(false))
	require.Equal(t, there, got[incident.Receipt](t, value, err), "attempt 1 sent it, and its answer was lost")
	require.Equal(t, []string{"find", "post", "find", "edit"}, slack.asked)
}

func TestACardThatIsThereAndTakesNoEditYetIsNotPostedOnceMore(t *testing.T) {
	for name, c := range map[string]struct {
		edit  error
		after time.Duration
	}{
		"a limit":        {errFull, 8 * time.Second},
		"Slack is away":  {errAway, 0},
		"a lost answer":  {errLost, 0},
		"an unsent edit": {errUnsent, 0},
	} {
		t.Run(name, func(t *testing.T) {
			slack := &chat{found: true, edit: c.edit}
			announcer := &activities.Announcer{Chat: slack}
			order := activities.CardOrder{Channel: "C0", Message: incident.Message{Card: &incident.Card{}}}
			_, err := stage(t, 2, announcer.ShowCard).ExecuteActivity(announcer.ShowCard, order)
			require.Equal(t, c.after, failed(t, err).NextRetryDelay())
			require.False(t, failed(t, err).NonRetryable())

			slack.edit = nil
			value, err := stage(t, 3, announcer.ShowCard).ExecuteActivity(announcer.ShowCard, order)
			require.Equal(t, there, got[incident.Receipt](t, value, err), "the next attempt finds it again")
			require.Equal(t, []string{"find", "edit", "find", "edit"}, slack.asked)
		})
	}
}

func TestACardThatIsThereAndIsNeverEditedIsAdoptedAsItIs(t *testing.T) {
	slack := &chat{found: true, edit: errRefused}
	announcer := &activities.Announcer{Chat: slack}
	order := activities.CardOrder{Channel: "C0", Message: incident.Message{Card: &incident.Card{}}}
	value, err := stage(t, 2, announcer.ShowCard).ExecuteActivity(announcer.ShowCard, order)
	require.Equal(t, there, got[incident.Receipt](t, value, err))
	require.Equal(t, []string{"find", "edit"}, slack.asked)
}

func TestAPageThatIsCalledBackLeavesItsLane(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	slack := &chat{post: limit(2 * time.Second)}
	pager := &activities.Pager{Chat: slack, Outbox: activities.NewOutbox()}
	env := stage(t, 1, pager.Page)
	called := &attempts{number: 1, beat: cancel} // The server answers a heartbeat with the cancellation.
	env.SetWorkerOptions(worker.Options{BackgroundActivityContext: ctx, Interceptors: []interceptor.WorkerInterceptor{called}})
	began := time.Now()
	_, err := env.ExecuteActivity(pager.Page, page(false))

	require.ErrorContains(t, err, "cancel")
	require.Less(t, time.Since(began), time.Second, "before Slack takes it")
	require.Zero(t, pager.Waiting())
	require.Equal(t, []string{"post"}, slack.asked)
}

// tally is who counts pages in a test.
type tally struct{ said []string }

func (c *tally) Paged(via oncall.Method, result string) {
	c.said = append(c.said, string(via)+" "+result)
}

func (c *tally) Late(via oncall.Method, by time.Duration) {
	c.said = append(c.said, fmt.Sprintf("%s late by %s", via, by.Round(time.Hour)))
}

func TestEachAttemptToPageIsCountedAndTheDeliveredOneTimed(t *testing.T) {
	due := func(o activities.PageOrder, at time.Time) activities.PageOrder { o.Page.At = at; return o }
	for name, c := range map[string]struct {
		chat  chat
		order activities.PageOrder
		said  []string
	}{
		"delivered":                {chat{}, due(page(false), time.Now().Add(-2*time.Hour)), []string{"slack delivered", "slack late by 2h0m0s"}},
		"before it is due":         {chat{}, due(page(false), time.Now().Add(2*time.Hour)), []string{"slack delivered", "slack late by 0s"}},
		"nobody knows when due":    {chat{}, page(false), []string{"slack delivered"}},
		"found":                    {chat{found: true}, page(true), []string{"slack delivered"}},
		"limited":                  {chat{post: limit(time.Minute)}, page(false), []string{"slack limited"}},
		"failed":                   {chat{post: errAway}, page(false), []string{"slack failed"}},
		"refused":                  {chat{post: errRefused}, page(false), []string{"slack refused"}},
		"a way that is not set up": {chat{}, activities.PageOrder{Page: oncall.Page{Via: oncall.SMS}}, []string{"sms refused"}},
	} {
		t.Run(name, func(t *testing.T) {
			counts := &tally{}
			pager := &activities.Pager{Chat: &c.chat, Outbox: activities.NewOutbox(), Tally: counts}
			_, _ = stage(t, 1, pager.Page).ExecuteActivity(pager.Page, c.order)
			require.Equal(t, c.said, counts.said)
		})
	}
}

func TestACardLetsThePagesGoFirstAtTheEndOfALimit(t *testing.T) {
	for name, chat := range map[string]*chat{"a new card": {post: limit(10 * time.Second)}, "an edit": {edit: limit(10 * time.Second)}} {
		t.Run(name, func(t *testing.T) {
			announcer := &activities.Announcer{Chat: chat}
			order := activities.CardOrder{Channel: "C0", Message: incident.Message{Card: &incident.Card{}}}
			if chat.edit != nil {
				order.At = there
			}
			_, err := stage(t, 1, announcer.ShowCard).ExecuteActivity(announcer.ShowCard, order)
			require.Equal(t, 13*time.Second, failed(t, err).NextRetryDelay())
		})
	}
}

func TestATextThatIsFoundIsLeftAsItIs(t *testing.T) {
	slack := &chat{found: true}
	announcer := &activities.Announcer{Chat: slack}
	order := activities.SayOrder{Channel: "C0", Again: true, Message: incident.Message{Notice: "hear", Marker: "m"}}
	value, err := stage(t, 1, announcer.Say).ExecuteActivity(announcer.Say, order)

	require.Equal(t, there, got[incident.Receipt](t, value, err))
	require.Equal(t, []string{"find"}, slack.asked)
}

func TestAPageByAWayThatIsNotConfiguredFailsForGood(t *testing.T) {
	for name, c := range map[string]struct {
		via   oncall.Method
		pager activities.Pager
	}{
		"no mail":  {oncall.Email, activities.Pager{Chat: &chat{}, SMS: &phones{}}},
		"no phone": {oncall.SMS, activities.Pager{Chat: &chat{}, Mail: &phones{}}},
		"no Slack": {oncall.Slack, activities.Pager{}},
	} {
		t.Run(name, func(t *testing.T) {
			order := page(false)
			order.Page.Via = c.via
			_, err := stage(t, 1, c.pager.Page).ExecuteActivity(c.pager.Page, order)

			require.Equal(t, activities.Off, failed(t, err).Type())
			require.True(t, failed(t, err).NonRetryable())
		})
	}
}

func TestADeletedCardIsPostedAnew(t *testing.T) {
	for name, c := range map[string]struct {
		at    incident.Receipt
		chat  chat
		asked []string
		want  incident.Receipt
	}{
		"a new card":     {incident.Receipt{}, chat{}, []string{"post"}, anew},
		"an edited card": {there, chat{}, []string{"edit"}, there},
		"a deleted card": {there, chat{edit: errGone}, []string{"edit", "find", "post"}, anew},
	} {
		t.Run(name, func(t *testing.T) {
			announcer := &activities.Announcer{Chat: &c.chat}
			order := activities.CardOrder{Channel: "C0", At: c.at, Message: incident.Message{Card: &incident.Card{}}}
			value, err := stage(t, 1, announcer.ShowCard).ExecuteActivity(announcer.ShowCard, order)

			require.Equal(t, c.want, got[incident.Receipt](t, value, err))
			require.Equal(t, c.asked, c.chat.asked)
		})
	}
}

func TestAPageThatCannotBeEditedIsLeftAsItIs(t *testing.T) {
	for name, edit := range map[string]error{"deleted": errGone, "refused": errRefused} {
		t.Run(name, func(t *testing.T) {
			announcer := &activities.Announcer{Chat: &chat{edit: edit}}
			_, err := stage(t, 1, announcer.RefreshPage).ExecuteActivity(announcer.RefreshPage, activities.RefreshOrder{At: there})
			require.NoError(t, err)
		})
	}
	announcer := &activities.Announcer{Chat: &chat{edit: errAway}}
	_, err := stage(t, 1, announcer.RefreshPage).ExecuteActivity(announcer.RefreshPage, activities.RefreshOrder{At: there})
	require.False(t, failed(t, err).NonRetryable(), "while Slack is away it is tried again")
}
