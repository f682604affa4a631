package torchfile

// The values that a pickle builds here. Beside these types a value may be nil, a bool, an int64, a float64, a string, a
// []byte or a tuple.
type (
	tuple []any

	list struct{ items []any }

	dict struct{ keys, values []any } // in the order they were set; of equal keys the last counts

	// global is a Python class or function by its name. It is never called.
	global struct{ module, name string }

	// object is an instance of a class that is not read: what it was made from.
	object struct {
		class       global
		args, state any
	}
)

func (g global) String() string { return g.module + "." + g.name }

// get is the value of a text key.
func (d *dict) get(key string) (any, bool) {
	for i := len(d.keys) - 1; i >= 0; i-- {
		if d.keys[i] == key {
			return d.values[i], true
		}
	}
	return nil, false
}

func (d *dict) set(key, value any) {
	switch key.(type) {
	case nil, bool, int64, float64, string: // what can be compared; other keys are not looked for
	default:
		key = nil
	}
	d.keys, d.values = append(d.keys, key), append(d.values, value)
}

// isModule reports whether an object is a network (torch.nn.Module) rather than its weights.
func (o *object) isModule() bool {
	state, ok := o.state.(*dict)
	if !ok {
		return false
	}
	_, modules := state.get("_modules")
	_, parameters := state.get("_parameters")
	return modules && parameters
}
