package deploy

import (
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// targets is a list of addresses in a file of Prometheus.
type targets []struct {
	Static []struct {
		Targets []string `yaml:"targets"`
	} `yaml:"static_configs"`
}

// What the tests look at of the three files; `make test-real` runs the programs with
// the rest.
type (
	prometheusFile struct {
		Rules    []string `yaml:"rule_files"`
		Scrape   targets  `yaml:"scrape_configs"`
		Alerting struct {
			Alertmanagers targets `yaml:"alertmanagers"`
		} `yaml:"alerting"`
	}
	rulesFile struct {
		Groups []struct {
			Rules []struct {
				Alert  string            `yaml:"alert"`
				Expr   string            `yaml:"expr"`
				Labels map[string]string `yaml:"labels"`
			} `yaml:"rules"`
		} `yaml:"groups"`
	}
	alertmanagerFile struct {
		Receivers []struct {
			Webhooks []struct {
				URL          string `yaml:"url"`
				SendResolved bool   `yaml:"send_resolved"`
				HTTP         struct {
					Authorization struct {
						Credentials string `yaml:"credentials"`
					} `yaml:"authorization"`
				} `yaml:"http_config"`
			} `yaml:"webhook_configs"`
		} `yaml:"receivers"`
	}
	configuration struct {
		Services []struct {
			Match []map[string]string `yaml:"match"`
		} `yaml:"services"`
	}
)

// read reads a file of the project.
func read[T any](t *testing.T, name string) (content T) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, name))
	require.NoError(t, err)
	require.NoError(t, yaml.Unmarshal(text, &content), name)
	return content
}

// requireServed finds the service of the demo that listens on an address.
func requireServed(t *testing.T, project *types.Project, address, service string) {
	t.Helper()
	at, err := url.Parse("http://" + address)
	require.NoError(t, err)
	require.Equal(t, service, at.Hostname())
	var ports []string
	for _, port := range project.Services[service].Ports {
		ports = append(ports, strconv.Itoa(int(port.Target)))
	}
	require.Contains(t, ports, at.Port(), address)
}

func TestEachPartOfTheMonitorReachesTheNext(t *testing.T) {
	project := demo(t)
	prometheus := read[prometheusFile](t, "deploy/prometheus/prometheus.yml")
	require.Equal(t, []string{"rules.yml"}, prometheus.Rules)
	for service, list := range map[string]targets{"simulator": prometheus.Scrape, "alertmanager": prometheus.Alerting.Alertmanagers} {
		require.Len(t, list, 1)
		require.Len(t, list[0].Static, 1)
		require.Len(t, list[0].Static[0].Targets, 1)
		requireServed(t, project, list[0].Static[0].Targets[0], service)
	}
	receivers := read[alertmanagerFile](t, "deploy/alertmanager/alertmanager.yml").Receivers
	require.Len(t, receivers, 1)
	require.Len(t, receivers[0].Webhooks, 1)
	webhook := receivers[0].Webhooks[0]
	at, err := url.Parse(webhook.URL)
	require.NoError(t, err)
	requireServed(t, project, at.Host, "starter")
	require.Equal(t, "/v1/alerts/alertmanager", at.Path)
	require.True(t, webhook.SendResolved)
	require.Contains(t, strings.Split(*project.Services["starter"].Environment["ALERT_TOKENS"], ","),
		"alertmanager:"+webhook.HTTP.Authorization.Credentials)
}

// Two monitors would each find the same fault, in groups of their own.
func TestTheShopHasOneMonitor(t *testing.T) {
	require.Contains(t, demo(t).Services["simulator"].Command, "--monitor=false")
}

func TestTheAlertIsComputedFromTheCountersAndBelongsToAService(t *testing.T) {
	services := read[configuration](t, "cmd/lastgood/demo.yaml").Services
	require.NotEmpty(t, services)
	for _, group := range read[rulesFile](t, "deploy/prometheus/rules.yml").Groups {
		for _, rule := range group.Rules {
			require.Contains(t, rule.Expr, "rate(shop_requests_total", rule.Alert)
			require.NotContains(t, rule.Expr, "shop_error_ratio", rule.Alert)
			require.Contains(t, rule.Expr, "by (service)", rule.Alert)
			for _, service := range services {
				labels := map[string]string{"service": service.Match[0]["service"]}
				maps.Copy(labels, rule.Labels)
				require.Subset(t, labels, service.Match[0], rule.Alert)
			}
		}
	}
}
