// Package deploy checks what is shipped for deployment without deploying it:
// docker-compose.yml as docker compose would read it, the Dockerfile and the
// scripts. That the images exist and start it cannot tell: it needs no network.
package deploy

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/stretchr/testify/require"
)

const root = "../.."

// The services that run until they are stopped, and the jobs that run once.
var (
	daemons = []string{"postgres", "starter", "temporal", "temporal-ui", "worker"}
	jobs    = []string{"namespace", "schema", "setup"}
	// world is what the demo runs besides, until it is stopped.
	world = []string{"alertmanager", "prometheus", "simulator"}
)

// load reads docker-compose.yml strictly, with the variables of envFiles and no others.
func load(t *testing.T, envFiles ...string) *types.Project {
	t.Helper()
	options, err := cli.NewProjectOptions([]string{filepath.Join(root, "docker-compose.yml")},
		cli.WithEnvFiles(envFiles...), cli.WithDotEnv, cli.WithDefaultProfiles(), cli.WithResolvedPaths(true))
	require.NoError(t, err)
	project, err := options.LoadProject(t.Context())
	require.NoError(t, err)
	return project
}

func demo(t *testing.T) *types.Project {
	t.Helper()
	return load(t, filepath.Join(root, "deploy/demo.env"))
}

func example(t *testing.T) *types.Project {
	t.Helper()
	return load(t, filepath.Join(root, ".env.example"))
}

func TestOnlyTheDemoBringsASimulatedWorld(t *testing.T) {
	require.ElementsMatch(t, slices.Concat(daemons, jobs), example(t).ServiceNames())
	require.ElementsMatch(t, slices.Concat(daemons, jobs, world), demo(t).ServiceNames())
}

func TestEveryForeignImageIsPinnedToAFullVersion(t *testing.T) {
	version := regexp.MustCompile(`:v?\d+\.\d+(\.\d+)?(-[a-z0-9.]+)?$`)
	for name, service := range demo(t).Services {
		if service.Build == nil {
			require.Regexp(t, version, service.Image, name)
		}
	}
	for _, line := range dockerfile(t, "FROM") {
		require.Regexp(t, version, strings.Fields(line)[0])
	}
}

func TestEveryPortIsOnTheLoopbackInterface(t *testing.T) {
	published := map[string]string{}
	for name, service := range demo(t).Services {
		for _, port := range service.Ports {
			require.Equal(t, "127.0.0.1", port.HostIP, name)
			require.NotContains(t, published, port.Published, name)
			published[port.Published] = name
		}
	}
	require.Equal(t, map[string]string{
		"7233": "temporal", "8080": "starter", "8090": "simulator", "8233": "temporal-ui",
		"9092": "prometheus", "9093": "alertmanager",
	}, published)
}

func TestEveryServiceThatKeepsRunningHasAHealthCheck(t *testing.T) {
	project := demo(t)
	for _, name := range slices.Concat(daemons, world) {
		check := project.Services[name].HealthCheck
		require.NotNil(t, check, name)
		require.NotEmpty(t, check.Test, name)
		require.NotNil(t, check.Interval, name)
		require.NotNil(t, check.StartPeriod, name)
		require.Equal(t, "unless-stopped", project.Services[name].Restart, name)
	}
	for _, name := range jobs {
		require.Nil(t, project.Services[name].HealthCheck, name)
		require.Contains(t, project.Services[name].Restart, "on-failure", name)
	}
}

func TestEachServiceWaitsForWhatItNeeds(t *testing.T) {
	project := demo(t)
	for _, edge := range []struct{ service, needs, condition string }{
		{"schema", "postgres", types.ServiceConditionHealthy},
		{"temporal", "schema", types.ServiceConditionCompletedSuccessfully},
		{"temporal-ui", "temporal", types.ServiceConditionHealthy},
		{"namespace", "temporal", types.ServiceConditionHealthy},
		{"setup", "namespace", types.ServiceConditionCompletedSuccessfully},
		{"worker", "setup", types.ServiceConditionCompletedSuccessfully},
		{"starter", "setup", types.ServiceConditionCompletedSuccessfully},
	} {
		dependency, ok := project.Services[edge.service].DependsOn[edge.needs]
		require.True(t, ok, "%s does not wait for %s", edge.service, edge.needs)
		require.Equal(t, edge.condition, dependency.Condition, edge.service)
	}
}

func TestEveryMountedFileExists(t *testing.T) {
	for name, service := range demo(t).Services {
		for _, mount := range service.Volumes {
			if mount.Type == types.VolumeTypeBind {
				require.FileExists(t, mount.Source, name)
				require.True(t, mount.ReadOnly, "%s may write to %s", name, mount.Source)
			}
		}
	}
}

func TestTheDatabaseOutlivesItsContainer(t *testing.T) {
	project := demo(t)
	require.Contains(t, project.Volumes, "postgres")
	require.Equal(t, types.VolumeTypeVolume, project.Services["postgres"].Volumes[0].Type)
	require.Equal(t, "postgres", project.Services["postgres"].Volumes[0].Source)
}

func TestOurOwnContainersAndTheMonitorCanDoLittle(t *testing.T) {
	for name, service := range demo(t).Services {
		if service.Build == nil && !slices.Contains(world, name) {
			continue
		}
		require.Equal(t, service.Build != nil, service.ReadOnly, name)
		require.Equal(t, []string{"ALL"}, service.CapDrop, name)
		require.Contains(t, service.SecurityOpt, "no-new-privileges:true", name)
	}
}

// The variables that the two processes read are listed in internal/config.
func TestEveryVariableOfTheProcessesCanBeSet(t *testing.T) {
	source, err := os.ReadFile(filepath.Join(root, "internal/config/env.go"))
	require.NoError(t, err)
	names := regexp.MustCompile("`envconfig:\"([A-Z_]+)\"`").FindAllStringSubmatch(string(source), -1)
	require.NotEmpty(t, names)
	project := load(t, set(t, names))
	for _, match := range names {
		name := match[1]
		if strings.HasSuffix(name, "_FILE") {
			continue // A file has to be mounted first: that is for an override file.
		}
		_, worker := project.Services["worker"].Environment[name]
		_, starter := project.Services["starter"].Environment[name]
		require.True(t, worker || starter, "%s reaches neither the worker nor the starter", name)
	}
}

// set writes an environment file in which every name has a value.
func set(t *testing.T, names [][]string) string {
	t.Helper()
	var text strings.Builder
	for _, match := range names {
		text.WriteString(match[1] + "=./set\n")
	}
	file := filepath.Join(t.TempDir(), "env")
	require.NoError(t, os.WriteFile(file, []byte(text.String()), 0o600))
	return file
}

func TestTheDemoReachesTheSimulatorOnly(t *testing.T) {
	worker := demo(t).Services["worker"].Environment
	for _, name := range []string{"SLACK_API_URL", "JENKINS_URL", "JIRA_URL"} {
		require.NotNil(t, worker[name], name)
		require.Contains(t, *worker[name], "http://simulator:8090/", name)
	}
}

// The program's flags are declared in cmd/lastgood, each by its name in quotes.
func TestTheSimulatorIsStartedWithFlagsThatItHas(t *testing.T) {
	source, err := os.ReadFile(filepath.Join(root, "cmd/lastgood/simulator.go"))
	require.NoError(t, err)
	for _, argument := range demo(t).Services["simulator"].Command[2:] {
		flag, _, _ := strings.Cut(strings.TrimPrefix(argument, "--"), "=")
		require.Contains(t, string(source), `"`+flag+`"`)
	}
}

func TestTheClusterRunsTheTemporalOfTheDevserver(t *testing.T) {
	gomod, err := os.ReadFile(filepath.Join(root, "devserver/go.mod"))
	require.NoError(t, err)
	project := demo(t)
	for service, module := range map[string]string{
		"temporal": "go.temporal.io/server", "schema": "go.temporal.io/server", "namespace": "go.temporal.io/server",
		"temporal-ui": "github.com/temporalio/ui-server/v2",
	} {
		version := regexp.MustCompile(`\b` + regexp.QuoteMeta(module) + ` v(\S+)`).FindSubmatch(gomod)
		require.NotNil(t, version, module)
		_, tag, _ := strings.Cut(project.Services[service].Image, ":")
		require.Equal(t, string(version[1]), tag, service)
	}
}
