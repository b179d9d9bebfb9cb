package simulator

import (
	"slices"
	"strings"
	"time"
)

func (s *slack) userExists(id string) bool {
	if s.cfg.SlackUsers != nil {
		return slices.Contains(s.cfg.SlackUsers, id)
	}
	return isUserID(id)
}

func (s *slack) userInfo(args slackArgs, _ time.Time) (map[string]any, *refusal) {
	if !s.userExists(args["user"]) {
		return nil, refuse("user_not_found")
	}
	return map[string]any{"user": showUser(args["user"])}, nil
}

func (s *slack) userByEmail(args slackArgs, _ time.Time) (map[string]any, *refusal) {
	if args["email"] == "" {
		return nil, refuse("invalid_arguments", "[ERROR] missing required field: email")
	}
	name, ours := strings.CutSuffix(args["email"], "@example.com")
	candidates := s.cfg.SlackUsers
	if candidates == nil {
		candidates = []string{"U0" + strings.ToUpper(name)}
	}
	for _, id := range candidates {
		if ours && s.userExists(id) && userName(id) == name {
			return map[string]any{"user": showUser(id)}, nil
		}
	}
	return nil, refuse("users_not_found")
}

func showUser(id string) map[string]any {
	name := userName(id)
	return map[string]any{
		"id": id, "team_id": slackTeam, "name": name, "real_name": name, "deleted": false, "is_bot": id == slackBotUser,
		"is_admin": false, "is_owner": false, "is_primary_owner": false, "is_restricted": false, "is_ultra_restricted": false,
		"is_app_user": false, "tz": "Etc/UTC", "tz_label": "Coordinated Universal Time", "tz_offset": 0, "updated": 1760000000,
		"profile": map[string]any{
			"real_name": name, "display_name": name, "real_name_normalized": name, "display_name_normalized": name,
			"email": name + "@example.com", "team": slackTeam,
		},
	}
}

// userName makes a readable name of an ID: U0SRE1 is sre1.
func userName(id string) string {
	return strings.ToLower(strings.TrimLeft(id[1:], "0"))
}

func (s *slack) groupUsers(args slackArgs, _ time.Time) (map[string]any, *refusal) {
	users, ok := s.cfg.SlackGroups[args["usergroup"]]
	if !ok {
		return nil, refuse("no_such_subteam")
	}
	return map[string]any{"users": users}, nil
}
