package simulator

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	jenkinsVersion = "2.528.1"
	crumbField     = "Jenkins-Crumb"
)

func (j *jenkins) serve(c call) reply {
	return j.answer(c).with("X-Jenkins", jenkinsVersion)
}

func (j *jenkins) answer(c call) reply {
	if c.now.Before(j.upAt) {
		return htmlReply(http.StatusServiceUnavailable, "Jenkins is getting ready to work")
	}
	if refused, ok := j.authorize(c); !ok {
		return refused
	}
	switch first, path := c.path(0), c.segments; {
	case first == "api/json":
		return j.tree(c, j.rootJSON(c))
	case first == "crumbIssuer/api/json", first == "crumbIssuer/api/json/api/json":
		return j.issueCrumb(c)
	case first == "queue/api/json":
		return j.tree(c, j.queueJSON(c.now))
	case first == "queue/cancelItem":
		return j.post(c, j.cancelItem)
	case strings.HasPrefix(first, "queue/item/") && len(path) >= 3:
		return j.serveItem(c, path[2], c.path(3))
	case strings.HasPrefix(first, "job/"):
		return j.serveJob(c)
	}
	return htmlReply(http.StatusNotFound, "Not Found")
}

func (j *jenkins) post(c call, serve func(call) reply) reply {
	if c.Method != http.MethodPost {
		return htmlReply(http.StatusMethodNotAllowed, "POST is required for this URL").with("Allow", http.MethodPost)
	}
	return serve(c)
}

// authorize lets an API token do everything, and a password everything but a
// POST without a crumb of its session.
func (j *jenkins) authorize(c call) (reply, bool) {
	user, password, given := c.BasicAuth()
	switch {
	case !given:
		return htmlReply(http.StatusForbidden, "Authentication required").
			with("X-You-Are-Authenticated-As", "anonymous").with("X-Required-Permission", "hudson.model.Hudson.Read"), false
	case user == j.cfg.JenkinsUser && same(password, j.cfg.JenkinsToken):
		return reply{}, true
	case user != j.cfg.JenkinsUser || j.cfg.JenkinsPassword == "" || !same(password, j.cfg.JenkinsPassword):
		return htmlReply(http.StatusUnauthorized, "Invalid password/token for user: "+user).
			with("WWW-Authenticate", `Basic realm="Jenkins"`), false
	}
	session, err := c.Cookie("JSESSIONID")
	if c.Method == http.MethodPost && (err != nil || c.Header.Get(crumbField) != crumb(session.Value)) {
		return htmlReply(http.StatusForbidden, "No valid crumb was included in the request"), false
	}
	return reply{}, true
}

func same(given, wanted string) bool {
	return subtle.ConstantTimeCompare([]byte(given), []byte(wanted)) == 1
}

func crumb(session string) string {
	sum := sha256.Sum256([]byte("crumb of " + session))
	return hex.EncodeToString(sum[:])
}

// issueCrumb binds a crumb to the caller's session, which begins now if need be.
func (j *jenkins) issueCrumb(c call) reply {
	j.sessions++
	session := fmt.Sprintf("node0%d", j.sessions)
	if cookie, err := c.Cookie("JSESSIONID"); err == nil {
		session = cookie.Value
	}
	return jsonReply(http.StatusOK, map[string]any{
		"_class": "hudson.security.csrf.DefaultCrumbIssuer", "crumb": crumb(session), "crumbRequestField": crumbField,
	}).with("Set-Cookie", "JSESSIONID="+session+"; Path=/; HttpOnly")
}

// serveJob walks /job/a/job/b/… down to a job or a folder.
func (j *jenkins) serveJob(c call) reply {
	var names []string
	rest := c.segments
	for len(rest) >= 2 && rest[0] == "job" {
		names = append(names, rest[1])
		rest = rest[2:]
	}
	name, action := strings.Join(names, "/"), strings.Join(rest, "/")
	found := j.jobs[name]
	if found == nil {
		if j.isFolder(name) && action == "api/json" {
			return j.tree(c, j.folderJSON(name, c.now))
		}
		return htmlReply(http.StatusNotFound, "Not Found")
	}
	switch action {
	case "api/json":
		return j.tree(c, j.jobJSON(found, c.now, lensOf(c)))
	case "buildWithParameters":
		return j.post(c, func(c call) reply { return j.buildWithParameters(found, c) })
	case "build":
		return j.post(c, func(c call) reply { return j.buildPlain(found, c) })
	case "disable", "enable":
		return j.post(c, func(call) reply {
			found.disabled = action == "disable"
			j.ledger.record(c.now, "jenkins", action, map[string]any{"job": found.name})
			return reply{status: http.StatusFound}.with("Location", j.jobURL(found))
		})
	}
	if len(rest) > 0 {
		if b := found.build(rest[0], c.now); b != nil {
			return j.serveBuild(c, b, strings.Join(rest[1:], "/"))
		}
	}
	return htmlReply(http.StatusNotFound, "Not Found")
}

func (j *jenkins) buildWithParameters(in *job, c call) reply {
	if in.disabled {
		return htmlReply(http.StatusConflict, in.fullDisplayName()+" is not buildable")
	}
	if len(in.service.Parameters) == 0 {
		return htmlReply(http.StatusBadRequest, in.fullDisplayName()+" is not parameterized")
	}
	given := c.values()
	params, err := in.read(given)
	if err != nil {
		return htmlReply(http.StatusInternalServerError, err.Error())
	}
	item, created := j.schedule(in, params, j.cfg.JenkinsUser, j.quietPeriod(given.Get("delay")), c.now)
	status := http.StatusSeeOther
	if created {
		status = http.StatusCreated
	}
	return reply{status: status}.with("Location", itemURL(c, item))
}

// buildPlain answers 201 even when it folds into an item that waits.
func (j *jenkins) buildPlain(in *job, c call) reply {
	if in.disabled {
		return htmlReply(http.StatusConflict, in.fullDisplayName()+" is not buildable")
	}
	if len(in.service.Parameters) > 0 {
		return htmlReply(http.StatusBadRequest, "Nothing is submitted")
	}
	item, _ := j.schedule(in, nil, j.cfg.JenkinsUser, j.quietPeriod(c.values().Get("delay")), c.now)
	return reply{status: http.StatusCreated}.with("Location", itemURL(c, item))
}

// quietPeriod reads a delay such as "0sec" or "5".
func (j *jenkins) quietPeriod(delay string) time.Duration {
	seconds, err := strconv.Atoi(strings.TrimSuffix(delay, "sec"))
	if err != nil {
		return j.cfg.QuietPeriod
	}
	return time.Duration(seconds) * time.Second
}

// itemURL is built from the request, unlike all other URLs, which are built
// from the configured root.
func itemURL(c call, item *queueItem) string {
	return fmt.Sprintf("%s/jenkins/queue/item/%d/", c.base(), item.id)
}

func (j *jenkins) serveItem(c call, id, rest string) reply {
	item := j.item(id)
	switch {
	case item == nil:
		return htmlReply(http.StatusNotFound, "Not Found")
	case rest == "api/json":
		return j.tree(c, j.itemJSON(item, c.now))
	case rest == "cancelQueue":
		return j.post(c, func(c call) reply { return j.cancelAndReturn(c, item) })
	case rest == "":
		return textReply(http.StatusOK, "Queue item exists. For details check, for example, "+
			itemURL(c, item)+"api/json?tree=cancelled,executable[url]")
	}
	return htmlReply(http.StatusNotFound, "Not Found")
}

func (j *jenkins) item(id string) *queueItem {
	for _, item := range j.queue {
		if strconv.Itoa(item.id) == id {
			return item
		}
	}
	return nil
}

func (j *jenkins) cancelItem(c call) reply {
	item := j.item(c.values().Get("id"))
	switch {
	case item == nil:
		return htmlReply(http.StatusNotFound, "Not Found")
	case !item.left.IsZero():
		return htmlReply(http.StatusUnprocessableEntity, "the item has left the queue")
	}
	j.cancel(item, c.now)
	return reply{status: http.StatusNoContent}
}

// cancelAndReturn is what the button on a page does. It sends the browser back
// whether there was anything left to cancel or not.
func (j *jenkins) cancelAndReturn(c call, item *queueItem) reply {
	if item.left.IsZero() {
		j.cancel(item, c.now)
	}
	return reply{status: http.StatusFound}.with("Location", j.cfg.JenkinsRootURL+"queue/")
}

func (j *jenkins) cancel(item *queueItem, now time.Time) {
	item.cancelled, item.left = true, now
	j.ledger.record(now, "jenkins", "cancel", item.detail())
}

func (j *jenkins) serveBuild(c call, b *build, action string) reply {
	switch action {
	case "api/json":
		return j.tree(c, j.buildJSON(b, c.now))
	case "stop", "term", "kill":
		return j.post(c, func(c call) reply { return j.end(c, b, action) })
	case "consoleText":
		return textReply(http.StatusOK, b.log(c.now))
	case "logText/progressiveText":
		return b.progressiveLog(c)
	}
	return j.servePipeline(c, b, action)
}

// jenkinsFault is a status with the headers that Jenkins gives it.
func jenkinsFault(status int) reply {
	answer := htmlReply(status, "simulated fault").with("X-Jenkins", jenkinsVersion)
	if status == http.StatusForbidden {
		answer = answer.with("X-You-Are-Authenticated-As", "lastgood").with("X-Required-Permission", "hudson.model.Item.Build")
	}
	return answer
}
