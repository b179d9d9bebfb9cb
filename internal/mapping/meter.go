package mapping

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/expr-lang/expr/ast"

	"github.com/seed-44180607/lastgood/integrations/payload"
)

// Bounds of all expressions over one body.
const (
	// maxRounds is how often the loops of a call may go round.
	maxRounds = 250_000
	// maxMade is how many bytes the texts and lists may have that are made on the way.
	maxMade = 32 << 20
	// maxElements is how many elements one expression may put into lists.
	maxElements = 100_000
)

var errTooMuch = errors.New("the body makes too much work of it")

// metered is what a compiled expression runs in. The meter and plain are its only
// functions: they give back what they are given.
type metered struct {
	Body  any              `expr:"body"`
	Alert any              `expr:"alert"`
	Meter func(...any) any `expr:"meter"`
	Plain func(...any) any `expr:"plain"`
}

// metering puts the meter around what goes round, and around what makes texts and
// lists, and plain around what string makes a text of. No name that can be written leads to it: what is written was checked without.
type metering struct{}

// makers are the functions that make texts and lists.
var makers = []string{"string", "join", "replace", "upper", "lower", "trim", "split", "keys", "values"}

// Visit looks at one part of an expression.
func (metering) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.PredicateNode:
		n.Node = call("meter", n.Node)
	case *ast.BinaryNode:
		if n.Operator == "+" {
			ast.Patch(node, call("meter", n))
		}
	case *ast.BuiltinNode:
		if n.Name == "string" && len(n.Arguments) == 1 {
			n.Arguments[0] = call("plain", n.Arguments[0])
		}
		if slices.Contains(makers, n.Name) {
			ast.Patch(node, call("meter", n))
		}
	}
}

func call(name string, inner ast.Node) ast.Node {
	function := &ast.IdentifierNode{Value: name}
	function.SetLocation(inner.Location())
	out := &ast.CallNode{Callee: function, Arguments: []ast.Node{inner}}
	out.SetLocation(inner.Location())
	return out
}

// plain is around what string makes a text of: without it what is missing would be the
// text <nil>, and one identity for all that lacks its own.
func plain(values ...any) any {
	if _, text := payload.Text(values[0]); !text {
		panic(fmt.Errorf("it comes to %s, not to a text", kind(values[0])))
	}
	return values[0]
}

// meter counts what the expressions over one body cost.
type meter struct {
	ctx          context.Context
	rounds, made int
}

// take is what the compiled expressions call. An expression is given up by a panic,
// which its machine makes an error of.
func (m *meter) take(values ...any) any {
	m.rounds++
	for _, v := range values {
		m.made += size(v)
	}
	if err := m.over(); err != nil {
		panic(err)
	}
	return values[0]
}

// over says why it is too much, nil while it is not.
func (m *meter) over() error {
	if err := m.ctx.Err(); err != nil {
		return fmt.Errorf("%w: it takes too long", errTooMuch)
	}
	if m.rounds > maxRounds || m.made > maxMade {
		return errTooMuch
	}
	return nil
}

// size is about how many bytes a value takes up, without its parts.
func size(v any) int {
	switch v := v.(type) {
	case string:
		return len(v)
	case []string:
		return 16 * len(v)
	case []any:
		return 16 * len(v)
	default:
		return 8
	}
}
