package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
	"go.temporal.io/sdk/log"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"

	"github.com/seed-44180607/lastgood/signals"
)

// connectEvery is the pause between two attempts to reach Temporal at start.
const connectEvery = time.Second

// Temporal makes a client from the TEMPORAL_* variables, without calling anybody:
// a process may start before Temporal does. It also gives the namespace.
func Temporal(logger *slog.Logger) (client.Client, string, error) {
	options, err := envconfig.LoadDefaultClientOptions()
	if err != nil {
		return nil, "", fmt.Errorf("%w: read the TEMPORAL_* variables: %w", ErrConfiguration, err)
	}
	options.Logger = log.NewStructuredLogger(quieter(logger))
	options.ConnectionOptions.DialOptions = append(options.ConnectionOptions.DialOptions, soonBack()...)
	c, err := client.NewLazyClient(options)
	if err != nil {
		return nil, "", fmt.Errorf("%w: make a Temporal client: %w", ErrConfiguration, err)
	}
	namespace := options.Namespace
	if namespace == "" {
		namespace = client.DefaultNamespace
	}
	return c, namespace, nil
}

// soonBack makes a process take up its work as soon as Temporal is back. Both the
// connection and the SDK's polling would otherwise back off up to 10 s, and a page
// that fell due meanwhile would be that late.
func soonBack() []grpc.DialOption {
	retry := backoff.DefaultConfig
	retry.BaseDelay, retry.MaxDelay = 200*time.Millisecond, time.Second
	return []grpc.DialOption{
		grpc.WithConnectParams(grpc.ConnectParams{Backoff: retry, MinConnectTimeout: 2 * time.Second}),
		grpc.WithChainUnaryInterceptor(func(ctx context.Context, method string, in, out any, conn *grpc.ClientConn, call grpc.UnaryInvoker, o ...grpc.CallOption) error {
			if strings.Contains(method, "/Poll") {
				o = append(o, grpc.WaitForReady(true))
			}
			return call(ctx, method, in, out, conn, o...)
		}),
	}
}

// quieter drops what the SDK says about every task.
func quieter(logger *slog.Logger) *slog.Logger {
	return slog.New(levelled{logger.Handler(), slog.LevelInfo})
}

type levelled struct {
	slog.Handler
	level slog.Level
}

func (l levelled) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= l.level && l.Handler.Enabled(ctx, level)
}

func (l levelled) WithAttrs(attrs []slog.Attr) slog.Handler {
	return levelled{l.Handler.WithAttrs(attrs), l.level}
}

func (l levelled) WithGroup(name string) slog.Handler {
	return levelled{l.Handler.WithGroup(name), l.level}
}

// Await waits until Temporal answers and the search attributes are registered. It
// says so while it waits. Attributes that are missing end it with ErrConfiguration:
// an unknown one would fail every workflow task.
func Await(ctx context.Context, c client.Client, namespace string, logger *slog.Logger) error {
	for said := false; ; said = true {
		err := checkAttributes(ctx, c, namespace)
		switch {
		case err == nil:
			if said {
				logger.Info("temporal answers")
			}
			return nil
		case errors.Is(err, ErrConfiguration):
			return err
		case ctx.Err() != nil:
			return nil
		case !said:
			logger.Warn("waiting for temporal", "namespace", namespace, "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(connectEvery):
		}
	}
}

func checkAttributes(ctx context.Context, c client.Client, namespace string) error {
	missing, err := missingAttributes(ctx, c, namespace)
	if err != nil {
		return err
	}
	if len(missing) == 0 {
		return nil
	}
	return fmt.Errorf("%w: the namespace %s lacks the search attributes %s: run `lastgood setup` with the same TEMPORAL_* variables",
		ErrConfiguration, namespace, strings.Join(missing, ", "))
}

func missingAttributes(ctx context.Context, c client.Client, namespace string) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	list, err := c.OperatorService().ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: namespace})
	var unknown *serviceerror.NamespaceNotFound
	var denied *serviceerror.PermissionDenied
	switch {
	case errors.As(err, &unknown):
		return nil, fmt.Errorf("%w: there is no namespace %s: create it, or name another in TEMPORAL_NAMESPACE", ErrConfiguration, namespace)
	case errors.As(err, &denied):
		return nil, fmt.Errorf("%w: list the search attributes of namespace %s: %w: check the TEMPORAL_* credentials", ErrConfiguration, namespace, err)
	case err != nil:
		return nil, fmt.Errorf("list the search attributes of namespace %s: %w", namespace, err)
	}
	var missing []string
	for name, want := range signals.Attributes() {
		switch got, known := list.GetCustomAttributes()[name]; {
		case !known:
			missing = append(missing, name)
		case got != want:
			return nil, fmt.Errorf("%w: the search attribute %s of namespace %s is of type %s and must be %s: use a namespace of lastgood's own",
				ErrConfiguration, name, namespace, got, want)
		}
	}
	slices.Sort(missing)
	return missing, nil
}

// Setup registers the search attributes that a namespace lacks and waits until
// they can be used. Doing it again does no harm.
func Setup(ctx context.Context, c client.Client, namespace string) (added []string, err error) {
	missing, err := missingAttributes(ctx, c, namespace)
	if err != nil || len(missing) == 0 {
		return nil, err
	}
	types := map[string]enums.IndexedValueType{}
	for _, name := range missing {
		types[name] = signals.Attributes()[name]
	}
	_, err = c.OperatorService().AddSearchAttributes(ctx,
		&operatorservice.AddSearchAttributesRequest{Namespace: namespace, SearchAttributes: types})
	var there *serviceerror.AlreadyExists
	if err != nil && !errors.As(err, &there) {
		return nil, fmt.Errorf("add the search attributes %s to namespace %s: %w", strings.Join(missing, ", "), namespace, err)
	}
	for {
		left, err := missingAttributes(ctx, c, namespace)
		if err != nil || len(left) == 0 {
			return missing, err
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("wait for the search attributes %s: %w", strings.Join(left, ", "), ctx.Err())
		case <-time.After(connectEvery):
		}
	}
}
