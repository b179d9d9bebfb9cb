package activities_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/activities"
	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/oncall"
)

func pageBy(via oncall.Method, again bool) activities.PageOrder {
	o := page(again)
	o.Page.Via, o.Page.Address = via, "+440000000001"
	return o
}

func TestATextIsLookedForBeforeItIsSentAgain(t *testing.T) {
	for name, c := range map[string]struct {
		attempt int32
		again   bool
		phones  phones
		asked   []string
		at      incident.Receipt
	}{
		"the first time it is sent at once":      {1, false, phones{found: true}, []string{"send"}, went},
		"the second attempt adopts it":           {2, false, phones{found: true}, []string{"find"}, lies},
		"an order given again adopts it":         {1, true, phones{found: true}, []string{"find"}, lies},
		"it is sent when it is not there":        {2, false, phones{}, []string{"find", "send"}, went},
		"it is sent when the look-up fails":      {2, false, phones{find: errAway}, []string{"find", "send"}, went},
		"it is sent when the look-up is refused": {2, false, phones{find: errRefused}, []string{"find", "send"}, went},
	} {
		t.Run(name, func(t *testing.T) {
			pager := &activities.Pager{SMS: &c.phones}
			value, err := stage(t, c.attempt, pager.Page).ExecuteActivity(pager.Page, pageBy(oncall.SMS, c.again))

			require.Equal(t, c.at, got[incident.Receipt](t, value, err))
			require.Equal(t, c.asked, c.phones.asked)
		})
	}
}

func TestAMailIsSentAgainAsItIs(t *testing.T) {
	for _, attempt := range []int32{1, 2} {
		mail := &phones{}
		pager := &activities.Pager{Mail: mail}
		value, err := stage(t, attempt, pager.Page).ExecuteActivity(pager.Page, pageBy(oncall.Email, true))
		require.Equal(t, went, got[incident.Receipt](t, value, err))
		require.Equal(t, []string{"send"}, mail.asked)
	}
}

func TestWhatIsRefusedByMailAndPhoneIsFinalAndTheRestIsNot(t *testing.T) {
	for _, via := range []oncall.Method{oncall.Email, oncall.SMS} {
		for err, final := range map[error]bool{errRefused: true, errAway: false, errLost: false, errUnsent: false} {
			to := &phones{send: err}
			pager := &activities.Pager{Mail: to, SMS: to}
			_, failure := stage(t, 1, pager.Page).ExecuteActivity(pager.Page, pageBy(via, false))
			require.Equal(t, final, failed(t, failure).NonRetryable(), "%s: %v", via, err)
		}
	}
}

func TestAPageThatIsCalledBackIsNoFailure(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	to := &phones{send: errLost, waits: func(ctx context.Context) {
		cancel()
		<-ctx.Done()
	}}
	for _, via := range []oncall.Method{oncall.Email, oncall.SMS} {
		pager := &activities.Pager{Mail: to, SMS: to}
		env := stage(t, 1, pager.Page)
		env.SetWorkerOptions(attemptsWithin(ctx))
		_, err := env.ExecuteActivity(pager.Page, pageBy(via, false))
		require.ErrorContains(t, err, "cancel")
	}
}
