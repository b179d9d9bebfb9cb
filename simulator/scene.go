package simulator

import (
	"encoding/json"
	"maps"
	"slices"
	"time"
)

const (
	// sceneLedger is how many effects the page lists.
	sceneLedger = 50
	// sceneBuilds is how many builds of a job the page lists.
	sceneBuilds = 12
	// sceneMessages is how many messages of a conversation the page lists,
	// threads apart.
	sceneMessages = 100
)

// last gives the newest entries, oldest first, without the bulk of messages.
func (l *ledger) last(most int) []object {
	shown := []object{}
	for _, e := range l.entries[max(0, len(l.entries)-most):] {
		var detail object
		_ = json.Unmarshal(e.Detail, &detail)
		for _, bulky := range []string{"blocks", "metadata", "view", "fields"} {
			delete(detail, bulky)
		}
		shown = append(shown, object{"n": e.N, "at": e.At, "vendor": e.Vendor, "effect": e.Effect, "detail": detail})
	}
	return shown
}

// scene is the workspace: people, conversations and the modals that are open.
func (s *slack) scene() object {
	people := []object{}
	for _, id := range slices.Sorted(maps.Keys(s.cfg.SlackNames)) {
		people = append(people, object{"id": id, "name": s.cfg.SlackNames[id]})
	}
	conversations := []object{}
	for _, id := range slices.Sorted(maps.Keys(s.conversations)) {
		where := s.conversations[id]
		if where.state == "missing" {
			continue
		}
		shown := object(where.transcript())
		messages := shown["messages"].([]map[string]any)
		shown["messages"] = messages[max(0, len(messages)-sceneMessages):]
		shown["id"], shown["name"], shown["state"] = where.id, s.channelName(where), where.state
		conversations = append(conversations, shown)
	}
	views := []object{}
	for _, id := range slices.Sorted(maps.Keys(s.views)) {
		if v := s.views[id]; v.open {
			views = append(views, object{"id": v.id, "user": v.user, "view": v.fields})
		}
	}
	return object{"bot": slackBotUser, "people": people, "conversations": conversations, "views": views, "groups": s.cfg.SlackGroups}
}

func (s *slack) channelName(c *conversation) string {
	if name, ok := s.cfg.ChannelNames[c.id]; ok {
		return name
	}
	return c.name()
}

// scene is the jobs with their newest builds, and what waits.
func (j *jenkins) scene(now time.Time) object {
	jobs := []object{}
	for _, name := range j.names {
		of := j.jobs[name]
		builds := []object{}
		for _, b := range of.builds[max(0, len(of.builds)-sceneBuilds):] {
			builds = append(builds, b.scene(now))
		}
		jobs = append(jobs, object{"name": of.name, "title": of.fullDisplayName(), "disabled": of.disabled, "builds": builds})
	}
	waiting := []object{}
	for _, item := range j.queue {
		if item.build == nil && !item.cancelled {
			shown := object(item.detail())
			shown["since"] = item.since.UTC()
			waiting = append(waiting, shown)
		}
	}
	return object{"up": !now.Before(j.upAt), "jobs": jobs, "queue": waiting}
}

func (b *build) scene(now time.Time) object {
	shown := object(b.detail())
	shown["release"], shown["started"], shown["building"] = b.release(), b.started.UTC(), b.building(now)
	shown["console"], shown["commits"] = b.log(now), b.commits
	shown["held"] = b.resultAt.IsZero()
	if b.hasResult(now) {
		shown["result"] = b.result
	}
	if !b.resultAt.IsZero() {
		shown["ends"] = b.endAt().UTC()
	}
	return shown
}

// scene is the tickets as the board shows them.
func (j *jira) scene() object {
	issues := []object{}
	for _, of := range j.issues {
		issues = append(issues, object{
			"key": of.key, "created": of.created.UTC(), "updated": of.updated.UTC(),
			"summary": of.fields["summary"], "description": of.fields["description"], "labels": of.fields["labels"],
			"status": of.fields["status"], "type": nested(of.fields, "issuetype", "name"),
			"comments": append([]object{}, of.comments...), "links": append([]object{}, of.links...),
		})
	}
	return object{"statuses": []string{statusToDo, statusInProgress, statusDone}, "issues": issues}
}

// sceneTexts is how many texts and mails the page lists.
const sceneTexts = 60

// scene is the newest texts, oldest first.
func (t *twilio) scene() object {
	texts := []object{}
	for _, m := range t.texts[max(0, len(t.texts)-sceneTexts):] {
		texts = append(texts, object{
			"sid": m.sid, "to": m.to, "from": m.from, "body": m.body, "status": m.status, "at": m.created.UTC(), "inbound": m.inbound,
		})
	}
	return object{"number": t.cfg.TwilioNumber, "replies": t.cfg.SMSURL != "", "texts": texts}
}

// scene is the newest mails, oldest first.
func (m *mailboxes) scene() []object {
	return append([]object{}, m.mails[max(0, len(m.mails)-sceneTexts):]...)
}

// scene is the services, each with its releases and how they fared.
func (s *shop) scene(m *monitor) []object {
	services := []object{}
	for _, name := range s.names {
		service := s.services[name]
		shown := object(service.show())
		shown["history"] = append([]deployed{}, service.history...)
		if alert := m.alerts[name]; alert != nil {
			shown["firing"], shown["starts_at"] = alert.firing, alert.startsAt.UTC()
		}
		services = append(services, shown)
	}
	return services
}
