package workflows_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/signals"
)

// rollsBack begins a story in which sre-1 rolls back after two minutes.
func rollsBack(t *testing.T) *story {
	s := tell(t)
	s.Fires(0, "5xx")
	s.Decide(2*minute, signals.RollBack, "sre-1", to("v41"))
	return s
}

const rolledBack = "2m0s sre-1: Rollback from v42 to v41 decided by sre-1."

func TestAnAbortInTheQueueChangesNothing(t *testing.T) {
	s := rollsBack(t)
	s.Builds(build{Queued: 10 * minute})
	s.Decide(150*second, signals.AbortRollback, "sre-2")
	s.Decide(4*minute, signals.RollBack, "sre-2", to("v41"))
	s.Clears(7*minute, "5xx")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1")
	s.ExpectOrders("2m0s v41, attempt 1, stopped at 2m30s", "4m0s v41, attempt 2")
	s.ExpectWhispers(rolledBack, "2m30s sre-2: sre-2 asks to stop the rollback.",
		"4m0s sre-2: Rollback from v42 to v41 decided by sre-2.")
	s.ExpectTold("2m31s The rollback was stopped before it was built", "7m0s Restored with v41: every alert has resolved")
	s.ExpectResolved(7*minute, 12*minute)
	s.ExpectWholeRecord()
}

func TestAnAbortWhileItBuildsLeavesTheStateUnknown(t *testing.T) {
	s := rollsBack(t)
	s.Builds(build{Takes: 10 * minute})
	s.Decide(4*minute, signals.AbortRollback, "sre-2")
	s.At(5*minute, func() {
		require.Contains(t, s.card().Failure, "the state of the service is unknown")
		require.Equal(t, incident.Acknowledged, s.State().Status)
	})
	s.Clears(20*minute, "5xx")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1")
	s.ExpectOrders("2m0s v41, attempt 1, stopped at 4m0s")
	s.ExpectWhispers(rolledBack, "4m0s sre-2: sre-2 asks to stop the rollback.")
	s.ExpectTold("4m1s Build 113 was stopped: the state of the service is unknown")
	s.ExpectResolved(20*minute, 25*minute)
	s.ExpectNoTimerLeft()
}

func TestAQueuedItemThatJenkinsLostIsOrderedAgain(t *testing.T) {
	s := rollsBack(t)
	s.Builds(build{Queued: 20 * second, Lost: true})
	s.Clears(5*minute, "5xx")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1")
	s.ExpectOrders("2m0s v41, attempt 1", "2m20s v41, attempt 1, again")
	s.ExpectWhispers(rolledBack)
	s.ExpectTold("2m20s Jenkins lost the queued rollback; it is triggered again", "3m21s Build 113 has deployed v41; the alerts must resolve by 12:18 UTC")
	s.ExpectResolved(5*minute, 10*minute)
}

func TestAnOrderThatIsLostAgainAndAgainIsGivenUpInTime(t *testing.T) {
	s := rollsBack(t)
	for range 5 {
		s.Builds(build{Queued: 7 * minute, Lost: true})
	}
	s.Clears(33*minute, "5xx")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1", "32m1s step 1 to U0SRE1")
	s.ExpectOrders("2m0s v41, attempt 1", "9m0s v41, attempt 1, again", "16m0s v41, attempt 1, again",
		"23m0s v41, attempt 1, again", "30m0s v41, attempt 1, again, stopped at 32m0s")
	s.ExpectWhispers(rolledBack)
	s.ExpectTold("32m1s The rollback to v41 failed: the build did not begin within 30m; it was taken out of Jenkins' queue: nothing was deployed")
}

func TestABuildWithOtherParametersIsStoppedAndPaged(t *testing.T) {
	s := rollsBack(t)
	s.Builds(build{Takes: 10 * minute, Drops: "VERSION"})
	s.Clears(5*minute, "5xx")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1", "2m2s step 1 to U0SRE1")
	s.ExpectOrders("2m0s v41, attempt 1, stopped at 2m1s")
	s.ExpectWhispers(rolledBack)
	s.ExpectTold(`2m2s The rollback to v41 failed: the build has VERSION="", not "v41" as ordered; it was stopped: the state of the service is unknown`)
	s.ExpectResolved(5*minute, 10*minute)
}

func TestABuildThatTakesTooLongIsStoppedAndPaged(t *testing.T) {
	s := rollsBack(t)
	s.Builds(build{Takes: 3 * hour})
	s.Clears(hour, "5xx")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1", "32m1s step 1 to U0SRE1", "37m1s step 2 to U0SRE2", "47m1s step 3 to C0LEADS")
	s.ExpectOrders("2m0s v41, attempt 1, stopped at 32m0s")
	s.ExpectWhispers(rolledBack)
	s.ExpectTold("32m1s The rollback to v41 failed: the build did not end within 30m; it was stopped: the state of the service is unknown")
}

func TestARollbackThatIsGivenUpSaysWhatIsKnownOfItsBuild(t *testing.T) {
	for name, c := range map[string]struct {
		build build
		down  fault
		from  time.Duration
		told  string
	}{
		"it never left the queue": {
			build{Queued: 3 * hour},
			fails, 3 * hour,
			"The rollback to v41 failed: the build did not begin within 30m; it was taken out of Jenkins' queue: nothing was deployed",
		},
		"it does not stop": {
			build{Takes: 3 * hour, Deaf: true},
			fails, 3 * hour,
			"The rollback to v41 failed: the build did not end within 30m; build 113 was told to stop, did not end within 5m and runs on for all that is known: stop it in Jenkins before another rollback",
		},
		"Jenkins refuses to stop it": {
			build{Takes: 3 * hour, Deaf: true},
			refuses, 30 * minute,
			"The rollback to v41 failed: the build did not end within 30m; build 113 runs on for all that is known: stop it in Jenkins before another rollback; it could not be stopped from here: jenkins: stop: 401 Unauthorized",
		},
		"Jenkins is away": {
			build{Takes: 3 * hour, Deaf: true},
			fails, 30 * minute,
			"The rollback to v41 failed: the build did not end within 30m; build 113 may run on, as Jenkins cannot be reached to stop it: look there before another rollback (jenkins: stop: 503 Service Unavailable)",
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := rollsBack(t)
			s.Builds(c.build)
			s.world.Jenkins.DownFor("stop", c.down, c.from, 3*hour)
			s.Clears(50*minute, "5xx")
			s.Run()

			s.ExpectPages(s.pages()...)
			s.ExpectOrders(s.orders()...)
			s.ExpectWhispers(rolledBack)
			require.Contains(t, strings.Join(s.timeline(), "\n"), c.told)
		})
	}
}

func TestAnAbortSaysThatTheBuildRunsOn(t *testing.T) {
	s := rollsBack(t)
	s.Builds(build{Takes: 3 * hour, Deaf: true})
	s.Decide(4*minute, signals.AbortRollback, "sre-2")
	s.Clears(40*minute, "5xx")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1")
	s.ExpectOrders("2m0s v41, attempt 1")
	s.ExpectWhispers(rolledBack, "4m0s sre-2: sre-2 asks to stop the rollback.")
	require.Contains(t, strings.Join(s.timeline(), "\n"), "The rollback was given up: build 113 was told to stop, did not end within 5m and runs on")
	require.Contains(t, s.card().Failure, "runs on for all that is known")
}

func TestAnOrderThatJenkinsRefusesIsPaged(t *testing.T) {
	s := rollsBack(t)
	s.world.line.refusal = "forbidden"
	s.At(3*minute, func() { require.Contains(t, s.buttons(), "roll-back v41", "nothing of it was built") })
	s.Clears(5*minute, "5xx")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1", "2m0s step 1 to U0SRE1")
	s.ExpectWhispers(rolledBack)
	s.ExpectTold("2m0s The rollback to v41 failed: the build could not be ordered: jenkins: order v41: 403 Forbidden (forbidden)")
}

func TestAnOrderThatCouldNotBeSentIsNotLookedForInAJenkinsThatIsAway(t *testing.T) {
	s := rollsBack(t)
	s.world.line.unreached = true
	s.world.Jenkins.DownFor("look for", fails, 2*minute, 20*minute)
	s.Clears(5*minute, "5xx")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1", "2m0s step 1 to U0SRE1")
	s.ExpectOrders()
	s.ExpectWhispers(rolledBack)
	s.ExpectTold("2m0s The rollback to v41 failed: the build could not be ordered: jenkins: order v41: connection refused")
}

func TestAnOrderWhoseAnswerIsLostIsGivenOnce(t *testing.T) {
	s := rollsBack(t)
	s.world.Jenkins.Down(loses, 2*minute, 2*minute+100*millisecond)
	s.Clears(5*minute, "5xx")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1")
	s.ExpectOrders("2m0s v41, attempt 1")
	s.ExpectWhispers(rolledBack)
	s.ExpectResolved(5*minute, 10*minute)
}

func TestAnAbortWhileTheOrderIsGivenIsKept(t *testing.T) {
	s := rollsBack(t)
	s.world.Jenkins.Down(fails, 2*minute, 3*minute+30*second)
	s.Decide(3*minute, signals.AbortRollback, "sre-2")
	s.Clears(10*minute, "5xx")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1")
	s.ExpectWhispers(rolledBack, "3m0s sre-2: sre-2 asks to stop the rollback.")
	s.ExpectTold("3m32.5s The rollback was stopped before it was built")
	s.ExpectResolved(10*minute, 15*minute)
}

func TestAnAbortFindsAnOrderWhoseAnswerWasLost(t *testing.T) {
	s := rollsBack(t)
	s.Builds(build{Queued: 10 * minute})
	s.world.Jenkins.Down(loses, 2*minute, 2*minute+millisecond)
	s.world.Jenkins.Down(fails, 2*minute+millisecond, 3*minute+30*second)
	s.Decide(3*minute, signals.AbortRollback, "sre-2")
	s.Clears(10*minute, "5xx")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1")
	require.Len(t, s.orders(), 1)
	require.True(t, s.world.line.orders[0].halted, "it is stopped")
	s.ExpectOrders(s.orders()...)
	s.ExpectWhispers(rolledBack, "3m0s sre-2: sre-2 asks to stop the rollback.")
	s.ExpectResolved(10*minute, 15*minute)
}

func TestABuildThatSomebodyTookOutOfTheQueueIsPaged(t *testing.T) {
	s := rollsBack(t)
	s.Builds(build{Cancelled: true})
	s.Clears(5*minute, "5xx")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1", "2m1s step 1 to U0SRE1")
	s.ExpectOrders("2m0s v41, attempt 1")
	s.ExpectWhispers(rolledBack)
	s.ExpectTold("2m1s The rollback to v41 failed: the build was cancelled in Jenkins' queue")
}

// card is the card in the channel, as it looks now.
func (s *story) card() incident.Card {
	s.world.mu.Lock()
	defer s.world.mu.Unlock()
	for _, m := range s.world.messages {
		if m.said.Card != nil && !m.said.Page {
			return *m.said.Card
		}
	}
	return incident.Card{}
}
