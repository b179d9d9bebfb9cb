package app

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/worker"

	"github.com/seed-44180607/lastgood/activities"
	"github.com/seed-44180607/lastgood/integrations/jenkins"
	"github.com/seed-44180607/lastgood/integrations/jira"
	"github.com/seed-44180607/lastgood/integrations/slack"
	"github.com/seed-44180607/lastgood/internal/config"
	"github.com/seed-44180607/lastgood/signals"
	"github.com/seed-44180607/lastgood/workflows"
)

// stickyFor is how long a workflow task waits for the worker that has the
// workflow in its memory before any other takes it.
const stickyFor = time.Second

// pagesAtOnce is how many of the activities that a person waits for run at once.
// Pages that wait for their turn cost next to nothing; they must hold up nobody.
const pagesAtOnce = 1000

// pagePollers is how many of them are asked for at once. Each one asked for is a
// write to Temporal's database: in a storm, with the SDK's two, the last pages trickled
// in behind all that the first ones had set off.
const pagePollers = 16

// backgroundAtOnce is how many of the activities that nobody waits for run at once.
const backgroundAtOnce = 20

// Worker runs workflows and activities until the context ends.
func Worker(ctx context.Context, c config.Config, log *slog.Logger) error {
	temporal, namespace, err := Temporal(log)
	if err != nil {
		return err
	}
	defer temporal.Close()
	metrics := newMetrics()
	served, err := serveMetrics(ctx, c.Metrics, metrics, ready(temporal, namespace), log)
	if err != nil {
		return err
	}
	if err := Await(ctx, temporal, namespace, log); err != nil || ctx.Err() != nil {
		return err
	}
	client := signals.Client{Temporal: temporal, TaskQueue: c.TaskQueue}
	job, err := newActivities(c, newPeople(c.Roster, client.Roster, pagesReadEvery, log), client)
	if err != nil {
		return err
	}
	stopReading, err := readCalendars(ctx, c, job, client, metrics, log)
	if err != nil {
		return err
	}
	defer stopReading()
	if err := job.watch(c, client); err != nil {
		return err
	}
	worker.SetStickyWorkflowCacheSize(c.CacheSize)
	fatal := make(chan error, 2)
	job.pager.Tally = metrics
	traffic := &traffic{waiting: job.pager.Waiting}
	tuner, err := patientTuner(traffic, backgroundAtOnce)
	if err != nil {
		return fmt.Errorf("bound the background worker: %w", err)
	}
	workers, err := beginAll(ctx, temporal, namespace, c.TaskQueue, log,
		func() worker.Worker {
			return newMainWorker(temporal, c, job, metrics.interceptors(traffic.note), fatal)
		},
		func() worker.Worker {
			return newBackgroundWorker(temporal, c, job, tuner, metrics.interceptors(traffic.giveWay), fatal)
		})
	defer stopTogether(workers...)
	if err != nil || ctx.Err() != nil {
		return err
	}
	go keepChecking(ctx, client, log)
	log.Info("ready", "namespace", namespace, "task_queue", c.TaskQueue, "metrics", c.Metrics,
		"slack", c.Slack.On(), "jenkins", c.Jenkins.On(), "jira", c.Jira.On(), "mail", c.Mail.On(), "twilio", c.Twilio.On())
	select {
	case <-ctx.Done():
		log.Info("stopping", "within", c.StopTimeout)
		return nil
	case err := <-served:
		return err
	case err := <-fatal:
		return fmt.Errorf("work on task queue %s of namespace %s: %w", c.TaskQueue, namespace, err)
	}
}

// stopTogether lets both hand over their work at the same time: each takes up to
// its own stop timeout.
func stopTogether(workers ...worker.Worker) {
	var stopping sync.WaitGroup
	for _, w := range workers {
		stopping.Go(w.Stop)
	}
	stopping.Wait()
}

// newMainWorker runs workflows, and the activities that a person waits for.
func newMainWorker(temporal client.Client, c config.Config, job jobs, interceptors []interceptor.WorkerInterceptor, fatal chan<- error) worker.Worker {
	w := worker.New(temporal, c.TaskQueue, worker.Options{
		WorkerStopTimeout:                  c.StopTimeout,
		StickyScheduleToStartTimeout:       stickyFor,
		MaxConcurrentActivityExecutionSize: pagesAtOnce,
		MaxConcurrentActivityTaskPollers:   pagePollers,
		MaxHeartbeatThrottleInterval:       time.Second / 2,
		DisableRegistrationAliasing:        true,
		Interceptors:                       interceptors,
		OnFatalError:                       func(err error) { fatal <- err },
	})
	workflows.Register(w)
	register(w, activities.ResolveStepName, job.onCall.ResolveStep)
	register(w, activities.ReachName, job.onCall.Reach)
	register(w, activities.PermitName, job.onCall.Permit)
	register(w, activities.SurveyName, job.enricher.Survey)
	register(w, activities.PageName, job.pager.Page)
	register(w, activities.TriggerName, job.deployer.TriggerRollback)
	register(w, activities.FollowName, job.deployer.FollowRollback)
	register(w, activities.StopName, job.deployer.StopRollback)
	register(w, activities.TellSilenceName, job.deadman.TellSilence)
	register(w, activities.CheckSelfName, job.deadman.CheckSelf)
	return w
}

// newBackgroundWorker runs what must never delay a page.
func newBackgroundWorker(
	temporal client.Client, c config.Config, job jobs, tuner worker.WorkerTuner, interceptors []interceptor.WorkerInterceptor, fatal chan<- error,
) worker.Worker {
	w := worker.New(temporal, signals.Background(c.TaskQueue), worker.Options{
		WorkerStopTimeout:           c.StopTimeout,
		DisableWorkflowWorker:       true,
		Tuner:                       tuner,
		DisableRegistrationAliasing: true,
		Interceptors:                interceptors,
		OnFatalError:                func(err error) { fatal <- err },
	})
	register(w, activities.ShowCardName, job.announcer.ShowCard)
	register(w, activities.SayName, job.announcer.Say)
	register(w, activities.RefreshPageName, job.announcer.RefreshPage)
	register(w, activities.WhisperName, job.announcer.Whisper)
	register(w, activities.LookBackName, job.historian.LookBack)
	register(w, activities.OpenTicketName, job.recorder.OpenTicket)
	register(w, activities.WriteTicketName, job.recorder.WriteTicket)
	register(w, activities.CloseTicketName, job.recorder.CloseTicket)
	return w
}

func register(w worker.Worker, name string, fn any) {
	w.RegisterActivityWithOptions(fn, activity.RegisterOptions{Name: name})
}

// jobs are the activities, each with its vendor. A vendor that is not configured
// is nil: the activity says so.
type jobs struct {
	onCall    *activities.OnCall
	enricher  *activities.Enricher
	pager     *activities.Pager
	announcer *activities.Announcer
	deployer  *activities.Deployer
	recorder  *activities.Recorder
	historian *activities.Historian
	deadman   *activities.Deadman
}

// watch adds what heartbeats, and the watch over lastgood itself, need.
func (j *jobs) watch(c config.Config, client signals.Client) (err error) {
	var chat activities.Prover
	if c.Slack.On() {
		chat = slack.New(slack.Config{Token: c.Slack.BotToken.Reveal(), APIURL: c.Slack.APIURL})
	}
	j.deadman, err = newDeadman(c, client, chat)
	return err
}

func newActivities(c config.Config, now activities.People, past activities.Past) (jobs, error) {
	job := jobs{
		onCall: &activities.OnCall{People: now}, enricher: &activities.Enricher{},
		pager: &activities.Pager{Outbox: activities.NewOutbox()}, announcer: &activities.Announcer{},
		deployer: &activities.Deployer{}, recorder: &activities.Recorder{}, historian: &activities.Historian{Past: past},
	}
	if c.Slack.On() {
		chat := slack.New(slack.Config{Token: c.Slack.BotToken.Reveal(), APIURL: c.Slack.APIURL})
		job.onCall.Groups, job.pager.Chat, job.announcer.Chat, job.announcer.Whisperer = chat, chat, chat, chat
	}
	if c.Jenkins.On() {
		j, err := jenkins.New(jenkins.Config{URL: c.Jenkins.URL, User: c.Jenkins.User, Token: c.Jenkins.Token.Reveal()})
		if err != nil {
			return jobs{}, fmt.Errorf("%w: JENKINS_URL: %w", ErrConfiguration, err)
		}
		job.enricher.Surveyor, job.deployer.Builder, job.deployer.Watcher = j, j, j
	}
	if c.Jira.On() {
		j, err := jira.New(jira.Config{URL: c.Jira.URL, User: c.Jira.User, Token: c.Jira.Token.Reveal(), DataCenter: !c.Jira.Cloud})
		if err != nil {
			return jobs{}, fmt.Errorf("%w: JIRA_URL: %w", ErrConfiguration, err)
		}
		job.recorder.Tickets, job.recorder.Record = j, j
	}
	return job, addReach(job.pager, c)
}

// ready says whether Temporal can be reached.
func ready(temporal client.Client, namespace string) func(context.Context) error {
	return func(ctx context.Context) error {
		if _, err := temporal.CheckHealth(ctx, &client.CheckHealthRequest{}); err != nil {
			return fmt.Errorf("reach Temporal, namespace %s: %w", namespace, err)
		}
		return nil
	}
}
