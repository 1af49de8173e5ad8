package input

// parameters are the values by name. There are few of them, which a slice finds
// as fast as a map, and holds in less memory.
type parameters []parameter

type parameter struct {
	name string
	value
}

func (all parameters) find(name string) (value, bool) {
	for i := range all {
		if all[i].name == name {
			return all[i].value, true
		}
	}
	return value{}, false
}

func (all *parameters) set(name string, v value) {
	for i := range *all {
		if (*all)[i].name == name {
			(*all)[i].value = v
			return
		}
	}
	*all = append(*all, parameter{name, v})
}

// value is what the request gives for one parameter.
type value struct {
	text string
	kind kind
}

// kind is what a value was written as. Text of a query can be read as anything.
type kind int

const (
	queryText kind = iota
	jsonNumber
	jsonBool
	jsonString
	unusable // a violation says why
)
