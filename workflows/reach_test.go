package workflows_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/oncall"
	"github.com/seed-44180607/lastgood/signals"
)

// threeWays are Slack now, mail after two minutes and SMS after five.
var threeWays = []oncall.ContactRule{{Via: oncall.Slack}, {Via: oncall.Email, After: 2 * minute}, {Via: oncall.SMS, After: 5 * minute}}

// byThreeWays lets sre-1 be paged by three methods, and gives the step time for them.
func (s *story) byThreeWays() {
	s.world.Staff.People[0].Contact = threeWays
	s.Opening.Policies.Default.Steps[0].AckWithin = 10 * minute
}

// byRules lets sre-1 be paged as the rules say.
func (s *story) byRules(rules ...oncall.ContactRule) { s.world.Staff.People[0].Contact = rules }

// Reports lets the phone network say what became of the latest text to a number.
func (s *story) Reports(at time.Duration, to, failed string) {
	s.At(at, func() {
		s.world.mu.Lock()
		defer s.world.mu.Unlock()
		for _, m := range slices.Backward(s.world.messages) {
			if m.to == to && m.via == "sms" {
				s.env.SignalWorkflow(signals.PageReport, incident.PageReport{
					ID: "SM" + m.receipt.TS, Workflow: incidentWorkflow, Marker: m.said.Marker, Address: to, Person: "sre-1", Failed: failed,
				})
				return
			}
		}
		require.Fail(s.t, "there is no text", "to %s at %s", to, at)
	})
}

func TestAPersonIsReachedBySlackThenByMailThenBySMS(t *testing.T) {
	s := tell(t)
	s.byThreeWays()
	s.Fires(0, "5xx")
	s.Reports(5*minute+2*second, "+441", "")
	s.Clears(9*minute, "5xx")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1", "2m0s step 1 to sre-1@example.com", "5m0s step 1 to +441")
	s.ExpectTold(
		"0s Paged sre-1 by slack",
		"2m0s Paged sre-1 by email: 250 queued",
		"5m0s Paged sre-1 by sms: accepted as SM1",
		"5m2s The sms to sre-1 was delivered",
	)
	s.ExpectResolved(9*minute, 14*minute)
	s.ExpectWholeRecord()
	s.ExpectNoTimerLeft()
}

func TestAnAcknowledgementStopsMailAndSMSForEveryone(t *testing.T) {
	s := tell(t)
	s.byThreeWays()
	s.world.Staff.People[1].Email, s.world.Staff.People[1].Phone, s.world.Staff.People[1].Contact = "sre-2@example.com", "+442", threeWays
	s.Opening.Policies.Default.Steps[0].Page = []oncall.Target{{Person: "sre-1"}, {Person: "sre-2"}}
	s.Fires(0, "5xx")
	s.Decide(minute, signals.Acknowledge, "sre-2")
	s.Clears(20*minute, "5xx")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1", "0s step 1 to U0SRE2")
	s.ExpectWhispers("1m0s sre-2: Acknowledged by sre-2.")
	for _, via := range []string{"email", "sms"} {
		require.Contains(t, s.seen.cancelled, "page sre-1 by "+via)
		require.Contains(t, s.seen.cancelled, "page sre-2 by "+via)
	}
	s.ExpectNoTimerLeft()
}

func TestAPageThatIsBeingTriedAgainStopsAtTheAcknowledgement(t *testing.T) {
	for _, via := range []oncall.Method{oncall.Email, oncall.SMS} {
		t.Run(string(via), func(t *testing.T) {
			s := tell(t)
			s.world.Mail.Down(fails, 0, 61*second)
			s.world.Phones.Down(fails, 0, 61*second)
			s.byRules(oncall.ContactRule{Via: via})
			s.Opening.Policies.Default.Steps = s.Opening.Policies.Default.Steps[:1]
			s.Fires(0, "5xx")
			s.Decide(minute, signals.Acknowledge, "sre-1")
			s.Clears(20*minute, "5xx")
			s.Run()

			s.ExpectPages()
			s.ExpectWhispers("1m0s sre-1: Acknowledged by sre-1.")
		})
	}
}

func TestAMailThatHangsGoesBySMSAsWell(t *testing.T) {
	s := tell(t)
	s.byThreeWays()
	s.world.deaf["U0SRE1"] = true
	s.world.Mail.Down(hangs, 0, 40*second)
	s.Fires(0, "5xx")
	s.Clears(4*minute, "5xx")
	s.Run()

	s.ExpectPages("20s step 1 to +441", "40s step 1 to sre-1@example.com")
	s.ExpectTold(
		"20s Could not page sre-1 by email for 20s; still trying",
		"20s Paged sre-1 by sms: accepted as SM1",
		"40s Paged sre-1 by email: 250 queued",
	)
}

func TestWhenEveryMethodOfAStepIsRefusedTheNextStepIsPagedNow(t *testing.T) {
	s := tell(t)
	s.byThreeWays()
	s.world.deaf["U0SRE1"] = true
	s.world.Mail.Down(refuses, 0, hour)
	s.world.Phones.Down(refuses, 0, hour)
	s.Fires(0, "5xx")
	s.Clears(4*minute, "5xx")
	s.Run()

	s.ExpectPages("0s step 2 to U0SRE2")
	s.ExpectTold(
		"0s Could not page sre-1 by slack: slack: post to U0SRE1: 404 Not Found (channel_not_found)",
		"0s Could not page sre-1 by email: smtp: mail sre-1@example.com: 401 Unauthorized",
		"0s Could not page sre-1 by sms: twilio: text +441: 401 Unauthorized",
		"0s Paged sre-2 by slack",
	)
}

func TestAMethodThatIsNotConfiguredIsPassedNow(t *testing.T) {
	s := tell(t)
	s.byRules(oncall.ContactRule{Via: oncall.Email}, oncall.ContactRule{Via: oncall.SMS, After: 2 * minute})
	s.world.noMail = true
	s.stage(noon)
	s.Fires(0, "5xx")
	s.Clears(4*minute, "5xx")
	s.Run()

	s.ExpectPages("0s step 1 to +441")
	s.ExpectTold("0s Could not page sre-1 by email: mail is not configured")
}

func TestATextThatIsLostAfterItWasAcceptedGoesByTheNextMethodNow(t *testing.T) {
	s := tell(t)
	s.byRules(oncall.ContactRule{Via: oncall.SMS}, oncall.ContactRule{Via: oncall.Email, After: 3 * minute})
	s.Fires(0, "5xx")
	s.Reports(10*second, "+441", "twilio says undelivered (30003)")
	s.Reports(11*second, "+441", "twilio says undelivered (30003)")
	s.Reports(12*second, "+441", "")
	s.Clears(6*minute, "5xx")
	s.Run()

	// The step's time runs from the page that arrived.
	s.ExpectPages("0s step 1 to +441", "10s step 1 to sre-1@example.com", "5m10s step 2 to U0SRE2")
	s.ExpectTold(
		"0s Paged sre-1 by sms: accepted as SM1",
		"10s The sms to sre-1 was not delivered: twilio says undelivered (30003)",
		"10s Paged sre-1 by email: 250 queued",
	)
	s.ExpectNeverTold("11s The sms", "12s The sms")
	s.ExpectWholeRecord()
	s.ExpectNoTimerLeft()
}

func TestAStepWhoseOnlyTextIsLostIsPassedNow(t *testing.T) {
	s := tell(t)
	s.byRules(oncall.ContactRule{Via: oncall.SMS})
	s.Fires(0, "5xx")
	s.Reports(10*second, "+441", "twilio says failed (30005)")
	s.Clears(4*minute, "5xx")
	s.Run()

	s.ExpectPages("0s step 1 to +441", "10s step 2 to U0SRE2")
	s.ExpectNoTimerLeft()
}

func TestATextThatIsLostWhenSomebodyRespondsIsToldAndNoMore(t *testing.T) {
	s := tell(t)
	s.byRules(oncall.ContactRule{Via: oncall.SMS}, oncall.ContactRule{Via: oncall.Email, After: 3 * minute})
	s.Fires(0, "5xx")
	s.Decide(minute, signals.Acknowledge, "sre-2")
	s.Reports(2*minute, "+441", "twilio says failed (30005)")
	s.Clears(20*minute, "5xx")
	s.Run()

	s.ExpectPages("0s step 1 to +441")
	s.ExpectWhispers("1m0s sre-2: Acknowledged by sre-2.")
	s.ExpectTold("2m0s The sms to sre-1 was not delivered: twilio says failed (30005)")
}

func TestAnEscalationThatSomebodyWantedGoesOnWhenItsTextIsLost(t *testing.T) {
	s := tell(t)
	s.Opening.Policies.Default.Steps[1].Page = []oncall.Target{{Person: "sre-3"}}
	s.world.Staff.People[2].Phone, s.world.Staff.People[2].Email = "+443", "sre-3@example.com"
	s.world.Staff.People[2].Contact = []oncall.ContactRule{{Via: oncall.SMS}, {Via: oncall.Email, After: 3 * minute}}
	s.Fires(0, "5xx")
	s.Decide(minute, signals.Acknowledge, "sre-1")
	s.Decide(2*minute, signals.Escalate, "sre-1")
	s.Reports(2*minute+10*second, "+443", "twilio says failed (30005)")
	s.Clears(20*minute, "5xx")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1", "2m0s step 2 to +443", "2m10s step 2 to sre-3@example.com")
	s.ExpectWhispers("1m0s sre-1: Acknowledged by sre-1.", "2m0s sre-1: Escalated to step 2 by sre-1.")
	require.Equal(t, "sre-1", s.Incident.AcknowledgedBy)
}

func TestATextWhoseAnswerIsLostIsNotSentTwice(t *testing.T) {
	s := tell(t)
	s.byRules(oncall.ContactRule{Via: oncall.SMS})
	s.world.Phones.Down(loses, 0, 100*millisecond)
	s.Fires(0, "5xx")
	s.Clears(2*minute, "5xx")
	s.Run()

	s.ExpectPages("0s step 1 to +441")
	s.ExpectTold("500ms Paged sre-1 by sms: accepted as SM1")
}

func TestAnAcknowledgementBySMSCountsOnce(t *testing.T) {
	s := tell(t)
	s.byRules(oncall.ContactRule{Via: oncall.SMS})
	s.Fires(0, "5xx")
	for _, at := range []time.Duration{minute, minute + second} {
		s.Decide(at, signals.Acknowledge, "sre-1", func(d *incident.Decision) { d.ID, d.Via, d.Reply = "SM77", "sms", nil })
	}
	s.Clears(20*minute, "5xx")
	s.Run()

	s.ExpectPages("0s step 1 to +441")
	s.ExpectWhispers()
	s.ExpectTold("1m0s Acknowledged by sre-1")
}

func TestAMailboxThatTwoPeopleShareAndThatTakesNothingDoesNotHoldUpTheClimb(t *testing.T) {
	for name, c := range map[string]struct {
		how  fault
		next string
	}{
		"refused":     {refuses, "0s step 2 to U0SRE3"},
		"not reached": {fails, "20s step 2 to U0SRE3"},
	} {
		t.Run(name, func(t *testing.T) {
			s := tell(t)
			for i := range 2 {
				s.world.Staff.People[i].Email = "both@example.com"
				s.world.Staff.People[i].Contact = []oncall.ContactRule{{Via: oncall.Email}}
			}
			s.pagesOnly(step(5*minute, "sre-1", "sre-2"), step(5*minute, "sre-3"))
			s.world.Mail.Down(c.how, 0, hour)
			s.Fires(0, "5xx")
			s.Clears(4*minute, "5xx")
			s.Run()
			s.ExpectPages(c.next)
		})
	}
}
