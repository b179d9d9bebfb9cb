package jenkins_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/release"
)

const (
	queue    = "GET /queue/api/json"
	itemPath = "GET /queue/item/14/api/json"
	jobPath  = "GET " + checkout + "/api/json"
	build15  = "GET " + checkout + "/15/api/json"
	cancel   = "POST /queue/cancelItem"
	stop15   = "POST " + checkout + "/15/stop"
)

var (
	emptyQueue = sends(`{"_class":"hudson.model.Queue","items":[]}`)
	noBuilds   = sends(`{"builds":[]}`)
)

func building(fields string) http.HandlerFunc {
	return sends(`{"number":15,"url":"%s/15/","queueId":14,%s,%s}`, root+checkout, fields, ordered())
}

// run15 is the order's build, with what differs from case to case.
func run15(building bool, result release.Result) release.Run {
	return release.Run{
		Queue: 14, Build: 15, URL: root + checkout + "/15/", Building: building, Result: result,
		Parameters: order.All(),
	}
}

func TestAQueueItemIsFollowedIntoItsBuild(t *testing.T) {
	tests := map[string]struct {
		item string
		want release.Run
	}{
		"in the quiet period": {
			`{"_class":"hudson.model.Queue$WaitingItem","id":14,"why":"In the quiet period. Expires in 4.9 sec"}`,
			release.Run{Queue: 14, Why: "In the quiet period. Expires in 4.9 sec"},
		},
		"blocked": {
			`{"_class":"hudson.model.Queue$BlockedItem","id":14,"why":"Build #14 is already in progress"}`,
			release.Run{Queue: 14, Why: "Build #14 is already in progress"},
		},
		"cancelled": {
			`{"_class":"hudson.model.Queue$LeftItem","id":14,"why":null,"cancelled":true,"executable":null}`,
			release.Run{Queue: 14, Cancelled: true},
		},
		"just left, no build yet": {
			`{"_class":"hudson.model.Queue$LeftItem","id":14,"why":null,"cancelled":false,"executable":null}`,
			release.Run{Queue: 14},
		},
		"built": {
			`{"_class":"hudson.model.Queue$LeftItem","id":14,"why":null,"cancelled":false,"executable":{"_class":"hudson.model.FreeStyleBuild","number":15}}`,
			run15(true, ""),
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := newServer(t, map[string]http.HandlerFunc{itemPath: sends("%s", tt.item), build15: building(`"building":true,"result":null`)})
			got, err := s.client().Look(t.Context(), order, release.Run{Queue: 14})
			require.NoError(t, err)
			require.Equal(t, tt.want, got)
		})
	}
}

func TestABuildHasEndedOnlyWhenItNoLongerBuildsAndHasAResult(t *testing.T) {
	tests := map[string]struct {
		fields string
		want   release.Run
		ended  bool
	}{
		"begun":                       {`"building":true,"result":null`, run15(true, ""), false},
		"result before the end":       {`"building":true,"inProgress":true,"result":"SUCCESS"`, run15(true, release.Success), false},
		"between both":                {`"building":false,"result":null`, run15(false, ""), false},
		"succeeded":                   {`"building":false,"result":"SUCCESS"`, run15(false, release.Success), true},
		"unstable":                    {`"building":false,"result":"UNSTABLE"`, run15(false, release.Unstable), true},
		"aborted":                     {`"building":false,"result":"ABORTED"`, run15(false, release.Aborted), true},
		"fields nobody has asked for": {`"building":false,"result":"FAILURE","changeSets":[],"culprits":[{}],"executor":null`, run15(false, release.Failure), true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := newServer(t, map[string]http.HandlerFunc{build15: building(tt.fields)})
			got, err := s.client().Look(t.Context(), order, release.Run{Queue: 14, Build: 15})
			require.NoError(t, err)
			require.Equal(t, tt.want, got)
			require.Equal(t, tt.ended, got.Ended())
			require.Len(t, s.made(), 1)
		})
	}
}

func TestParametersThatWereDroppedAreSeenInTheBuild(t *testing.T) {
	s := newServer(t, map[string]http.HandlerFunc{
		build15: sends(`{"number":15,"building":true,%s}`, parameters("ENVIRONMENT", "production")),
	})
	got, err := s.client().Look(t.Context(), order, release.Run{Build: 15})
	require.NoError(t, err)
	require.Equal(t, map[string]string{"ENVIRONMENT": "production"}, got.Parameters)
	require.Equal(t, s.url+checkout+"/15/", got.URL, "without a root URL Jenkins reports none, and people get ours")
}

func TestAnItemThatJenkinsForgotIsFoundAgainByItsKey(t *testing.T) {
	inBuilds := sends(`{"builds":[
		{"number":17,"queueId":16,"building":false,"result":"SUCCESS",%[1]s},
		{"number":15,"url":"%[3]s/15/","queueId":14,"building":true,"result":null,%[2]s}]}`,
		parameters("VERSION", "1.4.1", "INCIDENT_ID", "INC-261122-ABCDEF/2"), ordered(), root+checkout)
	inQueue := sends(`{"items":[{"id":31,"why":"Waiting for next available executor","task":{"name":"checkout","url":"%s/"},%s}]}`, root+checkout, ordered())
	other := sends(`{"id":14,"executable":{"number":3},%s}`, parameters("INCIDENT_ID", "INC-261122-ZZZZZZ/1"))
	tests := map[string]struct {
		item, queue, builds http.HandlerFunc
		want                release.Run
	}{
		"forgotten after five minutes":          {page(404), emptyQueue, inBuilds, run15(true, "")},
		"queued again by a restart":             {page(404), inQueue, noBuilds, release.Run{Queue: 31, Why: "Waiting for next available executor"}},
		"its number is another's after a crash": {other, emptyQueue, inBuilds, run15(true, "")},
		"lost for good":                         {page(404), emptyQueue, noBuilds, release.Run{Queue: 14, Lost: true}},
		"lost, its number another's":            {other, emptyQueue, noBuilds, release.Run{Queue: 14, Lost: true}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := newServer(t, map[string]http.HandlerFunc{itemPath: tt.item, queue: tt.queue, jobPath: tt.builds})
			got, err := s.client().Look(t.Context(), order, release.Run{Queue: 14})
			require.NoError(t, err)
			require.Equal(t, tt.want, got)
		})
	}
}

func TestALookThatFailsNeverCallsTheOrderLost(t *testing.T) {
	tests := map[string]map[string]http.HandlerFunc{
		"the item cannot be read":    {itemPath: page(503)},
		"the queue cannot be read":   {itemPath: page(404), queue: page(503)},
		"the builds cannot be read":  {itemPath: page(404), queue: emptyQueue, jobPath: page(500)},
		"the job may not be read":    {itemPath: page(404), queue: emptyQueue},
		"the token has been revoked": {itemPath: status(401)},
	}
	for name, routes := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := newServer(t, routes).client().Look(t.Context(), order, release.Run{Queue: 14})
			require.NotNil(t, refusal(t, err))
			require.Equal(t, release.Run{Queue: 14}, got)
		})
	}
}

func TestABuildThatIsGoneIsLookedForByItsKey(t *testing.T) {
	found := sends(`{"builds":[{"number":15,"url":"%s/15/","queueId":14,"building":false,"result":"SUCCESS",%s}]}`, root+checkout, ordered())
	other := sends(`{"number":9,"building":false,"result":"SUCCESS",%s}`, parameters("INCIDENT_ID", "INC-000000-AAAAAA/1"))
	for name, nine := range map[string]http.HandlerFunc{"deleted": page(404), "another order's": other} {
		t.Run(name, func(t *testing.T) {
			routes := map[string]http.HandlerFunc{"GET " + checkout + "/9/api/json": nine, queue: emptyQueue, jobPath: found}
			got, err := newServer(t, routes).client().Look(t.Context(), order, release.Run{Build: 9})
			require.NoError(t, err)
			require.Equal(t, run15(false, release.Success), got)

			routes[jobPath] = noBuilds
			_, err = newServer(t, routes).client().Look(t.Context(), order, release.Run{Build: 9})
			require.Equal(t, http.StatusNotFound, refusal(t, err).Status)
			require.ErrorContains(t, err, "look at build 9 of deploy/checkout")

			routes[queue] = page(503)
			_, err = newServer(t, routes).client().Look(t.Context(), order, release.Run{Build: 9})
			require.Equal(t, http.StatusServiceUnavailable, refusal(t, err).Status)
		})
	}
}

func TestFindReadsTheQueueBeforeTheBuilds(t *testing.T) {
	s := newServer(t, map[string]http.HandlerFunc{queue: emptyQueue, jobPath: noBuilds})
	_, found, err := s.client().Find(t.Context(), order)
	require.NoError(t, err)
	require.False(t, found)
	require.Equal(t, []string{queue, jobPath}, s.made())
}

func TestFindTellsJobsAndOrdersApart(t *testing.T) {
	const other = `"actions":[{"parameters":[{"name":"INCIDENT_ID","value":"INC-261122-ABCDEF/2"}]}]`
	tests := map[string]struct {
		items string
		want  int64
	}{
		"ours":                              {`{"id":7,"task":{"name":"checkout","url":"` + root + `/job/deploy/job/checkout/"},` + ordered() + `}`, 7},
		"ours, by a root URL with no path":  {`{"id":7,"task":{"name":"checkout","url":"https://j/job/deploy/job/checkout/"},` + ordered() + `}`, 7},
		"ours, with no address":             {`{"id":7,"task":{"name":"checkout"},` + ordered() + `}`, 7},
		"newest of two":                     {`{"id":7,"task":{"name":"checkout"},` + ordered() + `},{"id":9,"task":{"name":"checkout"},` + ordered() + `},{"id":8,"task":{"name":"checkout"},` + ordered() + `}`, 9},
		"another attempt":                   {`{"id":7,"task":{"name":"checkout","url":"` + root + `/job/deploy/job/checkout/"},` + other + `}`, 0},
		"a job of that name elsewhere":      {`{"id":7,"task":{"name":"checkout","url":"` + root + `/job/test/job/checkout/"},` + ordered() + `}`, 0},
		"a job below ours":                  {`{"id":7,"task":{"name":"checkout","url":"` + root + `/job/eu/job/deploy/job/checkout/"},` + ordered() + `}`, 0},
		"a step of our Pipeline":            {`{"id":7,"task":{"name":"part of deploy » checkout #15","url":"` + root + `/job/deploy/job/checkout/15/"},` + ordered() + `}`, 0},
		"another job, with no address":      {`{"id":7,"task":{"name":"migrate"},` + ordered() + `}`, 0},
		"no parameters":                     {`{"id":7,"task":{"name":"checkout"},"actions":[{}]}`, 0},
		"an address that cannot be read":    {`{"id":7,"task":{"name":"checkout","url":"http://%zz"},` + ordered() + `}`, 7},
		"hidden from the user as an object": {`{}`, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := newServer(t, map[string]http.HandlerFunc{queue: sends(`{"items":[%s]}`, tt.items), jobPath: noBuilds})
			got, found, err := s.client().Find(t.Context(), order)
			require.NoError(t, err)
			require.Equal(t, tt.want > 0, found)
			require.Equal(t, tt.want, got.Queue)
		})
	}
}

func TestAnEscapedJobIsFoundInTheQueueHoweverJenkinsEscapesIt(t *testing.T) {
	o := order
	o.Job = "pay (eu)/feature%2Fx"
	for _, path := range []string{"/job/pay%20(eu)/job/feature%252Fx/", "/job/pay%20%28eu%29/job/feature%252Fx/"} {
		s := newServer(t, map[string]http.HandlerFunc{queue: sends(`{"items":[{"id":7,"task":{"name":"feature%%2Fx","url":"%s"},%s}]}`, root+path, ordered())})
		got, found, err := s.client().Find(t.Context(), o)
		require.NoError(t, err)
		require.True(t, found)
		require.Equal(t, int64(7), got.Queue)
	}
}

func TestStop(t *testing.T) {
	waiting := sends(`{"id":14,"why":"Waiting"}`)
	cancelled := sends(`{"id":14,"cancelled":true}`)
	built := sends(`{"id":14,"executable":{"number":15}}`)
	runs := building(`"building":true,"result":null`)
	ended := building(`"building":false,"result":"SUCCESS"`)
	elsewhere := located(http.StatusFound, root+checkout+"/15/")
	tests := map[string]struct {
		run    release.Run
		routes map[string]http.HandlerFunc
		posts  []string
		fails  int
	}{
		"a build":               {release.Run{Build: 15}, map[string]http.HandlerFunc{build15: runs, stop15: elsewhere}, []string{stop15}, 0},
		"a build, 200":          {release.Run{Build: 15}, map[string]http.HandlerFunc{build15: runs, stop15: page(200)}, []string{stop15}, 0},
		"a build that ended":    {release.Run{Build: 15}, map[string]http.HandlerFunc{build15: ended}, nil, 0},
		"a build, refused":      {release.Run{Build: 15}, map[string]http.HandlerFunc{build15: runs, stop15: page(403)}, []string{stop15}, 403},
		"a build, no answer":    {release.Run{Build: 15}, map[string]http.HandlerFunc{build15: status(401)}, nil, 401},
		"an item":               {release.Run{Queue: 14}, map[string]http.HandlerFunc{itemPath: oneAfterAnother(waiting, cancelled), cancel: status(204)}, []string{cancel}, 0},
		"an item, old Jenkins":  {release.Run{Queue: 14}, map[string]http.HandlerFunc{itemPath: oneAfterAnother(waiting, cancelled), cancel: elsewhere}, []string{cancel}, 0},
		"an item, refused":      {release.Run{Queue: 14}, map[string]http.HandlerFunc{itemPath: waiting, cancel: page(403)}, []string{cancel}, 403},
		"an item that was left": {release.Run{Queue: 14}, map[string]http.HandlerFunc{itemPath: cancelled}, nil, 0},
		"an item that stays":    {release.Run{Queue: 14}, map[string]http.HandlerFunc{itemPath: waiting, cancel: status(422)}, []string{cancel}, 409},
		"an item that is built before it is cancelled": {
			release.Run{Queue: 14},
			map[string]http.HandlerFunc{itemPath: oneAfterAnother(waiting, built), cancel: status(404), build15: runs, stop15: elsewhere},
			[]string{cancel, stop15},
			0,
		},
		"an item that was built": {release.Run{Queue: 14}, map[string]http.HandlerFunc{itemPath: built, build15: runs, stop15: elsewhere}, []string{stop15}, 0},
		"an item that is lost":   {release.Run{Queue: 14}, map[string]http.HandlerFunc{queue: emptyQueue, jobPath: noBuilds}, nil, 0},
		"an item with a new number": {
			release.Run{Queue: 3},
			map[string]http.HandlerFunc{
				queue:    sends(`{"items":[{"id":14,"task":{"name":"checkout"},%s}]}`, ordered()),
				itemPath: cancelled, cancel: status(204),
			},
			[]string{cancel},
			0,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := newServer(t, tt.routes)
			err := s.client().Stop(t.Context(), order, tt.run)
			var posts []string
			for _, call := range s.made() {
				if call[:4] == "POST" {
					posts = append(posts, call)
				}
			}
			require.Equal(t, tt.posts, posts)
			if tt.fails == 0 {
				require.NoError(t, err)
				return
			}
			require.Equal(t, tt.fails, refusal(t, err).Status)
		})
	}
}
