package activities

import (
	"context"
	"slices"
	"time"

	"github.com/seed-44180607/lastgood/oncall"
)

const (
	// groupsFor is how long the members of a group are remembered: Slack allows few such questions a minute.
	groupsFor = 5 * time.Minute
	// groupWithin bounds one question, and is how long those wait for it who have nobody else to page.
	groupWithin = 5 * time.Second
	// besideWithin is how long people wait for the members of a group that is paged beside them.
	besideWithin = time.Second
	// laterWithin is how long a step waits for the groups of others, which only say who may follow.
	laterWithin = 300 * time.Millisecond
)

// members is what is known of a group.
type members struct {
	users []string
	read  time.Time     // Zero: never.
	fault string        // Why there is no later answer; empty: there is none to be had.
	done  chan struct{} // Not nil while Slack is asked; closed when it has answered.
}

// groupsOf are the groups among the targets.
func groupsOf(targets []oncall.Target) (ids []string) {
	for _, t := range targets {
		if t.SlackGroup != "" && !slices.Contains(ids, t.SlackGroup) {
			ids = append(ids, t.SlackGroup)
		}
	}
	return ids
}

// patience is how long targets may wait for their groups: a Slack that hangs must not hold up those who are known.
func patience(targets []oncall.Target) time.Duration {
	if slices.ContainsFunc(targets, func(t oncall.Target) bool { return t.SlackGroup == "" }) {
		return besideWithin
	}
	return groupWithin
}

// expand fills the members of the targets' groups in, and of later ones as far as they are known soon. All are asked
// for at once. When Slack does not answer in time the last answer holds: a stale list of responders is better than none.
func (o *OnCall) expand(ctx context.Context, r *oncall.Roster, targets, later []oncall.Target) {
	own, others := groupsOf(targets), groupsOf(later)
	r.Groups, r.GroupFaults = map[string][]string{}, map[string]string{}
	for _, id := range slices.Concat(own, others) {
		o.ask(ctx, id)
	}
	o.await(ctx, others, laterWithin)
	o.await(ctx, own, patience(targets)-laterWithin)
	for _, id := range slices.Concat(own, others) {
		last := o.group(id)
		if !last.read.IsZero() {
			r.Groups[id] = last.users
		}
		r.GroupFaults[id] = last.fault
	}
}

func (o *OnCall) group(id string) members {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	return o.groups[id]
}

// ask has the members of a group read beside the work, unless they are known or already asked for.
func (o *OnCall) ask(ctx context.Context, id string) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	last := o.groups[id]
	if o.Groups == nil || last.done != nil || !last.read.IsZero() && time.Since(last.read) < groupsFor {
		return
	}
	if o.groups == nil {
		o.groups = map[string]members{}
	}
	last.done, last.fault = make(chan struct{}), "Slack has not answered yet"
	o.groups[id] = last
	go o.look(context.WithoutCancel(ctx), id, last)
}

// look notes what Slack says. It does not end with the one who asked first: the answer is good for the next.
func (o *OnCall) look(ctx context.Context, id string, last members) {
	defer close(last.done)
	ctx, cancel := context.WithTimeout(ctx, groupWithin)
	defer cancel()
	now := members{read: time.Now()}
	users, err := o.Groups.Members(ctx, id)
	now.users = users
	if err != nil {
		now = members{users: last.users, read: last.read, fault: err.Error()}
	}
	o.mutex.Lock()
	defer o.mutex.Unlock()
	o.groups[id] = now
}

// await waits until all that is asked about the groups is answered, within a time.
func (o *OnCall) await(ctx context.Context, ids []string, within time.Duration) {
	late := time.NewTimer(within)
	defer late.Stop()
	for _, id := range ids {
		asked := o.group(id).done
		if asked == nil {
			continue
		}
		select {
		case <-asked:
		case <-late.C:
			return
		case <-ctx.Done():
			return
		}
	}
}
