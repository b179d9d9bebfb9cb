package workflows_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/oncall"
	"github.com/seed-44180607/lastgood/signals"
)

// asks begins a story in which sre-1 asks for a rollback after two minutes, that
// sre-2 or sre-3 must approve within a quarter of an hour.
func asks(t *testing.T) *story {
	s := tell(t)
	plan := s.Opening.Service.Rollback
	plan.Allowed = []oncall.Target{{Schedule: "checkout-primary"}, {Person: "sre-2"}, {Person: "sre-3"}}
	plan.Approval = &incident.Approval{Within: 15 * minute, Override: true}
	s.Fires(0, "5xx")
	s.Decide(2*minute, signals.RollBack, "sre-1", to("v41"))
	return s
}

const requested = "2m0s sre-1: Rollback from v42 to v41 requested by sre-1; a second person must approve by 12:17 UTC."

var approversPaged = []string{"0s step 1 to U0SRE1", "2m0s call to U0SRE2", "2m0s call to U0SRE3"}

func TestApproversArePagedAndOneOfThemApproves(t *testing.T) {
	s := asks(t)
	s.At(3*minute, func() {
		require.Subset(t, s.buttons(), []string{"approve-rollback v41", "reject-rollback v41"})
		require.NotContains(t, s.buttons(), "roll-back v41")
	})
	s.Decide(4*minute, signals.ApproveRollback, "sre-2", to("v41"))
	s.Clears(7*minute, "5xx")
	s.Run()

	s.ExpectPages(approversPaged...)
	s.ExpectOrders("4m0s v41, attempt 1")
	s.ExpectWhispers(requested, "4m0s sre-2: Rollback to v41 approved by sre-2.")
	s.ExpectResolved(7*minute, 12*minute)
	s.ExpectWholeRecord()
	s.ExpectNoTimerLeft()
	require.Equal(t, "sre-2", s.Incident.Rollback.Approved)
}

func TestNobodyApprovesTheirOwnRollback(t *testing.T) {
	s := asks(t)
	s.Decide(3*minute, signals.ApproveRollback, "sre-1", to("v41"))
	s.Decide(4*minute, signals.ApproveRollback, "stranger", to("v41"))
	s.Clears(7*minute, "5xx")
	s.Run()

	s.ExpectPages(approversPaged...)
	s.ExpectWhispers(requested,
		"3m0s sre-1: You asked for this rollback: somebody else must approve it.",
		"4m0s stranger: You may not decide this: the rollback of checkout is for those named under rollback.allowed.")
	s.ExpectTold("7m0s The request to roll back lapses: all alerts are resolved", "7m0s Resolved: all alerts are resolved")
	s.ExpectResolved(7*minute, 12*minute)
}

func TestAnApproverRejects(t *testing.T) {
	s := asks(t)
	s.Decide(4*minute, signals.RejectRollback, "sre-3", because("a fix is on its way"))
	s.Decide(5*minute, signals.ApproveRollback, "sre-2", to("v41"))
	s.At(6*minute, func() { require.Contains(t, s.buttons(), "roll-back v41") })
	s.Clears(30*minute, "5xx")
	s.Run()

	s.ExpectPages(approversPaged...)
	s.ExpectWhispers(requested,
		"4m0s sre-3: Rollback to v41 rejected by sre-3: a fix is on its way.",
		"5m0s sre-2: No rollback of INC waits for approval.")
	s.ExpectResolved(30*minute, 35*minute)
	s.ExpectNoTimerLeft()
}

func TestARequestThatNobodyAnswersLapsesLoudlyAndMayBeOverridden(t *testing.T) {
	s := asks(t)
	s.Decide(18*minute, signals.RollBack, "sre-1", to("v41"), because("customers cannot pay"))
	s.Clears(21*minute, "5xx")
	s.Run()

	s.ExpectPages(approversPaged...)
	s.ExpectNotices("17m0s Nobody has approved the rollback of checkout to v41 that sre-1 asked for (INC). sre-1 may now go on alone, with a reason. (loud)")
	s.ExpectOrders("18m0s v41, attempt 2")
	s.ExpectWhispers(requested,
		"18m0s sre-1: Rollback from v42 to v41 decided by sre-1 alone, nobody having approved in time: customers cannot pay.")
	s.ExpectResolved(21*minute, 26*minute)
	s.ExpectWholeRecord()
}

func TestWithoutAReasonALapsedRequestIsAskedForAgain(t *testing.T) {
	s := asks(t)
	s.Decide(18*minute, signals.RollBack, "sre-1", to("v41"))
	s.Clears(21*minute, "5xx")
	s.Run()

	s.ExpectPages(append(approversPaged, "18m0s call to U0SRE2", "18m0s call to U0SRE3")...)
	require.Len(t, s.notices(), 1)
	s.ExpectNotices(s.notices()...)
	s.ExpectWhispers(requested,
		"18m0s sre-1: Rollback from v42 to v41 requested by sre-1; a second person must approve by 12:33 UTC.")
	s.ExpectResolved(21*minute, 26*minute)
}

func TestWhenThereIsNoOtherApproverTheNextStepIsAsked(t *testing.T) {
	s := asks(t)
	s.Opening.Service.Rollback.Allowed = []oncall.Target{{Schedule: "checkout-primary"}}
	s.Clears(4*minute, "5xx")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1", "2m0s call to U0SRE2")
	s.ExpectWhispers(requested)
}

func TestSomebodyWhoMayNotIsRefused(t *testing.T) {
	s := tell(t)
	s.Opening.Service.Rollback.Allowed = []oncall.Target{{Person: "sre-2"}}
	s.Fires(0, "5xx")
	s.Decide(2*minute, signals.RollBack, "sre-1", to("v41"))
	s.Decide(3*minute, signals.RollBack, "sre-2", to("v41"))
	s.Clears(10*minute, "5xx")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1")
	s.ExpectOrders("3m0s v41, attempt 1")
	s.ExpectWhispers(
		"2m0s sre-1: You may not decide this: the rollback of checkout is for those named under rollback.allowed.",
		"3m0s sre-2: Rollback from v42 to v41 decided by sre-2.",
	)
	s.ExpectResolved(10*minute, 15*minute)
}

func TestAnApprovalIsRefusedWhenAnotherReleaseHasGoneOutMeanwhile(t *testing.T) {
	s := asks(t)
	s.Deployed(3*minute, "v43")
	s.Decide(4*minute, signals.ApproveRollback, "sre-2", to("v41"))
	s.At(5*minute, func() {
		require.Equal(t, "The request to roll back to v41 has lapsed: v43 is in service now, not v42; the release to go back to is v41", s.card().Failure)
		require.Contains(t, s.buttons(), "roll-back v41", "it can be asked for again")
	})
	s.Clears(7*minute, "5xx")
	s.Run()

	s.ExpectPages(approversPaged...)
	s.ExpectOrders()
	s.ExpectTold("4m0s The request to roll back from v42 to v41 lapses: v43 is in service now, not v42; the release to go back to is v41")
	s.ExpectNotices("4m0s The rollback of checkout to v41 that sre-1 asked for (INC) is not carried out: v43 is in service now, not v42; the release to go back to is v41. (loud)")
	s.ExpectWhispers(requested,
		"4m0s sre-2: The request to roll back to v41 has lapsed: v43 is in service now, not v42; the release to go back to is v41.")
	s.ExpectResolved(7*minute, 12*minute)
}

func TestAnApprovalOfWhatIsInServiceAlreadyBuildsNothing(t *testing.T) {
	s := asks(t)
	s.Deployed(3*minute, "v41")
	s.Decide(4*minute, signals.ApproveRollback, "sre-2", to("v41"))
	s.Clears(7*minute, "5xx")
	s.Run()

	s.ExpectPages(approversPaged...)
	s.ExpectOrders()
	s.ExpectNotices(s.notices()...)
	require.Len(t, s.notices(), 1)
	s.ExpectWhispers(requested,
		"4m0s sre-2: The request to roll back to v41 has lapsed: v41 is in service now, not v42; the release to go back to is v40.")
	s.ExpectResolved(7*minute, 12*minute)
}

func TestAnApprovalIsRefusedWhileTheJobCannotTakeTheOrder(t *testing.T) {
	s := asks(t)
	s.Undeclares(3*minute, "INCIDENT_ID")
	s.Decide(4*minute, signals.ApproveRollback, "sre-2", to("v41"))
	s.Clears(7*minute, "5xx")
	s.Run()

	s.ExpectPages(approversPaged...)
	s.ExpectOrders()
	s.ExpectWhispers(requested, "4m0s sre-2: The rollback to v41 cannot be ordered: "+
		"the job deploy/checkout does not declare the parameter INCIDENT_ID, so Jenkins would drop it.")
	s.ExpectResolved(7*minute, 12*minute)
}

func TestAnApprovalNamesADeploymentThatHasBegunMeanwhile(t *testing.T) {
	s := asks(t)
	s.Deploying(3*minute, "v43")
	s.Decide(4*minute, signals.ApproveRollback, "sre-2", to("v41"))
	s.Clears(7*minute, "5xx")
	s.Run()

	s.ExpectPages(approversPaged...)
	s.ExpectOrders("4m0s v41, attempt 1")
	s.ExpectWhispers(requested, "4m0s sre-2: Rollback to v41 approved by sre-2, while build 113 deploys v43.")
	s.ExpectResolved(7*minute, 12*minute)
}
