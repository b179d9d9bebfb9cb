package jenkins_test

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/release"
)

// ranged are the builds that a tree asks for.
var ranged = regexp.MustCompile(`^(builds|allBuilds)\[.*\]\{(\d+),(\d+)\}`)

// busy is a job of the given number of builds, each of another release, that all went to
// another environment but for those of the given numbers. It answers older builds by
// the given handler, by itself when that is nil.
func busy(builds int, older http.HandlerFunc, here ...int) map[string]http.HandlerFunc {
	where := map[int]string{}
	for _, n := range here {
		where[n] = "production"
	}
	build := func(n int) string {
		to := where[n]
		if to == "" {
			to = "test"
		}
		return fmt.Sprintf(`{"number":%d,"result":"SUCCESS","timestamp":%d,%s,"changeSet":{"items":[{"commitId":"c%d","msg":"Change","author":{"fullName":"Ada"}}]}}`,
			n, 1763600000000+n*1000, parameters("VERSION", fmt.Sprint("1.", n), "ENVIRONMENT", to), n)
	}
	return map[string]http.HandlerFunc{"GET " + checkout + "/api/json": func(w http.ResponseWriter, r *http.Request) {
		asked := ranged.FindStringSubmatch(r.URL.Query().Get("tree"))
		if asked == nil {
			page(http.StatusBadRequest)(w, r)
			return
		}
		if asked[1] == "allBuilds" && older != nil {
			older(w, r)
			return
		}
		from, _ := strconv.Atoi(asked[2])
		to, _ := strconv.Atoi(asked[3])
		var list []string
		for i := from; i < min(to, builds); i++ {
			list = append(list, build(builds-i))
		}
		sends(`{%q:[%s],%s}`, asked[1], strings.Join(list, ","), declared)(w, r)
	}}
}

func TestOlderBuildsAreReadWhenTheNewestNameNothingToGoBackTo(t *testing.T) {
	tests := map[string]struct {
		builds   int
		here     []int
		readings int
		target   string
		newest   int
	}{
		"two among the newest 50":       {300, []int{299, 260}, 1, "1.260", 50},
		"a job that has no more":        {49, []int{49}, 1, "", 0},
		"the other one is the 51st":     {300, []int{299, 250}, 2, "1.250", 100},
		"both are older":                {300, []int{200, 120}, 4, "1.120", 200},
		"the other one is too old":      {300, []int{299, 99}, 4, "", 200},
		"there is none, and no more":    {120, []int{120}, 3, "", 0},
		"there is none, exactly so far": {200, []int{200}, 4, "", 200},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := newServer(t, busy(tt.builds, nil, tt.here...))
			got, err := s.client().Survey(t.Context(), deployments, plan)
			require.NoError(t, err)
			require.Len(t, s.made(), tt.readings)
			require.Equal(t, tt.newest, got.Newest)
			choice := got.Choose(release.Rules{})
			if tt.target == "" {
				require.Nil(t, choice.Target())
				return
			}
			require.Equal(t, tt.target, choice.Target().Release)
			require.Len(t, choice.Commits, choice.Suspect.Build-choice.Target().Build, "one of each build in between, wherever it went")
		})
	}
}

func TestABuildThatBeginsBetweenTwoReadingsIsTheOnlyOneMissed(t *testing.T) {
	grown := busy(101, nil, 99, 40)["GET "+checkout+"/api/json"]
	s := newServer(t, busy(100, grown, 99, 40))
	got, err := s.client().Survey(t.Context(), deployments, plan)
	require.NoError(t, err)
	for i, d := range got.History {
		require.Equal(t, 100-i, d.Build)
	}
	require.Equal(t, "1.40", got.Choose(release.Rules{}).Target().Release)
}

func TestOlderBuildsThatCannotBeReadCostNothingButThemselves(t *testing.T) {
	hangs := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	for name, older := range map[string]http.HandlerFunc{
		"refused": page(http.StatusForbidden), "broken": page(http.StatusInternalServerError), "no answer": hangs,
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t, busy(300, older, 299))
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			defer cancel()
			got, err := s.client().Survey(ctx, deployments, plan)
			require.NoError(t, err)
			require.Len(t, got.History, 50)
			require.Equal(t, 50, got.Newest)
			require.NoError(t, ctx.Err(), "in good time")
		})
	}
}

func TestManyCommitsOfOlderBuildsAreLeftOut(t *testing.T) {
	var items []string
	for i := range 50 {
		items = append(items, fmt.Sprintf(`{"commitId":"c%d","msg":"Change"}`, i))
	}
	var builds []string
	for n := 50; n > 0; n-- {
		builds = append(builds, fmt.Sprintf(`{"number":%d,"result":"SUCCESS","changeSet":{"items":[%s]}}`, n, strings.Join(items, ",")))
	}
	s := newServer(t, busy(300, sends(`{"allBuilds":[%s]}`, strings.Join(builds, ","))))
	got, err := s.client().Survey(t.Context(), deployments, plan)
	require.NoError(t, err)
	total := 0
	for _, d := range got.History {
		total += len(d.Commits)
	}
	require.Equal(t, 50+19*50, total, "they have to fit into Temporal")
}
