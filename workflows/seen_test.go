package workflows_test

import (
	"math"
	"time"

	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"
)

// seen is what the workflows of a story asked Temporal for.
type seen struct {
	timers    []timer
	cancelled []string
	// attributes are the changes of the search attributes, one map a command.
	attributes []map[string]any
	// activities are the options that each was last called with.
	activities map[string]workflow.ActivityOptions
	summary    string
	summaries  map[string]string
}

// timer is one that a workflow set.
type timer struct {
	summary string
	ctx     workflow.Context
	future  workflow.Future
}

// watch tells the timers that are cancelled by their summaries.
func (c *seen) watch(env *testsuite.TestWorkflowEnvironment) {
	c.summaries = map[string]string{}
	env.SetOnTimerScheduledListener(func(id string, _ time.Duration) { c.summaries[id] = c.summary })
	env.SetOnTimerCanceledListener(func(id string) { c.cancelled = append(c.cancelled, c.summaries[id]) })
}

// left are the timers that have neither fired nor been cancelled.
func (c *seen) left() []string {
	var list []string
	for _, m := range c.timers {
		if !m.future.IsReady() && m.ctx.Err() == nil {
			list = append(list, m.summary)
		}
	}
	return list
}

// likeAServer makes good for what the environment does otherwise than a server:
// it gives up an activity after ten attempts. It also notes what it is asked for.
type likeAServer struct {
	interceptor.WorkerInterceptorBase
	seen *seen
}

func (l *likeAServer) InterceptWorkflow(_ workflow.Context, next interceptor.WorkflowInboundInterceptor) interceptor.WorkflowInboundInterceptor {
	return &inbound{interceptor.WorkflowInboundInterceptorBase{Next: next}, l.seen}
}

type inbound struct {
	interceptor.WorkflowInboundInterceptorBase
	seen *seen
}

func (i *inbound) Init(next interceptor.WorkflowOutboundInterceptor) error {
	return i.Next.Init(&outbound{interceptor.WorkflowOutboundInterceptorBase{Next: next}, i.seen})
}

type outbound struct {
	interceptor.WorkflowOutboundInterceptorBase
	seen *seen
}

func (o *outbound) ExecuteActivity(ctx workflow.Context, name string, args ...any) workflow.Future {
	options := workflow.GetActivityOptions(ctx)
	o.seen.activities[name] = options
	policy := temporal.RetryPolicy{}
	if options.RetryPolicy != nil {
		policy = *options.RetryPolicy
	}
	if policy.MaximumAttempts == 0 {
		policy.MaximumAttempts = math.MaxInt32
	}
	options.RetryPolicy = &policy
	return o.Next.ExecuteActivity(workflow.WithActivityOptions(ctx, options), name, args...)
}

func (o *outbound) NewTimerWithOptions(ctx workflow.Context, d time.Duration, options workflow.TimerOptions) workflow.Future {
	o.seen.summary = options.Summary
	future := o.Next.NewTimerWithOptions(ctx, d, options)
	o.seen.timers = append(o.seen.timers, timer{options.Summary, ctx, future})
	return future
}

func (o *outbound) UpsertTypedSearchAttributes(ctx workflow.Context, updates ...temporal.SearchAttributeUpdate) error {
	change := map[string]any{}
	for key, value := range temporal.NewSearchAttributes(updates...).GetUntypedValues() {
		change[key.GetName()] = value
	}
	o.seen.attributes = append(o.seen.attributes, change)
	return o.Next.UpsertTypedSearchAttributes(ctx, updates...)
}
