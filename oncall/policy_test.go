package oncall_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/seed-44180607/lastgood/oncall"
)

// at is a position of a climb, without repetitions.
func at(step, round int) oncall.Position { return oncall.Position{Step: step, Round: round} }

// climb follows a policy from its beginning for a number of positions.
func climb(p oncall.Policy, length int) (positions []oncall.Position, rests []time.Duration) {
	var pos oncall.Position
	for range length {
		next, rest := oncall.Next(p, pos)
		positions, rests = append(positions, next), append(rests, rest)
		pos = next
	}
	return positions, rests
}

func stepsOf(n int) []oncall.Step {
	steps := make([]oncall.Step, n)
	for i := range steps {
		steps[i] = oncall.Step{
			Page:      []oncall.Target{{Person: "sre-1"}},
			AckWithin: time.Duration(i+1) * time.Minute,
		}
	}
	return steps
}

func TestAClimbTakesEveryStepOfEveryRoundAndThenRepeatsTheLast(t *testing.T) {
	again := func(n int) oncall.Position { return oncall.Position{Step: 3, Round: 3, Again: n} }
	p := oncall.Policy{Steps: stepsOf(3), Repeat: oncall.Repeat{Times: 2, FromStep: 2}}

	positions, rests := climb(p, 9)

	require.Equal(t, []oncall.Position{
		at(1, 1), at(2, 1), at(3, 1),
		at(2, 2), at(3, 2),
		at(2, 3), at(3, 3),
		again(1), again(2),
	}, positions)
	require.Equal(t, []time.Duration{0, 0, 0, 0, 0, 0, 0, oncall.AgainEvery, oncall.AgainEvery}, rests)
}

func TestWhereAClimbGoesNext(t *testing.T) {
	again := oncall.Position{Step: 2, Round: 1, Again: 1}
	tests := map[string]struct {
		policy oncall.Policy
		from   oncall.Position
		want   oncall.Position
		rest   time.Duration
	}{
		"without repeat the first round is the last":       {oncall.Policy{Steps: stepsOf(2)}, at(2, 1), again, oncall.AgainEvery},
		"a repeat without from_step begins at step 1":      {oncall.Policy{Steps: stepsOf(2), Repeat: oncall.Repeat{Times: 1}}, at(2, 1), at(1, 2), 0},
		"a from_step beyond the end is the last step":      {oncall.Policy{Steps: stepsOf(2), Repeat: oncall.Repeat{Times: 1, FromStep: 7}}, at(2, 1), at(2, 2), 0},
		"a step beyond a shorter policy counts as last":    {oncall.Policy{Steps: stepsOf(2)}, at(5, 1), again, oncall.AgainEvery},
		"a repetition comes back to a longer policy's end": {oncall.Policy{Steps: stepsOf(4)}, again, oncall.Position{Step: 4, Round: 1, Again: 2}, oncall.AgainEvery},
		"a policy without steps begins":                    {oncall.Policy{}, oncall.Position{}, at(1, 1), 0},
		"a policy without steps is exhausted at once":      {oncall.Policy{}, at(1, 1), oncall.Position{Step: 1, Round: 1, Again: 1}, oncall.AgainEvery},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, rest := oncall.Next(test.policy, test.from)
			require.Equal(t, test.want, got)
			require.Equal(t, test.rest, rest)
		})
	}
}

func TestAPositionWaitsForTheAckWithinOfItsStep(t *testing.T) {
	p := oncall.Policy{Steps: stepsOf(2)}
	require.Equal(t, 2*time.Minute, p.Within(at(2, 1)))
	require.Equal(t, 2*time.Minute, p.Within(at(2, 9)), "in any round")
	require.Zero(t, p.Within(oncall.Position{Step: 2, Round: 1, Again: 1}), "a repetition has its rest instead")
	require.Zero(t, p.Within(oncall.Position{}), "not begun")
	require.Zero(t, p.Within(at(3, 1)), "no such step")
}

func TestEveryClimbIsWholeAndEndsInRepetitions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		steps := rapid.IntRange(1, 8).Draw(t, "steps")
		from := rapid.IntRange(0, steps).Draw(t, "from_step")
		times := rapid.IntRange(0, 6).Draw(t, "times")
		p := oncall.Policy{Steps: stepsOf(steps), Repeat: oncall.Repeat{Times: times, FromStep: from}}
		first := max(from, 1)
		climbing := steps + times*(steps-first+1)

		positions, rests := climb(p, climbing+3)

		visits := map[int]int{}
		for i, pos := range positions[:climbing] {
			require.False(t, pos.Exhausted(), "%v comes too early", pos)
			require.Zero(t, rests[i])
			visits[pos.Step]++
			if i == 0 {
				require.Equal(t, at(1, 1), pos)
				continue
			}
			before := positions[i-1]
			if pos.Round == before.Round {
				require.Equal(t, before.Step+1, pos.Step, "a round leaves no step out")
				continue
			}
			require.Equal(t, at(first, before.Round+1), pos, "the way back leads to from_step only")
			require.Equal(t, steps, before.Step, "a round ends with the last step")
		}
		for step := 1; step <= steps; step++ {
			rounds := times + 1
			if step < first {
				rounds = 1
			}
			require.Equal(t, rounds, visits[step], "step %d", step)
		}
		for i, pos := range positions[climbing:] {
			require.Equal(t, oncall.Position{Step: steps, Round: times + 1, Again: i + 1}, pos)
			require.Equal(t, oncall.AgainEvery, rests[climbing+i])
		}
	})
}
