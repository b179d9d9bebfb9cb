package main

import (
	"context"
	"fmt"
	"net/http"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	namespacepb "go.temporal.io/api/namespace/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/server/common/log"
	"google.golang.org/protobuf/types/known/durationpb"
)

const askEvery = 10 * time.Millisecond

// awaitReady returns once the frontend answers, the namespace is as lastgood needs it, and the UI
// answers.
func awaitReady(ctx context.Context, p ports, logger log.Logger) error {
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	c, err := client.NewLazyClient(client.Options{HostPort: p.frontend(), Namespace: namespace, Logger: log.NewSdkLogger(logger)})
	if err != nil {
		return fmt.Errorf("make a client for %s: %w", p.frontend(), err)
	}
	defer c.Close()
	if err := await(ctx, "the Temporal frontend", func() error {
		_, err := c.CheckHealth(ctx, &client.CheckHealthRequest{})
		return err
	}); err != nil {
		return err
	}
	if err := keepNamespace(ctx, c); err != nil {
		return err
	}
	if p.ui == 0 {
		return nil
	}
	return await(ctx, "the Temporal UI", func() error { return get(ctx, p.uiName()) })
}

// keepNamespace gives a namespace that an earlier lastgood, or someone's hand, left otherwise the
// retention and the search attributes of today. What others added stays.
func keepNamespace(ctx context.Context, c client.Client) error {
	var ns *workflowservice.DescribeNamespaceResponse
	if err := await(ctx, "namespace "+namespace, func() (err error) {
		ns, err = c.WorkflowService().DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: namespace})
		return err
	}); err != nil {
		return err
	}
	if ns.GetConfig().GetWorkflowExecutionRetentionTtl().AsDuration() != retention {
		if _, err := c.WorkflowService().UpdateNamespace(ctx, &workflowservice.UpdateNamespaceRequest{
			Namespace: namespace,
			Config:    &namespacepb.NamespaceConfig{WorkflowExecutionRetentionTtl: durationpb.New(retention)},
		}); err != nil {
			return fmt.Errorf("set the retention of namespace %s: %w", namespace, err)
		}
	}
	return keepSearchAttributes(ctx, c)
}

func keepSearchAttributes(ctx context.Context, c client.Client) error {
	have, err := c.OperatorService().ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: namespace})
	if err != nil {
		return fmt.Errorf("list the search attributes of namespace %s: %w", namespace, err)
	}
	missing := map[string]enumspb.IndexedValueType{}
	for name, want := range searchAttributes {
		switch have.GetCustomAttributes()[name] {
		case want:
		case enumspb.INDEXED_VALUE_TYPE_UNSPECIFIED:
			missing[name] = want
		default:
			return fmt.Errorf("search attribute %s is a %s in this database and must be a %s: choose another file with --db", name, have.GetCustomAttributes()[name], want)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	if _, err := c.OperatorService().AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{Namespace: namespace, SearchAttributes: missing}); err != nil {
		return fmt.Errorf("add search attributes to namespace %s: %w", namespace, err)
	}
	return pause(ctx, 2*namespaceRefresh) // Until each service has read the namespace again.
}

// await asks until the answer is no error. When ctx ends first, the error is the last answer.
func await(ctx context.Context, what string, ask func() error) error {
	for {
		err := ask()
		if err == nil {
			return nil
		}
		if pause(ctx, askEvery) != nil {
			return fmt.Errorf("wait for %s: %w", what, err)
		}
	}
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

func get(ctx context.Context, url string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("GET %s: %s", url, resp.Status)
	}
	return nil
}
