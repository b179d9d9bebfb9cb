package jenkins

import (
	"cmp"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/bndr/gojenkins"

	"github.com/seed-44180607/lastgood/release"
)

// The fields that are asked for; without a tree Jenkins sends all it knows.
const (
	parametersTree = "actions[parameters[name,value]]"
	runTree        = "number,url,building,result,queueId," + parametersTree
	itemTree       = "id,why,cancelled,executable[number],task[name,url]," + parametersTree
)

// job is what is read of a job.
type job struct {
	// Builds are the newest ones, newest first. AllBuilds are asked for by their range:
	// Jenkins keeps the former to 100.
	Builds    []gojenkins.BuildResponse `json:"builds"`
	AllBuilds []gojenkins.BuildResponse `json:"allBuilds"`
	Property  []struct {
		ParameterDefinitions []gojenkins.ParameterDefinition `json:"parameterDefinitions"`
	} `json:"property"`
}

// declares says whether the job has a parameter of the name.
func (j job) declares(name string) bool {
	for _, property := range j.Property {
		for _, definition := range property.ParameterDefinitions {
			if definition.Name == name {
				return true
			}
		}
	}
	return false
}

// item is one entry of the queue. The type of gojenkins knows neither "cancelled"
// nor an executable that is null.
type item struct {
	ID        int64  `json:"id"`
	Why       string `json:"why"`
	Cancelled bool   `json:"cancelled"`
	// Executable is null while the item waits, in the moment after it has left the
	// queue, and for ever when it was cancelled.
	Executable *struct {
		Number int `json:"number"`
	} `json:"executable"`
	Task struct {
		Name string `json:"name"`
		URL  string `json:"url"`
	} `json:"task"`
	Actions []struct {
		Parameters []struct {
			Name  string `json:"name"`
			Value any    `json:"value"`
		} `json:"parameters"`
	} `json:"actions"`
}

func (i item) parameters() map[string]string {
	values := map[string]string{}
	for _, action := range i.Actions {
		for _, p := range action.Parameters {
			values[p.Name] = text(p.Value)
		}
	}
	return values
}

// of says whether the item is one of the job. The name alone does not tell jobs of
// different folders apart. The root of the address is Jenkins' own, and its way to
// escape differs from ours, so the unescaped path from the first job on is compared.
func (i item) of(job string) bool {
	full := strings.Trim(job, "/")
	address, err := url.Parse(i.Task.URL)
	if err != nil || i.Task.URL == "" {
		return i.Task.Name == full[strings.LastIndex(full, "/")+1:]
	}
	_, path, found := strings.Cut(address.Path, "/job/")
	return found && strings.TrimSuffix(path, "/") == strings.ReplaceAll(full, "/", "/job/")
}

// pathOf is where a job lies: one segment for each folder, escaped. The job of the
// branch feature/x is named feature%2Fx by Jenkins, so its escape is escaped again.
func pathOf(job string) string {
	var path strings.Builder
	for name := range strings.SplitSeq(strings.Trim(job, "/"), "/") {
		path.WriteString("/job/" + url.PathEscape(name))
	}
	return path.String()
}

func buildPath(job string, number int) string {
	return pathOf(job) + "/" + strconv.Itoa(number)
}

// runOf is where the order of a build has got to.
func (c *Client) runOf(o release.Order, b gojenkins.BuildResponse) release.Run {
	return release.Run{
		Queue:      b.QueueID,
		Build:      int(b.Number),
		URL:        cmp.Or(b.URL, c.base+buildPath(o.Job, int(b.Number))+"/"),
		Building:   b.Building,
		Result:     release.Result(b.Result),
		Parameters: parametersOf(b),
	}
}

func parametersOf(b gojenkins.BuildResponse) map[string]string {
	values := map[string]string{}
	for _, action := range b.Actions {
		for _, p := range action.Parameters {
			values[p.Name] = text(p.Value)
		}
	}
	return values
}

// foreign says whether the parameters are those of another order. A key that is
// not there at all was dropped by Jenkins, because the job does not declare it:
// that is for the caller to find out.
func foreign(parameters map[string]string, o release.Order) bool {
	key, found := parameters[o.IncidentParameter]
	return found && key != o.Key
}

// text is the value of a parameter as it would be typed. Jenkins sends flags and
// numbers as such, and no value at all for secrets.
func text(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	default:
		return fmt.Sprint(v)
	}
}
