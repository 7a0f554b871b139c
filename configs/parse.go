package configs

// Parse is Load for a configuration that is in memory already; the name tells
// the format by its ending and stands in the problems.
func Parse(name string, data []byte) (*Config, Problems) {
	format, problems := formatOf(name)
	if problems != nil {
		return nil, problems
	}
	return load(name, []source{{path: name, format: format, data: data}})
}
