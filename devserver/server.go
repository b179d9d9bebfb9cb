package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/url"
	"strconv"
	"time"

	"go.temporal.io/server/common/authorization"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/membership/static"
	"go.temporal.io/server/common/primitives"
	"go.temporal.io/server/temporal"
	"go.uber.org/zap"
)

// stopWithin bounds a stop. What is still running then is cut off, which loses nothing: all that
// was answered is in the database.
const stopWithin = 4 * time.Second

// serve runs the server and its UI until ctx ends. It prints one line, once both can be used.
func serve(ctx context.Context, s settings, stdout io.Writer) error {
	p, err := reserve(s)
	if err != nil {
		return err
	}
	release, err := openDatabase(s)
	if err != nil {
		return err
	}
	defer release()
	level := zap.NewAtomicLevelAt(zap.ErrorLevel)
	logger := log.NewZapLogger(log.BuildZapLogger(log.Config{Level: "warn", Format: "console"}).
		WithOptions(zap.IncreaseLevel(level), zap.AddStacktrace(zap.FatalLevel)))
	stop, err := start(s, p, logger)
	if err != nil {
		return err
	}
	defer stop()
	defer startUI(p)()
	if err := awaitReady(ctx, p, logger); err != nil {
		return err
	}
	if _, err := fmt.Fprintf(stdout, "ready  temporal %s  ui %s  db %s\n", p.frontend(), p.uiName(), s.db); err != nil {
		return fmt.Errorf("print that the server is ready: %w", err)
	}
	level.SetLevel(zap.WarnLevel) // Until now the services missed each other, as they do again while they stop.
	<-ctx.Done()
	level.SetLevel(zap.FatalLevel)
	return nil
}

// start starts the four Temporal services and returns what stops them.
func start(s settings, p ports, logger log.Logger) (stop func(), err error) {
	hosts := map[primitives.ServiceName]static.Hosts{}
	for name, port := range p.services {
		hosts[name] = static.SingleLocalHost(address(port))
	}
	server, err := temporal.NewServer(
		temporal.ForServices(temporal.DefaultServices),
		temporal.WithConfig(clusterConfig(s, p)),
		temporal.WithDynamicConfigClient(tuning()),
		temporal.WithStaticHosts(hosts),
		temporal.WithLogger(logger),
		temporal.WithAuthorizer(authorization.NewNoopAuthorizer()),
		temporal.WithClaimMapper(func(*config.Config) authorization.ClaimMapper { return authorization.NewNoopClaimMapper() }),
	)
	if err != nil {
		return nil, fmt.Errorf("set up the Temporal server: %w", err)
	}
	if err := server.Start(); err != nil {
		return nil, fmt.Errorf("start the Temporal server: %w", err)
	}
	return func() {
		stopped := make(chan struct{})
		go func() {
			defer close(stopped)
			_ = server.Stop()
		}()
		select {
		case <-stopped:
		case <-time.After(stopWithin):
		}
	}, nil
}

// ports are those of one run, all on the loopback interface.
type ports struct {
	services map[primitives.ServiceName]int
	ui       int // 0 for no UI.
}

func (p ports) frontend() string { return address(p.services[primitives.FrontendService]) }

// uiName is how the ready line calls the UI.
func (p ports) uiName() string {
	if p.ui == 0 {
		return "off"
	}
	return (&url.URL{Scheme: "http", Host: address(p.ui)}).String()
}

func address(port int) string { return net.JoinHostPort(loopback, strconv.Itoa(port)) }

// reserve finds the ports of this run: those asked for, and free ones for the services that only
// talk to each other. The server ends the process without a word of help when it cannot listen, so
// it is tried here first. All are held until all are known, so that none is given out twice.
func reserve(s settings) (ports, error) {
	p := ports{services: map[primitives.ServiceName]int{}}
	var held []net.Listener
	defer func() {
		for _, l := range held {
			_ = l.Close()
		}
	}()
	hold := func(port int, way string) (int, error) {
		l, err := net.Listen("tcp", address(port))
		if err != nil {
			return 0, fmt.Errorf("port %d is not free (%w): stop what listens there, or choose another with %s", port, err, way)
		}
		held = append(held, l)
		return l.Addr().(*net.TCPAddr).Port, nil
	}
	wanted := map[primitives.ServiceName]int{primitives.FrontendService: s.port}
	for _, name := range temporal.DefaultServices {
		service := primitives.ServiceName(name)
		port, err := hold(wanted[service], "--port")
		if err != nil {
			return ports{}, err
		}
		p.services[service] = port
	}
	if s.uiPort == 0 {
		return p, nil
	}
	var err error
	p.ui, err = hold(s.uiPort, "--ui-port")
	return p, err
}
