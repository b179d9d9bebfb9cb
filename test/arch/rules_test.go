// Package arch holds the project to its table of who may import whom, the one in
// docs/architecture.md, and to the rule that the clock is an argument. It looks
// at production files only: a test may reach further than what it tests. It does
// not look at nested modules, which can import nothing of this one anyway.
package arch

import (
	"path"
	"slices"
	"strings"
)

// module is the path that all imports of this project start with.
const module = "github.com/seed-44180607/lastgood"

// rule says what a folder, and every folder beneath it, may use.
type rule struct {
	// folder is relative to the root of the module; its last part may be "*".
	folder string
	// is completes the sentence "folder is ..." in a failure.
	is string
	// all allows every package of this module; may is then empty.
	all bool
	// may are the folders of this module, besides its own, that it may import.
	may []string
	// never are the packages outside of this module that it may not import. As for
	// the go command, "net/http/..." is net/http and everything beneath it.
	never []string
	// clockless forbids reading or waiting for the wall clock.
	clockless bool
}

// impure is what the domain does without.
var impure = []string{"go.temporal.io/...", "net/http/...", "os/..."}

// rules is the table, one row a folder. The first row that matches counts.
var rules = []rule{
	{folder: "oncall", is: "pure", never: impure, clockless: true},
	{folder: "release", is: "pure", never: impure, clockless: true},
	{folder: "incident", is: "pure, and rests on oncall and release alone", may: []string{"oncall", "release"}, never: impure, clockless: true},

	{folder: "integrations/rest", is: "shared by all vendors and knows none of the product"},
	{folder: "integrations/payload/payloadtest", is: "for the tests of all monitors", may: domain("integrations/payload")},
	{folder: "integrations/payload", is: "shared by all monitors and knows the domain alone", may: domain(), never: impure},
	{folder: "integrations/*", is: "an adapter: it knows the domain and its vendor, no workflow and no other adapter", may: domain("integrations/rest", "integrations/payload"), never: []string{"go.temporal.io/..."}},

	{folder: "signals", is: "the front door of running workflows: it knows the domain, not who is behind the door", may: domain()},
	{folder: "activities", is: "behind small interfaces of its own: internal/app hands it the adapters", may: domain("integrations/rest")},
	{folder: "workflows", is: "replayed: it reaches the world through activities only", may: domain("signals", "activities"), never: []string{"net", "net/http/...", "os/..."}, clockless: true},

	{folder: "internal/api", is: "given its handlers: it knows the domain and signals", may: domain("signals", "internal/spelling")},
	{folder: "internal/config", is: "read by all processes: it knows the domain, and what mappings may say", may: domain("internal/spelling", "internal/mapping")},
	{folder: "internal/mapping", is: "pure: bodies are data, and expressions have no way out", may: domain("integrations/payload"), never: impure, clockless: true},
	{folder: "internal/spelling", is: "about words, whatever they name"},
	{folder: "internal/local", is: "outside of the processes it starts on this machine, and knows none of the product", may: []string{"deploy"}},
	{folder: "internal/app", all: true},

	{folder: "simulator", is: "the other side of the wire: it knows nothing of what it is there to test"},

	{folder: "deploy", is: "files, and no code"},

	{folder: "cmd", all: true},
	{folder: "worker", all: true},
	{folder: "starter", all: true},
	{folder: "test", all: true},
}

// domain is the folders that all arrows point to, and others.
func domain(others ...string) []string {
	return append([]string{"incident", "oncall", "release"}, others...)
}

// ruleFor returns the row for a folder of this module, false when there is none.
func ruleFor(folder string) (rule, bool) {
	for _, r := range rules {
		if r.home(folder) != "" {
			return r, true
		}
	}
	return rule{}, false
}

// home returns the folder that r governs and that holds folder: for the row
// "integrations/*" and "integrations/slack/blocks" it is "integrations/slack".
// It is empty when r has no say about folder.
func (r rule) home(folder string) string {
	parts, want := strings.Split(folder, "/"), strings.Split(r.folder, "/")
	if len(parts) < len(want) {
		return ""
	}
	head := path.Join(parts[:len(want)]...)
	if ok, err := path.Match(r.folder, head); err != nil || !ok {
		return ""
	}
	return head
}

// allows reports whether the package in folder may import the one at imported.
func (r rule) allows(folder, imported string) bool {
	inner, ours := strings.CutPrefix(imported, module+"/")
	if !ours {
		return !slices.ContainsFunc(r.never, func(pattern string) bool { return covers(pattern, imported) })
	}
	beneath := func(top string) bool { return covers(top+"/...", inner) }
	return r.all || beneath(r.home(folder)) || slices.ContainsFunc(r.may, beneath)
}

// covers reports whether a pattern of the go command's kind stands for p.
func covers(pattern, p string) bool {
	top, beneath := strings.CutSuffix(pattern, "/...")
	return p == top || beneath && strings.HasPrefix(p, top+"/")
}
