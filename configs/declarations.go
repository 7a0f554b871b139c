package configs

// Block is a block of the configuration as a manual explains it.
type Block struct {
	Name    string // such as "listener"
	Meaning string
	Shape   string // how it is written, and how often it may stand in a file
	Keys    []Key
}

// Key is a key of a Block, or a block within it, which has Keys of its own.
type Key struct {
	Name    string // such as "address"
	Meaning string
	Facts   string // its default, unit, bounds and words; empty for a block
	Keys    []Key
}

// Declarations gives every block and key that a configuration may have, in the order
// in which they are declared.
func Declarations() []Block {
	var all []Block
	for _, s := range declared() {
		all = append(all, Block{s.name, s.doc, s.shape.explain(s.name), explained(s.keys)})
	}
	return all
}

func explained(keys []key) []Key {
	var all []Key
	for _, k := range keys {
		if k.inner != nil {
			all = append(all, Key{Name: k.name, Meaning: k.doc, Keys: explained(k.inner)})
			continue
		}
		all = append(all, Key{Name: k.name, Meaning: k.doc, Facts: k.facts()})
	}
	return all
}

// explain says how a block of this shape is written in both languages.
func (s shape) explain(name string) string {
	switch s {
	case labelled:
		return name + ` "NAME" { … } in HCL, ` + name + `: {NAME: {…}} in YAML; one for each name.`
	case repeated:
		return name + " { … } in HCL, as often as needed; a list below " + name + ": in YAML."
	}
	return name + " { … } in HCL, " + name + ": {…} in YAML; once."
}
