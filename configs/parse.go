package configs

// Parse is Load for a configuration that is in memory already; the name tells
// the format by its ending and stands in the problems.
func Parse(name string, data []byte) (*Config, Problems) {
	format, ok := formatOf(name)
	if !ok {
		return nil, Problems{{File: name, Text: "the name has to end in .hcl, .yaml or .yml, which tells the format"}}
	}
	return load(name, format, data)
}
