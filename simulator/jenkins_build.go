package simulator

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

func (b *build) class() string {
	if b.job.service.Freestyle {
		return "hudson.model.FreeStyleBuild"
	}
	return "org.jenkinsci.plugins.workflow.job.WorkflowRun"
}

// hasResult turns true before building turns false on a freestyle build.
func (b *build) hasResult(now time.Time) bool {
	return !b.resultAt.IsZero() && !now.Before(b.resultAt)
}

func (j *jenkins) buildJSON(b *build, now time.Time) object {
	building := b.building(now)
	shown := object{
		"_class": b.class(), "artifacts": []any{}, "building": building, "description": nil,
		"displayName": fmt.Sprintf("#%d", b.number), "duration": 0, "estimatedDuration": b.job.estimate(now),
		"executor": nil, "fullDisplayName": fmt.Sprintf("%s #%d", b.job.fullDisplayName(), b.number),
		"id": strconv.Itoa(b.number), "inProgress": building, "keepLog": false, "number": b.number, "queueId": b.queueID,
		"result": nil, "timestamp": b.started.UnixMilli(), "url": j.buildURL(b), "culprits": b.culprits(),
		"previousBuild": j.neighbour(b, -1), "nextBuild": j.neighbour(b, 1),
		"actions": []any{causeAction(b.user), parametersAction(b.params), object{}, b.buildData(), object{}, object{}},
	}
	if b.question != "" {
		shown["actions"] = append(shown["actions"].([]any), object{"_class": inputClass})
	}
	if b.hasResult(now) {
		shown["result"] = b.result
	}
	if !building {
		shown["duration"] = b.endAt().Sub(b.started).Milliseconds()
	}
	if b.job.service.Freestyle {
		shown["changeSet"], shown["builtOn"] = b.changeSet(), ""
		return shown
	}
	changeSets := []object{}
	if len(b.commits) > 0 {
		changeSets = append(changeSets, b.changeSet())
	}
	shown["changeSets"] = changeSets
	return shown
}

func (j *jenkins) neighbour(b *build, step int) any {
	index := b.number - 1 + step
	if index < 0 || index >= len(b.job.builds) {
		return nil
	}
	near := b.job.builds[index]
	return object{"number": near.number, "url": j.buildURL(near)}
}

// estimate is the average duration of the last three builds in ms, or -1.
func (j *job) estimate(now time.Time) int64 {
	var sum, count int64
	for i := len(j.builds) - 1; i >= 0 && count < 3; i-- {
		if b := j.builds[i]; !b.building(now) && b.result != resultAborted {
			sum += b.endAt().Sub(b.started).Milliseconds()
			count++
		}
	}
	if count == 0 {
		return -1
	}
	return sum / count
}

// sha is the commit that a release was cut from.
func sha(release string) string {
	sum := sha256.Sum256([]byte(release))
	return hex.EncodeToString(sum[:20])
}

func (b *build) buildData() object {
	revision := object{
		"SHA1":   sha(b.release()),
		"branch": []object{{"SHA1": sha(b.release()), "name": "refs/remotes/origin/main"}},
	}
	return object{
		"_class": "hudson.plugins.git.util.BuildData", "lastBuiltRevision": revision, "scmName": "",
		"remoteUrls": []string{"https://git.example.com/shop/" + b.job.service.Name + ".git"},
		"buildsByBranchName": object{"refs/remotes/origin/main": object{
			"_class": "hudson.plugins.git.util.Build", "buildNumber": b.number, "buildResult": nil, "marked": revision, "revision": revision,
		}},
	}
}

func (b *build) culprits() []object {
	list, seen := []object{}, map[string]bool{}
	for _, commit := range b.commits {
		if !seen[commit.Author] {
			seen[commit.Author] = true
			list = append(list, author(commit.Author))
		}
	}
	return list
}

func author(name string) object {
	return object{"absoluteUrl": "https://jenkins.example.com/user/" + userSlug(name), "fullName": name}
}

func userSlug(name string) string {
	return strings.ReplaceAll(strings.ToLower(name), " ", ".")
}

func (b *build) changeSet() object {
	items := []object{}
	for i, commit := range b.commits {
		items = append(items, b.change(i, commit))
	}
	if len(items) == 0 {
		return object{"_class": "hudson.scm.EmptyChangeLogSet", "items": items, "kind": nil}
	}
	return object{"_class": "hudson.plugins.git.GitChangeSetList", "items": items, "kind": "git"}
}

func (b *build) change(index int, commit Commit) object {
	at := b.started.Add(-time.Duration(len(b.commits)-index) * 17 * time.Minute)
	id := sha(fmt.Sprintf("%s %d %s", b.release(), index, commit.Message))
	title, _, _ := strings.Cut(commit.Message, "\n")
	files := []object{}
	for _, path := range commit.Paths {
		files = append(files, object{"editType": "edit", "file": path})
	}
	return object{
		"_class": "hudson.plugins.git.GitChangeSet", "affectedPaths": append([]string{}, commit.Paths...), "commitId": id, "id": id,
		"timestamp": at.UnixMilli(), "author": author(commit.Author), "authorEmail": userSlug(commit.Author) + "@example.com",
		"comment": commit.Message + "\n", "date": at.UTC().Format("2006-01-02 15:04:05 -0700"), "msg": title, "paths": files,
	}
}

// log is the console output so far.
func (b *build) log(now time.Time) string {
	var out strings.Builder
	fmt.Fprintf(&out, "Started by user %s\n", b.user)
	if !b.job.service.Freestyle {
		out.WriteString("[Pipeline] Start of Pipeline\n[Pipeline] node\n")
	}
	fmt.Fprintf(&out, "Deploying %s %s to %s\n", b.job.service.Name, b.release(), or(b.param("ENVIRONMENT"), "production"))
	if b.question != "" {
		fmt.Fprintf(&out, "[Pipeline] input\n%s\nProceed or Abort\n", b.question)
	}
	if !b.hasResult(now) {
		return out.String()
	}
	switch b.result {
	case resultFailure:
		fmt.Fprintf(&out, "ERROR: %s did not become ready in time\n", b.release())
	case resultAborted:
		out.WriteString("Aborted by lastgood\n")
	}
	if !b.job.service.Freestyle {
		out.WriteString("[Pipeline] End of Pipeline\n")
	}
	fmt.Fprintf(&out, "Finished: %s\n", b.result)
	return out.String()
}

// progressiveLog serves what comes after ?start, and says whether more follows.
func (b *build) progressiveLog(c call) reply {
	text := b.log(c.now)
	start := min(max(intOr(c.values().Get("start"), 0), 0), len(text))
	answer := textReply(http.StatusOK, text[start:]).with("X-Text-Size", strconv.Itoa(len(text)))
	if b.building(c.now) {
		answer = answer.with("X-More-Data", "true")
	}
	return answer
}
