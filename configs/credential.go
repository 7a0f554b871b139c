package configs

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// credentialsVariable is set by systemd, and by nobody else, for a service that is
// handed files by LoadCredential= (systemd.exec(5)).
const credentialsVariable = "CREDENTIALS_DIRECTORY"

// credentials begins the path of such a file in a configuration, as it does in a unit.
const credentials = "${" + credentialsVariable + "}"

// unitCredentials is where systemd keeps them while popbridge.service runs. Who checks
// the configuration from a shell finds them there too, if he may read them.
const unitCredentials = "/run/credentials/popbridge.service"

// hclNames has HCL read ${CREDENTIALS_DIRECTORY} as the text that YAML sees there.
// It is the one name that a value may refer to.
var hclNames = &hcl.EvalContext{Variables: map[string]cty.Value{credentialsVariable: cty.StringVal(credentials)}}

// located gives the path of a file that a configuration names. Anything that does not
// begin with ${CREDENTIALS_DIRECTORY} is a path already.
func located(path string) (string, error) {
	name, ok := strings.CutPrefix(path, credentials)
	if !ok {
		return path, nil
	}
	if !strings.HasPrefix(name, "/") || name == "/" {
		return "", fmt.Errorf("%q names no credential; write %q", path, credentials+"/name")
	}
	folder := os.Getenv(credentialsVariable)
	if _, err := os.Stat(unitCredentials); folder == "" && err == nil {
		folder = unitCredentials
	}
	if folder == "" {
		return "", fmt.Errorf("%s is not set, so %s cannot be found; systemd sets it if the unit has LoadCredential=%s:/path/of/the/file, and in a shell you can set it to a folder that holds the file", credentialsVariable, name[1:], name[1:])
	}
	return filepath.Join(folder, name), nil
}

// locate gives a value that names files the paths that it stands for.
func (k key) locate(value any) (err error) {
	if !strings.HasPrefix(k.unit, "file") {
		return nil
	}
	switch value := value.(type) {
	case *string:
		*value, err = located(*value)
	case *[]string:
		for i := range *value {
			if (*value)[i], err = located((*value)[i]); err != nil {
				return elementError{i, err}
			}
		}
	}
	return err
}
