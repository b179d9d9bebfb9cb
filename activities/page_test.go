package activities_test

import (
	"testing"

	"github.com/stretchr/testify/require"

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
		"the first time it is posted at once":  {1, false, chat{found: true}, []string{"post"}, anew},
		"the second attempt adopts it":         {2, false, chat{found: true}, []string{"find", "edit"}, there},
		"an order given again adopts it":       {1, true, chat{found: true}, []string{"find", "edit"}, there},
		"it is posted when it is not there":    {2, false, chat{}, []string{"find", "post"}, anew},
		"it is posted when the look-up fails":  {2, false, chat{find: errAway}, []string{"find", "post"}, anew},
		"also when the look-up is refused":     {2, false, chat{find: errRefused}, []string{"find", "post"}, anew},
		"it is posted when it was deleted":     {2, false, chat{found: true, edit: errGone}, []string{"find", "edit", "post"}, anew},
		"it is posted when the edit goes awry": {2, false, chat{found: true, edit: errAway}, []string{"find", "edit", "post"}, anew},
	} {
		t.Run(name, func(t *testing.T) {
			pager := &activities.Pager{Chat: &c.chat}
			value, err := stage(t, c.attempt, pager.Page).ExecuteActivity(pager.Page, page(c.again))

			require.Equal(t, c.at, got[incident.Receipt](t, value, err))
			require.Equal(t, c.asked, c.chat.asked)
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
