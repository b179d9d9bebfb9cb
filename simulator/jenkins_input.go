package simulator

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"
)

const inputClass = "org.jenkinsci.plugins.workflow.support.steps.input.InputAction"

// end carries out stop, term and kill, each of which ends more than the one
// before it. A build that is over does not mind. A freestyle build knows stop only.
func (j *jenkins) end(c call, b *build, how string) reply {
	if how != "stop" && b.job.service.Freestyle {
		return htmlReply(http.StatusNotFound, "Not Found")
	}
	ways := []string{"stop", "term", "kill"}
	switch {
	case b.hasResult(c.now):
	case slices.Index(ways, how) <= slices.Index(ways, b.planned.Survives):
		j.ledger.record(c.now, "jenkins", "stop-ignored", b.detail())
	default:
		b.stop(resultAborted, c.now)
		j.ledger.record(c.now, "jenkins", "stop", b.detail())
	}
	return reply{status: http.StatusFound}.with("Location", j.jobURL(b.job))
}

// servePipeline answers what only a Pipeline build has: how far it is, and the
// input step at which it may wait, for ever if nobody answers.
func (j *jenkins) servePipeline(c call, b *build, action string) reply {
	input := "input/" + b.inputID() + "/"
	switch {
	case b.job.service.Freestyle:
	case action == "wfapi/describe":
		return jsonReply(http.StatusOK, b.describe(c.now))
	case action == "wfapi/pendingInputActions":
		return jsonReply(http.StatusOK, b.pendingInput())
	case b.question != "" && action == input+"proceedEmpty":
		return j.post(c, func(c call) reply {
			b.question, b.resultAt = "", c.now.Add(or(b.planned.Duration, j.cfg.BuildDuration))
			j.ledger.record(c.now, "jenkins", "proceed", b.detail())
			return reply{status: http.StatusOK}
		})
	case b.question != "" && action == input+"abort":
		return j.post(c, func(c call) reply {
			b.stop(resultAborted, c.now)
			j.ledger.record(c.now, "jenkins", "stop", b.detail())
			return reply{status: http.StatusOK}
		})
	}
	return htmlReply(http.StatusNotFound, "Not Found")
}

// inputID is what Jenkins makes up when a Jenkinsfile names none.
func (b *build) inputID() string {
	return "E" + sha(fmt.Sprintf("input of %s %d", b.job.name, b.number))[:31]
}

// path is the build's below the host.
func (b *build) path() string {
	return fmt.Sprintf("/jenkins/%s%d/", jobPath(b.job.name), b.number)
}

func (b *build) pendingInput() []object {
	if b.question == "" {
		return []object{}
	}
	at := b.path() + "input/" + b.inputID() + "/"
	return []object{{
		"id": b.inputID(), "message": b.question, "proceedText": "Proceed", "inputs": []any{},
		"proceedUrl": at + "proceedEmpty", "abortUrl": at + "abort", "redirectApprovalUrl": b.path() + "input/",
	}}
}

func (b *build) describe(now time.Time) object {
	status, end := "IN_PROGRESS", now
	switch {
	case b.hasResult(now):
		status, end = b.result, b.resultAt
		if b.result == resultFailure {
			status = "FAILED"
		}
	case b.question != "":
		status = "PAUSED_PENDING_INPUT"
	}
	links := object{"self": object{"href": b.path() + "wfapi/describe"}}
	if b.question != "" {
		links["pendingInputActions"] = object{"href": b.path() + "wfapi/pendingInputActions"}
	}
	return object{
		"_links": links, "id": strconv.Itoa(b.number), "name": fmt.Sprintf("#%d", b.number), "status": status,
		"startTimeMillis": b.started.UnixMilli(), "endTimeMillis": end.UnixMilli(), "durationMillis": end.Sub(b.started).Milliseconds(),
		"queueDurationMillis": 0, "pauseDurationMillis": 0, "stages": []any{},
	}
}
