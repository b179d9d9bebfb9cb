package simulator

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// pruner is a parsed tree= parameter: the fields wanted, and of each what is
// wanted below it.
type pruner struct {
	fields   map[string]*pruner
	from, to int // of a list; to below 0 is to its end
}

// tree answers with a bean, cut down to what ?tree= asks for.
func (j *jenkins) tree(c call, bean object) reply {
	asked := c.URL.Query().Get("tree")
	if asked == "" {
		return jsonReply(http.StatusOK, bean)
	}
	wanted, err := parseTree(asked)
	if err != nil {
		return htmlReply(http.StatusBadRequest, err.Error())
	}
	// The beans are maps of several Go types; through JSON they become one.
	return jsonReply(http.StatusOK, wanted.prune(decoded(bean)))
}

func parseTree(text string) (*pruner, error) {
	parser := &treeParser{rest: text}
	wanted := &pruner{fields: map[string]*pruner{}, to: -1}
	parser.list(wanted)
	if parser.rest != "" || parser.broken {
		return nil, fmt.Errorf("malformed tree near %q", parser.rest)
	}
	return wanted, nil
}

// treeParser reads name[name,name[…]]{from,to},name and so on.
type treeParser struct {
	rest   string
	broken bool
}

func (p *treeParser) accept(token string) bool {
	rest, ok := strings.CutPrefix(p.rest, token)
	p.rest = rest
	return ok
}

func (p *treeParser) list(into *pruner) {
	for {
		end := strings.IndexAny(p.rest, ",[]{}")
		if end < 0 {
			end = len(p.rest)
		}
		name := strings.TrimSpace(p.rest[:end])
		p.rest = p.rest[end:]
		if name == "" {
			p.broken = true
			return
		}
		into.fields[name] = p.node()
		if p.broken || !p.accept(",") {
			return
		}
	}
}

func (p *treeParser) node() *pruner {
	node := &pruner{fields: map[string]*pruner{}, to: -1}
	if p.accept("[") {
		p.list(node)
		p.broken = p.broken || !p.accept("]")
	}
	if p.accept("{") {
		bounds, rest, ok := strings.Cut(p.rest, "}")
		p.rest = rest
		p.broken = p.broken || !ok || !node.bound(bounds)
	}
	return node
}

// bound reads {from,to}, {from,}, {,to} and {only}; to is not part of the range.
func (n *pruner) bound(text string) bool {
	from, to, both := strings.Cut(text, ",")
	var err error
	if from != "" {
		n.from, err = strconv.Atoi(from)
	}
	switch {
	case err != nil:
		return false
	case !both:
		n.to = n.from + 1
	case to != "":
		n.to, err = strconv.Atoi(to)
	}
	return err == nil
}

// prune keeps _class always, as Jenkins does, and everything below a *.
func (n *pruner) prune(value any) any {
	switch value := value.(type) {
	case map[string]any:
		kept := map[string]any{}
		for name, field := range value {
			below, ok := n.fields[name]
			if !ok {
				below, ok = n.fields["*"]
			}
			if ok {
				kept[name] = below.prune(field)
			} else if name == "_class" {
				kept[name] = field
			}
		}
		return kept
	case []any:
		to := len(value)
		if n.to >= 0 {
			to = min(n.to, to)
		}
		kept := []any{}
		for _, element := range value[min(max(n.from, 0), to):to] {
			kept = append(kept, n.prune(element))
		}
		return kept
	}
	return value
}
