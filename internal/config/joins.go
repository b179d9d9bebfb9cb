package config

import (
	"encoding/json"
	"fmt"
)

// joins says with which services a service shares its incidents.
type joins struct {
	Parent     string `yaml:"parent"`
	Deployment bool   `yaml:"deployment"`
}

// owners gives, for each service that shares its incidents, the one that they are of: the parent, or the first of those
// in the file that share a deployment. The owner itself is among them.
func (s schema) owners() map[string]string {
	out, first := map[string]string{}, map[string]string{}
	for _, one := range s.Services {
		switch {
		case one.Joins == nil:
		case one.Joins.Parent != "":
			out[one.ID], out[one.Joins.Parent] = one.Joins.Parent, one.Joins.Parent
		default:
			deployment := one.deployment()
			if first[deployment] == "" {
				first[deployment] = one.ID
			}
			out[one.ID] = first[deployment]
		}
	}
	return out
}

// deployment tells what a service is deployed by from that of another: the job, and what marks its builds.
func (s service) deployment() string {
	j := s.deployJob()
	if j == nil {
		return ""
	}
	key, err := json.Marshal([]any{j.Job, j.Where})
	if err != nil {
		panic(fmt.Sprintf("write the deployment of %s: %v", s.ID, err)) // Texts are always JSON.
	}
	return string(key)
}

// joins checks who shares incidents with whom. A chain of parents would leave open whose policy holds.
func (d *document) joins(all []service, ids ids) {
	sharing := map[string]int{}
	for _, s := range all {
		if s.Joins != nil && s.Joins.Parent == "" {
			sharing[s.deployment()]++
		}
	}
	joining := map[string]bool{}
	for _, s := range all {
		joining[s.ID] = s.Joins != nil
	}
	for i, s := range all {
		if s.Joins == nil {
			continue
		}
		path, parent := fmt.Sprintf("services[%d].joins", i), s.Joins.Parent
		d.refer(path+".parent", "service", parent, ids.services)
		switch {
		case (parent == "") == !s.Joins.Deployment:
			d.fault(path, "needs exactly one of parent: ID and deployment: true")
		case parent != "" && parent == s.ID:
			d.fault(path+".parent", "%s cannot join itself; name the service whose incidents it joins", s.ID)
		case parent != "" && joining[parent]:
			d.fault(path+".parent", "%s joins others itself; name the service that it joins", parent)
		case parent != "" && s.Rollback != nil:
			d.warn(join(fmt.Sprintf("services[%d]", i), "rollback"), notActedOn+": its alerts join "+parent+", whose rollback is offered")
		case parent != "":
		case s.deployment() == "":
			d.fault(path+".deployment", "there is no deployment to share; set deployments.jenkins or rollback.jenkins")
		case sharing[s.deployment()] == 1:
			d.warn(path+".deployment", "no other service that says so has the same job and parameters: it joins nobody")
		}
	}
}
