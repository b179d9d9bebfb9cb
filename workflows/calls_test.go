package workflows_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/oncall"
	"github.com/seed-44180607/lastgood/signals"
)

// helpIsReachedByThreeWays lets sre-3 be reached by three methods.
func (s *story) helpIsReachedByThreeWays() {
	helper := &s.world.Staff.People[2]
	helper.Email, helper.Phone, helper.Contact = "sre-3@example.com", "+443", threeWays
}

// callsForHelp begins a story in which sre-1 takes the incident after a minute and asks
// sre-3, who has three contact rules, for help a minute later.
func callsForHelp(t *testing.T) *story {
	s := tell(t)
	s.helpIsReachedByThreeWays()
	s.Fires(0, "5xx")
	s.Decide(minute, signals.Acknowledge, "sre-1")
	s.Decide(2*minute, signals.AddResponder, "sre-1", func(d *incident.Decision) { d.Person = "sre-3" })
	return s
}

func TestACallGoesByTheContactRules(t *testing.T) {
	s := callsForHelp(t)
	s.Clears(20*minute, "5xx")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1", "2m0s call to U0SRE3", "4m0s call to sre-3@example.com", "7m0s call to +443")
	s.ExpectWhispers(s.world.whispers...)
	s.ExpectNoTimerLeft()
}

func TestACallEndsWhenWhoWasCalledAnswers(t *testing.T) {
	s := callsForHelp(t)
	s.Decide(3*minute, signals.AddNote, "sre-1", because("waiting for help"))
	s.Decide(5*minute, signals.AddNote, "sre-3", because("I am here"))
	s.Clears(20*minute, "5xx")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1", "2m0s call to U0SRE3", "4m0s call to sre-3@example.com")
	s.ExpectWhispers(s.world.whispers...)
	require.Contains(t, s.seen.cancelled, "page sre-3 by sms")
	s.ExpectNoTimerLeft()
}

func TestACallEndsWithTheIncident(t *testing.T) {
	s := callsForHelp(t)
	s.Clears(3*minute, "5xx")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1", "2m0s call to U0SRE3")
	s.ExpectWhispers(s.world.whispers...)
	s.ExpectNoTimerLeft()
}

func TestACallThatIsRefusedGoesByTheNextMethodAtOnce(t *testing.T) {
	s := callsForHelp(t)
	s.world.deaf["U0SRE3"] = true
	s.Clears(6*minute, "5xx")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1", "2m0s call to sre-3@example.com")
	s.ExpectWhispers(s.world.whispers...)
	s.ExpectNoTimerLeft()
}

func TestACallThatDoesNotGetThroughGoesByTheNextMethodAfter20Seconds(t *testing.T) {
	s := callsForHelp(t)
	s.world.Slack.DownFor("post to U0SRE3", fails, minute, 6*minute)
	s.Clears(5*minute, "5xx")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1", "2m20s call to sre-3@example.com")
	s.ExpectTold("2m20s Could not page sre-3 by slack for 20s; still trying", "2m20s Paged sre-3 by email: 250 queued")
	s.ExpectWhispers(s.world.whispers...)
	s.ExpectNoTimerLeft()
}

func TestATextOfACallThatIsLostGoesByTheNextMethodAtOnce(t *testing.T) {
	s := callsForHelp(t)
	s.world.Staff.People[2].Contact = []oncall.ContactRule{{Via: oncall.SMS}, {Via: oncall.Email, After: 5 * minute}}
	s.Reports(130*second, "+443", "twilio says undelivered")
	s.Clears(6*minute, "5xx")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1", "2m0s call to +443", "2m10s call to sre-3@example.com")
	s.ExpectWhispers(s.world.whispers...)
	s.ExpectNoTimerLeft()
}

func TestADecidedRequestCallsNoMoreApprovers(t *testing.T) {
	s := asks(t)
	s.helpIsReachedByThreeWays()
	s.Decide(5*minute, signals.RejectRollback, "sre-2")
	s.Clears(20*minute, "5xx")
	s.Run()

	s.ExpectPages(append(approversPaged, "4m0s call to sre-3@example.com")...)
	s.ExpectWhispers(s.world.whispers...)
	s.ExpectNoTimerLeft()
}

func TestAnAcknowledgementEndsACallForHelp(t *testing.T) {
	s := tell(t)
	s.helpIsReachedByThreeWays()
	s.Fires(0, "5xx")
	s.Decide(30*second, signals.AddResponder, "sre-2", func(d *incident.Decision) { d.Person = "sre-3" })
	s.Decide(minute, signals.Acknowledge, "sre-1")
	s.Clears(20*minute, "5xx")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1", "30s call to U0SRE3")
	s.ExpectWhispers(s.world.whispers...)
	s.ExpectNoTimerLeft()
}

func TestAFullHistoryLosesNoPageOfACall(t *testing.T) {
	s := callsForHelp(t)
	s.Fills(3 * minute)
	s.Continue()
	s.Clears(20*minute, "5xx")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1", "2m0s call to U0SRE3", "3m0s call to +443", "3m0s call to sre-3@example.com")
	s.ExpectWhispers(s.world.whispers...)
}
