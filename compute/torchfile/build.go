package torchfile

import (
	"fmt"
	"slices"
)

// collect makes and fills tuples, lists, dicts and sets, which are kept as lists.
func (u *unpickler) collect(op byte) error {
	switch op {
	case ')': // EMPTY_TUPLE
		return u.push(tuple{})
	case 0x85, 0x86, 0x87: // TUPLE1, TUPLE2, TUPLE3
		values, err := u.popN(int(op-0x85) + 1)
		if err != nil {
			return err
		}
		return u.push(tuple(values))
	case ']', 0x8f: // EMPTY_LIST, EMPTY_SET
		return u.push(&list{})
	case '}': // EMPTY_DICT
		return u.push(&dict{})
	case 'a': // APPEND
		v, err := u.pop()
		if err != nil {
			return err
		}
		return u.extend([]any{v})
	case 's': // SETITEM
		pair, err := u.popN(2)
		if err != nil {
			return err
		}
		return u.extend(pair)
	}
	values, err := u.popMark()
	if err != nil {
		return err
	}
	switch op {
	case 't': // TUPLE
		return u.push(tuple(values))
	case 'l', 0x91: // LIST, FROZENSET
		return u.push(&list{values})
	case 'd': // DICT
		d := &dict{}
		if err := u.push(d); err != nil {
			return err
		}
	}
	return u.extend(values) // APPENDS, SETITEMS, ADDITEMS, DICT
}

// extend adds values to the list or dict on top. Objects that are not read may be lists and dicts of their own kind.
func (u *unpickler) extend(values []any) error {
	on, err := u.top()
	if err != nil {
		return err
	}
	switch on := on.(type) {
	case *list:
		on.items = append(on.items, values...)
	case *dict:
		if len(values)%2 != 0 {
			return errStack
		}
		for i := 0; i < len(values); i += 2 {
			on.set(values[i], values[i+1])
		}
	case *object:
	default:
		return fmt.Errorf("it adds to %s", kindOf(on))
	}
	return nil
}

// construct names classes and functions, and makes what stands for their results.
func (u *unpickler) construct(op byte) error {
	switch op {
	case 'c': // GLOBAL
		g, err := u.globalLines()
		if err != nil {
			return err
		}
		return u.push(u.find(g))
	case 0x93: // STACK_GLOBAL
		pair, err := u.popN(2)
		if err != nil {
			return err
		}
		module, ok1 := pair[0].(string)
		name, ok2 := pair[1].(string)
		if !ok1 || !ok2 {
			return fmt.Errorf("the name of a class is %s and %s: want texts", kindOf(pair[0]), kindOf(pair[1]))
		}
		return u.push(u.find(global{module, name}))
	case 'R', 0x81: // REDUCE, NEWOBJ
		pair, err := u.popN(2)
		if err != nil {
			return err
		}
		return u.call(pair[0], pair[1], op == 'R')
	case 0x92: // NEWOBJ_EX
		three, err := u.popN(3)
		if err != nil {
			return err
		}
		return u.call(three[0], three[1], false)
	case 'i': // INST
		g, err := u.globalLines()
		if err != nil {
			return err
		}
		args, err := u.popMark()
		if err != nil {
			return err
		}
		return u.call(u.find(g), tuple(args), false)
	case 'o': // OBJ
		values, err := u.popMark()
		if err != nil || len(values) == 0 {
			return errStack
		}
		return u.call(values[0], tuple(values[1:]), false)
	case 'b': // BUILD
		state, err := u.pop()
		if err != nil {
			return err
		}
		if on, err := u.top(); err != nil {
			return err
		} else if o, ok := on.(*object); ok {
			o.state = state
		}
		return nil
	}
	var id any
	var err error
	if op == 'P' { // PERSID
		id, err = u.in.line()
	} else { // BINPERSID
		id, err = u.pop()
	}
	if err != nil {
		return err
	}
	if u.persistent == nil {
		return fmt.Errorf("a persistent id where none belongs: the file is damaged or no file of torch.save")
	}
	v, err := u.persistent(id)
	if err != nil {
		return err
	}
	return u.push(v)
}

func (u *unpickler) globalLines() (g global, err error) {
	if g.module, err = u.in.line(); err == nil {
		g.name, err = u.in.line()
	}
	return g, err
}

// find notes what the pickle asks for and is not known.
func (u *unpickler) find(g global) global {
	switch {
	case known(g):
	case carriesData(g):
		u.inert[g] = true
	case !slices.Contains(u.unknown, g) && len(u.unknown) < 64:
		u.unknown = append(u.unknown, g)
	}
	return g
}

// call pushes what a function makes of its arguments, where it makes a tensor, a dict, a list or the like, and otherwise an
// object that stands for its result.
func (u *unpickler) call(of, with any, function bool) error {
	g, ok := of.(global)
	args, isTuple := with.(tuple)
	if !ok || !isTuple {
		return fmt.Errorf("it calls %s with %s: want a function and a tuple of arguments", kindOf(of), kindOf(with))
	}
	if build := builders[g]; build != nil && function {
		v, err := build(u, args)
		if err != nil {
			return fmt.Errorf("%s: %w", g.name, err)
		}
		return u.push(v)
	}
	o := &object{class: g, args: with}
	if (g == global{"copyreg", "_reconstructor"} || g == global{"copy_reg", "_reconstructor"}) && len(args) > 0 {
		if class, ok := args[0].(global); ok {
			o.class = class
		}
	}
	if !known(o.class) && !carriesData(o.class) {
		u.objects = append(u.objects, o)
	}
	return u.push(o)
}

// builders make the values of the functions that pickles of weights call.
var builders map[global]func(u *unpickler, args tuple) (any, error)

func init() {
	const utils = "torch._utils"
	builders = map[global]func(*unpickler, tuple) (any, error){
		{"collections", "OrderedDict"}:             orderedDict,
		{"torch", "Size"}:                          func(_ *unpickler, args tuple) (any, error) { return first(args) },
		{utils, "_rebuild_tensor"}:                 rebuildTensor,
		{utils, "_rebuild_tensor_v2"}:              rebuildTensor,
		{utils, "_rebuild_tensor_v3"}:              rebuildTensor,
		{utils, "_rebuild_parameter"}:              func(_ *unpickler, args tuple) (any, error) { return first(args) },
		{utils, "_rebuild_parameter_with_state"}:   func(_ *unpickler, args tuple) (any, error) { return first(args) },
		{"torch._tensor", "_rebuild_from_type_v2"}: rebuildFromType,
	}
}

// known reports whether a global is a function with a builder, or a type of storage or element.
func known(g global) bool { return builders[g] != nil || dtypeOf(g) != "" || g == untyped }

func first(args tuple) (any, error) {
	if len(args) == 0 {
		return nil, errStack
	}
	return args[0], nil
}

// orderedDict is an empty dict, or that of a list of pairs.
func orderedDict(_ *unpickler, args tuple) (any, error) {
	d := &dict{}
	if len(args) == 0 {
		return d, nil
	}
	pairs, ok := args[0].(*list)
	if !ok {
		return nil, fmt.Errorf("its entries are %s: want a list of pairs", kindOf(args[0]))
	}
	for _, item := range pairs.items {
		var pair []any
		switch item := item.(type) {
		case tuple:
			pair = item
		case *list:
			pair = item.items
		}
		if len(pair) != 2 {
			return nil, fmt.Errorf("an entry is %s: want a pair", kindOf(item))
		}
		d.set(pair[0], pair[1])
	}
	return d, nil
}

// rebuildFromType is a tensor that carries attributes: (function, type, its arguments, attributes).
func rebuildFromType(u *unpickler, args tuple) (any, error) {
	if len(args) < 3 {
		return nil, errStack
	}
	g, _ := args[0].(global)
	inner, ok := args[2].(tuple)
	build := builders[g]
	if build == nil || !ok || g == (global{"torch._tensor", "_rebuild_from_type_v2"}) {
		return nil, fmt.Errorf("it is made by %.60q: want a plain tensor: save it with .detach().clone()", g)
	}
	return build(u, inner)
}

// kindOf names a value's type for an error.
func kindOf(v any) string {
	switch v := v.(type) {
	case nil:
		return "None"
	case bool:
		return "a truth value"
	case int64:
		return fmt.Sprintf("the number %d", v)
	case float64:
		return fmt.Sprintf("the number %g", v)
	case string:
		return fmt.Sprintf("the text %.40q", v)
	case []byte:
		return "bytes"
	case tuple:
		return fmt.Sprintf("a tuple of %d", len(v))
	case *list:
		return fmt.Sprintf("a list of %d", len(v.items))
	case *dict:
		return fmt.Sprintf("a dict of %d", len(v.keys))
	case *tensor:
		return "a tensor"
	case *object:
		return fmt.Sprintf("an object of %.60q", v.class)
	case global:
		return fmt.Sprintf("%.60q", v)
	}
	return "a storage"
}
