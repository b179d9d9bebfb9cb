package main

import (
	"net/url"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/server/common/cluster"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/dynamicconfig"
	sqliteplugin "go.temporal.io/server/common/persistence/sql/sqlplugin/sqlite"
)

const (
	loopback    = "127.0.0.1"
	clusterName = "active"
	namespace   = "default"

	// retention is how long a completed workflow can be looked at; the server's own choice for
	// SQLite is one day, too short to read on Monday what happened on Friday.
	retention = 30 * 24 * time.Hour

	// startWithin is how long the services may take to start, and then to answer. The 15 s that the server gives them
	// by itself do not do on a machine that is busy.
	startWithin = time.Minute

	// namespaceRefresh is how often each service reads the namespaces again, and so how long it
	// takes until a search attribute added to a running server can be used.
	namespaceRefresh = time.Second

	// ample is a limit that a burst of a thousand workflows on one machine does not reach. The
	// defaults, made for a shared cluster, answer such a burst with "resource exhausted".
	ample = 20_000
)

// searchAttributes are those that lastgood's workflows set.
var searchAttributes = map[string]enumspb.IndexedValueType{
	"IncidentId":             enumspb.INDEXED_VALUE_TYPE_KEYWORD,
	"IncidentService":        enumspb.INDEXED_VALUE_TYPE_KEYWORD,
	"IncidentTeam":           enumspb.INDEXED_VALUE_TYPE_KEYWORD,
	"IncidentEnvironment":    enumspb.INDEXED_VALUE_TYPE_KEYWORD,
	"IncidentSeverity":       enumspb.INDEXED_VALUE_TYPE_KEYWORD,
	"IncidentStatus":         enumspb.INDEXED_VALUE_TYPE_KEYWORD,
	"IncidentAcknowledgedBy": enumspb.INDEXED_VALUE_TYPE_KEYWORD,
	"IncidentBadRelease":     enumspb.INDEXED_VALUE_TYPE_KEYWORD,
	"IncidentEscalationStep": enumspb.INDEXED_VALUE_TYPE_INT,
	"IncidentOpenedAt":       enumspb.INDEXED_VALUE_TYPE_DATETIME,
}

// clusterConfig is a cluster of one host and one history shard: SQLite has one writer, so more
// shards would only wait for each other.
func clusterConfig(s settings, p ports) *config.Config {
	c := &config.Config{
		Persistence: config.Persistence{
			DefaultStore:     sqliteplugin.PluginName,
			VisibilityStore:  sqliteplugin.PluginName,
			NumHistoryShards: 1,
			DataStores:       map[string]config.DataStore{sqliteplugin.PluginName: {SQL: store(s.db, s.fast)}},
		},
		ClusterMetadata: &cluster.Config{
			FailoverVersionIncrement: 10,
			MasterClusterName:        clusterName,
			CurrentClusterName:       clusterName,
			ClusterInformation: map[string]cluster.ClusterInformation{
				clusterName: {Enabled: true, InitialFailoverVersion: 1, RPCAddress: p.frontend()},
			},
		},
		DCRedirectionPolicy: config.DCRedirectionPolicy{Policy: "noop"},
		PublicClient:        config.PublicClient{HostPort: p.frontend()},
		Services:            map[string]config.Service{},
	}
	// Nothing joins: the hosts are static. The server only takes twice this as the time to start.
	c.Global.Membership.MaxJoinDuration = startWithin / 2
	c.Archival.History.State, c.Archival.Visibility.State = "disabled", "disabled"
	c.NamespaceDefaults.Archival.History.State, c.NamespaceDefaults.Archival.Visibility.State = "disabled", "disabled"
	for name, port := range p.services {
		c.Services[string(name)] = config.Service{RPC: config.RPC{GRPCPort: port, BindOnIP: loopback}}
	}
	return c
}

// store is the database in the file db. One connection: more of them run into SQLITE_BUSY and are
// slower. In write-ahead mode a killed process loses nothing at either level of synchronous.
func store(db string, fast bool) *config.SQL {
	synchronous := "full"
	if fast {
		synchronous = "normal"
	}
	return &config.SQL{
		PluginName:   sqliteplugin.PluginName,
		DatabaseName: (&url.URL{Path: db}).EscapedPath(), // It becomes part of a file: URI.
		MaxConns:     1,
		MaxIdleConns: 1,
		ConnectAttributes: map[string]string{
			"mode":         "rwc",
			"journal_mode": "wal",
			"synchronous":  synchronous,
			"busy_timeout": "10000",
		},
	}
}

// tuning is the dynamic configuration: latency for one host, no limits below the machine's own,
// and no calls to anyone outside it.
func tuning() dynamicconfig.StaticClient {
	return dynamicconfig.StaticClient{
		// With the default of 20 polls a second a task waits up to 50 ms to be seen.
		dynamicconfig.TransferProcessorMaxPollRPS.Key():   2000,
		dynamicconfig.TimerProcessorMaxPollRPS.Key():      2000,
		dynamicconfig.VisibilityProcessorMaxPollRPS.Key(): 2000,

		// Room for hosts whose clocks differ, which also makes every timer shorter than it wait for it.
		dynamicconfig.TimerProcessorMaxTimeShift.Key(): 10 * time.Millisecond,

		dynamicconfig.MatchingNumTaskqueueReadPartitions.Key():  1,
		dynamicconfig.MatchingNumTaskqueueWritePartitions.Key(): 1,

		dynamicconfig.FrontendRPS.Key():                                  ample,
		dynamicconfig.FrontendMaxNamespaceRPSPerInstance.Key():           ample,
		dynamicconfig.FrontendMaxNamespaceVisibilityRPSPerInstance.Key(): ample,
		dynamicconfig.FrontendPersistenceMaxQPS.Key():                    ample,
		dynamicconfig.HistoryRPS.Key():                                   ample,
		dynamicconfig.HistoryPersistenceMaxQPS.Key():                     ample,
		dynamicconfig.MatchingRPS.Key():                                  ample,
		dynamicconfig.MatchingPersistenceMaxQPS.Key():                    ample,

		dynamicconfig.ForceSearchAttributesCacheRefreshOnRead.Key(): true,
		dynamicconfig.NamespaceCacheRefreshInterval.Key():           namespaceRefresh,
		dynamicconfig.EnableServerVersionCheck.Key():                false,
	}
}
