// Package client is what the server asks about workers that it would start itself:
// there are none, and there will be none.
package client

import (
	"context"
	"errors"

	deploymentpb "go.temporal.io/api/deployment/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/auto-scaled-workers/wci/workflow/iface"
	"go.temporal.io/server/common/namespace"
	"go.uber.org/fx"
)

// Module gives the server its client.
var Module = fx.Options(fx.Provide(func() Client { return none{} }))

// Client is as much of the original as the server calls.
type Client interface {
	DescribeWorkerControllerInstance(
		ctx context.Context, ns *namespace.Namespace, version *deploymentpb.WorkerDeploymentVersion,
	) (*iface.QueryDescribeWorkerControllerInstanceResponse, []byte, error)
	ValidateWorkerControllerInstanceSpec(
		ctx context.Context, ns *namespace.Namespace, version *deploymentpb.WorkerDeploymentVersion, identity string,
		upsert map[string]iface.ScalingGroupSpecUpdate, remove []string,
	) error
	UpdateWorkerControllerInstance(
		ctx context.Context, ns *namespace.Namespace, version *deploymentpb.WorkerDeploymentVersion, token []byte, identity string,
		upsert map[string]iface.ScalingGroupSpecUpdate, remove []string,
	) (*iface.UpdateWorkerControllerInstanceResponse, error)
	DeleteWorkerControllerInstance(
		ctx context.Context, ns *namespace.Namespace, version *deploymentpb.WorkerDeploymentVersion, identity string,
	) error
}

var errNone = errors.New("this server starts no workers: leave the compute configuration out, and start them yourself")

type none struct{}

// DescribeWorkerControllerInstance answers as for a version without one.
func (none) DescribeWorkerControllerInstance(
	context.Context, *namespace.Namespace, *deploymentpb.WorkerDeploymentVersion,
) (*iface.QueryDescribeWorkerControllerInstanceResponse, []byte, error) {
	return nil, nil, serviceerror.NewNotFound("this server starts no workers")
}

// ValidateWorkerControllerInstanceSpec refuses every configuration but an empty one.
func (none) ValidateWorkerControllerInstanceSpec(
	_ context.Context, _ *namespace.Namespace, _ *deploymentpb.WorkerDeploymentVersion, _ string,
	upsert map[string]iface.ScalingGroupSpecUpdate, _ []string,
) error {
	if len(upsert) == 0 {
		return nil
	}
	return errNone
}

// UpdateWorkerControllerInstance refuses what ValidateWorkerControllerInstanceSpec does.
func (none) UpdateWorkerControllerInstance(
	context.Context, *namespace.Namespace, *deploymentpb.WorkerDeploymentVersion, []byte, string,
	map[string]iface.ScalingGroupSpecUpdate, []string,
) (*iface.UpdateWorkerControllerInstanceResponse, error) {
	return nil, serviceerror.NewInvalidArgument(errNone.Error())
}

// DeleteWorkerControllerInstance finds nothing to delete.
func (none) DeleteWorkerControllerInstance(context.Context, *namespace.Namespace, *deploymentpb.WorkerDeploymentVersion, string) error {
	return nil
}
